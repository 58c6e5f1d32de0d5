/** A worker's own end, in a browser. */

import type { PoolWorker } from '../core/threads.js'
import type { Notice, Port, Reply, Request } from './protocol.js'

interface WorkerScope {
  postMessage(message: Reply | Notice, transfer: Transferable[]): void
  onmessage: ((event: MessageEvent<Request>) => void) | null
}

const scope = globalThis as unknown as WorkerScope

export function webPort(): Port {
  announce()
  return {
    post: (message, transfer) => scope.postMessage(message, transfer),
    listen: (receive) => {
      scope.onmessage = ({ data }) => receive(data)
    },
  }
}

/** Holds a lock for life and tells its name: the page sees that the worker is gone when the lock is free. */
function announce(): void {
  const name = `plait-${globalThis.crypto?.randomUUID?.() ?? ''}`
  globalThis.navigator?.locks
    ?.request(name, () => {
      scope.postMessage({ alive: name }, [])
      return new Promise(() => {})
    })
    .catch(() => {})
}

/** A thread's worker, made by the page: Firefox may wait for ever in `new Worker` of a worker, when its main thread is busy. (That
 *  wakes one of those who wait for the new worker to be known to the debugger, and it need not be the one who made it.) */
export function spawnThread(loader: string): PoolWorker {
  const { port1, port2 } = new MessageChannel()
  const worker = Object.assign(port1, { onerror: null as PoolWorker['onerror'], terminate: () => port1.close() })
  worker.addEventListener('message', ({ data }) => 'failed' in data && worker.onerror?.({ message: data.failed }))
  scope.postMessage({ thread: loader, port: port2 }, [port2])
  return worker
}
