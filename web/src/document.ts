// One document on the screen: its pages on one side, what was made of them on the other, linked both ways.
import { h, replace } from './dom.ts'
import type { Item } from './item.ts'
import * as panel from './panel.ts'
import { createViewer } from './viewer.ts'

interface Callbacks {
  cancel(item: Item): void
  again(item: Item): void
  correct(item: Item, name: string, value: string | undefined): Promise<void>
}

export function createDocument(item: Item, callbacks: Callbacks) {
  let fields: panel.Results['fields'] | undefined
  const viewer = createViewer(item, (name, chosen) => {
    point(name, 'page')
    if (name && chosen) fields?.focus(name)
  })
  const side = h('section', { class: 'panel', 'aria-label': 'What was read' })
  const element = h('article', { class: 'document', 'aria-label': item.name }, viewer.element, side)

  /** Lights up a field and its place; only the side the person is not on scrolls. */
  function point(name: string | null, from: 'page' | 'list') {
    viewer.highlight(name, from === 'list')
    fields?.highlight(name, from === 'page')
  }

  let drawn = ''
  let progress: ReturnType<typeof panel.progress> | undefined
  function update() {
    const { state } = item
    element.dataset.state = state.is
    if (state.is === 'waiting' || state.is === 'reading') {
      if (drawn !== 'progress') {
        progress = panel.progress(item, () => callbacks.cancel(item))
        replace(side, progress.element)
        drawn = 'progress'
      }
      progress?.update()
      return
    }
    drawn = state.is
    fields = undefined
    if (state.is === 'read') {
      const shown = panel.results(item, state.document, state.ms, {
        point: (name) => point(name, 'list'),
        correct: (name, value) => callbacks.correct(item, name, value),
      })
      fields = shown.fields
      viewer.mark(state.document)
      replace(side, shown.element)
    } else if (state.is === 'failed') {
      replace(side, panel.sentence(state.told.text, state.told.detail, state.told.again ? () => callbacks.again(item) : undefined))
    } else {
      replace(side, panel.sentence('You cancelled this one.', undefined, () => callbacks.again(item)))
    }
  }
  item.addEventListener('change', update)
  update()

  return {
    element,
    close() {
      item.removeEventListener('change', update)
      viewer.close()
    },
  }
}
