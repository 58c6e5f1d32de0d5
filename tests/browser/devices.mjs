// Camera and microphone that may not be used, are not there, or go away: typed errors, and the rest goes on.
import { join } from 'node:path'
import { bare, bring, check, chromium, native, open, root, same, sameDocument, sample, temporaryFolder, test, web } from './harness.mjs'
import { fakeDevices, tone, video } from './media.mjs'

/** What onError was told, until nothing more is expected. */
const tries = async ({ video, audio, expect }) => {
  const errors = []
  const frames = []
  const live = window.tools.reader.live({
    video, audio, onDocument: () => {},
    onError: ({ name, code, device, message }) => errors.push({ name, code, device, message }),
    onQuality: () => frames.push(1),
  })
  const ready = await window.tools.outcome(live.ready)
  const until = performance.now() + 20_000
  while ((errors.length < expect.errors || frames.length < expect.frames) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  live.stop()
  return { errors, frames: frames.length, ready: ready.error?.code ?? 'ready' }
}

async function denied(ends) {
  // Fake devices and nobody who allows them: headless Chromium says no.
  const { url, browser } = await open(ends, { folders: [...bare, join(root, 'samples')], browser: () => chromium(...fakeDevices('--deny-permission-prompts')) })
  const page = await bring(browser, url)
  await page.evaluate(() => window.tools.open())
  const { errors, ready } = await page.evaluate(tries, { video: true, audio: true, expect: { errors: 2, frames: 0 } })
  same(errors.map(({ name, code }) => [name, code]), [['DeviceError', 'PERMISSION_DENIED'], ['DeviceError', 'PERMISSION_DENIED']], 'denied: errors')
  check(['camera', 'microphone'].every((device) => errors.some((error) => error.device === device && error.message.startsWith(`${device}: `))), `denied: each device by name, found ${JSON.stringify(errors)}`)
  same(ready, 'PERMISSION_DENIED', 'denied: ready')
  sameDocument(await page.evaluate(() => window.tools.read('kopitiam.jpg')), native(sample('kopitiam.jpg')), 'denied: files are read all the same')
}

async function missing(ends) {
  const { url, browser } = await open(ends, { folders: bare, browser: () => chromium('--use-fake-ui-for-media-stream') })
  const page = await bring(browser, url)
  await page.evaluate(() => window.tools.open())
  const { errors, ready } = await page.evaluate(tries, { video: true, audio: true, expect: { errors: 2, frames: 0 } })
  same(errors.map(({ code }) => code), ['NO_DEVICE', 'NO_DEVICE'], 'missing: errors')
  same(ready, 'NO_DEVICE', 'missing: ready')
}

/** One device of two: what is there works on. */
async function halves(ends) {
  const folder = temporaryFolder(ends)
  await video(join(folder, 'receipt.y4m'), 'kopitiam.jpg')
  tone(join(folder, 'tone.wav'), 440)
  const allowed = fakeDevices('--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${join(folder, 'receipt.y4m')}`)
  const { url, browser } = await open(ends, { folders: bare, browser: () => chromium(...allowed) })
  const page = await bring(browser, url)
  await page.evaluate(() => window.tools.open())
  const wanted = { audio: { deviceId: { exact: 'none like this' } }, video: true, expect: { errors: 1, frames: 3 } }
  const { errors, frames, ready } = await page.evaluate(tries, wanted)
  same([errors.map(({ code }) => code), ready], [['NO_DEVICE'], 'ready'], 'no such microphone')
  check(frames >= 3, `no such microphone: the camera goes on, found ${frames} frames`)

  // Unplugged: no browser can be told to lose a device, so its track says what it would say.
  const lost = await page.evaluate(async () => {
    const errors = []
    const stream = await navigator.mediaDevices.getUserMedia({ video: true })
    const live = window.tools.reader.live({ video: stream, onDocument: () => {}, onError: ({ name, code }) => errors.push([name, code]) })
    await live.ready
    stream.getVideoTracks()[0].dispatchEvent(new Event('ended'))
    live.stop()
    return errors
  })
  same(lost, [['DeviceError', 'DEVICE_LOST']], 'unplugged')
}

/** The page says it in words, and takes files as before. */
async function onPage(ends) {
  const { url, browser } = await open(ends, { folders: [web], browser: () => chromium(...fakeDevices('--deny-permission-prompts')) })
  const page = await browser.newPage()
  await page.goto(url)
  await page.getByRole('button', { name: 'Camera' }).click()
  const alert = page.getByRole('alert')
  await alert.waitFor({ timeout: 60_000 })
  check(/does not allow the camera/.test(await alert.innerText()), `the page: a sentence, found ${await alert.innerText()}`)
  await page.keyboard.press('Escape')
  await page.locator('input[type=file]').first().setInputFiles(sample('kopitiam.jpg'))
  await page.locator('.field').first().waitFor({ timeout: 120_000 })
}

/** A microphone that may not be used leaves the page's camera going. */
async function halfPage(ends) {
  const { url, browser } = await open(ends, { folders: [web], browser: () => chromium(...fakeDevices()) })
  const context = await browser.newContext({ permissions: ['camera'] }) // and nothing else
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  await page.getByRole('button', { name: 'Camera' }).click()
  const ear = page.getByRole('button', { name: 'Say the total' })
  await ear.click()
  await page.locator('dialog.camera').getByText('The microphone cannot be used').waitFor()
  same(await ear.getAttribute('aria-pressed'), 'false', 'the page: it does not listen')
  await page.locator('dialog.camera').getByText('Hold a document in front of the camera').waitFor()
  same(await page.getByRole('alert').count(), 0, 'the page: the camera goes on')
}

await test(async (ends) => {
  for (const part of [denied, missing, halves, onPage, halfPage]) await part(ends)
})
