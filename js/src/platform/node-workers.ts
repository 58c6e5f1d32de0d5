/** Starts workers in Node. */

import { Worker } from 'node:worker_threads'
import type { Channel, Reply } from '../worker/protocol.js'
import type { Spawn } from './platform.js'

export const canSpawn = (): boolean => true

export const spawn: Spawn = (script, url) => {
  const usual = new URL(script === 'pdf' ? './pdf.js' : './worker.js', import.meta.url) // of dist/node
  return connect(new Worker(url ? new URL(url) : usual))
}

/** A thread as a Channel. While it has nothing to do it does not keep the process alive. */
function connect(worker: Worker): Channel {
  let waiting = 0 // calls without an answer
  const channel: Channel = {
    post(message, transfer) {
      worker.postMessage(message, transfer as never)
      waiting++
      worker.ref()
    },
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => void worker.terminate(),
  }
  worker.unref()
  worker.on('message', (reply: Reply) => {
    if (('result' in reply || 'error' in reply) && --waiting === 0) worker.unref()
    channel.onMessage(reply)
  })
  worker.on('messageerror', (error) => channel.onDeath(error))
  worker.on('error', (error) => channel.onDeath(error))
  worker.on('exit', (code) => channel.onDeath(new Error(`it exited with ${code}`)))
  return channel
}
