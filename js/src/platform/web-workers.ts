/** Starts workers in a browser. */

import { PlaitError } from '../errors.js'
import type { Channel, Reply } from '../worker/protocol.js'
import type { Spawn } from './platform.js'

export const spawn: Spawn = (script, url) => {
  if (typeof Worker === 'undefined') throw new PlaitError('UNSUPPORTED', 'expected an environment with workers, found none: set worker to false')
  if (url) return connect(new Worker(/* @vite-ignore */ url, { type: 'module' }))
  // Bundlers find workers by these very forms; the files are those of dist/web.
  if (script === 'pdf') return connect(new Worker(new URL('./pdf.js', import.meta.url), { type: 'module' }))
  return connect(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }))
}

function connect(worker: Worker): Channel {
  const watching = new AbortController()
  const channel: Channel = {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => {
      watching.abort()
      worker.terminate()
    },
  }
  worker.onmessage = ({ data }: MessageEvent<Reply | { alive: string }>) => {
    if ('alive' in data) watch(data.alive)
    else channel.onMessage(data)
  }
  worker.onerror = (event) => {
    event.preventDefault?.()
    channel.onDeath(new Error(event.message || 'its script could not be loaded'))
  }
  worker.onmessageerror = () => channel.onDeath(new Error('a message could not be read'))

  // A worker that is killed says nothing, but the lock it holds for life becomes free.
  function watch(lock: string): void {
    navigator.locks
      .request(lock, { signal: watching.signal }, () => channel.onDeath(new Error('it is gone without a word')))
      .catch(() => {})
  }
  return channel
}
