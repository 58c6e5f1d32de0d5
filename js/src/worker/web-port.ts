/** A worker's own end, in a browser. */

import type { Port, Reply, Request } from './protocol.js'

interface WorkerScope {
  postMessage(message: Reply | { alive: string }, transfer: Transferable[]): void
  onmessage: ((event: MessageEvent<Request>) => void) | null
}

export function webPort(): Port {
  const scope = globalThis as unknown as WorkerScope
  announce(scope)
  return {
    post: (message, transfer) => scope.postMessage(message, transfer),
    listen: (receive) => {
      scope.onmessage = ({ data }) => receive(data)
    },
  }
}

/** Holds a lock for life and tells its name: the page sees that the worker is gone when the lock is free. */
function announce(scope: WorkerScope): void {
  const name = `plait-${globalThis.crypto?.randomUUID?.() ?? ''}`
  globalThis.navigator?.locks
    ?.request(name, () => {
      scope.postMessage({ alive: name }, [])
      return new Promise(() => {})
    })
    .catch(() => {})
}
