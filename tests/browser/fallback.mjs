// A server that may be asked: `plait serve` of this build, asked across origins for the reasons named and no other; it goes away,
// and so does the network, and the device reads alone.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { bare, bring, check, chromium, firefox, native, open, plait, root, same, sameDocument, sample, temporaryFolder, test } from './harness.mjs'

const file = 'kopitiam.jpg'
const expected = native(sample(file))

/** An endpoint on a free port, and its log, a record a line. */
async function startServer(ends) {
  const child = spawn(resolve(root, plait), ['serve', '--port', '0', '--origins', '*', '--workers', '1'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
  const log = []
  const ended = new Promise((done) => child.once('exit', done))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  ends(stop)
  const endpoint = await new Promise((found, failed) => {
    ended.then(() => failed(new Error('the server did not start')))
    createInterface({ input: child.stderr }).on('line', (line) => {
      const record = JSON.parse(line)
      log.push(record)
      if (record.message === 'ready') found(record.detail)
    })
  })
  return { endpoint, log, stop }
}

/** Reads with a new reader that has these options. */
const reads = (page, options) => page.evaluate(async ([file, options]) => {
  window.kept ??= await window.tools.fetched(file) // there is a network now
  await window.tools.open(options)
  return window.tools.outcome(window.tools.reader.read(window.kept))
}, [file, options])

async function inBrowser(ends, name, browser) {
  const server = await startServer(ends)
  const asked = () => server.log.filter(({ route, method }) => route === 'documents' && method === 'POST').map((record) => record.trace_id)
  const fallback = (when) => ({ fallback: { endpoint: server.endpoint, when, retries: 0 } })
  // The bare page's own policy lets it ask nobody else.
  const folder = temporaryFolder(ends)
  writeFileSync(join(folder, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="main.js"></script>')
  const { url, browser: launched } = await open(ends, { folders: [folder, ...bare, join(root, 'samples')], browser })
  const page = await bring(launched, url)
  const traces = []
  page.on('request', (request) => { if (request.method() === 'POST') traces.push(request.headers().traceparent) })
  const steps = ({ value, error }) => value?.path.filter(({ step }) => step === 'server').map(({ reason, sent, error }) => [reason, sent.endpoint, error]) ?? error

  const alone = await reads(page, fallback({ confidenceBelow: 0.01, slowerThanMs: 600_000, notSupported: true }))
  same([steps(alone), asked()], [[], []], `${name}: for no reason nothing is sent`)
  const where = `${server.endpoint}/v1/documents`
  const unsure = await reads(page, fallback({ confidenceBelow: 1.01 }))
  same(steps(unsure), [['low_confidence', where, undefined]], `${name}: not sure enough`)
  sameDocument(unsure.value, expected, `${name}, not sure enough`)
  const small = await reads(page, { ...fallback({ notSupported: true }), memoryLimit: 32 << 20 })
  same(steps(small), [['not_supported', where, undefined]], `${name}: not enough memory`)
  if (small.value) sameDocument(small.value, expected, `${name}, not enough memory`)
  const slow = await reads(page, fallback({ slowerThanMs: 1 }))
  sameDocument(slow.value, expected, `${name}, too slow: whoever is first`)
  const sent = traces.map((trace) => trace?.split('-')[1])
  check(asked().length >= 2 && asked().every((trace) => sent.includes(trace)), `${name}: the trace goes on in the server: sent ${sent}, found ${asked()}`)

  await server.stop()
  const gone = await reads(page, fallback({ confidenceBelow: 1.01 }))
  check(/could not be reached/.test(steps(gone)[0]?.[2]), `${name}: a server that is gone, found ${JSON.stringify(steps(gone))}`)
  sameDocument(gone.value, expected, `${name}, a server that is gone`)
  if (!page.context) return // puppeteer cannot take Firefox's network away
  await page.evaluate((fallback) => window.tools.open(fallback), fallback({ confidenceBelow: 1.01 }))
  await page.context().setOffline(true)
  const offline = await page.evaluate(() => window.tools.outcome(window.tools.reader.read(window.kept)))
  same(steps(offline), [], `${name}: offline nobody is asked`)
}

await test(async (ends) => {
  await inBrowser(ends, 'Chromium', chromium)
  await inBrowser(ends, 'Firefox', firefox)
})
