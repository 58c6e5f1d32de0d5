/** What the core's worker does: opens a package of models or one network, reads documents page by page, runs the network. */

import { createCore, type Core, type Memory, type Model, type OpenDocument, type Session } from '../core.js'
import { loaderOf } from '../core/module.js'
import { PlaitError } from '../errors.js'
import { coreBytes, flatten } from '../image/decode.js'
import { parseManifest, Resources, digest } from '../resources.js'
import { VERSION } from '../version.js'
import type { Handlers, Log, Task } from './dispatcher.js'
import { PROTOCOL, type CoreCalls, type OpenReply, type Remembered } from './protocol.js'

/** How much of the way to a first document each stage is. */
const SHARES = { fetch: 0.8, load: 1 }

/** Milliseconds for the first results, before threads are loaded that nobody waits for. */
const THREADS_LATER = 100

type Create = typeof createCore

export function coreHandlers(log: Log, create: Create = createCore): Handlers<CoreCalls> {
  let core: Core | null = null
  let model: Model | null = null
  let memory: Memory | null = null
  let session: Session | null = null
  let reading: OpenDocument | null = null
  let files: Record<string, Uint8Array> | null = null // of the package, from `fetch` to `open`
  let task: Task = { progress: () => {}, cancelled: () => false } // the one in hand: the core's callbacks are set for its life

  function opened<T>(value: T | null, what: string): T {
    if (!value) throw new PlaitError('INTERNAL', `expected ${what}, found none`)
    return value
  }

  /** One thread is enough to go on with. */
  async function startThreads(threads: number): Promise<void> {
    await core!.startThreads(threads).catch((error: Error) => log('warning', error.message))
  }

  return {
    async fetch(request, now) {
      if (request.protocol !== PROTOCOL || request.version !== VERSION) {
        throw new PlaitError(
          'VERSION',
          `expected a worker of version ${request.version} (protocol ${request.protocol}), found ${VERSION} (${PROTOCOL}): reload the page`,
        )
      }
      loaderOf(request.loader).catch(() => {}) // wanted by `open`, which says why it cannot be had
      const resources = new Resources()
      const { model } = request
      if (model) {
        now.progress('fetch', 0)
        files = 'files' in model ? model.files : await resources.loadModel(model, (fraction) => now.progress('fetch', fraction * SHARES.fetch))
      }
      return { result: resources.counts }
    },

    async open({ module, loader, threads, threadsLater, memoryLimit, network, remembered: lines = [] }, now) {
      task = now
      task.progress('load', SHARES.fetch)
      core = await create({
        module,
        loader,
        memoryLimit,
        onLog: log,
        onProgress: (stage, fraction) => task.progress(stage, fraction),
        isCancelled: () => task.cancelled(),
      })
      const reply: OpenReply = { version: core.version, threads: 1, memoryBytes: 0 }
      const started = threadsLater ? later(() => startThreads(threads)) : startThreads(threads)
      if (files) {
        memory = remembered(core, lines, log)
        model = core.openModel(files)
        model.remember(memory)
        reply.model = await describeModel(model, files['manifest.json'])
        files = null
      }
      if (network) {
        session = core.createSession(network.bytes, { int8: network.int8 })
        reply.inputs = session.inputs
        reply.outputs = session.outputs
      }
      await started
      task.progress('load', SHARES.load)
      return { result: { ...reply, threads: core.threads, memoryBytes: core.memoryBytes } }
    },

    begin({ name, without, fieldsOnly, pages, origin, audio }) {
      reading?.close() // one that was left
      reading = opened(model, 'a package of models').begin({ name, without: without.join(','), fieldsOnly, pages, ...origin, ...(audio && { audio }) })
      return { result: undefined }
    },

    async page({ picture, text }, now) {
      task = now
      const document = opened(reading, 'a document that was begun')
      const bytes = await coreBytes(picture)
      document.addPage(bytes, { text: typeof text === 'object' ? JSON.stringify(text) : text })
      return { result: undefined }
    },

    flatten({ bitmap, outline }) {
      const { data, width, height } = flatten(bitmap, outline)
      return { result: { data, width, height }, transfer: [data.buffer as ArrayBuffer] }
    },

    finish(_, now) {
      task = now
      const document = opened(reading, 'a document that was begun').finish()
      reading = null
      try {
        return { result: { json: document.json(), memoryBytes: opened(core, 'a core').memoryBytes } }
      } finally {
        document.close()
      }
    },

    confirm({ json, fields }) {
      const kept = opened(memory, 'a memory')
      const id = kept.confirm(json, fields)
      return { result: linesOf(kept).find((each) => each.id === id)! }
    },

    remember({ lines }) {
      const kept = opened(memory, 'a memory')
      const one = opened(core, 'a core').createMemory() // nothing is added when a line is wrong
      try {
        one.import(lines)
        kept.import(lines)
        return { result: linesOf(one) }
      } finally {
        one.close()
      }
    },

    forget({ id }) {
      opened(memory, 'a memory').forget(id)
      return { result: undefined }
    },

    run({ inputs }, now) {
      task = now
      const outputs = opened(session, 'a network').run(inputs)
      const transfer = [...new Set(Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer))]
      return { result: { outputs, memoryBytes: opened(core, 'a core').memoryBytes }, transfer }
    },
  }
}

export const createCoreHandlers = (log: Log) => coreHandlers(log)

/** Lines of another age that cannot be read are left out, and said. */
function remembered(core: Core, lines: string[], log: Log): Memory {
  const memory = core.createMemory()
  for (const line of lines) {
    try {
      memory.import(line)
    } catch (error) {
      if (!(error instanceof PlaitError) || error.code === 'INTERNAL') throw error
      log('warning', `a confirmed document is left out: ${error.message}`)
    }
  }
  return memory
}

const linesOf = (memory: Memory): Remembered[] =>
  memory.export().split('\n').filter(Boolean).map((line) => ({ id: JSON.parse(line).id as string, line }))

function later(work: () => Promise<void>): void {
  setTimeout(() => void work(), THREADS_LATER)
}

async function describeModel(model: Model, manifestBytes: Uint8Array) {
  const manifest = parseManifest(manifestBytes)
  return {
    name: model.name,
    version: model.version,
    digest: (await digest(manifestBytes)) ?? '',
    fields: Object.keys(manifest.fields ?? {}),
    modalities: [...Object.keys(manifest.tagger?.modalities ?? {}), ...(manifest.voice ? ['audio'] : [])],
  }
}
