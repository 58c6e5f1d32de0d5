/** The PDF worker in a browser. */

import { webPort } from '../worker/web-port.js'
import { serve } from '../worker/dispatcher.js'
import { createPdfHandlers } from './service.js'

serve(webPort(), createPdfHandlers)
