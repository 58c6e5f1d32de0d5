/** A server that may be asked when this device cannot answer well: only if the caller set it, only for the reasons named. */

import type { Document, FallbackReason, PathStep } from './document.js'
import { PlaitError, ServerError } from './errors.js'
import { platform } from '#platform'
import { soundFile } from './sound.js'
import { asFile, type Input } from './source.js'
import { counted, type Telemetry } from './telemetry.js'
import type { AudioSource, FallbackOptions, ReadOptions } from './types.js'
import { either, untilAborted } from './worker/connection.js'

const TIMEOUT_MS = 20_000
const RETRIES = 2
const PAUSE_MS = 500
const PAUSE_MOST_MS = 10_000

/** After so many documents in a row without an answer the server is left alone for a while. */
const FAILURES_MOST = 3
const REST_MS = 30_000

const TRY_AGAIN = new Set([408, 425, 429, 500, 502, 503, 504])
const CANNOT: ReadonlySet<string> = new Set(['UNSUPPORTED', 'MEMORY', 'LIMIT'])

type ReadHere = (signal?: AbortSignal) => Promise<Document>

export class Fallback {
  #options: FallbackOptions
  #url: string
  #failures = 0
  #restsUntil = 0

  #telemetry: Telemetry | undefined

  constructor(options: FallbackOptions, telemetry?: Telemetry) {
    this.#options = options
    this.#telemetry = telemetry
    const endpoint = platform.resolve(options.endpoint)
    this.#url = endpoint.endsWith('/v1/documents') ? endpoint : `${endpoint.replace(/\/$/, '')}/v1/documents`
  }

  allows(reason: FallbackReason): boolean {
    const { confidenceBelow, slowerThanMs, notSupported } = this.#options.when
    return { low_confidence: confidenceBelow !== undefined, too_slow: slowerThanMs !== undefined, not_supported: notSupported === true }[reason]
  }

