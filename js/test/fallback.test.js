import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { PlaitError } from '../build/errors.js'
import { Fallback } from '../build/fallback.js'
import { document } from './doubles/core.js'

const requests = []
/** What the server answers next: [status, body, ms]. */
let answers = []
let server
let base
let endpoint
let round = 0

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.url !== `/${round}/v1/documents`) return response.destroy() // of an earlier test, late
    requests.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) })
    const [status, body, ms = 0] = answers.length > 1 ? answers.shift() : answers[0]
    setTimeout(() => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)), ms).unref()
  }).listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  base = `http://localhost:${server.address().port}`
})
after(() => (server.closeAllConnections(), server.close()))
beforeEach(() => {
  requests.length = 0
  answers = [[200, sure()]]
  endpoint = `${base}/${++round}`
})

const sure = () => document('there', 1, { type: { value: 'receipt', confidence: 0.99 }, fields: { total: { value: '1.00', confidence: 0.99 } } })
const input = { name: 'a.jpg', picture: { bytes: Uint8Array.of(0xff, 0xd8, 0xff, 1) }, mediaType: 'image/jpeg' }
const here = async () => document('here', 1)
/** Reads here once the server was asked, and had time to answer. */
const afterServer = async () => {
  while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  return here()
}
const make = (when, more = {}) => new Fallback({ endpoint, when, retries: 0, ...more })

test('nothing is sent for a reason that was not named', async () => {
  assert.equal((await make({}).read(input, {}, here)).source.name, 'here')
  assert.equal((await make({ confidenceBelow: 0.5 }).read(input, {}, here)).source.name, 'here') // 0.6 is sure enough
  assert.equal((await make({ confidenceBelow: 0.8 }).read(input, { fields: ['date'] }, here)).source.name, 'here') // 0.9 too
  const unsupported = async () => {
    throw new PlaitError('UNSUPPORTED', 'unknown format')
  }
  await assert.rejects(make({ confidenceBelow: 1, slowerThanMs: 1000 }).read(input, {}, unsupported), { code: 'UNSUPPORTED' })
  assert.equal(requests.length, 0)
})

