// Tables as tables.
import type { Table } from 'plait'
import { copyButton } from './copy.ts'
import { h } from './dom.ts'
import { tableCsv, tableJson } from './exports.ts'
import { percent } from './words.ts'

const isAmount = (text: string) => /^[-+(]?[\p{Sc}\s]*[\d.,' ]+\)?%?$/u.test(text.trim())

/** Columns whose every cell below the headings is a number: they are aligned by their last digit. */
function amountColumns({ columns, cells }: Table) {
  const body = cells.filter(({ header, text }) => !header && text.trim())
  return new Set(Array.from({ length: columns }, (_, column) => column).filter((column) => {
    const texts = body.filter((cell) => cell.column === column).map(({ text }) => text)
    return texts.length > 0 && texts.every(isAmount)
  }))
}

const cellView = (cell: Table['cells'][number], amount: boolean) => h(cell.header ? 'th' : 'td', {
  scope: cell.header && 'col', class: amount && 'amount',
  rowspan: cell.row_span > 1 && cell.row_span, colspan: cell.column_span > 1 && cell.column_span,
}, cell.text)

export function tableView(table: Table, index: number) {
  const label = `Table ${index + 1}`
  const amounts = amountColumns(table)
  const body = h('tbody')
  const taken = Array.from({ length: table.rows }, () => new Set<number>()) // columns, by cells that reach down from above too
  for (let row = 0; row < table.rows; row++) {
    const line = h('tr')
    for (let column = 0; column < table.columns; column++) {
      if (taken[row]!.has(column)) continue
      const cell = table.cells.find((cell) => cell.row === row && cell.column === column)
      line.append(cell ? cellView(cell, amounts.has(column)) : h('td'))
      for (let r = row; cell && r < Math.min(table.rows, row + cell.row_span); r++) {
        for (let c = column; c < column + cell.column_span; c++) taken[r]!.add(c)
      }
    }
    body.append(line)
  }
  return h('section', { class: 'table', 'aria-label': label },
    h('div', { class: 'head' },
      h('h3', {}, label), h('span', { class: 'number' }, percent(table.confidence)), h('span', { class: 'grow' }),
      copyButton('CSV', `Copy ${label} as CSV`, () => tableCsv(table)), copyButton('JSON', `Copy ${label} as JSON`, () => tableJson(table))),
    h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': `${label}, cells` }, h('table', {}, body)))
}
