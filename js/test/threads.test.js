import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadThreads } from '../build/core/threads.js'

/** A pool of workers of which each loads as the function says. */
function pool(load) {
  return {
    unusedWorkers: [],
    allocateUnusedWorker() { this.unusedWorkers.push({ onerror: null }) },
    loadWasmModuleToWorker: load,
  }
}

test('workers that load are waited for', async () => {
  const workers = pool(async (worker) => { worker.ready = true })
  await loadThreads(workers, 3)
  assert.deepEqual(workers.unusedWorkers.map((worker) => worker.ready), [true, true, true])
})

test('workers of the host\'s own take part', async () => {
  const workers = pool(async (worker) => { worker.ready = true })
  await loadThreads(workers, 2, () => ({ onerror: null, own: true }))
  assert.deepEqual(workers.unusedWorkers.map(({ own, ready }) => [own, ready]), [[true, true], [true, true]])
})

test('a worker whose script fails is an error', async () => {
  const loading = loadThreads(pool((worker) => new Promise(() => setTimeout(() => worker.onerror({ message: 'no such file' })))), 1)
  await assert.rejects(loading, { code: 'UNSUPPORTED', message: /could not be started: no such file/ })
})

test('a worker that never comes is given up', async () => {
  await assert.rejects(loadThreads(pool(() => new Promise(() => {})), 2, undefined, 20), { code: 'UNSUPPORTED', message: /not there after 0\.02 s/ })
})