test('low confidence: the surer answer, and what was sent and why', async () => {
  const answer = await make({ confidenceBelow: 0.8 }, { headers: { authorization: 'Bearer x' } }).read(input, {}, here)
  assert.equal(answer.source.name, 'there')
  const [, step] = answer.path
  assert.equal(answer.path[0].step, 'fused')
  assert.deepEqual({ ...step, ms: 0 }, { step: 'server', ms: 0, confidence: 0.99, reason: 'low_confidence', sent: { endpoint: `${endpoint}/v1/documents`, media_type: 'image/jpeg', bytes: 4 } })
  const [{ url, headers, body }] = requests
  assert.equal(url, `/${round}/v1/documents`)
  assert.deepEqual([...body], [0xff, 0xd8, 0xff, 1])
  assert.equal(headers['content-type'], 'image/jpeg')
  assert.equal(headers.authorization, 'Bearer x')
  assert.match(headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('a less sure answer of the server is not taken', async () => {
  answers = [[200, document('there', 1, { fields: { total: { value: '9', confidence: 0.1 } } })]]
  const answer = await make({ confidenceBelow: 0.8 }).read(input, {}, here)
  assert.equal(answer.source.name, 'here')
  assert.equal(answer.path[1].step, 'server')
})

test('not supported: the server reads it alone', async () => {
  const failing = async () => {
    throw new PlaitError('MEMORY', 'too large')
  }
  const answer = await make({ notSupported: true }).read(input, {}, failing)
  assert.deepEqual(answer.path.map(({ step, reason }) => [step, reason]), [['server', 'not_supported']]) // prettier-ignore
  answers = [[400, 'no']]
  await assert.rejects(make({ notSupported: true }).read(input, {}, failing), { code: 'MEMORY', message: /too large; the server could not help: expected 200, found 400/ })
  const broken = async () => {
    throw new PlaitError('INVALID', 'no picture')
  }
  await assert.rejects(make({ notSupported: true }).read(input, {}, broken), { code: 'INVALID', message: 'no picture' })
})

test('too slow: the first of both, and the other is stopped', async () => {
  let stopped = false
  const slow = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => ((stopped = true), reject(signal.reason))))
  const answer = await make({ slowerThanMs: 5 }).read(input, {}, slow)
  assert.deepEqual(answer.path.map(({ step, reason }) => [step, reason]), [['server', 'too_slow']]) // prettier-ignore
  assert.ok(stopped)
  requests.length = 0
  assert.equal((await make({ slowerThanMs: 10_000 }).read(input, {}, here)).source.name, 'here')
  answers = [[200, sure(), 60_000]]
  assert.equal((await make({ slowerThanMs: 5 }).read(input, {}, afterServer)).source.name, 'here')
})

test('a failure of this device before the server was asked is the answer', async () => {
  const broken = async () => {
    throw new PlaitError('INVALID', 'no picture')
  }
  await assert.rejects(make({ slowerThanMs: 20 }).read(input, {}, broken), { code: 'INVALID', message: 'no picture' })
  assert.equal(requests.length, 0)
})

test('too slow, and the server fails: this device goes on', async () => {
  answers = [[400, 'no']]
  assert.equal((await make({ slowerThanMs: 5 }).read(input, {}, afterServer)).source.name, 'here')
  assert.equal(requests.length, 1)
})

test('a failure of the server is in the path, and the answer is ours', async () => {
  answers = [[200, { schema: 'other' }]]
  const { source, path } = await make({ confidenceBelow: 0.8 }).read(input, {}, here)
  assert.equal(source.name, 'here')
  assert.match(path[1].error, /expected a document of schema plait.document\/1, found "other"/)
  assert.equal(path[1].confidence, 0)
})

test('what may pass is tried again, what will not is not', async () => {
  answers = [[503, ''], [429, ''], [200, sure()]] // prettier-ignore
  const answer = await make({ confidenceBelow: 0.8 }, { retries: 2 }).read(input, {}, here)
  assert.equal(answer.source.name, 'there')
  assert.equal(requests.length, 3)
  assert.equal(new Set(requests.map(({ headers }) => headers.traceparent)).size, 1)
  requests.length = 0
  answers = [[401, '']]
  await make({ confidenceBelow: 0.8 }, { retries: 2 }).read(input, {}, here)
  assert.equal(requests.length, 1)
})

test('no answer in time is a failure', async () => {
  answers = [[200, sure(), 60_000]]
  const { path } = await make({ confidenceBelow: 0.8 }, { timeoutMs: 20 }).read(input, {}, here)
  assert.match(path[1].error, /no answer within 20 ms/)
})

test('a server that failed three times is left alone', async () => {
  answers = [[500, '']]
  const fallback = make({ confidenceBelow: 0.8 })
  for (let i = 0; i < 5; i++) assert.equal((await fallback.read(input, {}, here)).source.name, 'here')
  assert.equal(requests.length, 3)

  // After half a minute it is asked once, and rests again; once it has answered, it may fail again.
  const { now } = performance
  let later = 0
  performance.now = () => now.call(performance) + later
  try {
    const source = async () => (await fallback.read(input, {}, here)).source.name
    later += 31_000
    assert.deepEqual([await source(), await source(), requests.length], ['here', 'here', 4])
    later += 31_000
    answers = [[200, sure()], [500, '']] // prettier-ignore
    assert.deepEqual([await source(), await source(), await source(), requests.length], ['there', 'here', 'here', 7])
  } finally {
    performance.now = now
  }
})

test('offline nothing is sent', async () => {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true })
  try {
    const answer = await make({ confidenceBelow: 0.8 }).read(input, {}, here)
    assert.deepEqual(answer.path.map(({ step }) => step), ['fused']) // prettier-ignore
    assert.equal(requests.length, 0)
  } finally {
    if (descriptor) Object.defineProperty(globalThis, 'navigator', descriptor)
    else delete globalThis.navigator
  }
})

test('an abort ends the wait for the server', async () => {
  answers = [[200, sure(), 60_000]]
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 30)
  await assert.rejects(make({ confidenceBelow: 0.8 }, { retries: 5 }).read(input, { signal: abort.signal }, here), { name: 'AbortError' })
})

test('a voice note and known words go along in a form', async () => {
  const audio = { samples: Float32Array.of(0, 0.5, -1), sampleRate: 16_000, timestamp_us: 0 }
  await make({ confidenceBelow: 0.8 }).read(input, { audio, text: 'words' }, here)
  const { headers, body: sent } = requests.at(-1)
  const body = sent.toString('latin1')
  assert.match(headers['content-type'], /^multipart\/form-data/)
  assert.match(body, /name="document"; filename="a.jpg"/)
  assert.match(body, /name="audio"; filename="audio.wav"\r\nContent-Type: audio\/wav\r\n\r\nRIFF/)
  assert.match(body, /name="text"\r\n\r\nwords/)
})
