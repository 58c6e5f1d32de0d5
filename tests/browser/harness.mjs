// What the tests in browsers share: the browsers, the pages they open, the native answers, and counting what was checked.
//
//     node tests/browser/NAME.mjs PLAIT ROOT
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const [, , plait = 'build/native/plait', given] = process.argv
export const root = resolve(given ?? fileURLToPath(new URL('../..', import.meta.url)))
export const sample = (name) => join(root, 'samples', name)
export const samples = ['kopitiam.jpg', 'bookshop.jpg', 'boulangerie.png', 'grocer.jpg', 'hardware.jpg', 'pharmacy.jpg']

export const { serve } = await import(pathToFileURL(join(root, 'web/serve.mjs')))
export const web = join(root, 'web/dist')
/** What is served for a page that only hands over the package, as `window.plait` and `window.tools`. */
export const bare = [join(root, 'tests/browser/bare'), join(root, 'js')]
const data = join(process.env.PLAIT_SHARED ?? join(root, '../shared'), 'data')
/** Real receipts and recorded digits where there are some; none elsewhere. */
export const receipts = join(data, 'receipts/dev')
export const recordings = join(data, 'spoken-digits/dev')

const skipped = 77
export function skip(why) {
  console.log(`skipped: ${why}`)
  process.exit(skipped)
}

function binary(name, ...paths) {
  return [process.env[`PLAIT_${name.toUpperCase()}`], ...paths].find((path) => path && existsSync(path)) ?? skip(`no ${name} here`)
}

export async function chromium(...args) {
  const { chromium: engine } = await import('playwright-core')
  const executablePath = binary('chromium', '/usr/bin/chromium', '/usr/bin/google-chrome')
  return engine.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', ...args] })
}

export async function firefox(extraPrefsFirefox = {}, env = process.env) {
  const { launch } = await import('puppeteer-core')
  return launch({
    browser: 'firefox', headless: true, executablePath: binary('firefox', '/usr/bin/firefox-esr', '/usr/bin/firefox'), extraPrefsFirefox, env,
  })
}

/** The document as the native command reads it. */
export const native = (file) => JSON.parse(execFileSync(resolve(root, plait), ['read', file], { encoding: 'utf8', maxBuffer: 1 << 28 }))

let checked = 0
let failed = 0

export function check(condition, what) {
  checked++
  if (condition) return
  failed++
  console.log(`FAILED: ${what}`)
}

export const same = (found, expected, what) =>
  check(JSON.stringify(found) === JSON.stringify(expected), `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`)

/** What was read in a browser against what the native command reads: texts equal, confidences within 1e-3. */
export function sameDocument(found, expected, what) {
  const lines = (document) => document.pages.map((page) => page.lines.map((line) => line.text))
  same(lines(found), lines(expected), `${what}: lines`)
  same(Object.keys(found.fields), Object.keys(expected.fields), `${what}: names of fields`)
  for (const [name, field] of Object.entries(expected.fields)) {
    const other = found.fields[name] ?? {}
    same([other.value, other.text, other.reason], [field.value, field.text, field.reason], `${what}: ${name}`)
    const off = Math.abs(other.confidence - field.confidence)
    check(off <= 1e-3, `${what}: confidence of ${name}: expected ${field.confidence}, found ${other.confidence}`)
  }
  const confidences = (document) => document.pages.flatMap((page) => page.lines.map((line) => line.confidence))
  const theirs = confidences(expected)
  const worst = Math.max(0, ...confidences(found).map((confidence, i) => Math.abs(confidence - theirs[i])))
  check(worst <= 1e-3, `${what}: a line's confidence is off by ${worst}`)
}

/** Runs a test to its end, whatever happens in it, and says what was checked. */
export async function test(body) {
  const endings = []
  const ends = (ending) => endings.push(ending)
  try {
    await body(ends)
  } catch (error) {
    failed++
    console.log(`FAILED: ${error.stack ?? error}`)
  }
  for (const ending of endings.reverse()) await ending().catch((error) => console.log(error.message))
  console.log(`${checked} checks, ${failed} failed`)
  process.exit(failed ? 1 : 0)
}

/** A page of a browser of either kind, with what the bare page hands over. */
export async function bring(browser, url) {
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  await page.goto(url)
  await page.waitForFunction(() => globalThis.tools)
  return page
}

/** A server and a browser that end with the test. */
export async function open(ends, { folders = [web], isolated = true, browser = chromium } = {}) {
  const server = await serve(folders, { isolated })
  ends(server.close)
  const launched = await browser()
  ends(() => launched.close())
  return { url: server.url, browser: launched }
}

export function temporaryFolder(ends) {
  const folder = mkdtempSync(join(tmpdir(), 'plait-browser-'))
  ends(async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
