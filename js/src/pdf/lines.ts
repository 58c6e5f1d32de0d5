/** A PDF's text layer as lines with boxes in pixels of the rendered page: what the core takes as known words. Pure functions. */

import type { KnownLine, KnownWord } from '../types.js'

/** A run of text as pdf.js gives it. */
export interface TextRun {
  str: string
  /** [a, b, c, d, e, f]: font space to the page; e and f are where the baseline starts. */
  transform: number[]
  /** In units of the page. */
  width: number
}

type Box = KnownWord['box']

interface Placed extends KnownLine {
  words: KnownWord[]
  /** Of the letters, pixels. */
  size: number
  level: boolean
}

/** Fewer signs than this are a stamp or a page number on a scan, not a text layer. */
const SIGNS_LEAST = 16

/** Of the font's size: where letters end above and below the baseline; a gap that is a space; one that ends the line. */
const ASCENT = 0.8
const DESCENT = 0.22
const SPACE = 0.15
const BREAK = 1.2

/** `viewport` takes the page's units to pixels: [a, b, c, d, e, f]. Null: the page has no text layer worth the name. */
export function textLines(runs: TextRun[], viewport: number[], width: number, height: number): KnownLine[] | null {
  const placed = runs
    .filter(({ str }) => str.trim())
    .map((run) => place(run, viewport))
    .filter(({ box: [x0, y0, x1, y1] }) => x0 < width && y0 < height && x1 > 0 && y1 > 0 && x1 > x0 && y1 > y0)
  const signs = placed.reduce((sum, { text }) => sum + text.replace(/\s/g, '').length, 0)
  if (signs < SIGNS_LEAST) return null
  const turned = placed.filter(({ level }) => !level).map(({ box, text }) => ({ box, text: text.trim() }))
  return [...join(placed.filter(({ level }) => level)).map(({ box, text, words }) => ({ box, text: text.trim(), words })), ...turned]
}

function place({ str, transform, width }: TextRun, viewport: number[]): Placed {
  const [a, b, c, d, e, f] = multiply(viewport, transform)
  const size = Math.hypot(c, d)
  const scale = Math.hypot(viewport[0], viewport[1])
  const along = Math.hypot(a, b) || 1
  const [dx, dy] = [(a / along) * width * scale, (b / along) * width * scale]
  const [ux, uy] = [c / (size || 1), d / (size || 1)] // upwards from the baseline
  const xs: number[] = []
  const ys: number[] = []
  for (const t of [0, 1]) {
    for (const up of [-DESCENT * size, ASCENT * size]) {
      xs.push(e + t * dx + up * ux)
      ys.push(f + t * dy + up * uy)
    }
  }
  const box: Box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  return { text: str, size, level: Math.abs(b) < 0.02 * along && a > 0, box, words: split(str, box) }
}

/** The words of a run, as if all its signs were as wide as each other. */
function split(text: string, [x0, y0, x1, y1]: Box): KnownWord[] {
  const at = (index: number) => x0 + ((x1 - x0) * index) / text.length
  return [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ text: word, box: [at(index), y0, at(index + word.length), y1] }))
}

function around(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]
}

/** Runs on one baseline, near each other, become one line. */
function join(runs: Placed[]): Placed[] {
  const middle = ({ box }: Placed) => (box[1] + box[3]) / 2
  const rows: Placed[][] = []
  for (const run of [...runs].sort((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1)
    if (row && Math.abs(middle(row[0]) - middle(run)) < 0.4 * Math.min(row[0].size, run.size)) row.push(run)
    else rows.push([run])
  }
  return rows.flatMap((row) => joinRow(row.sort((a, b) => a.box[0] - b.box[0])))
}

function joinRow(row: Placed[]): Placed[] {
  const lines: Placed[] = []
  for (const run of row) {
    const last = lines.at(-1)
    const gap = last ? run.box[0] - last.box[2] : 0
    const size = last ? Math.max(last.size, run.size) : 0
    if (!last || gap > BREAK * size) {
      lines.push({ ...run, words: [...run.words] })
      continue
    }
    const spaced = gap > SPACE * size || /\s$/.test(last.text) || /^\s/.test(run.text)
    last.text = spaced ? `${last.text.trimEnd()} ${run.text.trimStart()}` : last.text + run.text
    const [first, ...others] = run.words
    const end = last.words.at(-1)!
    if (spaced) last.words.push(...run.words)
    else last.words.splice(-1, 1, { text: end.text + first.text, box: around(end.box, first.box) }, ...others)
    last.size = size
    last.box = around(last.box, run.box)
  }
  return lines
}

/** Of two affine maps, the second applied first. */
function multiply(m: number[], n: number[]): number[] {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ]
}
