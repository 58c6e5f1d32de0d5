// A dialog that looks through the camera until a document is held steadily, or the shutter is pressed.
import { DeviceError, type Capture, type Live, type Plait, type Quality } from 'plait'
import { announce, h, icon, replace, svg } from './dom.ts'
import { stated } from './errors.ts'

const hints: Record<NonNullable<Quality['problem']>, string> = {
  no_page: 'Hold a document in front of the camera',
  too_small: 'A little closer',
  moving: 'Hold it still',
  blurred: 'It is not sharp yet',
  glare: 'Something shines on it: tilt it a little',
}

/** Opens at once; `take` gets every document that was captured, with its page as a picture. */
export function openCamera(
  plait: Promise<Plait>, take: (document: import('plait').Document, picture: Blob, capture: Capture) => void,
) {
  let live: Live | undefined
  let listening = false
  const video = h('video', { autoplay: true, muted: true, playsinline: true, 'aria-label': 'What the camera sees' })
  const outline = svg('svg', { class: 'outline', 'aria-hidden': 'true', preserveAspectRatio: 'xMidYMid meet' })
  const hint = h('p', { class: 'hint', role: 'status' }, 'Opening the camera')
  const shutter = h('button', { class: 'shutter', type: 'button', 'aria-label': 'Take the picture now', disabled: true, onclick: () => void shoot() })
  // It listens only when a person says so, and only where the package has a use for what is said.
  const ear = h('button', { class: 'quiet', type: 'button', 'aria-pressed': 'false', hidden: true, onclick: () => void listen() },
    icon('microphone'), h('span', {}, 'Say the total'))
  const view = h('div', { class: 'view' }, video, outline)
  const dialog = h('dialog', { class: 'camera', 'aria-label': 'Camera', onclose: end }, view, hint,
    h('div', { class: 'bar' },
      h('button', { class: 'quiet', type: 'button', onclick: () => dialog.close() }, icon('close'), 'Close'), shutter, h('span', { class: 'end' }, ear)))

  let free = 0
  /** What must be read stays for some milliseconds, whatever every frame has to say. */
  function say(text: string, ms = 0) {
    const now = performance.now()
    if (ms === 0 && now < free) return
    free = now + ms
    if (hint.textContent !== text) hint.textContent = text
  }

  function see(quality: Quality) {
    outline.setAttribute('viewBox', `0 0 ${quality.width} ${quality.height}`)
    replace(outline, quality.outline && svg('polygon', { points: quality.outline.map((point) => point.join(',')).join(' ') }))
    say(quality.problem ? hints[quality.problem] : 'Good. Reading it')
  }

  async function shoot() {
    shutter.disabled = true
    say('Reading it')
    await live?.capture().catch(fail)
    shutter.disabled = false
  }

  async function captured(document: import('plait').Document, capture: Capture) {
    const { image } = capture
    const canvas = new OffscreenCanvas(image.width, image.height)
    canvas.getContext('2d')!.putImageData(image, 0, 0)
    take(document, await canvas.convertToBlob({ type: 'image/png' }), capture)
    announce('A document was captured and read.')
    dialog.close()
  }

  function fail(error: unknown) {
    const { text, detail } = stated(error)
    shutter.disabled = true
    hint.hidden = true
    replace(view, h('div', { class: 'sentence', role: 'alert' }, icon('warning'), h('p', {}, text), h('p', { class: 'why' }, detail)))
  }

  /** What is not the camera's own end leaves the camera going. */
  function told(error: unknown) {
    if (error instanceof DeviceError && error.device === 'camera') return fail(error)
    if (error instanceof DeviceError) pressed(false)
    const text = error instanceof DeviceError ? 'The microphone cannot be used. Reading goes on without it.' : stated(error).text
    say(text, 4000)
    announce(text)
  }

  function pressed(on: boolean) {
    listening = on
    ear.setAttribute('aria-pressed', String(on))
  }

  async function listen() {
    pressed(!listening)
    live?.stop()
    video.srcObject = null
    await start().catch(fail)
    if (listening) say('Say the total, digit by digit, and hold the document still', 4000)
  }

  function end() {
    live?.stop()
    dialog.remove()
  }

  async function start() {
    const reader = await plait
    live = reader.live({
      video, audio: listening,
      onQuality: see,
      onDocument: (document, capture) => void captured(document, capture),
      onError: told,
    })
    if (!dialog.open) return live.stop()
    await live.ready
    ear.hidden = !reader.info.model.modalities.includes('audio')
    say('Hold a document in front of the camera')
    shutter.disabled = false
  }

  document.body.append(dialog)
  dialog.showModal()
  start().catch(fail)
}
