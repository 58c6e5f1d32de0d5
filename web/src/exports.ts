// What leaves the page by the clipboard or as a file: fields and tables as CSV (RFC 4180), everything as JSON.
import type { Document, Table } from 'plait'

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const rows = (lines: string[][]) => lines.map((line) => line.map(cell).join(',')).join('\r\n') + '\r\n'

/** The table as a grid of texts; what a merged cell covers is empty. */
export function grid(table: Table) {
  const lines = Array.from({ length: table.rows }, () => Array.from({ length: table.columns }, () => ''))
  for (const { row, column, text } of table.cells) {
    const line = lines[row]
    if (line && column < table.columns) line[column] = text
  }
  return lines
}

export const tableCsv = (table: Table) => rows(grid(table))
export const tableJson = (table: Table) => JSON.stringify(grid(table), null, 2)

export const fieldsCsv = (document: Document, corrections: ReadonlyMap<string, string>) => rows([
  ['field', 'value', 'confidence', 'corrected'],
  ...Object.entries(document.fields).map(([name, field]) =>
    [name, corrections.get(name) ?? field.value ?? '', String(field.confidence), corrections.has(name) ? 'yes' : 'no']),
])

/** The reading as it is; what a person corrected stands beside it and not in its place. */
export const readingJson = (document: Document, corrections: ReadonlyMap<string, string>) =>
  JSON.stringify(corrections.size ? { ...document, corrections: Object.fromEntries(corrections) } : document, null, 2)

export function download(name: string, type: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
