/** The core's worker in Node. */

import { nodePort } from './node-port.js'
import { serve } from './dispatcher.js'
import { createCoreHandlers } from './service.js'

serve(nodePort(), createCoreHandlers)
