/** Counts of what happened on this device, for a server of the caller's: how often, how it ended and how long it took. There is no
 *  room in a report for anything of a document, and without the option nothing is counted. */

import { platform } from '#platform'
import { PlaitError, type ErrorCode } from './errors.js'
import type { TelemetryOptions, Variant } from './types.js'

const INTERVAL_MS = 60_000
const TIMEOUT_MS = 10_000
/** Of one kind in one report; what the server takes. */
const COUNT_MOST = 1000
const DURATIONS_MOST = 64

/** `start`: createPlait. `read`: a document. `server`: the fallback was asked. `live`: a capture was read, or a device failed.
 *  `report`: an earlier report was lost. */
export type TelemetryEvent = 'start' | 'read' | 'server' | 'live' | 'report'

interface Count {
  event: TelemetryEvent
  outcome: ErrorCode | 'OK' | 'ABORTED' | 'OTHER'
  count: number
  /** How long each took, as far as there is room. */
  ms: number[]
}

export class Telemetry {
  variant: Variant | 'none' = 'none'
  #options: TelemetryOptions
  #url: string
  #counts = new Map<string, Count>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: TelemetryOptions) {
    this.#options = options
    const endpoint = platform.resolve(options.endpoint)
    this.#url = endpoint.endsWith('/v1/telemetry') ? endpoint : `${endpoint.replace(/\/$/, '')}/v1/telemetry`
    globalThis.document?.addEventListener('visibilitychange', this.#leave)
  }

  /** Once; `error` undefined: it went well. */
  count(event: TelemetryEvent, error?: unknown, ms?: number): void {
    if (this.#closed) return
    const outcome = error === undefined ? 'OK' : outcomeOf(error)
    const key = `${event} ${outcome}`
    const entry = this.#counts.get(key) ?? { event, outcome, count: 0, ms: [] }
    this.#counts.set(key, entry)
    if (entry.count === COUNT_MOST) return
    entry.count++
    if (ms !== undefined && entry.ms.length < DURATIONS_MOST) entry.ms.push(Math.round(ms * 10) / 10)
    this.#schedule()
  }

  /** Sends what there is; resolves when that went out, or was lost. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const events = [...this.#counts.values()]
    if (events.every(({ event }) => event === 'report')) return this.#sending // who cannot be reached need not hear that
    if (globalThis.navigator?.onLine === false) {
      this.#schedule()
      return this.#sending
    }
    this.#counts.clear()
    this.#sending = this.#send(JSON.stringify({ schema: 'plait.telemetry/1', variant: this.variant, events }))
    return this.#sending
  }

  async close(): Promise<void> {
    globalThis.document?.removeEventListener('visibilitychange', this.#leave)
    const sent = this.flush()
    this.#closed = true
    clearTimeout(this.#timer)
    await sent
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.intervalMs ?? INTERVAL_MS)
    ;(this.#timer as { unref?: () => void }).unref?.() // a process need not live for it
  }

  #leave = () => {
    if (globalThis.document.visibilityState === 'hidden') void this.flush()
  }

  /** At most once: what may have arrived is not sent again. As plain text, so that no browser has to ask before, which a page
   *  that is left has no time for. */
  async #send(body: string): Promise<void> {
    const { headers } = this.#options
    if (!headers && !('keepalive' in Request.prototype) && globalThis.navigator?.sendBeacon?.(this.#url, body)) return
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
        body,
        keepalive: true,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (!response.ok) this.count('report', new PlaitError('SERVER', `expected 204, found ${response.status}`))
    } catch (error) {
      this.count('report', new PlaitError('NETWORK', (error as Error).message))
    }
  }
}

/** Does the work, and counts how that went. */
export async function counted<T>(telemetry: Telemetry | undefined, event: TelemetryEvent, work: () => Promise<T>): Promise<T> {
  if (!telemetry) return work()
  const start = performance.now()
  try {
    const result = await work()
    telemetry.count(event, undefined, performance.now() - start)
    return result
  } catch (error) {
    telemetry.count(event, error ?? 'none', performance.now() - start)
    throw error
  }
}

function outcomeOf(error: unknown): Count['outcome'] {
  if (error instanceof PlaitError) return error.code
  return (error as Error)?.name === 'AbortError' ? 'ABORTED' : 'OTHER'
}
