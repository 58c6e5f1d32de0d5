// The pages of a document, with zoom, and boxes over what was read.
import { h, icon, svg } from './dom.ts'
import type { Document, Point } from 'plait'
import type { Item } from './item.ts'

import { title, value } from './words.ts'

const zoomMost = 6

export interface Viewer {
  element: HTMLElement
  mark(document: Document): void
  highlight(name: string | null, scroll: boolean): void
  close(): void
}

const points = (polygon: Point[]) => polygon.map((point) => point.join(',')).join(' ')

/** `choose` is called with the field a person points at on the page (null: none), and whether they chose it. */
export function createViewer(item: Item, choose: (name: string | null, chosen: boolean) => void): Viewer {
  let zoom = 1
  const strip = h('div', { class: 'strip' })
  const scroller = h('div', { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': `Pages of ${item.name}` }, strip)
  const level = h('output', { class: 'level' }, '100 %')
  const count = h('span', { class: 'count' })
  const button = (label: string, name: Parameters<typeof icon>[0], act: () => void) =>
    h('button', { class: 'quiet', type: 'button', 'aria-label': label, title: label, onclick: act }, icon(name))
  const lines = h('button', {
    class: 'quiet', type: 'button', 'aria-pressed': 'false', 'aria-label': 'Show every line that was read', title: 'Every line that was read',
    onclick: () => {
      const shown = element.classList.toggle('with-lines')
      lines.setAttribute('aria-pressed', String(shown))
    },
  }, icon('text'))
  const tools = h('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Page' },
    count, h('span', { class: 'grow' }), lines,
    button('Smaller', 'minus', () => setZoom(zoom / 1.25)), level, button('Larger', 'plus', () => setZoom(zoom * 1.25)),
    button('Fit the page', 'fit', () => setZoom(1)))
  const element = h('section', { class: 'viewer', 'aria-label': 'Page' }, tools, scroller)

  function setZoom(next: number, about?: { x: number; y: number }) {
    const before = zoom
    zoom = Math.min(zoomMost, Math.max(0.25, next))
    const { left, top, width, height } = scroller.getBoundingClientRect()
    const x = (about?.x ?? left + width / 2) - left
    const y = (about?.y ?? top + height / 2) - top
    const [wasX, wasY] = [scroller.scrollLeft + x, scroller.scrollTop + y]
    strip.style.setProperty('--zoom', String(zoom))
    scroller.scrollTo(wasX * zoom / before - x, wasY * zoom / before - y)
    level.value = `${Math.round(100 * zoom)} %`
  }

  scroller.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    setZoom(zoom * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY })
  }, { passive: false })
  scroller.addEventListener('dblclick', (event) => setZoom(zoom > 1 ? 1 : 2, { x: event.clientX, y: event.clientY }))
  scroller.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '+' || event.key === '=') setZoom(zoom * 1.25)
    else if (event.key === '-') setZoom(zoom / 1.25)
    else if (event.key === '0') setZoom(1)
    else return
    event.preventDefault()
  })
  dragToScroll(scroller)

  const sheets: HTMLElement[] = []
  function lay({ width, height }: { width: number; height: number }) {
    const sheet = h('figure', { class: 'sheet' })
    sheet.style.setProperty('--ratio', String(width / height))
    sheets.push(sheet)
    strip.append(sheet)
    count.textContent = sheets.length > 1 ? `${sheets.length} pages` : ''
    return sheet
  }

  /** A page's picture may come before what was read, or after: from a camera it is read before it is drawn here. */
  function look() {
    for (const [i, leaf] of item.leaves.entries()) {
      const sheet = sheets[i] ?? lay(leaf)
      if (sheet.querySelector('img')) continue
      const alt = i ? `Page ${i + 1}` : `Page of ${item.name}`
      sheet.prepend(h('img', { src: leaf.url, alt, decoding: 'async', draggable: 'false' }))
    }
  }
  item.addEventListener('leaf', look)
  look()

  function box(name: string, text: string, polygon: Point[]) {
    return svg('polygon', {
      points: points(polygon), class: 'box', tabindex: '0', role: 'button', 'data-field': name, 'aria-label': `${title(name)}: ${text}`,
      onpointerenter: () => choose(name, false), onpointerleave: () => choose(null, false),
      onfocus: () => choose(name, false), onblur: () => choose(null, false),
      onclick: () => choose(name, true),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        choose(name, true)
      },
    })
  }

  function mark(document: Document) {
    for (const [i, page] of document.pages.entries()) {
      const sheet = sheets[i] ?? lay(page) // without a picture, because this browser cannot show it, it bears the boxes
      const overlay = svg('svg', { class: 'overlay', viewBox: `0 0 ${page.width} ${page.height}`, role: 'group', 'aria-label': 'What was found' },
        ...page.lines.map((line) => svg('polygon', { points: points(line.polygon), class: 'line' }, svg('title', {}, line.text))),
        ...Object.entries(document.fields).flatMap(([name, field]) =>
          field.polygon && field.value !== null && field.page === i ? [box(name, value(field), field.polygon)] : []))
      sheet.querySelector('svg')?.remove()
      sheet.append(overlay)
    }
  }

  function highlight(name: string | null, scroll: boolean) {
    element.classList.toggle('pointing', name !== null)
    for (const polygon of element.querySelectorAll<SVGPolygonElement>('.box')) {
      const here = polygon.dataset.field === name
      polygon.classList.toggle('here', here)
      if (here && scroll) bring(polygon)
    }
  }

  /** Scrolls the pages, and nothing else, until the box is in sight. */
  function bring(polygon: SVGPolygonElement) {
    const [box, window] = [polygon.getBoundingClientRect(), scroller.getBoundingClientRect()]
    const inside = box.left >= window.left && box.right <= window.right && box.top >= window.top && box.bottom <= window.bottom
    if (inside) return
    scroller.scrollBy({
      left: (box.left + box.right - window.left - window.right) / 2,
      top: (box.top + box.bottom - window.top - window.bottom) / 2,
      behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
    })
  }

  return { element, mark, highlight, close: () => item.removeEventListener('leaf', look) }
}

function dragToScroll(scroller: HTMLElement) {
  let from: { x: number; y: number } | undefined
  scroller.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'mouse' || event.button !== 0 || (event.target as Element).closest('.box')) return
    from = { x: event.clientX, y: event.clientY }
    scroller.setPointerCapture(event.pointerId)
  })
  scroller.addEventListener('pointermove', (event) => {
    if (!from) return
    scroller.scrollBy(from.x - event.clientX, from.y - event.clientY)
    from = { x: event.clientX, y: event.clientY }
  })
  for (const end of ['pointerup', 'pointercancel']) scroller.addEventListener(end, () => { from = undefined })
}
