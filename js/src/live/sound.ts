/** Sound at any rate becomes 16 kHz mono; the last half minute is kept, with times. No browser in here. */

import type { AudioClip } from '../types.js'

export const SAMPLE_RATE = 16_000
const KEPT_SECONDS = 30

/** Lobes of the sinc on each side: more is steeper. */
const LOBES = 16

/** Any rate to another, block by block: a sinc under a Hann window (Smith, Digital Audio Resampling). Between two whole numbers of
 *  samples a second an output falls on one of few places between two inputs; the weights of each are computed once. */
export class Resampler {
  #phases: number
  /** From one output to the next, in phases. */
  #step: number
  #cutoff: number
  #reach: number
  #weights: Float64Array[] = []
  #input: Float32Array
  /** Of the next output, in the input kept: a sample and phases after it. */
  #sample: number
  #phase = 0

  constructor(from: number, to: number) {
    const shared = greatestDivisor(from, to)
    this.#phases = to / shared
    this.#step = from / shared
    this.#cutoff = 0.95 * Math.min(1, to / from)
    this.#reach = Math.ceil(LOBES / this.#cutoff)
    // The first output stands at the first input, with silence before it.
    this.#input = new Float32Array(this.#reach)
    this.#sample = this.#reach
  }

  push(block: Float32Array): Float32Array {
    const input = new Float32Array(this.#input.length + block.length)
    input.set(this.#input)
    input.set(block, this.#input.length)
    const output: number[] = []
    while (this.#sample + this.#reach + 1 < input.length) {
      output.push(this.#at(input))
      this.#phase += this.#step
      this.#sample += Math.floor(this.#phase / this.#phases)
      this.#phase %= this.#phases
    }
    const passed = Math.max(0, this.#sample - this.#reach)
    this.#input = input.slice(passed)
    this.#sample -= passed
    return Float32Array.from(output)
  }

  #at(input: Float32Array): number {
    const weights = (this.#weights[this.#phase] ??= this.#weightsAt(this.#phase / this.#phases))
    const first = this.#sample - this.#reach
    let sum = 0
    for (let i = 0; i < weights.length; i++) sum += input[first + i] * weights[i]
    return sum
  }

  /** Of the inputs from `reach` before the sample to one more after it. */
  #weightsAt(part: number): Float64Array {
    return Float64Array.from({ length: 2 * this.#reach + 2 }, (_, i) => {
      const t = i - this.#reach - part
      if (Math.abs(t) > this.#reach) return 0
      const x = Math.PI * t * this.#cutoff
      return this.#cutoff * (x === 0 ? 1 : Math.sin(x) / x) * (0.5 + 0.5 * Math.cos((Math.PI * t) / (this.#reach + 1)))
    })
  }
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))

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
