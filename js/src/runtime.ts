/** A worker with the core in it: shared by document readers and ONNX sessions. */

import { availableVariants, runtimeResources } from './assets.js'
import { choose, detectFeatures, type Choice } from './features.js'
import { PlaitError } from './errors.js'
import { platform } from '#platform'
import { Resources } from './resources.js'
import { canSpawn, spawn } from '#workers'
import type { OnProgress, RuntimeOptions } from './types.js'
import { VERSION } from './version.js'
import { Connection } from './worker/connection.js'
import { PROTOCOL, type Channel, type CoreCalls, type Counts, type ModelSource, type OpenReply, type Resource } from './worker/protocol.js'

const MEMORY_LIMIT = 256 << 20
const MEMORY_LEAST = 32 << 20

export interface Runtime {
  connection: Connection<CoreCalls>
  choice: Choice
  /** What the worker said when it opened last. */
  opened: OpenReply
  /** Where files came from, then. */
  resources: Counts
}

/** What runs in it: a package of models or one network, whose bytes may be on their way. */
export interface Content {
  model?: ModelSource
  network?: { bytes: Promise<Uint8Array>; int8: boolean }
}

export async function startRuntime(
  options: RuntimeOptions & { onProgress?: OnProgress; signal?: AbortSignal },
  { model, network }: Content,
  /** Asked whenever a worker begins. */
  remembered?: () => Promise<string[]>,
): Promise<Runtime> {
  const choice = choose(detectFeatures(), canSpawn() ? options : { ...options, threads: 1 }, availableVariants)
  const memoryLimit = options.memoryLimit ?? MEMORY_LIMIT
  if (!(memoryLimit >= MEMORY_LEAST)) throw new PlaitError('INVALID', `memoryLimit: expected ${MEMORY_LEAST} bytes or more, found ${memoryLimit}`)
  const { wasm, loader } = runtimeResources(choice.variant, options)
  const resources = new Resources()
  let binary: Promise<WebAssembly.Module> | undefined
  const connection = new Connection<CoreCalls>({
    spawn: () => spawnCore(options.worker),
    onLog: options.onLog,
    // The worker starts and fetches while the binary is fetched and compiled here, once for all workers that may follow.
    async open(call) {
      binary ??= compile(wasm, choice.variant, resources)
      const fetching = call('fetch', { protocol: PROTOCOL, version: VERSION, loader, model })
      const opening = Promise.all([binary, network?.bytes, remembered?.()]).then(([module, bytes, lines]) =>
        call('open', {
          module,
          loader,
          threads: choice.threads,
          threadsLater: network !== undefined && options.threads === undefined,
          memoryLimit,
          ...(network && { network: { bytes: bytes!, int8: network.int8 } }),
          ...(lines && { remembered: lines }),
        }),
      )
      try {
        const [counts, opened] = await Promise.all([fetching, opening])
        runtime.opened = opened
        runtime.resources = { cached: counts.cached + resources.counts.cached, fetched: counts.fetched + resources.counts.fetched }
      } catch (error) {
        binary = undefined // the next worker may have better luck
        throw error
      }
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

/** Compiled and compared with its digest at the same time. */
async function compile(wasm: WebAssembly.Module | Resource, variant: string, resources: Resources): Promise<WebAssembly.Module> {
  if (wasm instanceof WebAssembly.Module) return wasm
  const { made } = await resources.loadAs(wasm, variant, (bytes) =>
    WebAssembly.compile(bytes as BufferSource).catch((error: Error) => {
      throw new PlaitError('INVALID', `expected a WebAssembly binary this engine takes: ${error.message}`, { cause: error })
    }),
  )
  return made
}

async function spawnCore(worker: RuntimeOptions['worker']): Promise<Channel> {
  if (worker || (worker !== false && canSpawn())) return spawn('core', worker && platform.resolve(worker))
  const [{ inlineChannel }, { createCoreHandlers }] = await Promise.all([import('./worker/inline.js'), import('./worker/service.js')])
  return inlineChannel(createCoreHandlers)
}
