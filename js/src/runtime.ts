/** A worker with the core in it: shared by document readers and ONNX sessions. */

import { availableVariants, runtimeResources } from './assets.js'
import { choose, detectFeatures, type Choice } from './features.js'
import { PlaitError } from './errors.js'
import { platform } from '#platform'
import { spawn } from '#workers'
import type { OnProgress, RuntimeOptions } from './types.js'
import { VERSION } from './version.js'
import { Connection } from './worker/connection.js'
import { PROTOCOL, type Channel, type CoreCalls, type OpenReply, type OpenRequest } from './worker/protocol.js'

const MEMORY_LIMIT = 256 << 20
const MEMORY_LEAST = 32 << 20

export interface Runtime {
  connection: Connection<CoreCalls>
  choice: Choice
  /** What the worker said when it opened last. */
  opened: OpenReply
}

export async function startRuntime(
  options: RuntimeOptions & { onProgress?: OnProgress; signal?: AbortSignal },
  content: Pick<OpenRequest, 'model' | 'network'>,
  /** Asked whenever a worker begins. */
  remembered?: () => Promise<string[]>,
): Promise<Runtime> {
  const choice = choose(detectFeatures(), options, availableVariants)
  const memoryLimit = options.memoryLimit ?? MEMORY_LIMIT
  if (!(memoryLimit >= MEMORY_LEAST)) throw new PlaitError('INVALID', `memoryLimit: expected ${MEMORY_LEAST} bytes or more, found ${memoryLimit}`)
  const request: OpenRequest = {
    protocol: PROTOCOL,
    version: VERSION,
    variant: choice.variant,
    threads: choice.threads,
    memoryLimit,
    ...runtimeResources(choice.variant, options),
    ...content,
  }
  const connection = new Connection<CoreCalls>({
    spawn: () => spawnCore(options.worker),
    onLog: options.onLog,
    async open(call) {
      runtime.opened = await call('open', { ...request, remembered: await remembered?.() })
      // A worker that follows this one need not compile again.
      request.wasm = runtime.opened.module
    },
  })
  const runtime = { connection, choice } as Runtime
  const { onProgress, signal } = options
  try {
    await connection.run(async () => {}, { signal, onProgress: (stage, fraction) => onProgress?.({ stage, fraction }) })
  } catch (error) {
    connection.close()
    throw error
  }
  return runtime
}

async function spawnCore(worker: RuntimeOptions['worker']): Promise<Channel> {
  if (worker !== false) return spawn('core', worker && platform.resolve(worker))
  const [{ inlineChannel }, { createCoreHandlers }] = await Promise.all([import('./worker/inline.js'), import('./worker/service.js')])
  return inlineChannel(createCoreHandlers)
}
