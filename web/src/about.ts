// Which build of the program runs here and why, whether the page works without a network, and what it remembers.
import { announce, h, icon, replace } from './dom.ts'
import type { Info, Plait } from 'plait'
import { threads } from './words.ts'

const variants: Record<string, string> = {
  'wasm-simd': 'SIMD',
  'wasm-relaxed': 'relaxed SIMD',
  'wasm-threads': 'SIMD and threads',
  'wasm-relaxed-threads': 'relaxed SIMD and threads',
}

export function createAbout() {
  const facts = h('dl', { class: 'facts' })
  const close = h('button', { class: 'quiet', type: 'button', 'aria-label': 'Close', onclick: () => dialog.close() }, icon('close'))
  const dialog = h('dialog', { class: 'about', 'aria-labelledby': 'about-title' },
    h('div', { class: 'head' }, h('h2', { id: 'about-title' }, 'On this device'), h('span', { class: 'grow' }), close),
    h('p', {}, 'Documents are read by a program in this page. They are not sent anywhere, and nothing is counted or reported.'),
    facts)
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
  const dot = h('span', { class: 'dot' })
  const caption = h('span', { class: 'caption' }, 'On this device')
  const button = h('button', {
    class: 'quiet device', type: 'button', 'aria-haspopup': 'dialog', 'aria-label': 'On this device: details',
    onclick: () => { dialog.showModal(), void count() },
  }, dot, caption)
  const forget = h('button', {
    class: 'quiet', type: 'button',
    async onclick() {
      await Promise.all([plait?.memory.forget(), plait?.feedback.clear()])
      announce('Everything you corrected is forgotten.')
      await count()
    },
  }, 'Forget all')

  let plait: Plait | undefined
  let plan: Info | undefined
  let remembered = 0
  let offline = false
  const draw = () => {
    dot.classList.toggle('ready', plan !== undefined)
    replace(facts,
      h('dt', {}, 'Build'), h('dd', {}, plan ? `${variants[plan.variant] ?? plan.variant}, ${threads(plan)}` : 'not loaded yet'),
      ...(plan ? [h('dt', {}, 'Why'), h('dd', {}, plan.reasons.join(' '))] : []),
      h('dt', {}, 'Isolated'), h('dd', {}, crossOriginIsolated ? 'yes, so threads are possible' : 'no, so one thread'),
      h('dt', {}, 'Offline'), h('dd', {}, offline ? 'ready: it works without a network' : 'not yet'),
      h('dt', {}, 'Remembered'), h('dd', {}, ...(remembered
        ? [`${remembered === 1 ? 'one document' : `${remembered} documents`} you corrected; the next of the same shop reads better. `, forget]
        : ['nothing: what you correct is remembered on this device alone'])))
  }
  async function count() {
    remembered = (await plait?.memory.count().catch(() => 0)) ?? 0 // a private window may have no store
    draw()
  }
  draw()
  return {
    button, dialog,
    running(next: Plait) { plait = next, plan = next.info, draw(), void count() },
    offline() { offline = true, draw() },
  }
}
