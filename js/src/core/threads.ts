/** The workers that threads run in: loaded here, while the event loop runs; in C they start at once then. */

import { PlaitError } from '../errors.js'

interface PoolWorker {
  onerror: ((event: { message?: string }) => void) | null
}

/** What of Emscripten's PThread is used. */
export interface Pool {
  unusedWorkers: PoolWorker[]
  allocateUnusedWorker(): void
  loadWasmModuleToWorker(worker: PoolWorker): Promise<unknown>
  terminateAllThreads(): void
}

/** Resolves when so many workers wait for a thread. */
export async function loadThreads(pool: Pool, count: number): Promise<void> {
  const begun = pool.unusedWorkers.length
  while (pool.unusedWorkers.length < count) pool.allocateUnusedWorker()
  await Promise.all(pool.unusedWorkers.slice(begun).map((worker) => loaded(pool, worker)))
}

function loaded(pool: Pool, worker: PoolWorker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    pool.loadWasmModuleToWorker(worker).then(resolve, reject)
    // Emscripten's own would throw where nobody catches it, and say nothing to who waits.
    worker.onerror = ({ message }) => reject(new PlaitError('UNSUPPORTED', `threads: a worker could not be started: ${message ?? 'its script could not be loaded'}`))
  })
}
