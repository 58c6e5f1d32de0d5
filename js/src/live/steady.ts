/** When to capture: a page is good and steady for a while, and it is not the one that was captured last. */

import type { Quality } from '../types.js'

const STEADY_US = 400_000

export class SteadyGate {
  #since: number | null = null
  /** The page captured last is still there. */
  #done = false

  /** True once for every page held still. */
  pass({ problem, timestamp_us }: Quality): boolean {
    if (problem === 'no_page' || problem === 'moving') this.#done = false
    if (problem) {
      this.#since = null
      return false
    }
    this.#since ??= timestamp_us
    if (this.#done || timestamp_us - this.#since < STEADY_US) return false
    this.#done = true
    return true
  }
}
