// What was made of a document: progress while it is read, a sentence if it cannot be, else fields, tables, checks and timing.
import { copyButton } from './copy.ts'
import { h, icon } from './dom.ts'
import { download, fieldsCsv, readingJson } from './exports.ts'
import { createFieldList, type FieldList } from './fields.ts'
import type { Item } from './item.ts'
import { tableView } from './tables.ts'
import type { Modality, Document } from 'plait'
import { milliseconds, modalities, percent, review, stage, title } from './words.ts'

export function progress(item: Item, cancel: () => void) {
  const bar = h('progress', { max: '1', value: '0', 'aria-label': `Reading ${item.name}` })
  const caption = h('span', { class: 'caption' }, 'Waiting for its turn')
  const element = h('div', { class: 'progress' }, h('div', { class: 'head' }, caption, h('button', { class: 'quiet', type: 'button', onclick: cancel }, 'Cancel')), bar,
    h('div', { class: 'ghosts', 'aria-hidden': 'true' }, ...Array.from({ length: 4 }, () => h('div', { class: 'ghost' }))))
  const update = () => {
    if (item.state.is !== 'reading') return
    caption.textContent = item.state.page ? `${stage(item.state.stage)}, ${item.state.page}` : stage(item.state.stage)
    bar.value = item.state.fraction
  }
  update()
  return { element, update }
}

/** Where the document would be: one sentence, and what to do next. */
export const sentence = (text: string, detail: string | undefined, again: (() => void) | undefined) =>
  h('div', { class: 'sentence', role: 'alert' }, icon('warning'), h('p', {}, text), detail && h('p', { class: 'why' }, detail),
    again && h('button', { class: 'primary', type: 'button', onclick: again }, 'Read it again'))

export interface Results { element: HTMLElement; fields: FieldList }

export function results(
  item: Item, document: Document, ms: number,
  callbacks: { point(name: string | null): void; correct(name: string, value: string | undefined): Promise<void> },
): Results {
  const fields = createFieldList(item, document, callbacks)
  const base = item.name.replace(/\.[^.]+$/, '')
  const element = h('div', { class: 'results' },
    summary(document),
    h('section', { 'aria-label': 'Fields' }, fields.element),
    ...document.tables.map(tableView),
    checks(document),
    h('div', { class: 'take' },
      copyButton('Copy CSV', 'Copy CSV of the fields', () => fieldsCsv(document, item.corrections)),
      copyButton('Copy JSON', 'Copy JSON of everything', () => readingJson(document, item.corrections)),
      h('button', {
        class: 'quiet', type: 'button', onclick: () => download(`${base}.json`, 'application/json', readingJson(document, item.corrections)),
      }, icon('download'), 'Save JSON')),
    text(document), how(document, ms))
  return { element, fields }
}

function summary(document: Document) {
  const { needed, reasons } = document.review
  const kind = document.type.value ? title(document.type.value) : 'Document'
  return h('div', { class: `summary ${needed ? 'doubt' : 'good'}` },
    h('h2', {}, kind),
    needed
      ? h('p', {}, icon('warning'), h('span', {}, `${review(reasons)} Please have a look.`))
      : h('p', {}, icon('check'), h('span', {}, 'Everything is clear.')))
}

function checks(document: Document) {
  if (!document.checks.length) return null
  return h('section', { class: 'checks', 'aria-label': 'What adds up' }, h('ul', {},
    ...document.checks.map(({ name, passed, detail }) =>
      h('li', { class: passed ? 'good' : 'doubt' }, icon(passed ? 'check' : 'warning'),
        h('div', {}, h('strong', {}, title(name)), h('span', { class: 'unseen' }, passed ? ': holds. ' : ': does not hold. '), h('p', {}, detail))))))
}

function text(document: Document) {
  const lines = document.pages.flatMap((page) => page.lines.map((line) => line.text))
  if (!lines.length) return null
  return h('details', {}, h('summary', {}, `Text, ${lines.length} lines`),
    h('div', { class: 'inside' }, copyButton('Copy', 'Copy the text', () => lines.join('\n')), h('pre', { class: 'text' }, lines.join('\n'))))
}

function how(document: Document, ms: number) {
  const stages = Object.entries(document.timing_ms).filter(([name, time]) => name !== 'total' && time >= 0.5)
  const longest = Math.max(...stages.map(([, time]) => time), 1)
  const senses = Object.entries(document.modalities).filter(([, sense]) => sense?.present) as [Modality, { quality: number; contribution: number | null }][]
  return h('details', {}, h('summary', {}, `Read in ${milliseconds(ms)}`),
    h('div', { class: 'inside' },
      h('dl', { class: 'times' }, ...stages.flatMap(([name, time]) => {
        const bar = h('span', { class: 'time' })
        bar.style.inlineSize = `${100 * time / longest}%`
        return [h('dt', {}, stage(name)), h('dd', {}, bar, h('span', { class: 'number' }, milliseconds(time)))]
      })),
      h('dl', { class: 'facts' },
        ...senses.flatMap(([name, sense]) => [
          h('dt', {}, title(name)),
          h('dd', {}, `${sense.contribution === null ? 'Part' : percent(sense.contribution)} of the answer (${modalities[name]}; quality ${percent(sense.quality)})`),
        ]),
        h('dt', {}, 'Way'), h('dd', {}, document.path.map(({ step }) => title(step).toLowerCase()).join(', then ')),
        h('dt', {}, 'Model'), h('dd', {}, `${document.model.name} ${document.model.version}`))))
}
