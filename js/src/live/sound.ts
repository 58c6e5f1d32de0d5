/** Sound at any rate becomes 16 kHz mono; the last half minute is kept, with times. No browser in here. */

import type { AudioClip } from '../types.js'

export const SAMPLE_RATE = 16_000
const KEPT_SECONDS = 30

/** Lobes of the sinc on each side: more is steeper. */
const LOBES = 16

/** Any rate to another, block by block: a sinc under a Hann window (Smith, Digital Audio Resampling). */
export class Resampler {
  #step: number
  #cutoff: number
  #reach: number
  #input = new Float32Array(0)
  /** Of the next output, in the input kept. */
  #position = 0

  constructor(from: number, to: number) {
    this.#step = from / to
    this.#cutoff = 0.95 * Math.min(1, to / from)
    this.#reach = Math.ceil(LOBES / this.#cutoff)
    // The first output stands at the first input, with silence before it.
    this.#input = new Float32Array(this.#reach)
    this.#position = this.#reach
  }

  push(block: Float32Array): Float32Array {
    const input = new Float32Array(this.#input.length + block.length)
    input.set(this.#input)
    input.set(block, this.#input.length)
    const output: number[] = []
    for (; this.#position + this.#reach < input.length; this.#position += this.#step) output.push(this.#at(input, this.#position))
    const passed = Math.max(0, Math.floor(this.#position) - this.#reach)
    this.#input = input.slice(passed)
    this.#position -= passed
    return Float32Array.from(output)
  }

  #at(input: Float32Array, position: number): number {
    let sum = 0
    for (let i = Math.ceil(position - this.#reach); i <= position + this.#reach; i++) {
      const t = i - position
      const x = Math.PI * t * this.#cutoff
      const sinc = x === 0 ? 1 : Math.sin(x) / x
      sum += (input[i] ?? 0) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * t) / (this.#reach + 1)))
    }
    return sum * this.#cutoff
  }
}

/** What a microphone heard lately. */
export class Recording {
  #resampler: Resampler
  #ring = new Float32Array(SAMPLE_RATE * KEPT_SECONDS)
  #written = 0
  /** Time of sample 0, by what was told last: clocks of sound and picture drift apart. */
  #start_us = 0

  constructor(sampleRate: number) {
    this.#resampler = new Resampler(sampleRate, SAMPLE_RATE)
  }

  /** A block, and when it ended. */
  push(block: Float32Array, end_us: number): void {
    const samples = this.#resampler.push(block)
    for (const sample of samples) this.#ring[this.#written++ % this.#ring.length] = sample
    this.#start_us = end_us - (this.#written / SAMPLE_RATE) * 1e6
  }

  /** The samples between two times, as far as they are kept; null when there are none. */
  clip(from_us: number, to_us: number): AudioClip | null {
    const index = (time: number) => Math.round(((time - this.#start_us) / 1e6) * SAMPLE_RATE)
    const first = Math.max(index(from_us), this.#written - this.#ring.length, 0)
    const last = Math.min(index(to_us), this.#written)
    if (last <= first) return null
    const samples = new Float32Array(last - first)
    for (let i = first; i < last; i++) samples[i - first] = this.#ring[i % this.#ring.length]
    return { samples, sampleRate: SAMPLE_RATE, timestamp_us: Math.round(this.#start_us + (first / SAMPLE_RATE) * 1e6) }
  }
}
