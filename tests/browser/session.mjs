// OnnxSession in both browsers: a network of the package gives PyTorch's numbers, from bytes and from its URL, with threads that
// join later; what is wrong is said; after dispose() it is closed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bare, bring, check, chromium, firefox, open, root, same, test } from './harness.mjs'

/** The floats of a .npy file. */
function npy(name) {
  const bytes = readFileSync(join(root, 'tests/golden/layout', name))
  const start = 10 + bytes.readUInt16LE(8)
  const dims = /'shape': \(([^)]*)\)/.exec(bytes.toString('latin1', 10, start))[1].split(',').filter((part) => part.trim()).map(Number)
  return { dims, data: [...new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer)] }
}

const runs = async ({ dims, data, options }) => {
  const { OnnxSession, PlaitError } = window.plait
  const features = { type: 'float32', dims, data: Float32Array.from(data) }
  const failure = (promise) => promise.then(() => null, (error) => ({ code: error.code, name: error.name, typed: error instanceof PlaitError, message: error.message }))
  const model = '/models/receipt/layout.onnx'
  const session = await OnnxSession.create(options.bytes ? await (await fetch(model)).arrayBuffer() : model, options.create)
  const outputs = []
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  for (const pause of [0, 2000]) { // threads have joined after the second
    await wait(pause)
    outputs.push([...Object.values(await session.run({ features }))[0].data])
  }
  const missing = await failure(session.run({}))
  const aborted = await failure(session.run({ features }, { signal: AbortSignal.abort() }))
  const again = Object.values(await session.run({ features }))[0].dims
  await session.dispose()
  return {
    outputs, missing, aborted, again, inputs: session.inputs, variant: session.variant,
    closed: await failure(session.run({ features })),
    nowhere: await failure(OnnxSession.create('/no/such.onnx')),
    broken: await failure(OnnxSession.create(new Uint8Array(100))),
  }
}

await test(async (ends) => {
  const features = npy('features.npy')
  const expected = npy('out.npy')
  for (const isolated of [true, false]) {
    for (const [name, browser] of [['Chromium', chromium], ['Firefox', firefox]]) {
      const { url, browser: launched } = await open(ends, { folders: [...bare, root], browser, isolated })
      const page = await bring(launched, url)
      for (const options of [{ bytes: true }, { bytes: false }, { bytes: false, create: { threads: 1, variant: 'wasm-simd' } }]) {
        const where = `${name}, ${isolated ? 'isolated' : 'not isolated'}, ${JSON.stringify(options)}`
        const found = await page.evaluate(runs, { ...features, options })
        for (const output of found.outputs) {
          const worst = Math.max(...output.map((value, i) => Math.abs(value - expected.data[i])))
          check(output.length === expected.data.length && worst <= 1e-4, `${where}: off by ${worst}`)
        }
        same(found.inputs.map(({ name, type }) => [name, type]), [['features', 'float32']], `${where}: inputs`)
        same([found.missing?.typed, found.missing?.code], [true, 'INVALID'], `${where}: an input that is missing`)
        same(found.aborted?.name, 'AbortError', `${where}: aborted`)
        same(found.again, expected.dims, `${where}: it goes on`)
        same(found.closed?.code, 'CLOSED', `${where}: after dispose()`)
        same([found.nowhere?.name, found.nowhere?.code], ['ResourceError', 'NOT_FOUND'], `${where}: a model that is not there`)
        same([found.broken?.typed, found.broken?.code], [true, 'INVALID'], `${where}: a model that is none`)
      }
    }
  }
})
