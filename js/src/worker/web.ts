/** The core's worker in a browser. */

import { spawnThread, webPort } from './web-port.js'
import { serve } from './dispatcher.js'
import { createCore } from '../core.js'
import { coreHandlers } from './service.js'

serve(webPort(), (log) =>
  coreHandlers(log, (options) => createCore({ ...options, spawnThread: () => spawnThread(String(options.loader)) })),
)
