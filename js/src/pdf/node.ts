/** The PDF worker in Node. */

import { nodePort } from '../worker/node-port.js'
import { serve } from '../worker/dispatcher.js'
import { createPdfHandlers } from './service.js'

serve(nodePort(), createPdfHandlers)
