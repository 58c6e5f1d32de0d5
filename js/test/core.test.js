/** The low-level binding on every variant that is built: build/wasm-VARIANT. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createCore } from '../build/core.js'
import { PlaitError } from '../build/errors.js'

const root = new URL('../../', import.meta.url)
const bytesOf = (path) => new Uint8Array(readFileSync(new URL(path, root)))
const filesOf = (folder) => Object.fromEntries(readdirSync(new URL(folder, root)).map((name) => [name, bytesOf(folder + name)]))
const receipt = filesOf('models/receipt/')
const page = bytesOf('samples/kopitiam.jpg')
const kopitiam = new TextDecoder().decode(bytesOf('samples/kopitiam.json'))
const words = '{"lines":[{"box":[10,20,110,40],"text":"TOTAL 12.30"}]}'
/** A second of sound: 16 bits, mono, 8 kHz. */
function wav(sound) {
  const file = new DataView(new ArrayBuffer(44 + 16000))
  const word = (at, text) => [...text].forEach((sign, i) => file.setUint8(at + i, sign.charCodeAt(0)))
  word(0, 'RIFF'), file.setUint32(4, 36 + 16000, true), word(8, 'WAVEfmt '), file.setUint32(16, 16, true)
  file.setUint16(20, 1, true), file.setUint16(22, 1, true), file.setUint32(24, 8000, true), file.setUint32(28, 16000, true)
  file.setUint16(32, 2, true), file.setUint16(34, 16, true), word(36, 'data'), file.setUint32(40, 16000, true)
  for (let i = 0; i < 8000; i++) file.setInt16(44 + 2 * i, Math.round(30000 * sound(i / 8000)), true)
  return new Uint8Array(file.buffer)
}
const code = (code, part) => (error) => error instanceof PlaitError && error.code === code && error.message.includes(part)

/** The floats of a .npy file. */
function npy(path) {
  const bytes = bytesOf(path)
  const start = 10 + new DataView(bytes.buffer).getUint16(8, true)
  const header = new TextDecoder().decode(bytes.subarray(10, start))
  const dims = /'shape': \(([^)]*)\)/.exec(header)[1].split(',').filter((part) => part.trim()).map(Number)
  return { type: 'float32', dims, data: new Float32Array(bytes.slice(start).buffer) }
}

const farthest = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)

