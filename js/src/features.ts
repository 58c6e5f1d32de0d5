/** What this engine can do, and which build suits it, with the reasons in words. */

import { PlaitError } from './errors.js'
import type { RuntimeOptions, Variant } from './types.js'

export interface Features {
  simd: boolean
  relaxedSimd: boolean
  /** Shared memory: needs cross-origin isolation in browsers. */
  sharedMemory: boolean
  crossOriginIsolated: boolean
  cores: number
}

export interface Choice {
  variant: Variant
  threads: number
  reasons: string[]
}

/** More threads than this gain nothing for a page. */
const THREADS_MOST = 4

export function detectFeatures(): Features {
  const isolated = globalThis.crossOriginIsolated
  return {
    simd: validates([0xfd, 15, 0xfd, 98]), // i8x16.splat, i8x16.popcnt
    relaxedSimd: validates([0xfd, 15, 0x41, 0, 0xfd, 15, 0xfd, 0x80, 2]), // two i8x16.splat, i8x16.relaxed_swizzle
    sharedMemory: typeof SharedArrayBuffer !== 'undefined' && isolated !== false,
    // Node has no such thing as an origin: memory can always be shared.
    crossOriginIsolated: isolated ?? typeof SharedArrayBuffer !== 'undefined',
    cores: globalThis.navigator?.hardwareConcurrency ?? 1,
  }
}

/** Whether the engine takes a function of type () -> v128 that starts with i32.const 0 and goes on like this. */
function validates(instructions: number[]): boolean {
  const body = [0, 0x41, 0, ...instructions, 0x0b]
  const code = [1, body.length, ...body]
  const module = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...[1, 5, 1, 0x60, 0, 1, 0x7b], // types: () -> v128
    ...[3, 2, 1, 0], // functions: one of type 0
    ...[10, code.length, ...code],
  ]
  return WebAssembly.validate(new Uint8Array(module))
}

const isThreaded = (variant: Variant) => variant.endsWith('threads')

/** `available` are the builds that are in the package. */
export function choose(features: Features, options: Pick<RuntimeOptions, 'threads' | 'variant' | 'wasm'>, available: Variant[]): Choice {
  if (!features.simd) throw new PlaitError('UNSUPPORTED', 'expected an engine with WebAssembly SIMD, found one without')
  const reasons: string[] = []
  const wanted = options.threads ?? Math.min(THREADS_MOST, features.cores)
  if (!Number.isInteger(wanted) || wanted < 1) throw new PlaitError('INVALID', `threads: expected 1 or more, found ${wanted}`)

  const given = options.variant ?? (options.wasm ? 'wasm-simd' : undefined)
  const variant = given ?? best(features, wanted, available, reasons)
  if (given) reasons.push(`${given}: the caller chose it`)
  if (isThreaded(variant) && !features.sharedMemory)
    throw new PlaitError('UNSUPPORTED', `${variant}: expected a cross-origin isolated page, which threads need, found one that is not`)
  const threads = isThreaded(variant) ? wanted : 1
  reasons.push(threads === 1 ? 'one thread' : `${threads} threads of ${features.cores} cores`)
  return { variant, threads, reasons }
}

function best(features: Features, threads: number, available: Variant[], reasons: string[]): Variant {
  const threaded = threads > 1 && features.sharedMemory
  if (threads > 1 && !features.sharedMemory) {
    reasons.push('no threads: the page is not cross-origin isolated (headers COOP same-origin, COEP require-corp)')
  }
  if (features.relaxedSimd) reasons.push('relaxed SIMD: the engine has it')
  else reasons.push('no relaxed SIMD: the engine does not have it')
  const order: Variant[] = []
  if (features.relaxedSimd && threaded) order.push('wasm-relaxed-threads')
  if (threaded) order.push('wasm-threads')
  if (features.relaxedSimd) order.push('wasm-relaxed')
  order.push('wasm-simd')
  const found = order.find((variant) => available.includes(variant))
  if (!found) throw new PlaitError('NOT_FOUND', `expected one of ${order.join(', ')} in the package, found ${available.join(', ') || 'none'}`)
  return found
}
