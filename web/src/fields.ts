// The fields that were read: value, confidence, evidence, and the hand that corrects them.
import { announce, h, icon, replace } from './dom.ts'
import type { Item } from './item.ts'
import type { Field, Modality, Document } from 'plait'
import { modalities, percent, reason, title, value } from './words.ts'

export interface FieldList { element: HTMLElement; highlight(name: string | null, scroll: boolean): void; focus(name: string): void }

interface Callbacks {
  /** The field a person points at, by hand or by focus; null: none. */
  point(name: string | null): void
  /** Keeps what a person says the value is; undefined takes it back. */
  correct(name: string, value: string | undefined): Promise<void>
}

export function createFieldList(item: Item, document: Document, callbacks: Callbacks): FieldList {
  const cards = new Map<string, HTMLElement>()
  const list = h('ul', { class: 'fields' })
  for (const [name, field] of Object.entries(document.fields)) {
    const card = h('li', {
      class: 'field', 'data-field': name,
      onpointerenter: () => callbacks.point(name), onpointerleave: () => callbacks.point(null),
      onfocusin: () => callbacks.point(name), onfocusout: () => callbacks.point(null),
    })
    cards.set(name, card)
    fill(card, item, name, field, document, callbacks)
    list.append(card)
  }
  return {
    element: list,
    highlight(name, scroll) {
      for (const [key, card] of cards) {
        card.classList.toggle('here', key === name)
        if (key === name && scroll) card.scrollIntoView({ block: 'nearest' })
      }
    },
    focus: (name) => cards.get(name)?.querySelector('button')?.focus(),
  }
}

function fill(card: HTMLElement, item: Item, name: string, field: Field, document: Document, callbacks: Callbacks) {
  const draw = () => fill(card, item, name, field, document, callbacks)
  const corrected = item.corrections.get(name)
  const doubtful = corrected === undefined && document.review.reasons.some((text) => text.split(':')[1] === name)
  const shown = corrected ?? value(field)
  const edit = h('button', {
    class: 'value', type: 'button', 'aria-label': `${title(name)}: ${shown === '—' ? 'nothing' : shown}. Correct it`, title: 'Correct it',
    onclick: () => correct(card, item, name, field, draw, callbacks),
  }, h('span', { class: shown === '—' ? 'none' : '' }, shown), icon('pencil'))
  card.classList.toggle('doubtful', doubtful)
  replace(card,
    h('div', { class: 'head' },
      h('h3', {}, title(name)),
      corrected !== undefined
        ? h('span', { class: 'badge good' }, 'Corrected by you')
        : doubtful && h('span', { class: 'badge doubt' }, icon('warning'), 'Please check')),
    edit,
    ...(corrected !== undefined ? [undo(name, field, callbacks, draw)] : explanation(name, field)))
}

/** How sure the reading is and what it rests on. */
function explanation(name: string, field: Field): HTMLElement[] {
  const parts: HTMLElement[] = []
  if (field.value === null) {
    parts.push(h('p', { class: 'why' }, reason(field)))
    if (field.reason === 'not_found') return parts
    if (field.text) parts.push(h('p', { class: 'why' }, 'What stands there: ', h('q', {}, field.text)))
  } else {
    parts.push(confidence(name, field.confidence))
    if (field.text && field.text !== field.value) parts.push(h('p', { class: 'why' }, 'Printed as ', h('q', {}, field.text)))
  }
  if (field.evidence && field.value !== null) parts.push(evidence(field.evidence))
  return parts
}

function confidence(name: string, share: number) {
  const level = share >= 0.95 ? 'high' : share >= 0.8 ? 'fair' : 'low'
  const bar = h('meter', { class: `confidence ${level}`, min: '0', max: '1', value: share, 'aria-label': `How sure ${title(name).toLowerCase()} is` }, percent(share))
  return h('div', { class: 'sure' }, bar, h('span', { class: 'number', 'aria-hidden': 'true' }, percent(share)))
}

function evidence(shares: Partial<Record<Modality, number>>) {
  const present = (Object.entries(shares) as [Modality, number][]).filter(([, share]) => share > 0.005)
  const bar = h('div', { class: 'shares', 'aria-hidden': 'true' })
  for (const [name, share] of present) {
    const part = h('span', { class: `share ${name}` })
    part.style.flexGrow = String(share)
    bar.append(part)
  }
  return h('div', { class: 'evidence' }, bar,
    h('ul', { class: 'legend', 'aria-label': 'What it rests on' },
      ...present.map(([name, share]) => h('li', { class: name, title: modalities[name] }, `${title(name)} ${percent(share)}`))))
}

function undo(name: string, field: Field, callbacks: Callbacks, draw: () => void) {
  return h('p', { class: 'why' }, field.value === null ? 'Nothing was read. ' : `It was read as ${value(field)}. `,
    h('button', {
      class: 'link', type: 'button',
      onclick: async () => {
        await callbacks.correct(name, undefined)
        draw()
        announce(`${title(name)} is as it was read again.`)
      },
    }, 'Take back'))
}

/** The card becomes a form, until what was typed is kept or left. */
function correct(card: HTMLElement, item: Item, name: string, field: Field, draw: () => void, callbacks: Callbacks) {
  const input = h('input', {
    type: 'text', name, value: item.corrections.get(name) ?? field.value ?? '', 'aria-label': `What ${title(name).toLowerCase()} really is`,
    autocomplete: 'off', spellcheck: 'false',
  })
  const done = () => {
    draw()
    card.querySelector<HTMLElement>('.value')?.focus()
  }
  const keep = async (event: SubmitEvent) => {
    event.preventDefault()
    const text = input.value.trim()
    if (text && text !== (item.corrections.get(name) ?? field.value)) {
      await callbacks.correct(name, text)
      announce(`${title(name)} is now ${text}. Kept on this device.`)
    }
    done()
  }
  const form = h('form', {
    class: 'correct', onsubmit: keep,
    onkeydown: (event: KeyboardEvent) => { if (event.key === 'Escape') done() },
  }, input,
  h('button', { class: 'primary small', type: 'submit' }, 'Keep'),
  h('button', { class: 'quiet', type: 'button', 'aria-label': 'Leave it as it is', title: 'Leave it', onclick: done }, icon('close')))
  replace(card, h('div', { class: 'head' }, h('h3', {}, title(name))), form, h('p', { class: 'why' }, 'Kept on this device, nowhere else.'))
  input.focus()
  input.select()
}
