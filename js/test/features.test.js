import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choose, detectFeatures } from '../build/features.js'

const all = ['wasm-simd', 'wasm-threads', 'wasm-relaxed', 'wasm-relaxed-threads']
const features = { simd: true, relaxedSimd: true, sharedMemory: true, crossOriginIsolated: true, cores: 8 }

test('this engine has SIMD and shared memory', () => {
  const found = detectFeatures()
  assert.equal(found.simd, true)
  assert.equal(found.sharedMemory, true)
  assert.ok(found.cores >= 1)
})

test('the best build that the engine and the package have', () => {
  assert.equal(choose(features, {}, all).variant, 'wasm-relaxed-threads')
  assert.equal(choose(features, {}, all).threads, 4)
  assert.equal(choose({ ...features, relaxedSimd: false }, {}, all).variant, 'wasm-threads')
  assert.equal(choose(features, { threads: 1 }, all).variant, 'wasm-relaxed')
  assert.equal(choose(features, {}, ['wasm-simd']).variant, 'wasm-simd')
  assert.equal(choose(features, {}, ['wasm-simd']).threads, 1)
})

test('without isolation there is one thread, no error, and a reason', () => {
  const { variant, threads, reasons } = choose({ ...features, sharedMemory: false }, { threads: 4 }, all)
  assert.equal(variant, 'wasm-relaxed')
  assert.equal(threads, 1)
  assert.match(reasons.join('\n'), /not cross-origin isolated/)
})

test('what the caller chose is taken, or refused in words', () => {
  assert.equal(choose(features, { variant: 'wasm-simd' }, all).variant, 'wasm-simd')
  assert.equal(choose(features, { wasm: new Uint8Array(1) }, all).variant, 'wasm-simd')
  assert.throws(() => choose({ ...features, sharedMemory: false }, { variant: 'wasm-threads' }, all), { code: 'UNSUPPORTED', message: /isolated/ })
  assert.throws(() => choose({ ...features, simd: false }, {}, all), { code: 'UNSUPPORTED', message: /SIMD/ })
  assert.throws(() => choose(features, { threads: 0 }, all), { code: 'INVALID', message: /found 0/ })
  assert.throws(() => choose(features, {}, []), { code: 'NOT_FOUND' })
})
