// A voice note with a document, as samples and as a file, in Chromium and in Firefox: heard as the native command hears it.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bare, bring, check, chromium, firefox, native, open, plait, recordings, root, same, sample, temporaryFolder, test } from './harness.mjs'
import { wave } from './media.mjs'

const RATE = 8000

/** A buzz with two formants that move, as vowels do, and pauses: digits for the network's ears, whatever it makes of them. */
function made() {
  return Float32Array.from({ length: 2 * RATE }, (_, i) => {
    const t = i / RATE
    const voiced = t % 0.5 > 0.15 && t % 0.5 < 0.45
    const formant = (f) => Math.sin(2 * Math.PI * f * t) * Math.exp(-60 * (t % 0.008))
    return voiced ? 0.4 * formant(400 + 300 * Math.floor(t / 0.5)) + 0.2 * formant(2200 - 300 * Math.floor(t / 0.5)) : 0
  })
}

/** Someone says digits, joined from recordings of 16-bit WAV; null where there are none. */
function said(digits) {
  if (!existsSync(recordings)) return null
  const sounds = [...digits].map((digit, i) => {
    const file = readFileSync(join(recordings, `${digit}_jackson_${5 + (i % 5)}.wav`))
    const data = file.indexOf('data') + 8
    return Float32Array.from({ length: (file.length - data) >> 1 }, (_, i) => file.readInt16LE(data + 2 * i) / 32768)
  })
  const pause = new Float32Array(RATE / 5)
  return Float32Array.from([pause, ...sounds.flatMap((sound) => [sound, pause])].flatMap((part) => [...part]))
}

await test(async (ends) => {
  const folder = temporaryFolder(ends)
  const about = ({ voice, fields, checks }) => ({ digits: voice?.digits, total: fields.total, agrees: checks.find(({ name }) => name === 'voice_agrees')?.passed })
  const plain = about(native(sample('kopitiam.jpg')))
  const amount = plain.total.value.replace('.', '')
  const notes = { silence: new Float32Array(RATE), buzz: made(), right: said(amount), wrong: said('4070') }
  const expected = {}
  for (const [name, samples] of Object.entries(notes)) {
    if (!samples) { delete notes[name]; continue }
    const file = join(folder, `${name}.wav`)
    writeFileSync(file, wave(samples.map((sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767)), RATE))
    expected[name] = about(JSON.parse(execFileSync(resolve(root, plait), ['read', '--audio', file, sample('kopitiam.jpg')], { encoding: 'utf8' })))
  }
  for (const [browser, launch] of [['Chromium', chromium], ['Firefox', firefox]]) {
    const { url, browser: launched } = await open(ends, { folders: [...bare, join(root, 'samples'), folder], browser: launch })
    const page = await bring(launched, url)
    for (const [name, samples] of Object.entries(notes)) {
      const given = { samples: [...samples], sampleRate: RATE }
      const asSamples = about(await page.evaluate(({ samples, sampleRate }) =>
        window.tools.read('kopitiam.jpg', { audio: { samples: Float32Array.from(samples), sampleRate, timestamp_us: 0 } }), given))
      const asFile = about(await page.evaluate(async (name) => window.tools.read('kopitiam.jpg', { audio: await window.tools.fetched(name) }), `${name}.wav`))
      const { digits, agrees, total } = expected[name]
      same([asFile.digits, asFile.agrees, asFile.total.value], [digits, agrees, total.value], `${browser}: ${name}`)
      check(Math.abs(asFile.total.confidence - total.confidence) <= 1e-3, `${browser}: ${name}: confidence ${total.confidence}, found ${asFile.total.confidence}`)
      same(asSamples, asFile, `${browser}: ${name}, as samples`)
    }
    const { error } = await page.evaluate(() => window.tools.outcome(window.tools.read('kopitiam.jpg', { audio: new Blob(['no sound']) })))
    same([error?.typed, error?.code], [true, 'INVALID'], `${browser}: what is no WAV`)
    same(about(await page.evaluate(() => window.tools.read('kopitiam.jpg'))).digits, undefined, `${browser}: without a note`)
  }
  same([expected.silence.digits, expected.silence.total.confidence], ['', plain.total.confidence], 'silence says nothing')
  if (!expected.right) return
  same([expected.right.digits, expected.right.agrees], [amount, true], 'the total, said')
  same([expected.wrong.agrees, expected.wrong.total.confidence < plain.total.confidence], [false, true], 'another amount, said')
})
