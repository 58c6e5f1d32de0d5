/** Memory that crosses the border: allocated, copied in, used, copied out, freed. */

import { PlaitError } from '../errors.js'
import type { Exports } from './module.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class Heap {
  readonly #exports: Exports
  #bytes = new Uint8Array()
  #words = new DataView(this.#bytes.buffer)

  constructor(exports: Exports) {
    this.#exports = exports
  }

  get size(): number {
    return this.#exports.wasmMemory.buffer.byteLength
  }

  /** All of the memory. Views end when it grows, so this is asked for again after every call. */
  get bytes(): Uint8Array {
    const buffer = this.#exports.wasmMemory.buffer
    if (this.#bytes.buffer !== buffer) {
      this.#bytes = new Uint8Array(buffer)
      this.#words = new DataView(buffer)
    }
    return this.#bytes
  }

  /** The same, to be read and written in little endian. */
  get words(): DataView {
    void this.bytes
    return this.#words
  }

  allocate(size: number): number {
    const address = this.#exports._malloc(Math.max(size, 1)) >>> 0
    if (!address) throw new PlaitError('MEMORY', `memory: ${size} bytes could not be had`)
    return address
  }

  free(address: number): void {
    this.#exports._free(address)
  }

  /** A copy that stays until it is freed. */
  copyIn(bytes: Uint8Array): number {
    const address = this.allocate(bytes.length)
    this.bytes.set(bytes, address)
    return address
  }

  copyOut(address: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.bytes.subarray(address, address + size)) // a copy that is not shared
  }

  /** UTF-8 that ends with NUL. */
  text(address: number): string {
    return address ? decoder.decode(this.copyOut(address, this.bytes.indexOf(0, address) - address)) : ''
  }

  pointer(address: number): number {
    return this.words.getUint32(address, true)
  }

  /** Runs `work`; what it allocates from its scope is freed at the end, whatever happens. */
  scope<T>(work: (scope: Scope) => T): T {
    const scope = new Scope(this)
    try {
      return work(scope)
    } finally {
      scope.end()
    }
  }
}

/** Allocations that end together. */
export class Scope {
  readonly heap: Heap
  readonly #addresses: number[] = []

  constructor(heap: Heap) {
    this.heap = heap
  }

  /** Memory of zeros. */
  space(size: number): number {
    const address = this.heap.allocate(size)
    this.#addresses.push(address)
    this.heap.bytes.fill(0, address, address + size)
    return address
  }

  bytes(bytes: Uint8Array): number {
    const address = this.heap.copyIn(bytes)
    this.#addresses.push(address)
    return address
  }

  /** UTF-8 with NUL at the end; its size does not count that. */
  text(text: string): { address: number; size: number } {
    const bytes = encoder.encode(text)
    const address = this.space(bytes.length + 1)
    this.heap.bytes.set(bytes, address)
    return { address, size: bytes.length }
  }

  end(): void {
    for (const address of this.#addresses) this.heap.free(address)
  }
}
