// The camera in Firefox: its fake one is looked at, a receipt in a stream is captured and read, and devices that may not be used or
// are not there are typed errors.  Its fake camera plays no file, so the receipt comes from a canvas; its fake microphone hums.
import { join } from 'node:path'
import { bare, bring, check, firefox, native, open, root, same, sample, test } from './harness.mjs'
import { checkSound, soundCard } from './media.mjs'

const file = 'kopitiam.jpg'
const expected = native(sample(file))

/** A receipt on a dark table, as a stream that a page can make. */
const receiptStream = async (file) => {
  const image = await createImageBitmap(await window.tools.fetched(file))
  const canvas = Object.assign(document.createElement('canvas'), { width: 1920, height: 1080 })
  const context = canvas.getContext('2d')
  function draw() {
    const scale = 0.92 * canvas.height / image.height
    context.resetTransform()
    context.fillStyle = '#2b2824'
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.translate(canvas.width / 2, canvas.height / 2)
    context.rotate(0.05)
    context.imageSmoothingQuality = 'high'
    context.drawImage(image, -image.width * scale / 2, -image.height * scale / 2, image.width * scale, image.height * scale)
  }
  draw()
  setInterval(draw, 100) // a stream has a frame whenever the canvas was drawn on
  window.stream = canvas.captureStream(10)
}

/** What live() tells until a document comes, which is asked for when none comes by itself; as plain data. */
const watch = async ({ given, audio, force }) => {
  const errors = []
  const qualities = []
  const { document, capture } = await new Promise((resolve, reject) => {
    const live = window.tools.reader.live({
      video: given ? window.stream : true, audio,
      onQuality: (quality) => qualities.push(quality.problem),
      onError: ({ name, code, device }) => errors.push({ name, code, device }),
      onDocument: (document, capture) => (live.stop(), resolve({ document, capture })),
    })
    live.ready.then(() => force && setTimeout(() => live.capture().catch(reject), 1000), () => setTimeout(resolve, 500, {}))
    setTimeout(() => reject(new Error(`nothing in time: ${qualities.at(-1)}; ${JSON.stringify(errors)}`)), 60_000)
  })
  return { errors, qualities, fields: document?.fields, width: capture?.image.width, height: capture?.image.height }
}

/** Listens for some seconds and takes a picture. */
const listen = async () => {
  const { image, audio, timestamp_us } = await new Promise((resolve, reject) => {
    const live = window.tools.reader.live({ video: true, audio: true, onError: reject, onDocument: (_, capture) => (live.stop(), resolve(capture)) })
    live.ready.then(() => setTimeout(() => live.capture().catch(reject), 8000), reject)
    setTimeout(() => reject(new Error('nothing in time')), 150_000)
  })
  const now = performance.timeOrigin * 1000 + performance.now() * 1000
  return { width: image.width, now, sound: audio && { ...audio, samples: [...audio.samples], frame_us: timestamp_us } }
}

async function opened(ends, preferences, env) {
  const { url, browser } = await open(ends, { folders: [...bare, join(root, 'samples')], browser: () => firefox(preferences, env) })
  const page = await bring(browser, url)
  await page.evaluate(() => window.tools.open())
  return page
}

const allowed = { 'media.navigator.permission.disabled': true }
const hertz = 440
const fake = { 'media.navigator.streams.fake': true, 'media.navigator.audio.fake_frequency': hertz }

await test(async (ends) => {
  const page = await opened(ends, { ...allowed, ...fake })
  const seen = await page.evaluate(watch, { force: true })
  same(seen.errors, [], 'the fake camera: errors')
  check(seen.width > 0 && seen.qualities.length > 3, `the fake camera: frames are looked at and one is captured, found ${JSON.stringify(seen)}`)

  await page.evaluate(receiptStream, file)
  const receipt = await page.evaluate(watch, { given: true })
  same(receipt.errors, [], 'a receipt: errors')
  for (const name of ['company', 'date', 'total']) same(receipt.fields[name].value, expected.fields[name].value, `a receipt: ${name}`)
  const { width, height } = expected.pages[0]
  check(Math.abs(receipt.width / receipt.height / (width / height) - 1) < 0.03, `a receipt: cut out and straight, found ${receipt.width} by ${receipt.height}`)
  await page.close() // it draws on

  const listening = await opened(ends, { ...allowed, ...fake }, await soundCard(ends))
  const heard = await listening.evaluate(listen)
  // On a busy machine Firefox hands over all but the oldest of the ten seconds that are asked for late.
  checkSound(heard.sound, hertz, heard.now, 'Firefox', 10e6)
  await listening.close()

  const refused = await opened(ends, { ...fake, 'permissions.default.camera': 2, 'permissions.default.microphone': 2 })
  const denied = await refused.evaluate(watch, { audio: true })
  same(denied.errors.map(({ name, code, device }) => [name, code, device]).sort(),
    [['DeviceError', 'PERMISSION_DENIED', 'camera'], ['DeviceError', 'PERMISSION_DENIED', 'microphone']], 'denied')

  const bereft = await opened(ends, allowed)
  const none = await bereft.evaluate(watch, { audio: true })
  same(none.errors.map(({ code, device }) => [code, device]).sort(), [['NO_DEVICE', 'camera'], ['NO_DEVICE', 'microphone']], 'no device')
})