for (const variant of ['wasm-simd', 'wasm-threads', 'wasm-relaxed', 'wasm-relaxed-threads']) {
  const folder = new URL(`build/${variant}/`, root)
  let module = null
  if (existsSync(new URL('plait.wasm', folder))) {
    try {
      module = await WebAssembly.compile(readFileSync(new URL('plait.wasm', folder)))
    } catch {
      // Node knows relaxed SIMD from 22 on, or with --experimental-wasm-relaxed-simd.
    }
  }
  const loader = new URL('plait.js', folder)
  const start = (options) => createCore({ module, loader, threads: 2, ...options })
  const check = (name, work) => test(`${variant}: ${name}`, { skip: !module && 'not built, or not for this Node' }, work)

  check('reads a receipt', async () => {
    const stages = []
    const core = await start({ onProgress: (stage, fraction) => stages.push([stage, fraction]) })
    assert.equal(core.variant, variant)
    assert.match(core.version, /^\d+\.\d+\.\d+$/)
    const model = core.openModel(receipt)
    assert.equal(model.name, 'receipt')
    const read = model.read(page, { name: 'a "name"' })
    const document = JSON.parse(read.json())
    assert.equal(document.source.name, 'a "name"')
    assert.equal(document.fields.total.value, '21.20')
    assert.deepEqual(stages.at(-1), ['done', 1])
    assert.ok(stages.length > 3 && stages.every(([, fraction]) => fraction >= 0 && fraction <= 1))
    assert.deepEqual([...read.annotate(page).slice(0, 4)], [0x89, 0x50, 0x4e, 0x47])
    core.close()
    assert.throws(() => read.json(), code('CLOSED', 'closed'))
    assert.throws(() => core.openModel(receipt), code('CLOSED', 'closed'))
    assert.equal(core.memoryBytes, 0)
    core.close()
  })

  check('remembers what was confirmed, and forgets it', async () => {
    const core = await start()
    const memory = core.createMemory()
    const model = core.openModel(receipt)
    const read = () => JSON.parse(model.read(page, { text: kopitiam }).json())
    const before = read()
    const company = `${before.fields.company.value.toLowerCase()}.`
    assert.throws(() => memory.confirm(JSON.stringify(before), { smell: 'x' }), code('INVALID', 'smell'))
    const id = memory.confirm(JSON.stringify(before), { company, date: null })
    assert.match(id, /^[0-9a-f]{16}$/)
    assert.equal(memory.count, 1)
    const lines = memory.export()
    const other = core.createMemory()
    assert.equal(other.import(lines), 1)
    assert.equal(other.export(), lines)
    assert.throws(() => other.import('{}'), code('INVALID', 'line 1'))
    model.remember(other)
    assert.equal(read().fields.company.value, company)
    assert.equal(read().fields.company.confirmed, id)
    other.forget(id)
    assert.throws(() => other.forget(id), code('NOT_FOUND', id))
    assert.deepEqual([other.count, read().fields.company], [0, before.fields.company])
    core.close()
    assert.throws(() => memory.export(), code('CLOSED', 'closed'))
  })

  check('hears a voice note', async () => {
    const core = await start()
    const model = core.openModel(receipt)
    assert.throws(() => model.read(page, { text: words, audio: Uint8Array.of(1, 2, 3) }), code('INVALID', 'voice note'))
    const read = (more) => JSON.parse(model.read(page, { text: kopitiam, ...more }).json())
    const [without, silent, buzzing] = [read(), read({ audio: wav(() => 0) }), read({ audio: wav((t) => Math.sin(2000 * t) * Math.exp(-60 * (t % 0.008))) })]
    assert.deepEqual([silent.voice.digits, silent.voice.seconds, silent.modalities.audio.present, silent.modalities.audio.quality], ['', 1, true, 0])
    assert.deepEqual([silent.fields, without.voice], [without.fields, undefined])
    assert.match(buzzing.voice.digits, /^[0-9]*$/)
    assert.ok(buzzing.modalities.audio.present)
    core.close()
  })

  check('known words and modalities left out', async () => {
    const core = await start()
    const model = core.openModel(receipt)
    const document = JSON.parse(model.read(page, { text: words, without: 'image', fieldsOnly: true }).json())
    assert.equal(document.pages[0].lines[0].text, 'TOTAL 12.30')
    assert.equal(document.modalities.image.present, false)
    assert.throws(() => model.read(page, { text: words, without: 'smell' }), code('INVALID', 'smell'))
    core.close()
  })

  check('reads several pages, one at a time', async () => {
    const core = await start()
    const model = core.openModel(receipt)
    const open = model.begin({ name: 'two.pdf', pages: 2, mediaType: 'application/pdf', digest: 'ab'.repeat(32) })
    open.addPage(page, { text: words })
    assert.throws(() => open.addPage(new Uint8Array(9)), code('INVALID', ''))
    open.addPage(page, { text: 'second' })
    const read = open.finish()
    assert.throws(() => open.finish(), code('CLOSED', ''))
    open.close()
    const document = JSON.parse(read.json())
    assert.equal(document.pages.length, 2)
    assert.equal(document.source.media_type, 'application/pdf')
    assert.equal(document.source.digest, 'ab'.repeat(32))
    assert.equal(document.pages[1].lines[0].text, 'second')
    assert.deepEqual([...read.annotate(page, 1).slice(0, 4)], [0x89, 0x50, 0x4e, 0x47])
    assert.throws(() => model.begin().finish(), code('INVALID', ''))
    core.close()
  })

  check('every failure says why, and the core goes on', async () => {
    const core = await start()
    assert.throws(() => core.openModel({ ...receipt, 'detector.onnx': page }), code('INVALID', 'detector.onnx'))
    const { 'charset.txt': _, ...missing } = receipt
    assert.throws(() => core.openModel(missing), code('NOT_FOUND', 'charset.txt'))
    assert.throws(() => core.createSession(page), code('INVALID', ''))
    const model = core.openModel(receipt)
    assert.throws(() => model.read(new Uint8Array(0)), code('INVALID', ''))
    assert.throws(() => model.read(page.subarray(0, 5000)), PlaitError)
    assert.ok(JSON.parse(model.read(page, { text: words }).json()).pages.length)
    core.close()
  })

  check('stops when asked, and throws what a callback throws', async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4))
    let asked = 0
    const core = await start({
      isCancelled: () => ++asked && Atomics.load(shared, 0) !== 0,
      onProgress: (stage) => {
        if (stage === 'recognise') Atomics.store(shared, 0, 1)
        if (stage === 'fields' && Atomics.load(shared, 0) === 0) throw new TypeError('from the callback')
      },
    })
    const model = core.openModel(receipt)
    assert.throws(() => model.read(page), code('CANCELLED', ''))
    assert.ok(asked > 2)
    Atomics.store(shared, 0, 0)
    assert.throws(() => model.read(page, { text: words }), TypeError)
    core.close()
  })

  check('runs a network as PyTorch did', async () => {
    const core = await start()
    const session = core.createSession(receipt['layout.onnx'], { profile: true })
    const [input, output] = [session.inputs[0], session.outputs[0]]
    assert.equal(input.type, 'float32')
    const features = npy(`tests/golden/layout/${input.name}.npy`)
    const expected = npy(`tests/golden/layout/${output.name}.npy`)
    const found = session.run({ [input.name]: features })[output.name]
    assert.deepEqual(found.dims, expected.dims)
    assert.ok(farthest(found.data, expected.data) < 1e-4) // sums in another order
    assert.equal(JSON.parse(session.profile()).runs, 1)
    assert.throws(() => session.run({}), code('INVALID', input.name))
    assert.throws(() => session.run({ [input.name]: { ...features, data: new Int8Array(4) } }), code('INVALID', 'Int8Array'))
    assert.throws(() => session.run({ [input.name]: { ...features, dims: [1, 1] } }), code('INVALID', 'elements'))
    assert.throws(() => session.run({ [input.name]: { type: 'float32', dims: [1], data: new Float32Array(1) } }), PlaitError)
    const quantised = core.createSession(receipt['layout.onnx'], { int8: true })
    const rough = quantised.run({ [input.name]: features })[output.name]
    const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const distance = farthest(rough.data, expected.data) / largest
    assert.ok(distance > 0 && distance < 0.05, `${distance}`) // 8 bits a weight and a value, through two layers
    core.close()
  })

  check('threads may come later', async () => {
    const core = await start({ threads: 1 })
    assert.equal(core.threads, 1)
    const session = core.createSession(receipt['detector.onnx'])
    const [input, output] = [session.inputs[0].name, session.outputs[0].name]
    const picture = { type: 'float32', dims: [1, 1, 320, 320], data: Float32Array.from({ length: 320 * 320 }, (_, i) => (i * 7919 % 101) / 101) }
    const alone = session.run({ [input]: picture })[output]
    await core.startThreads(3)
    const threads = variant.endsWith('threads') ? 3 : 1
    assert.equal(core.threads, threads)
    const together = session.run({ [input]: picture })[output]
    assert.deepEqual(together.dims, alone.dims)
    assert.ok(farthest(together.data, alone.data) < 1e-5)
    await core.startThreads(2) // there are more
    assert.equal(core.threads, threads)
    core.close()
  })

  check('memory has a ceiling, and is flat over many documents', async () => {
    const small = await start({ memoryLimit: 8 << 20 })
    assert.throws(() => small.openModel(receipt), code('MEMORY', ''))
    assert.ok(small.memoryBytes <= 8 << 20)
    small.close()

    const core = await start()
    assert.ok(core.memoryBytes <= 8 << 20, `${core.memoryBytes} at the start`)
    const model = core.openModel(receipt)
    const read = () => model.read(page).close()
    for (let i = 0; i < 3; i++) read()
    const warm = core.memoryBytes
    for (let i = 0; i < 12; i++) read()
    assert.equal(core.memoryBytes, warm)
    assert.ok(warm <= 256 << 20)
    model.close()
    core.openModel(receipt).read(page).close() // in the memory of the one that was closed
    assert.equal(core.memoryBytes, warm)
    core.close()
  })
}
