/** A worker's own end, in Node. */

import { parentPort } from 'node:worker_threads'
import type { Port } from './protocol.js'

export function nodePort(): Port {
  const parent = parentPort
  if (!parent) throw new Error('expected to run as a worker thread')
  return {
    post: (message, transfer) => parent.postMessage(message, transfer as never),
    listen: (receive) => void parent.on('message', receive),
  }
}
