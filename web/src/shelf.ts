// The documents at hand, as a strip of small pictures to choose from.
import { h, icon, replace } from './dom.ts'
import type { Item } from './item.ts'

export interface Shelf { element: HTMLElement; add(item: Item): void; remove(item: Item): void; select(item: Item): void }

const states: Record<Item['state']['is'], string> = {
  waiting: 'waiting', reading: 'being read', read: 'read', failed: 'could not be read', cancelled: 'cancelled',
}

export function createShelf(choose: (item: Item) => void, drop: (item: Item) => void): Shelf {
  const list = h('ul', { class: 'cards' })
  const element = h('nav', { class: 'shelf', 'aria-label': 'Documents' }, list)
  const entries = new Map<Item, { entry: HTMLElement; button: HTMLButtonElement }>()

  return {
    element,
    add(item) {
      const mark = h('span', { class: 'mark', 'aria-hidden': 'true' })
      const thumb = h('span', { class: 'thumb' }, mark)
      const state = h('span', { class: 'unseen' })
      const button = h('button', { class: 'card', type: 'button', title: item.name, onclick: () => choose(item) },
        thumb, h('span', { class: 'name' }, item.name), state)
      const remove = h('button', { class: 'remove', type: 'button', 'aria-label': `Put ${item.name} away`, title: 'Put away', onclick: () => drop(item) }, icon('close'))
      const entry = h('li', {}, button, remove)
      const update = () => {
        entry.dataset.state = item.doubtful ? 'doubt' : item.state.is
        state.textContent = `, ${states[item.state.is]}`
        replace(mark, item.doubtful || item.state.is === 'failed' ? icon('warning') : item.state.is === 'read' && icon('check'))
      }
      const look = () => {
        const [leaf] = item.leaves
        if (leaf && thumb.childElementCount === 1) thumb.prepend(h('img', { src: leaf.url, alt: '', decoding: 'async' }))
      }
      item.addEventListener('change', update)
      item.addEventListener('leaf', look)
      update()
      look()
      entries.set(item, { entry, button })
      list.append(entry)
    },
    remove(item) {
      entries.get(item)?.entry.remove()
      entries.delete(item)
    },
    select(item) {
      for (const [each, { button }] of entries) {
        if (each === item) button.setAttribute('aria-current', 'true')
        else button.removeAttribute('aria-current')
      }
      entries.get(item)?.entry.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    },
  }
}
