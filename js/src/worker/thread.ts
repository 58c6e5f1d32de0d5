/** A thread's worker in a browser. The page makes it; it answers to the core's worker, by the port it is given. */

import type { Notice } from './protocol.js'

interface ThreadScope {
  postMessage(message: unknown): void
  onmessage: ((event: MessageEvent) => unknown) | null
}

const scope = globalThis as unknown as ThreadScope

scope.onmessage = async ({ data }: MessageEvent<Extract<Notice, { thread: string }>>) => {
  const { thread, port } = data
  scope.postMessage = (message) => port.postMessage(message)
  try {
    await import(thread) // puts its own `onmessage` here, as the worker's name tells it what it is for
    port.onmessage = (event) => scope.onmessage!(event)
  } catch (error) {
    port.postMessage({ failed: `${error}` })
  }
}
