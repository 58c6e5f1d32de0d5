// Every kind of source gives the native answer; so does the package in a module worker, without one, and with its files given.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bare, bring, check, chromium, firefox, native, open, root, same, sameDocument, sample, test } from './harness.mjs'

// Without loss: the browser's decoder and the core's give the same pixels.
const file = 'boulangerie.png'
const expected = native(sample(file))

/** The page's own kinds of picture, made from a sample; null where the browser does not have one. */
const readAs = async ([file, kind]) => {
  const { tools } = window
  const blob = await tools.fetched(file)
  const bitmap = await createImageBitmap(blob)
  const draw = (canvas) => {
    canvas.getContext('2d').drawImage(bitmap, 0, 0)
    return canvas
  }
  const element = () => draw(Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height }))
  const offscreen = () => draw(new OffscreenCanvas(bitmap.width, bitmap.height))
  const kinds = {
    file: () => blob,
    blob: () => new Blob([blob]),
    buffer: () => blob.arrayBuffer(),
    bytes: async () => new Uint8Array(await blob.arrayBuffer()),
    address: () => `/${file}`,
    url: () => new URL(`/${file}`, location.href),
    pixels: () => offscreen().getContext('2d').getImageData(0, 0, bitmap.width, bitmap.height),
    bitmap: () => bitmap,
    canvas: element,
    offscreen,
    image: async () => {
      const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) })
      await image.decode()
      return image
    },
    frame: () => (typeof VideoFrame === 'undefined' ? null : new VideoFrame(bitmap, { timestamp: 0 })),
    video: async () => {
      const canvas = element()
      if (!canvas.captureStream) return null
      const video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream() })
      // A stream brings a frame when the canvas is drawn on.
      const drawing = setInterval(() => draw(canvas), 50)
      await video.play()
      await new Promise((resolve) => setTimeout(resolve, 500))
      clearInterval(drawing)
      return video
    },
  }
  if (!kind) return Object.keys(kinds)
  const source = await kinds[kind]()
  return source && tools.reader.read(source)
}

const inWorker = async (file) => {
  const worker = new Worker('/worker.js', { type: 'module' })
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = (event) => reject(new Error(event.message || 'the worker could not be loaded'))
    window.tools.fetched(file).then((blob) => worker.postMessage(blob))
  })
  worker.terminate()
  return answer
}

/** Readers whose files come from the caller: as bytes, compiled, from other URLs; and one that has no worker. */
const given = async ([file, how, names]) => {
  const bytes = async (path) => (await fetch(path)).arrayBuffer()
  const binary = () => bytes('/dist/wasm/wasm-simd/plait.wasm')
  const options = {
    bytes: async () => ({
      wasm: await binary(),
      model: Object.fromEntries(await Promise.all(names.map(async (name) => [name, await bytes(`/models/receipt/${name}`)]))),
    }),
    module: async () => ({ wasm: await WebAssembly.compile(await binary()), variant: 'wasm-simd' }),
    urls: () => ({ wasmUrl: '/dist/wasm/', modelUrl: new URL('/models/receipt/', location.href) }),
    inline: () => ({ worker: false }),
    script: () => ({ worker: '/dist/web/worker.js' }),
  }
  const info = await window.tools.open(await options[how]())
  return { info, document: await window.tools.read(file) }
}

async function inBrowser(ends, name, browser) {
  const { url, browser: launched } = await open(ends, { folders: [...bare, join(root, 'samples'), root], browser })
  const page = await bring(launched, url)
  await page.evaluate(() => window.tools.open())
  for (const kind of await page.evaluate(readAs, [file])) {
    const document = await page.evaluate(readAs, [file, kind])
    if (!document) console.log(`${name}: no ${kind} here`)
    // What passed through a video codec's colours is not the same to the last bit.
    else if (kind === 'video') same(document.fields.total.value, expected.fields.total.value, `${name}, ${kind}: total`)
    else sameDocument(document, expected, `${name}, ${kind}`)
  }

  const worked = await page.evaluate(inWorker, file)
  check(worked.document, `${name}: in a module worker, found ${worked.failure}`)
  if (worked.document) sameDocument(worked.document, expected, `${name}, in a module worker`)

  const names = readdirSync(join(root, 'models/receipt')).filter((each) => each !== 'CARD.md')
  for (const how of ['bytes', 'module', 'urls', 'inline', 'script']) {
    const { info, document } = await page.evaluate(given, [file, how, names])
    sameDocument(document, expected, `${name}, ${how}`)
    if (how === 'bytes') same(info.resources, { cached: 0, fetched: 0 }, `${name}, ${how}: nothing is fetched`)
    if (how === 'bytes' || how === 'module') same(info.variant, 'wasm-simd', `${name}, ${how}: the build`)
  }
  const { error } = await page.evaluate(() => window.tools.outcome(window.tools.open({ modelUrl: '/no/such/package/' })))
  same([error?.name, error?.code], ['ResourceError', 'NOT_FOUND'], `${name}: a package that is not there`)
  const wrong = await page.evaluate(() => window.tools.outcome(window.tools.open({ wasm: Uint8Array.of(1, 2, 3) })))
  same([wrong.error?.typed, wrong.error?.code], [true, 'INVALID'], `${name}: a binary that is none`)
}

await test(async (ends) => {
  await inBrowser(ends, 'Chromium', chromium)
  await inBrowser(ends, 'Firefox', firefox)
})
