import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { platform } from '../build/platform/node.js'
import { parseManifest, Resources } from '../build/resources.js'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const bytes = (text) => new TextEncoder().encode(text)

/** What the server has, and what it was asked for. */
const files = new Map()
const asked = []
let server
let base

before(async () => {
  server = createServer((request, response) => {
    asked.push(request.url)
    const queue = files.get(request.url)
    if (!queue) return response.writeHead(404).end()
    response.end(queue.length > 1 ? queue.shift() : queue[0])
  }).listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  base = `http://localhost:${server.address().port}`
})
after(() => server.close())

/** A cache in memory, in the place of the browser's. */
function withCache(content = new Map()) {
  const id = ({ name, version }) => `${name}?${version}`
  platform.openCache = async () => ({
    get: async (key) => content.get(id(key)) ?? null,
    put: async (key, value) => void content.set(id(key), value),
    delete: async (key) => void content.delete(id(key)),
  })
  return content
}

test('a file is fetched once, then it comes from the cache', async () => {
  const content = withCache()
  files.set('/a', [bytes('right')])
  const resource = { url: `${base}/a`, sha256: sha256('right') }
  const first = new Resources()
  assert.deepEqual(await first.load(resource, 'x/a'), bytes('right'))
  assert.deepEqual(first.counts, { cached: 0, fetched: 1 })
  asked.length = 0
  const second = new Resources()
  assert.deepEqual(await second.load(resource, 'x/a'), bytes('right'))
  assert.deepEqual(second.counts, { cached: 1, fetched: 0 })
  assert.deepEqual(asked, [])
  assert.equal(content.size, 1)
})

test('a bad one in the cache is fetched anew', async () => {
  const digest = sha256('right')
  const content = withCache(new Map([[`x/b?${digest}`, bytes('wrong')]]))
  files.set('/b', [bytes('right')])
  assert.deepEqual(await new Resources().load({ url: `${base}/b`, sha256: digest }, 'x/b'), bytes('right'))
  assert.deepEqual(content.get(`x/b?${digest}`), bytes('right'))
})

test('a bad one from the network is asked for once more, then refused', async () => {
  withCache()
  files.set('/c', [bytes('stale'), bytes('right')])
  assert.deepEqual(await new Resources().load({ url: `${base}/c`, sha256: sha256('right') }, 'x/c'), bytes('right'))
  files.set('/c', [bytes('wrong')])
  const content = withCache()
  await assert.rejects(new Resources().load({ url: `${base}/c`, sha256: sha256('right') }, 'x/c'), {
    name: 'ResourceError',
    code: 'INTEGRITY',
    message: new RegExp(`expected SHA-256 ${sha256('right')}, found ${sha256('wrong')}`),
  })
  assert.equal(content.size, 0)
})

test('what is made of bytes begins before they are compared, and counts only when they are right', async () => {
  const digest = sha256('right')
  withCache(new Map([[`x/d?${digest}`, bytes('wrong')]]))
  files.set('/d', [bytes('right')])
  const made = []
  const make = async (given) => {
    made.push(new TextDecoder().decode(given))
    if (made.at(-1) === 'wrong') throw new Error('what wrong bytes do')
    return 'made'
  }
  const loaded = await new Resources().loadAs({ url: `${base}/d`, sha256: digest }, 'x/d', make)
  assert.deepEqual(loaded, { bytes: bytes('right'), made: 'made' })
  assert.deepEqual(made, ['wrong', 'right'])
  const failing = async () => { throw new Error('not even of right ones') }
  await assert.rejects(new Resources().loadAs({ url: `${base}/d`, sha256: digest }, 'x/d', failing), /not even of right ones/)
})

test('what is not there, and who is not there', async () => {
  withCache()
  await assert.rejects(new Resources().load({ url: `${base}/none`, sha256: sha256('') }, 'n'), { code: 'NOT_FOUND' })
  await assert.rejects(new Resources().load({ url: 'http://localhost:1/x', sha256: sha256('') }, 'n'), { code: 'NETWORK' })
  await assert.rejects(new Resources().load({ url: new URL('none', import.meta.url).href, sha256: sha256('') }, 'n'), { code: 'NOT_FOUND' })
})

test('a manifest without a known digest is the newest, and the last one without a network', async () => {
  withCache()
  const manifest = JSON.stringify({ name: 'm', files: { 'a.onnx': { bytes: 5, sha256: sha256('right') } } })
  files.set('/m/manifest.json', [bytes(manifest)])
  files.set('/m/a.onnx', [bytes('right')])
  const url = `${base}/m/manifest.json`
  const fractions = []
  const loaded = await new Resources().loadModel({ manifest: { url }, base: url }, (fraction) => fractions.push(fraction))
  assert.deepEqual(Object.keys(loaded), ['manifest.json', 'a.onnx'])
  assert.deepEqual(fractions, [1])
  const { fetchBytes } = platform
  platform.fetchBytes = () => fetchBytes('http://localhost:1/')
  try {
    const offline = new Resources()
    assert.deepEqual(await offline.loadModel({ manifest: { url }, base: url }, () => {}), loaded)
    assert.deepEqual(offline.counts, { cached: 2, fetched: 0 })
  } finally {
    platform.fetchBytes = fetchBytes
  }
})

test('data URLs are read without fetching', async () => {
  const load = (url) => new Resources().load({ url, sha256: sha256('') }, 'x')
  assert.deepEqual(await load(`data:text/plain;base64,${btoa('abc')}`), bytes('abc'))
  assert.deepEqual(await load('data:text/plain,a%20b'), bytes('a b'))
})

test('hostile manifests', () => {
  const entry = { bytes: 1, sha256: sha256('') }
  const parse = (manifest) => parseManifest(bytes(typeof manifest === 'string' ? manifest : JSON.stringify(manifest)))
  assert.equal(parse({ name: 'm', files: { 'a-b_c.onnx': entry } }).name, 'm')
  assert.throws(() => parse('{'), { code: 'INVALID', message: /expected JSON/ })
  assert.throws(() => parse('null'), { code: 'INVALID' })
  assert.throws(() => parse({ name: 'm' }), { code: 'INVALID' })
  for (const name of ['../a', 'a/b', '.hidden', '', 'a b']) assert.throws(() => parse({ name: 'm', files: { [name]: entry } }), /plain file name/)
  assert.throws(() => parse({ name: 'm', files: { a: { bytes: 1, sha256: 'abc' } } }), /sha256/)
  assert.throws(() => parse({ name: 'm', files: { a: { bytes: -1, sha256: sha256('') } } }), /bytes/)
  assert.throws(() => parse({ name: 'm', files: { a: null } }), /bytes/)
})
