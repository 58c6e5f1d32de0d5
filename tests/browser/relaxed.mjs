// Networks in int8 run on the dot products of relaxed SIMD where the engine has them: in a binary whose kernels trap at every such
// product, a network in int8 stops and one in f32 runs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bare, bring, check, chromium, open, root, same, test } from './harness.mjs'

// i32x4.relaxed_dot_i8x16_i7x16_add_s (relaxed SIMD of WebAssembly, "Binary encodings"), and what traps in as many bytes:
// unreachable, nop, nop.  After the trap any stack is right, so that the module still validates.
const product = Buffer.of(0xfd, 0x93, 0x02)
const trap = Buffer.of(0x00, 0x01, 0x01)

// A kernel has a product for each part of what it makes; XNNPACK also tries four to see what this engine does with signs.
const tries = 4

/** The binary of a variant with the products of its kernels replaced, and how many there were. */
function trapping(variant) {
  const bytes = readFileSync(join(root, 'build', variant, 'plait.wasm'))
  let at = 8
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  let count = 0
  while (at < bytes.length) {
    const section = bytes[at++]
    const length = number()
    const end = at + length
    for (let functions = section === 10 ? number() : 0; functions > 0; functions--) {
      const size = number()
      const body = bytes.subarray(at, at + size)
      const places = []
      for (let place = body.indexOf(product); place >= 0; place = body.indexOf(product, place + 1)) places.push(place)
      if (places.length > tries) for (const place of places) trap.copy(body, place)
      count += places.length > tries ? places.length : 0
      at += size
    }
    at = end
  }
  return { bytes, count }
}

const runs = async ({ wasm, variant }) => {
  const { OnnxSession } = window.plait
  const outcome = {}
  for (const int8 of [false, true]) {
    try {
      const bytes = Uint8Array.from(atob(wasm), (sign) => sign.charCodeAt(0))
      const session = await OnnxSession.create('/models/receipt/layout.onnx', { wasm: bytes, variant, threads: 1, int8 })
      const [{ dims }] = session.inputs
      const { data } = Object.values(await session.run({ features: { type: 'float32', dims: [7, dims[1]], data: new Float32Array(7 * dims[1]).fill(0.5) } }))[0]
      outcome[int8 ? 'int8' : 'f32'] = data.every(Number.isFinite) && data.length > 0 ? 'ran' : 'nothing came'
      await session.dispose()
    } catch (error) {
      outcome[int8 ? 'int8' : 'f32'] = `${error.code}: ${error.message}`
    }
  }
  return outcome
}

await test(async (ends) => {
  const { url, browser } = await open(ends, { folders: [...bare, root], browser: chromium })
  const page = await bring(browser, url)
  for (const variant of ['wasm-simd', 'wasm-relaxed']) {
    const { bytes, count } = trapping(variant)
    same(count > 0, variant === 'wasm-relaxed', `${variant}: ${count} products`)
    const { f32, int8 } = await page.evaluate(runs, { wasm: bytes.toString('base64'), variant })
    same(f32, 'ran', `${variant}, f32`)
    if (variant === 'wasm-simd') same(int8, 'ran', `${variant}, int8`)
    else check(/^INTERNAL: the core stopped: .*unreachable/.test(int8), `${variant}, int8: expected a product to be reached, found ${int8}`)
  }
})
