/** Answers requests. It knows nothing of workers: a target file gives it a port. */

import { toRecord } from '../errors.js'
import type { LogLevel } from '../types.js'
import type { Calls, Port, Request } from './protocol.js'

/** What a handler may use while it works. */
export interface Task {
  progress(stage: string, fraction: number): void
  cancelled(): boolean
}

/** A result, and the buffers of it that move instead of being copied. */
export interface Answer<T> {
  result: T
  transfer?: Transferable[]
}

export type Handlers<C extends Calls> = {
  [K in keyof C]: (data: C[K][0], task: Task) => Promise<Answer<C[K][1]>> | Answer<C[K][1]>
}

export type Log = (level: LogLevel, message: string) => void

export function serve<C extends Calls>(port: Port, create: (log: Log) => Handlers<C>): void {
  const handlers = create((level, message) => port.post({ log: { level, message } }, []))

  async function answer({ id, type, data, cancel }: Request): Promise<void> {
    const flag = cancel && new Int32Array(cancel)
    const task: Task = {
      progress: (stage, fraction) => port.post({ id, progress: { stage, fraction } }, []),
      cancelled: () => flag !== undefined && Atomics.load(flag, 0) !== 0,
    }
    try {
      if (!Object.hasOwn(handlers, type)) throw new Error(`expected a call of the protocol, found "${type}"`)
      const { result, transfer = [] } = await handlers[type as keyof C](data as never, task)
      port.post({ id, result }, transfer)
    } catch (error) {
      port.post({ id, error: toRecord(error) }, [])
    }
  }

  // One after the other: the core is used by one call at a time, even while that waits for a file.
  let last: Promise<void> = Promise.resolve()
  port.listen((request) => {
    last = last.then(() => answer(request)).catch(() => {}) // a port that takes no answer is no reason to leave the next without
  })
}
