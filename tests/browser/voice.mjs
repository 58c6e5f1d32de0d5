// A voice note on the page: recorded from the microphone (Chromium's fake one, playing recorded digits), it belongs to the next
// document, and the answer says what it did there.  Skipped where there are no recordings.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, chromium, native, open, recordings, same, sample, skip, temporaryFolder, test, web } from './harness.mjs'
import { fakeDevices, wave } from './media.mjs'

if (!existsSync(recordings)) skip('no recordings of spoken digits here')

const rate = 8000
const file = 'kopitiam.jpg'

/** Digits one after the other, as tests/cli/voice.py joins them. */
function say(digits) {
  const names = readdirSync(recordings)
  const parts = [...digits].map((digit, i) => {
    const name = `${digit}_jackson_${5 + i % 5}.wav`
    if (!names.includes(name)) skip(`no ${name} here`)
    const bytes = readFileSync(join(recordings, name))
    const data = bytes.indexOf('data')
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset + data + 8, bytes.byteOffset + data + 8 + bytes.readUInt32LE(data + 4)))
  })
  const silence = (seconds) => new Int16Array(seconds * rate)
  return [silence(0.5), ...parts.flatMap((part) => [part, silence(0.2)]), silence(20)].flatMap((each) => [...each])
}

await test(async (ends) => {
  const expected = native(sample(file)).fields.total
  const digits = expected.value.replace('.', '')
  const folder = temporaryFolder(ends)
  writeFileSync(join(folder, 'digits.wav'), wave(say(digits), rate))

  const spoken = fakeDevices('--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${join(folder, 'digits.wav')}%noloop`)
  const { url, browser } = await open(ends, { folders: [web], browser: () => chromium(...spoken) })
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write', 'microphone'] })
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  await page.goto(url)
  await page.getByRole('button', { name: 'Add a voice note' }).click()
  await page.getByRole('button', { name: 'Stop recording' }).waitFor()
  await new Promise((resolve) => setTimeout(resolve, 5000))
  await page.getByRole('button', { name: 'Stop recording' }).click()
  await page.getByRole('button', { name: /^Voice note added/ }).waitFor()

  const read = async (name) => {
    await page.locator('input[type=file]').first().setInputFiles(sample(name))
    await page.locator('.card', { hasText: name }).click()
    await page.locator('.field').first().waitFor()
    await page.getByRole('button', { name: 'Copy JSON of everything' }).click()
    await page.getByText('Copied').waitFor()
    return JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
  }
  const document = await read(file)
  same(document.voice?.digits, digits, 'what was heard')
  same(document.fields.total.value, expected.value, 'the total')
  check(document.fields.total.confidence >= expected.confidence - 1e-3, `agreement does not lower: ${expected.confidence} alone, ${document.fields.total.confidence}`)
  same(document.checks.filter(({ name }) => name === 'voice_agrees').map(({ passed }) => passed), [true], 'agreement is checked')
  await page.getByRole('button', { name: 'Add a voice note' }).waitFor() // it belonged to that one alone
  const next = await read('hardware.jpg')
  check(!('voice' in next), 'the next document has no voice')

  // Nobody allows it: a sentence, and files are read all the same.
  const silent = await open(ends, { folders: [web], browser: () => chromium(...fakeDevices('--deny-permission-prompts')) })
  const other = await silent.browser.newPage()
  other.setDefaultTimeout(120_000)
  await other.goto(silent.url)
  await other.getByRole('button', { name: 'Add a voice note' }).click()
  await other.getByText('does not allow the microphone').waitFor({ state: 'attached' })
  await other.locator('input[type=file]').first().setInputFiles(sample(file))
  await other.locator('.field').first().waitFor()
})
