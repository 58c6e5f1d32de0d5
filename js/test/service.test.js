import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toPpm } from '../build/image/pixels.js'
import { VERSION } from '../build/version.js'
import { PROTOCOL } from '../build/worker/protocol.js'
import { coreHandlers } from '../build/worker/service.js'
import { doubleCore } from './doubles/core.js'

const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
const manifest = new TextEncoder().encode(JSON.stringify({ name: 'double', files: {}, fields: { total: {} }, tagger: { modalities: { text: {} } } }))
const task = { progress: () => {}, cancelled: () => false }
const opening = (more = {}) => ({ module, loader: '', threads: 1, threadsLater: false, memoryLimit: 1 << 28, ...more })
const fetching = (more = {}) => ({ protocol: PROTOCOL, version: VERSION, loader: '', ...more })
const page = { pixels: { data: new Uint8ClampedArray(4 * 4 * 4).fill(255), width: 4, height: 4 } }

function service(hooks, log = () => {}) {
  const calls = []
  return { calls, handlers: coreHandlers(log, doubleCore(hooks, calls)) }
}

/** A package is fetched by one call and opened by the next. */
async function openPackage(handlers, more) {
  await handlers.fetch(fetching({ model: { files: { 'manifest.json': manifest } } }), task)
  return handlers.open(opening(more), task)
}

test('one page is read by the core, and its document closed', async () => {
  const { handlers, calls } = service()
  const { result } = await openPackage(handlers)
  assert.deepEqual(result.model.fields, ['total'])
  assert.deepEqual(result.model.modalities, ['text'])
  handlers.begin({ name: 'a.png', without: ['image', 'audio'], fieldsOnly: true, pages: 1 })
  await handlers.page({ picture: page, text: { lines: [] } }, task)
  const { json } = handlers.finish(null, task).result
  assert.equal(JSON.parse(json).source.name, 'a.png')
  assert.deepEqual(calls.slice(3), [
    ['begin', { name: 'a.png', without: 'image,audio', fieldsOnly: true, pages: 1 }],
    ['page', toPpm(page.pixels).length, '{"lines":[]}'],
    ['close'],
  ])
})

test('several pages become one document with the origin of the file', async () => {
  const { handlers, calls } = service()
  await openPackage(handlers)
  const origin = { mediaType: 'application/pdf', digest: 'f'.repeat(64) }
  handlers.begin({ name: 'a.pdf', without: [], fieldsOnly: false, pages: 3, origin })
  for (let i = 0; i < 3; i++) await handlers.page({ picture: page }, task)
  assert.equal(JSON.parse(handlers.finish(null, task).result.json).source.pages, 3)
  assert.deepEqual(calls[3], ['begin', { name: 'a.pdf', without: '', fieldsOnly: false, pages: 3, ...origin }])
})

test('a document that was left is dropped when the next begins', async () => {
  const { handlers, calls } = service()
  await openPackage(handlers)
  handlers.begin({ name: 'a', without: [], fieldsOnly: false, pages: 2 })
  await handlers.page({ picture: page }, task)
  handlers.begin({ name: 'b', without: [], fieldsOnly: false, pages: 1 })
  assert.ok(calls.some(([call]) => call === 'drop'))
})

test('bytes that no decoder knows are refused by name', async () => {
  const { handlers } = service()
  await openPackage(handlers)
  handlers.begin({ name: 'a', without: [], fieldsOnly: false, pages: 1 })
  await assert.rejects(handlers.page({ picture: { bytes: Uint8Array.of(1, 2, 0xff) } }, task), { code: 'UNSUPPORTED', message: /found bytes 01 02 ff/ })
})

test('a network runs without a package', async () => {
  const { handlers } = service()
  const { result } = await handlers.open(opening({ network: { bytes: new Uint8Array(5), int8: true } }), task)
  assert.equal(result.inputs[0].name, 'x')
  const ran = handlers.run({ inputs: { x: { type: 'float32', dims: [2], data: Float32Array.of(1, 2) } } }, task)
  assert.deepEqual([...ran.result.outputs.y.data], [2, 4])
  assert.equal(ran.transfer.length, 1)
  assert.throws(() => handlers.run({ inputs: {} }, task), { code: 'INVALID' })
})

test('page and worker of different versions refuse each other', async () => {
  const { handlers } = service()
  await assert.rejects(handlers.fetch(fetching({ version: '0.0.1' }), task), { code: 'VERSION', message: /expected a worker of version 0.0.1.*reload/ })
  await assert.rejects(handlers.fetch(fetching({ protocol: 99 }), task), { code: 'VERSION' })
})

test('threads are waited for, or come later, and without them one goes on', async () => {
  const network = { bytes: new Uint8Array(5), int8: false }
  const { handlers, calls } = service()
  const { result } = await handlers.open(opening({ threads: 3, network }), task)
  assert.equal(result.threads, 3)
  assert.deepEqual(calls.map(([call]) => call), ['create', 'threads', 'session'])

  const patient = service()
  const first = await patient.handlers.open(opening({ threads: 3, threadsLater: true, network }), task)
  assert.equal(first.result.threads, 1)
  patient.handlers.run({ inputs: { x: { type: 'float32', dims: [1], data: Float32Array.of(1) } } }, task)
  assert.ok(!patient.calls.some(([call]) => call === 'threads'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.deepEqual(patient.calls.at(-1), ['threads', 3])

  const said = []
  const alone = service({ threads: () => { throw new Error('no worker') } }, (level, message) => said.push([level, message]))
  assert.equal((await alone.handlers.open(opening({ threads: 3, network }), task)).result.threads, 1)
  assert.deepEqual(said, [['warning', 'no worker']])
})

test('what was confirmed is kept, brought back and forgotten', async () => {
  const said = []
  const handlers = coreHandlers((level, message) => said.push([level, message]), doubleCore())
  await openPackage(handlers, { remembered: ['{"id":"a"}', '{"strange":1}'] })
  assert.deepEqual(said.map(([level]) => level), ['warning'], 'a line that cannot be read is left out and said')
  const json = JSON.stringify({ source: { digest: 'd'.repeat(64) } })
  const kept = handlers.confirm({ json, fields: { total: '1.00', date: null } }).result
  assert.equal(kept.id, 'd'.repeat(16))
  assert.deepEqual(JSON.parse(kept.line).fields, { total: '1.00', date: null })
  assert.deepEqual(handlers.remember({ lines: '{"id":"b"}\n{"id":"c"}\n' }).result.map(({ id }) => id), ['b', 'c'])
  assert.throws(() => handlers.remember({ lines: '{"strange":1}' }), { code: 'INVALID' })
  handlers.forget({ id: null })
})

test('a voice note reaches the core', async () => {
  const { handlers, calls } = service()
  await openPackage(handlers)
  handlers.begin({ name: 'a', without: [], fieldsOnly: false, pages: 1, audio: Uint8Array.of(1, 2) })
  assert.deepEqual(calls.at(-1), ['begin', { name: 'a', without: '', fieldsOnly: false, pages: 1, audio: Uint8Array.of(1, 2) }])
})
