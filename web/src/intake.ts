// Ways in: dropped, pasted, chosen.
import { h, icon } from './dom.ts'

export const accepted = 'image/*,application/pdf,.pdf'

/** Listens on the whole window, so that a file may be dropped or pasted anywhere. */
export function listen(take: (files: File[]) => void) {
  let depth = 0
  const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
  const show = (shown: boolean) => document.body.classList.toggle('dropping', shown)
  window.addEventListener('dragenter', (event) => { if (carries(event) && ++depth === 1) show(true) })
  window.addEventListener('dragleave', (event) => { if (carries(event) && --depth <= 0) show(false), depth = 0 })
  window.addEventListener('dragover', (event) => { if (carries(event)) event.preventDefault() })
  window.addEventListener('drop', (event) => {
    if (!carries(event)) return
    event.preventDefault()
    depth = 0
    show(false)
    take([...event.dataTransfer!.files])
  })
  window.addEventListener('paste', (event) => {
    if ((event.target as Element | null)?.closest?.('input, textarea')) return
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length) event.preventDefault(), take(files)
  })
}

export function chooser(take: (files: File[]) => void, properties: { caption: string; class: string }) {
  const input = h('input', {
    type: 'file', accept: accepted, multiple: true, class: 'unseen', tabindex: '-1', 'aria-hidden': 'true',
    onchange: () => {
      take([...(input.files ?? [])])
      input.value = ''
    },
  })
  return h('span', {}, input,
    h('button', { type: 'button', class: properties.class, 'aria-label': properties.caption, onclick: () => input.click() },
      icon('plus'), h('span', { class: 'caption' }, properties.caption)))
}

/** What the page shows while it has no document. */
export const welcome = (ways: HTMLElement[]) =>
  h('section', { class: 'welcome', 'aria-label': 'Begin' },
    h('div', { class: 'target' },
      icon('file'),
      h('h2', {}, 'Drop a receipt or a document here'),
      h('p', {}, 'Pictures and PDFs, as many as you like. Pasting works too.'),
      h('div', { class: 'ways' }, ...ways)),
    h('p', { class: 'promise' }, 'It is read on this device. Nothing leaves it.'))
