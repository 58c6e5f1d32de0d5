// A receipt held to the camera (Chromium's fake device, playing a video of a sample) is captured, straightened and read;
// what the microphone hears comes along, on the clock of the frames.
import { join } from 'node:path'
import { bare, bring, check, chromium, native, open, same, sample, temporaryFolder, test, web } from './harness.mjs'
import { checkSound, fakeDevices, tone, video } from './media.mjs'

const file = 'kopitiam.jpg'
const expected = native(sample(file))
const hertz = 440

/** Starts live reading and waits for the first document; everything as plain data. */
const watch = async (audio) => {
  const { reader } = window.tools
  const qualities = []
  const errors = []
  let live
  const started = performance.timeOrigin * 1000 + performance.now() * 1000
  const captured = await new Promise((resolve, reject) => {
    live = reader.live({
      video: true, audio,
      onQuality: (quality) => qualities.push(quality),
      onError: (error) => errors.push(error.message),
      onDocument: (document, capture) => resolve({ document, capture }),
    })
    live.ready.catch(reject)
    // The first seconds of sound are to be in the capture: the steady page is taken away once, by taking another.
    setTimeout(() => reject(new Error(`nothing was captured in time: ${JSON.stringify(qualities.at(-1))}; ${errors}`)), 60_000)
  })
  const { document, capture: first } = captured
  await new Promise((resolve) => setTimeout(resolve, audio ? 2500 : 0))
  const second = audio && await new Promise((resolve, reject) => {
    live.stop()
    live = reader.live({ video: true, audio, onError: reject, onDocument: (_, capture) => resolve(capture) })
    setTimeout(() => live.capture().catch(reject), 3000)
  })
  live.stop()
  const stopped = live.stream.getTracks().every((track) => track.readyState === 'ended')
  const now = performance.timeOrigin * 1000 + performance.now() * 1000
  const { width, height } = first.image
  return {
    document, stopped, qualities, errors, started, now, image: { width, height }, timestamp_us: first.timestamp_us,
    sound: second?.audio && { ...second.audio, samples: [...second.audio.samples], frame_us: second.timestamp_us },
  }
}

/** The page: its camera's dialog closes when a receipt was held still, which is on the shelf then, with its fields. */
async function onPage(ends, devices) {
  const { url, browser } = await open(ends, { folders: [web], browser: () => chromium(...devices) })
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  await page.goto(url)
  await page.getByRole('button', { name: 'Camera' }).click()
  await page.locator('.card', { hasText: 'Camera 1' }).waitFor()
  await page.locator('.field').first().waitFor()
  const total = await page.locator('.field[data-field=total]').innerText()
  check(total.includes(expected.fields.total.value), `the page: the total, found ${total}`)
  same(await page.locator('dialog[open]').count(), 0, 'the page: its camera is closed')

  // The picture is on the sheet, whole, and what was found is linked to it both ways.
  await page.locator('.sheet img').waitFor()
  const { width, height } = await page.locator('.sheet img').evaluate(async (image) => {
    await image.decode()
    return { width: image.naturalWidth, height: image.naturalHeight }
  })
  const { width: w, height: h } = expected.pages[0]
  check(Math.abs(width / height / (w / h) - 1) < 0.03, `the page: what was cut out is shown, found ${width} by ${height}`)
  same(await page.locator('.overlay').getAttribute('viewBox'), `0 0 ${width} ${height}`, 'the page: boxes are in pixels of the picture')
  await page.locator('.field[data-field=total]').hover()
  same(await page.locator('.box.here').getAttribute('data-field'), 'total', 'the page: from the list to the picture')
  const [box, sheet] = [await page.locator('.box.here').boundingBox(), await page.locator('.sheet img').boundingBox()]
  const off = expected.fields.total.polygon[0].map((at, axis) =>
    (axis ? (box.y - sheet.y) / sheet.height : (box.x - sheet.x) / sheet.width) - at / (axis ? h : w))
  // The outline is found on a picture of 320 pixels: 3% of a page's side.
  check(Math.hypot(...off) < 0.03, `the page: the box is where the total is, off by ${off}`)
  await page.locator('.box[data-field=date]').hover()
  same(await page.locator('.field.here').getAttribute('data-field'), 'date', 'the page: from the picture to the list')
}

await test(async (ends) => {
  const folder = temporaryFolder(ends)
  await video(join(folder, 'receipt.y4m'), file)
  tone(join(folder, 'tone.wav'), hertz)
  const devices = fakeDevices(
    '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${join(folder, 'receipt.y4m')}`,
    `--use-file-for-fake-audio-capture=${join(folder, 'tone.wav')}`)
  const { url, browser } = await open(ends, { folders: bare, browser: () => chromium(...devices) })
  const page = await bring(browser, url)
  await page.evaluate(() => window.tools.open())

  const seen = await page.evaluate(watch, true)
  same(seen.errors, [], 'errors')
  for (const name of ['company', 'date', 'total']) same(seen.document.fields[name].value, expected.fields[name].value, name)
  check(seen.stopped, 'stop() ends the camera')

  const good = seen.qualities.filter((quality) => quality.problem === null)
  check(good.length > 0 && good.every(({ outline }) => outline?.length === 4), `a steady page has an outline, found ${JSON.stringify(seen.qualities.at(-1))}`)
  const ratio = seen.image.width / seen.image.height
  const truth = expected.pages[0].width / expected.pages[0].height
  check(Math.abs(ratio / truth - 1) < 0.03, `the page is cut out and straight: expected sides as ${truth.toFixed(3)}, found ${ratio.toFixed(3)}`)
  check(seen.timestamp_us > seen.started && seen.timestamp_us < seen.now, 'the frame has the time when it was seen')

  checkSound(seen.sound, hertz, seen.now, 'Chromium')
  await onPage(ends, devices)
})
