/** The core's worker in a browser. */

import { webPort } from './web-port.js'
import { serve } from './dispatcher.js'
import { createCoreHandlers } from './service.js'

serve(webPort(), createCoreHandlers)
