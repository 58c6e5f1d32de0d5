/** A thousand documents take no more memory than the first few. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createCore } from '../build/core.js'
import { PlaitError } from '../build/errors.js'

const root = new URL('../../', import.meta.url)
const bytesOf = (path) => new Uint8Array(readFileSync(new URL(path, root)))
const folder = new URL('build/wasm-simd/', root)
const built = existsSync(new URL('plait.wasm', folder))
const MB = 1 << 20

const receipt = Object.fromEntries(readdirSync(new URL('models/receipt/', root)).map((name) => [name, bytesOf(`models/receipt/${name}`)]))
const pages = ['kopitiam', 'grocer'].map((name) => ({ bytes: bytesOf(`samples/${name}.jpg`), text: new TextDecoder().decode(bytesOf(`samples/${name}.json`)) }))
/** Binary PPM of so many pixels, grey. */
const blank = (width, height) => {
  const head = new TextEncoder().encode(`P6 ${width} ${height} 255\n`)
  return Uint8Array.of(...head, ...new Uint8Array(3 * width * height).fill(200))
}
const empty = [blank(97, 61), blank(160, 96)]

/** Few are read from all their pixels, which is what takes time and memory; the rest has known words, or nothing on it. */
function read(model, i) {
  if (i % 50 === 0) return model.read(pages[i / 50 % 2].bytes)
  if (i % 5 === 0) return model.read(empty[i % 2])
  const { bytes, text } = pages[i % 2]
  return model.read(bytes, { text, name: `document ${i}`, fieldsOnly: i % 10 !== 1 })
}

test('memory is flat over 1,000 documents, and close() gives it back', { skip: !built && 'no WebAssembly build' }, async () => {
  const module = await WebAssembly.compile(bytesOf('build/wasm-simd/plait.wasm'))
  const start = (memoryLimit) => createCore({ module, loader: new URL('plait.js', folder), memoryLimit })
  /** Reads so many documents under a ceiling. */
  async function run(memoryLimit, count) {
    const core = await start(memoryLimit)
    const model = core.openModel(receipt)
    for (let i = 0; i < count; i++) {
      const document = read(model, i)
      if (i === 0) assert.equal(JSON.parse(document.json()).fields.total.value, '21.20')
      document.close()
    }
    const { memoryBytes } = core
    core.close()
    assert.equal(core.memoryBytes, 0)
    return memoryBytes
  }

  // Memory grows in steps, in whose room a small leak would not be seen. So first: what is the least that the kinds of documents need?
  const kinds = 101
  let [little, enough] = [0, await run(256 * MB, kinds)]
  while (enough - little > MB / 2) {
    const middle = (little + enough) / 2
    try {
      await run(middle, kinds)
      enough = middle
    } catch (error) {
      assert.ok(error instanceof PlaitError && error.code === 'MEMORY', error)
      little = middle
    }
  }
  // A megabyte more, for pieces that lie apart: a kilobyte lost with each of 1,000 documents, and the last ones find no room.
  const most = enough + MB
  assert.ok(await run(most, 1000) <= most)
  console.log(`${(enough / MB).toFixed(1)} MiB for the first ${kinds} documents, ${(most / MB).toFixed(1)} MiB is enough for 1,000`)
})
