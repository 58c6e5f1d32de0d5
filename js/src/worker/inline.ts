/** The worker's service in the calling thread: for environments without workers, and for tests. */

import type { Calls, Channel, Port, Reply, Request } from './protocol.js'
import { serve, type Handlers, type Log } from './dispatcher.js'

export function inlineChannel<C extends Calls>(create: (log: Log) => Handlers<C>): Channel {
  let receive: (request: Request) => void = () => {}
  let open = true
  const channel: Channel = {
    post: (message) => queueMicrotask(() => open && receive(message)),
    onMessage: () => {},
    onDeath: () => {},
    terminate: () => {
      open = false
    },
  }
  const port: Port = {
    post: (message: Reply) => queueMicrotask(() => open && channel.onMessage(message)),
    listen: (listener) => {
      receive = listener
    },
  }
  serve(port, create)
  return channel
}
