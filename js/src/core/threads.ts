/** The workers that threads run in: loaded here, while the event loop runs; in C they start at once then. */

import { PlaitError } from '../errors.js'

/** What Emscripten's PThread has of a worker; it adds fields of its own. */
export interface PoolWorker {
  onerror: ((event: { message?: string }) => void) | null
}

/** What of Emscripten's PThread is used. */
export interface Pool {
  unusedWorkers: PoolWorker[]
  allocateUnusedWorker(): void
  loadWasmModuleToWorker(worker: PoolWorker): Promise<unknown>
  terminateAllThreads(): void
}

/** Milliseconds: whoever waits for threads had better go on without. */
const PATIENCE = 10_000

/** Resolves when so many workers wait for a thread; `spawn` makes one, Emscripten does if there is none. */
export async function loadThreads(pool: Pool, count: number, spawn?: () => PoolWorker, patience = PATIENCE): Promise<void> {
  const begun = pool.unusedWorkers.length
  while (pool.unusedWorkers.length < count) {
    if (spawn) pool.unusedWorkers.push(spawn())
    else pool.allocateUnusedWorker()
  }
  await Promise.all(pool.unusedWorkers.slice(begun).map((worker) => loaded(pool, worker, patience)))
}

function loaded(pool: Pool, worker: PoolWorker, patience: number): Promise<unknown> {
  let late: ReturnType<typeof setTimeout>
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new PlaitError('UNSUPPORTED', `threads: a worker could not be started: ${why}`))
    late = setTimeout(() => fail(`it was not there after ${patience / 1000} s`), patience)
    pool.loadWasmModuleToWorker(worker).then(resolve, reject)
    // Emscripten's own would throw where nobody catches it, and say nothing to who waits.
    worker.onerror = ({ message }) => fail(message ?? 'its script could not be loaded')
  }).finally(() => clearTimeout(late))
}