  /** Reads here, there, or both; the answer's path says what was sent and why. */
  async read(input: Input, options: ReadOptions, here: ReadHere): Promise<Document> {
    const { confidenceBelow = 0, slowerThanMs } = this.#options.when
    let document: Document
    try {
      document = await (slowerThanMs === undefined ? here(options.signal) : this.#race(input, options, here, slowerThanMs))
    } catch (error) {
      if (!this.allows('not_supported') || !(error instanceof PlaitError) || !CANNOT.has(error.code) || !this.#available()) throw error
      const { answer, step } = await this.#ask(input, options, 'not_supported')
      if (answer) return { ...answer, path: [step] }
      throw new PlaitError(error.code, `${error.message}; the server could not help: ${step.error}`, { cause: error })
    }
    if (!this.allows('low_confidence') || leastSure(document, options.fields) >= confidenceBelow) return document
    if (document.path.some(({ step }) => step === 'server') || !this.#available()) return document
    const { answer, step } = await this.#ask(input, options, 'low_confidence')
    const better = answer && leastSure(answer, options.fields) > leastSure(document, options.fields) ? answer : document
    return { ...better, path: [...document.path, step] }
  }

  /** Whoever answers first; the server is only asked when this device takes too long. */
  async #race(input: Input, options: ReadOptions, here: ReadHere, slowerThanMs: number): Promise<Document> {
    const stopHere = new AbortController()
    const stopThere = new AbortController()
    const { stop, release } = either(options.signal, stopHere.signal)
    let asked = false
    let failed = ''
    const local = here(stop)
    const enough = () => stopThere.abort(new DOMException('this device was first', 'AbortError'))
    local.then(enough, () => asked || enough())
    const remote = (async () => {
      await pause(slowerThanMs, stopThere.signal)
      if (!this.#available()) throw new ServerError('SERVER', 'not asked')
      asked = true
      const { answer, step } = await this.#ask(input, { ...options, signal: stopThere.signal }, 'too_slow')
      if (!answer) throw new ServerError('SERVER', (failed = step.error!))
      stopHere.abort(new DOMException('the server was first', 'AbortError'))
      return { ...answer, path: [step] }
    })()
    try {
      const first = Promise.any([local, remote]).catch(() => local)
      return await (options.signal ? untilAborted(first, options.signal) : first)
    } catch (error) {
      if (failed && error instanceof PlaitError) throw new PlaitError(error.code, `${error.message}; the server could not help: ${failed}`, { cause: error })
      throw error
    } finally {
      stopThere.abort()
      release()
    }
  }

  #available(): boolean {
    return globalThis.navigator?.onLine !== false && performance.now() >= this.#restsUntil
  }

  async #ask(input: Input, options: ReadOptions, reason: FallbackReason): Promise<{ answer: Document | null; step: PathStep }> {
    const start = performance.now()
    const { bytes, mediaType } = await asFile(input)
    const step: PathStep = { step: 'server', ms: 0, confidence: 0, reason, sent: { endpoint: this.#url, media_type: mediaType, bytes: bytes.length } }
    options.onProgress?.({ stage: 'server', fraction: 0 })
    try {
      const answer = await counted(this.#telemetry, 'server', () => this.#send(bytes, mediaType, input, options))
      this.#failures = 0
      step.confidence = answer.type.confidence
      return { answer, step }
    } catch (error) {
      if (options.signal?.aborted) throw error
      if (++this.#failures >= FAILURES_MOST) this.#restsUntil = performance.now() + REST_MS
      step.error = (error as Error).message
      return { answer: null, step }
    } finally {
      step.ms = performance.now() - start
    }
  }

  async #send(bytes: Uint8Array, mediaType: string, { name }: Input, { audio, text, signal, name: given }: ReadOptions): Promise<Document> {
    const headers: Record<string, string> = { accept: 'application/json', traceparent: traceparent(), ...this.#options.headers }
    let body: BodyInit = new Blob([bytes as BlobPart], { type: mediaType })
    if (audio || text) body = form(body as Blob, given ?? name, audio, text)
    else headers['content-type'] = mediaType
    const { timeoutMs = TIMEOUT_MS, retries = RETRIES } = this.#options
    for (let attempt = 0; ; attempt++) {
      const last = attempt >= retries
      const timer = new AbortController()
      const timeout = setTimeout(() => timer.abort(new ServerError('SERVER', `no answer within ${timeoutMs} ms`)), timeoutMs)
      const { stop, release } = either(signal, timer.signal)
      let wait = PAUSE_MS * 2 ** attempt * (0.5 + Math.random())
      try {
        const response = await fetch(this.#url, { method: 'POST', headers, body, signal: stop, credentials: 'omit', referrerPolicy: 'no-referrer' })
        if (response.ok) return checked(await response.json())
        if (last || !TRY_AGAIN.has(response.status)) throw new ServerError('SERVER', `expected 200, found ${response.status}`)
        wait = Math.max(wait, Number(response.headers.get('retry-after')) * 1000 || 0)
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof ServerError && error !== timer.signal.reason) throw error
        if (last) throw timer.signal.aborted ? timer.signal.reason : new ServerError('SERVER', `could not be reached: ${(error as Error).message}`)
      } finally {
        clearTimeout(timeout)
        release()
      }
      await pause(Math.min(wait, PAUSE_MOST_MS), signal)
    }
  }
}

/** The least sure of the fields wanted. */
function leastSure(document: Document, wanted: string[] | undefined): number {
  const fields = wanted?.map((name) => document.fields[name]).filter(Boolean) ?? Object.values(document.fields)
  return fields.reduce((least, { confidence }) => Math.min(least, confidence), fields.length ? 1 : document.type.confidence)
}

function checked(answer: Document): Document {
  if (answer?.schema !== 'plait.document/1' || typeof answer.fields !== 'object')
    throw new ServerError('SERVER', `expected a document of schema plait.document/1, found ${JSON.stringify(answer?.schema ?? null)}`)
  return answer
}

function form(document: Blob, name: string, audio: AudioSource | undefined, text: ReadOptions['text']): FormData {
  const form = new FormData()
  form.append('document', document, name || 'document')
  if (audio) form.append('audio', soundFile(audio), 'audio.wav')
  if (text) form.append('text', typeof text === 'string' ? text : JSON.stringify(text))
  return form
}

/** W3C Trace Context: a new trace for each document. */
function traceparent(): string {
  const hex = (bytes: number) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `00-${hex(16)}-${hex(8)}-01`
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms)
    function done() {
      signal?.removeEventListener('abort', aborted)
      resolve()
    }
    function aborted() {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    if (signal?.aborted) aborted()
    signal?.addEventListener('abort', aborted, { once: true })
  })
}
