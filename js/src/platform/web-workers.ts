/** Starts workers in a browser. */

import { PlaitError } from '../errors.js'
import type { Channel, Notice, Reply } from '../worker/protocol.js'
import type { Spawn } from './platform.js'

/** Not from a worker of Firefox: see `spawnThread` in worker/web-port.ts. */
export const canSpawn = (): boolean => typeof document !== 'undefined' || !globalThis.navigator?.userAgent.includes('Firefox/')

export const spawn: Spawn = (script, url) => {
  if (typeof Worker === 'undefined') throw new PlaitError('UNSUPPORTED', 'expected an environment with workers, found none: set worker to false')
  if (url) return connect(new Worker(/* @vite-ignore */ url, { type: 'module' }))
  // Bundlers find workers by these very forms; the files are those of dist/web.
  if (script === 'pdf') return connect(new Worker(new URL('./pdf.js', import.meta.url), { type: 'module' }))
  return connect(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }))
}

function connect(worker: Worker): Channel {
  const watching = new AbortController()
  const threads: Worker[] = []
  const channel: Channel = {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => {
      watching.abort()
      for (const each of [worker, ...threads]) each.terminate()
    },
  }
  worker.onmessage = ({ data }: MessageEvent<Reply | Notice>) => {
    if ('alive' in data) watch(data.alive)
    else if ('thread' in data) startThread(data)
    else channel.onMessage(data)
  }
  worker.onerror = (event) => {
    event.preventDefault?.()
    channel.onDeath(new Error(event.message || 'its script could not be loaded'))
  }
  worker.onmessageerror = () => channel.onDeath(new Error('a message could not be read'))

  function startThread(notice: Extract<Notice, { thread: string }>): void {
    const thread = new Worker(new URL('./thread.js', import.meta.url), { type: 'module', name: 'em-pthread' })
    thread.postMessage(notice, [notice.port])
    threads.push(thread)
  }

  // A worker that is killed says nothing, but the lock it holds for life becomes free.
  function watch(lock: string): void {
    navigator.locks
      .request(lock, { signal: watching.signal }, () => channel.onDeath(new Error('it is gone without a word')))
      .catch(() => {})
  }
  return channel
}
