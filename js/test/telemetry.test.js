import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { PlaitError } from '../build/errors.js'
import { Fallback } from '../build/fallback.js'
import { counted, Telemetry } from '../build/telemetry.js'
import { document } from './doubles/core.js'

let reports = []
let status = 204
let server
let endpoint

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const { url, method, headers } = request
    reports.push({ url, method, headers, body: JSON.parse(Buffer.concat(chunks)) })
    response.writeHead(status).end()
  }).listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  endpoint = `http://localhost:${server.address().port}`
})
after(() => (server.closeAllConnections(), server.close()))
beforeEach(() => {
  reports = []
  status = 204
})

const make = (more = {}) => new Telemetry({ endpoint, ...more })
const aborted = () => new DOMException('the caller asked to stop', 'AbortError')

test('what happened goes out in one report, and nothing else does', async () => {
  const telemetry = make({ headers: { authorization: 'Bearer x' } })
  telemetry.variant = 'wasm-simd'
  telemetry.count('read', undefined, 12.345)
  telemetry.count('read', undefined, 7)
  telemetry.count('read', new PlaitError('MEMORY', 'secret.jpg is too large'), 3)
  telemetry.count('read', aborted())
  telemetry.count('start', new TypeError('of /home/someone'))
  await telemetry.close()
  assert.equal(reports.length, 1)
  const [{ url, method, headers, body }] = reports
  assert.deepEqual([url, method, headers.authorization], ['/v1/telemetry', 'POST', 'Bearer x'])
  assert.match(headers['content-type'], /^text\/plain/) // no question before it
  assert.deepEqual(body, {
    schema: 'plait.telemetry/1',
    variant: 'wasm-simd',
    events: [
      { event: 'read', outcome: 'OK', count: 2, ms: [12.3, 7] },
      { event: 'read', outcome: 'MEMORY', count: 1, ms: [3] },
      { event: 'read', outcome: 'ABORTED', count: 1, ms: [] },
      { event: 'start', outcome: 'OTHER', count: 1, ms: [] },
    ],
  })
  telemetry.count('read')
  await telemetry.flush()
  assert.equal(reports.length, 1) // it is closed
})

test('no report of nothing, and one in a while of something', async () => {
  const telemetry = make({ intervalMs: 20 })
  await telemetry.flush()
  assert.equal(reports.length, 0)
  telemetry.count('read')
  telemetry.count('read')
  for (let turn = 0; reports.length === 0 && turn < 500; turn++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(reports[0].body.events[0].count, 2)
  await telemetry.close()
  assert.equal(reports.length, 1)
})

test('a report that is lost is not sent again; the next one says so', async () => {
  const telemetry = make()
  telemetry.count('read')
  status = 501
  await telemetry.flush()
  await telemetry.flush() // of that alone nobody hears
  assert.equal(reports.length, 1)
  status = 204
  telemetry.count('read', new PlaitError('WORKER', 'it died'))
  await telemetry.close()
  assert.deepEqual(
    reports[1].body.events.map(({ event, outcome, count }) => [event, outcome, count]),
    [['report', 'SERVER', 1], ['read', 'WORKER', 1]], // prettier-ignore
  )
  const nobody = new Telemetry({ endpoint: 'http://127.0.0.1:9/' })
  nobody.count('read')
  await nobody.flush() // does not throw
  await nobody.close()
})

test('offline it waits', async () => {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  const telemetry = make()
  telemetry.count('read')
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true })
  try {
    await telemetry.flush()
    assert.equal(reports.length, 0)
  } finally {
    if (descriptor) Object.defineProperty(globalThis, 'navigator', descriptor)
    else delete globalThis.navigator
  }
  await telemetry.close()
  assert.equal(reports[0].body.events[0].count, 1)
})

test('a report has an end', async () => {
  const telemetry = make()
  for (let i = 0; i < 1500; i++) telemetry.count('read', undefined, i)
  await telemetry.close()
  const [{ count, ms }] = reports[0].body.events
  assert.deepEqual([count, ms.length], [1000, 64])
})

test('a page that is left sends what there is', async () => {
  const page = new EventTarget()
  page.visibilityState = 'visible'
  globalThis.document = page
  try {
    const telemetry = make()
    telemetry.count('read')
    page.dispatchEvent(new Event('visibilitychange'))
    page.visibilityState = 'hidden'
    page.dispatchEvent(new Event('visibilitychange'))
    await telemetry.close()
    assert.equal(reports.length, 1)
    page.dispatchEvent(new Event('visibilitychange'))
    assert.equal(reports.length, 1)
  } finally {
    delete globalThis.document
  }
})

test('work is counted and otherwise left alone', async () => {
  const telemetry = make()
  assert.equal(await counted(telemetry, 'read', async () => 5), 5)
  assert.equal(await counted(undefined, 'read', async () => 6), 6)
  await assert.rejects(counted(telemetry, 'read', () => Promise.reject(aborted())), { name: 'AbortError' })
  await telemetry.close()
  assert.deepEqual(reports[0].body.events.map(({ outcome, count, ms }) => [outcome, count, ms.length]), [['OK', 1, 1], ['ABORTED', 1, 1]]) // prettier-ignore
})

test('the fallback is counted', async () => {
  const telemetry = make()
  const fallback = new Fallback({ endpoint: 'http://127.0.0.1:9', when: { confidenceBelow: 0.9 }, retries: 0 }, telemetry)
  const input = { name: 'a.jpg', picture: { bytes: Uint8Array.of(0xff, 0xd8, 0xff, 1) }, mediaType: 'image/jpeg' }
  await fallback.read(input, {}, async () => document('here', 1))
  await telemetry.close()
  assert.deepEqual(reports[0].body.events.map(({ event, outcome }) => [event, outcome]), [['server', 'SERVER']]) // prettier-ignore
})
