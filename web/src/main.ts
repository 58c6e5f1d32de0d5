// Puts the page together.
import { createAbout } from './about.ts'
import { createDocument } from './document.ts'
import { announce, h, icon, replace } from './dom.ts'
import { openCamera } from './camera.ts'
import { chooser, listen, welcome } from './intake.ts'
import { Item } from './item.ts'
import { registerServiceWorker } from './offline.ts'
import { Reader } from './reader.ts'
import { createShelf } from './shelf.ts'
import { createVoice, type Voice } from './voice.ts'

const content = document.getElementById('content')!
const actions = document.getElementById('actions')!
const items: Item[] = []
let shown: { item: Item; close(): void } | undefined
let voice: Voice | undefined

const reader = new Reader({ modelUrl: new URL('./models/receipt/', document.baseURI), wasmUrl: new URL('./wasm/', document.baseURI) })
const about = createAbout()
const shelf = createShelf(show, putAway)
const stage = h('div', { class: 'stage' })

function take(files: File[]) {
  const added = files.map((file) => new Item(file.name || 'pasted picture', file, voice?.take()))
  for (const item of added) {
    enter(item)
    reader.add(item)
  }
  if (added[0]) show(added[0])
  if (added.length > 1) announce(`${added.length} documents.`)
}

function enter(item: Item) {
  items.push(item)
  shelf.add(item)
  arrange()
}

function show(item: Item) {
  if (shown?.item === item) return
  shown?.close()
  const view = createDocument(item, {
    cancel: (item) => reader.cancel(item),
    again: (item) => reader.add(item),
    async correct(item, name, value) {
      item.correct(name, value)
      if (item.state.is !== 'read') return
      const { document } = item.state
      const said = { [name]: document.fields[name]?.value ?? null, ...Object.fromEntries(item.corrections) } // all: one memory a document
      await (await reader.plait()).confirm(document, said)
    },
  })
  shown = { item, close: view.close }
  replace(stage, view.element)
  shelf.select(item)
  document.title = `${item.name} · Plait`
}

function putAway(item: Item) {
  const index = items.indexOf(item)
  items.splice(index, 1)
  reader.cancel(item)
  item.dispose()
  shelf.remove(item)
  if (shown?.item === item) {
    shown.close()
    shown = undefined
    const next = items[index] ?? items[index - 1]
    if (next) show(next)
  }
  arrange()
}

const ways = (prominent: boolean) => [
  chooser(take, { caption: prominent ? 'Choose files' : 'Add', class: prominent ? 'primary' : 'quiet' }),
  ...(navigator.mediaDevices ? [h('button', { type: 'button', class: prominent ? 'secondary' : 'quiet', 'aria-label': 'Camera', onclick: useCamera }, icon('camera'), h('span', { class: 'caption' }, 'Camera'))] : []),
]

let captures = 0
function useCamera() {
  openCamera(reader.plait(), (document, picture) => {
    const item = new Item(`Camera ${++captures}`, picture)
    item.state = { is: 'read', document, ms: document.timing_ms.total }
    enter(item)
    show(item)
  })
}

let arranged: boolean | undefined
/** Either the invitation or the documents. */
function arrange() {
  const any = items.length > 0
  if (any === arranged) return
  arranged = any
  document.body.classList.toggle('working', any)
  replace(actions, ...(any ? ways(false) : []), voice?.button, about.button)
  if (any) {
    replace(content, shelf.element, stage)
  } else {
    document.title = 'Plait'
    replace(content, welcome(ways(true)))
  }
}

async function start() {
  document.body.append(about.dialog)
  arrange()
  listen(take)
  if (await registerServiceWorker(about.offline, () => items.length === 0 && !document.querySelector('dialog[open]'))) return
  const plait = await reader.plait()
  about.running(plait)
  if (plait.info.model.modalities.includes('audio')) {
    voice = createVoice()
    actions.prepend(voice.button)
  }
}

start().catch((error: unknown) => console.error(error))
