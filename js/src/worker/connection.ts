/** The page's end: jobs wait their turn, calls find their answers, and nothing waits for a worker that is gone.
 *
 *  A job is one or several calls that belong together. Jobs wait here and not in the worker, so that ending the worker for
 *  one that is cancelled takes no other with it. */

import { abortReason, fromRecord, PlaitError, WorkerError } from '../errors.js'
import type { LogLevel } from '../types.js'
import type { Calls, Channel, Reply } from './protocol.js'

export interface JobOptions {
  signal?: AbortSignal
  onProgress?: (stage: string, fraction: number) => void
}

export type Call<C extends Calls> = <K extends keyof C & string>(type: K, data: C[K][0], transfer?: Transferable[]) => Promise<C[K][1]>

export interface ConnectionOptions<C extends Calls> {
  spawn(): Channel | Promise<Channel>
  /** The first call to every new worker. */
  open(call: Call<C>): Promise<unknown>
  onLog?: (level: LogLevel, message: string) => void
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
  onProgress?: (stage: string, fraction: number) => void
}

export class Connection<C extends Calls> {
  #options: ConnectionOptions<C>
  #channel: Channel | null = null
  #pending = new Map<number, Pending>()
  #nextId = 1
  #last: Promise<unknown> = Promise.resolve()
  #closed = new AbortController()

  constructor(options: ConnectionOptions<C>) {
    this.#options = options
  }

  /** Runs a job when those before it are done. Rejects as soon as the signal says so, or `close` is called. */
  run<T>(job: (call: Call<C>) => Promise<T>, options: JobOptions = {}): Promise<T> {
    const { stop, release } = either(options.signal, this.#closed.signal)
    const turn = this.#last.then(async () => {
      stop.throwIfAborted()
      await this.#ready(options)
      return job((type, data, transfer) => this.#call(type, data, transfer ?? [], stop, options.onProgress))
    })
    this.#last = turn.catch(() => {}).finally(release)
    return untilAborted(turn, stop)
  }

  /** Ends the worker; the next job starts another. */
  terminate(error: Error): void {
    this.#channel?.terminate()
    this.#channel = null
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const each of pending) each.reject(error)
  }

  /** Ends the worker for good. */
  close(): void {
    const error = new PlaitError('CLOSED', 'expected an open Plait, found that close() was called')
    this.#closed.abort(error)
    this.terminate(error)
  }

  async #ready({ onProgress }: JobOptions): Promise<void> {
    if (this.#channel) return
    const channel = await this.#options.spawn()
    if (this.#closed.signal.aborted) channel.terminate()
    this.#closed.signal.throwIfAborted()
    channel.onMessage = (reply) => this.#receive(reply)
    channel.onDeath = (error) => {
      if (this.#channel === channel) this.terminate(new WorkerError('WORKER', `the worker ended: ${error.message}`, { cause: error }))
    }
    this.#channel = channel
    try {
      await this.#options.open((type, data, transfer) => this.#call(type, data, transfer ?? [], this.#closed.signal, onProgress))
    } catch (error) {
      this.terminate(error as Error)
      throw error
    }
  }

  #call<K extends keyof C & string>(type: K, data: C[K][0], transfer: Transferable[], stop: AbortSignal, onProgress?: Pending['onProgress']) {
    return new Promise<C[K][1]>((resolve, reject) => {
      if (stop.aborted) return reject(abortReason(stop))
      const channel = this.#channel
      if (!channel) return reject(new WorkerError('WORKER', 'the worker ended between two calls of one job'))
      const id = this.#nextId++
      const cancel = sharedFlag()
      const onAbort = () => {
        if (cancel) Atomics.store(new Int32Array(cancel), 0, 1)
        else this.terminate(abortReason(stop))
      }
      const settle = () => stop.removeEventListener('abort', onAbort)
      stop.addEventListener('abort', onAbort)
      this.#pending.set(id, {
        resolve: (value) => (settle(), resolve(value as C[K][1])),
        reject: (error) => (settle(), reject(error)),
        onProgress,
      })
      try {
        channel.post({ id, type, data, cancel }, transfer)
      } catch (error) {
        this.#pending.delete(id)
        settle()
        reject(new PlaitError('INVALID', `the input cannot be sent to a worker: ${(error as Error).message}`, { cause: error }))
      }
    })
  }

  #receive(reply: Reply): void {
    if ('log' in reply) return this.#options.onLog?.(reply.log.level, reply.log.message)
    const pending = this.#pending.get(reply.id)
    if (!pending) return
    if ('progress' in reply) return pending.onProgress?.(reply.progress.stage, reply.progress.fraction)
    this.#pending.delete(reply.id)
    if (!('error' in reply)) return pending.resolve(reply.result)
    pending.reject(fromRecord(reply.error))
    // Whatever broke a promise of its own is not used again.
    if (reply.error.code === 'INTERNAL') this.terminate(new WorkerError('WORKER', `the worker was ended: ${reply.error.message}`))
  }
}

/** One Int32 that both sides see; undefined where memory cannot be shared. */
function sharedFlag(): SharedArrayBuffer | undefined {
  const shared = typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false
  return shared ? new SharedArrayBuffer(4) : undefined
}

/** One signal of two (AbortSignal.any is younger than the browsers we run in), and what takes it off them again. */
export function either(first: AbortSignal | undefined, second: AbortSignal): { stop: AbortSignal; release(): void } {
  if (!first) return { stop: second, release: () => {} }
  const both = [first, second]
  const controller = new AbortController()
  const onAbort = () => controller.abort(abortReason(both.find((each) => each.aborted)!))
  if (first.aborted || second.aborted) onAbort()
  for (const each of both) each.addEventListener('abort', onAbort)
  return { stop: controller.signal, release: () => both.forEach((each) => each.removeEventListener('abort', onAbort)) }
}

/** The promise, or the signal's reason, whichever comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortReason(signal))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
