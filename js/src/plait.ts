/** The reader of documents, as the page has it. */

import { modelResources } from './assets.js'
import { DeviceError, PlaitError } from './errors.js'
import { Fallback } from './fallback.js'
import { platform } from '#platform'
import type { FeedbackLog, MemoryLog } from './platform/platform.js'
import { openPdf } from './pdf/pages.js'
import { digest } from './resources.js'
import { startRuntime, type Runtime } from './runtime.js'
import { soundFile } from './sound.js'
import { startLive, type LiveReader } from './live/live.js'
import { isPdf, openSource, type Input } from './source.js'
import { counted, Telemetry } from './telemetry.js'
import type { Document, DocumentSource, FeedbackStore, Info, KnownText, Live, LiveOptions, MemoryStore, Plait, PlaitOptions, ReadOptions } from './types.js'
import { VERSION } from './version.js'
import { either } from './worker/connection.js'
import type { Call } from './worker/connection.js'
import type { BeginRequest, CoreCalls, Picture, PixelBuffer } from './worker/protocol.js'

/** Starts a worker, loads the binary and the models, and resolves when documents can be read. */
export async function createPlait(options: PlaitOptions = {}): Promise<Plait> {
  const telemetry = options.telemetry && new Telemetry(options.telemetry)
  const fallback = options.fallback && new Fallback(options.fallback, telemetry)
  const memory = options.remember === false ? null : platform.openMemory()
  const forgotten = (error: Error): string[] => {
    options.onLog?.('warning', `nothing is remembered: ${error.message}`) // private windows may have no store
    return []
  }
  const remembered = async () => (memory ? memory.all().then((all) => all.map(({ line }) => line)).catch(forgotten) : [])
  try {
    const runtime = await counted(telemetry, 'start', () => startRuntime(options, { model: modelResources(options) }, remembered))
    return new Reader(options, runtime, memory, fallback, telemetry)
  } catch (error) {
    if (fallback?.allows('not_supported') && error instanceof PlaitError && error.code === 'UNSUPPORTED')
      return new Reader(options, error, null, fallback, telemetry)
    void telemetry?.close()
    throw error
  }
}

class Reader implements Plait {
  readonly info: Info
  readonly feedback: FeedbackStore
  readonly memory: MemoryStore
  #options: PlaitOptions
  /** Or why there is none: then the server alone reads. */
  #runtime: Runtime | PlaitError
  #fallback: Fallback | undefined
  #telemetry: Telemetry | undefined
  #log: FeedbackLog
  #memory: MemoryLog | null
  #closed = new AbortController()

  constructor(options: PlaitOptions, runtime: Runtime | PlaitError, memory: MemoryLog | null, fallback?: Fallback, telemetry?: Telemetry) {
    this.#options = options
    this.#runtime = runtime
    this.#fallback = fallback
    this.#telemetry = telemetry
    this.#log = platform.openFeedback(options.feedbackFile)
    this.feedback = { export: () => this.#log.all(), clear: () => this.#log.clear() }
    this.#memory = memory
    this.memory = {
      count: async () => (await memory?.all())?.length ?? 0,
      export: async () => ((await memory?.all()) ?? []).map(({ line }) => `${line}\n`).join(''),
      import: (lines) => this.#remember(lines),
      forget: (id) => this.#forget(id ?? null),
    }
    this.info = describe(runtime)
    if (telemetry) telemetry.variant = this.info.variant
  }

  read(source: DocumentSource, options: ReadOptions = {}): Promise<Document> {
    return counted(this.#telemetry, 'read', () => this.#readSource(source, options))
  }

  async #readSource(source: DocumentSource, options: ReadOptions): Promise<Document> {
    const { stop, release } = either(options.signal, this.#closed.signal)
    try {
      stop.throwIfAborted()
      this.#checkFields(options.fields)
      const input = await openSource(source, stop)
      return await this.#readInput(input, { ...options, signal: stop })
    } finally {
      release()
    }
  }

  async #readInput(input: Input, options: ReadOptions): Promise<Document> {
    const here = (signal?: AbortSignal) => this.#readHere(input, { ...options, signal })
    const document = this.#fallback ? await this.#fallback.read(input, options, here) : await here(options.signal)
    return options.fields ? { ...document, fields: pick(document.fields, options.fields) } : document
  }

  live(options: LiveOptions): Live {
    const { name = 'camera', ...rest } = options.read ?? {}
    const reader: LiveReader = {
      flatten: (bitmap, outline, signal) => this.#flatten(bitmap, outline, signal),
      read: (picture, { audio }, signal) =>
        counted(this.#telemetry, 'live', () => this.#readInput({ name, picture, mediaType: '' }, { ...rest, audio, signal })),
    }
    const onError: LiveOptions['onError'] = (error) => {
      if (error instanceof DeviceError) this.#telemetry?.count('live', error)
      options.onError?.(error)
    }
    return startLive({ ...options, onError }, reader, this.#closed.signal)
  }

  async #flatten(bitmap: ImageBitmap, outline: number[][] | null, signal: AbortSignal): Promise<PixelBuffer> {
    if (this.#runtime instanceof PlaitError) return (await import('./image/decode.js')).flatten(bitmap, outline)
    return this.#runtime.connection.run((call) => call('flatten', { bitmap, outline }, [bitmap]), { signal })
  }

  async confirm(document: Document, corrections: Record<string, string | null>): Promise<string | null> {
    for (const name of Object.keys(corrections)) {
      if (!Object.hasOwn(document.fields, name))
        throw new PlaitError('INVALID', `${name}: expected one of the fields ${Object.keys(document.fields).join(', ')}`)
    }
    const entries = Object.entries(corrections).map(([name, value]) => {
      const field = document.fields[name]
      return [name, { value, read: field.value, confidence: field.confidence }] as const
    })
    const { name, version } = document.model
    await this.#log.append({ at: Date.now(), digest: document.source.digest, model: { name, version }, corrections: Object.fromEntries(entries) })
    if (!this.#memory || this.#runtime instanceof PlaitError) return null
    const json = JSON.stringify(document)
    const entry = await this.#runtime.connection.run((call) => call('confirm', { json, fields: { ...corrections } }))
    await this.#memory.put([entry])
    return entry.id
  }

  async #remember(lines: string): Promise<number> {
    if (!this.#memory) throw new PlaitError('UNSUPPORTED', 'expected a Plait that remembers, found that `remember` is false')
    if (this.#runtime instanceof PlaitError) throw this.#runtime
    const entries = await this.#runtime.connection.run((call) => call('remember', { lines }))
    await this.#memory.put(entries)
    return entries.length
  }

  async #forget(id: string | null): Promise<void> {
    const known = await this.#memory?.delete(id) // first: what fails after this is gone from the device all the same
    if (this.#runtime instanceof PlaitError) return
    await this.#runtime.connection.run((call) => call('forget', { id })).catch((error: unknown) => {
      if (!known || !(error instanceof PlaitError) || error.code !== 'NOT_FOUND') throw error // known, not here: of another tab
    })
  }

  async close(): Promise<void> {
    this.#closed.abort(new PlaitError('CLOSED', 'expected an open Plait, found that close() was called'))
    if (!(this.#runtime instanceof PlaitError)) this.#runtime.connection.close()
    await this.#telemetry?.close()
  }

  // ---------------------------------------------------------------- on this device

  #readHere(input: Input, options: ReadOptions): Promise<Document> {
    if (options.audio && !(this.#runtime instanceof PlaitError) && !this.#runtime.opened.model?.modalities.includes('audio'))
      this.#options.onLog?.('warning', `the package ${this.info.model.name} has no audio modality: the voice note is left out`)
    return isPdf(input) ? this.#readPdf(input, options) : this.#readPicture(input, options)
  }

  async #readPicture(input: Input, options: ReadOptions): Promise<Document> {
    const { onProgress, text } = options
    if (Array.isArray(text) && text.length !== 1) throw new PlaitError('INVALID', `text: expected one page's, found ${text.length}`)
    const report = (stage: string, fraction: number) => onProgress?.({ stage, fraction })
    return this.#job(options, report, async (call) => {
      await call('begin', await begin(input, options, 1))
      await call('page', { picture: input.picture, text: Array.isArray(text) ? text[0] : text }, this.#fallback ? [] : movable(input.picture))
      return call('finish', null)
    })
  }

  async #readPdf(input: Input, options: ReadOptions): Promise<Document> {
    const { signal, onProgress, onPage, text } = options
    const bytes = (input.picture as { bytes: Uint8Array }).bytes
    onProgress?.({ stage: 'open', fraction: 0 })
    const pdf = await openPdf(bytes, { pages: options.pages, image: Boolean(onPage), signal, onLog: this.#options.onLog })
    try {
      const texts = pageTexts(text, pdf.count)
      let index = 0
      const report = (stage: string, fraction: number) =>
        onProgress?.({ stage, fraction, page: index, pages: pdf.count })
      return await this.#job(options, report, async (call) => {
        const opening = await begin(input, options, pdf.count)
        if (!pdf.canvas) opening.without.push('image')
        await call('begin', opening)
        report('render', 0)
        for await (const { width, height, ppm, text: layer, image } of pdf.pages) {
          onPage?.({ index, width, height, textLayer: Boolean(layer), image: image ?? new Blob([ppm as BlobPart], { type: 'image/x-portable-anymap' }) })
          await call('page', { picture: { bytes: ppm }, text: texts?.[index] ?? layer }, [ppm.buffer as ArrayBuffer])
          index = Math.min(index + 1, pdf.count - 1)
        }
        return call('finish', null)
      })
    } finally {
      pdf.close()
    }
  }

  async #job(
    { signal }: ReadOptions,
    onProgress: (stage: string, fraction: number) => void,
    job: (call: Call<CoreCalls>) => Promise<{ json: string; memoryBytes: number }>,
  ): Promise<Document> {
    if (this.#runtime instanceof PlaitError) throw this.#runtime
    const { json, memoryBytes } = await this.#runtime.connection.run(job, { signal, onProgress })
    this.info.memoryBytes = memoryBytes
    return JSON.parse(json)
  }

  #checkFields(fields: string[] | undefined): void {
    const known = this.info.model.fields
    const strange = fields?.find((name) => !known.includes(name))
    if (strange !== undefined && known.length) throw new PlaitError('INVALID', `fields: expected some of ${known.join(', ')}, found "${strange}"`)
  }
}

const coreKnows = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/bmp', 'image/x-portable-anymap'])

async function begin(input: Input, options: ReadOptions, pages: number): Promise<BeginRequest> {
  const { name = input.name, without = [], fieldsOnly = false } = options
  const audio = options.audio && new Uint8Array(await soundFile(options.audio).arrayBuffer())
  return { name, without: [...without], fieldsOnly, pages, origin: await origin(input), ...(audio && { audio }) }
}

/** The core sees a page's pixels; whoever asks wants to know of the file they came from. */
async function origin({ picture, mediaType }: Input): Promise<BeginRequest['origin']> {
  if (!('bytes' in picture) || coreKnows.has(mediaType)) return undefined
  return { mediaType: mediaType || 'application/octet-stream', digest: (await digest(picture.bytes)) ?? undefined }
}

/** A bitmap was made for this call alone; unless it may have to be sent to the server too. */
function movable(picture: Picture): Transferable[] {
  return 'bitmap' in picture ? [picture.bitmap] : []
}

function pageTexts(text: KnownText | KnownText[] | undefined, pages: number): KnownText[] | undefined {
  if (text === undefined) return undefined
  const texts = Array.isArray(text) ? text : [text]
  if (texts.length !== pages) throw new PlaitError('INVALID', `text: expected an item for each of ${pages} pages, found ${texts.length}`)
  return texts
}

function pick<T>(all: Record<string, T>, names: string[]): Record<string, T> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]))
}

function describe(runtime: Runtime | PlaitError): Info {
  const crossOriginIsolated = globalThis.crossOriginIsolated ?? true
  const base = { version: VERSION, crossOriginIsolated, memoryBytes: 0 }
  if (runtime instanceof PlaitError) {
    const model = { name: '', version: '', digest: '', fields: [], modalities: [] }
    return { ...base, variant: 'none', threads: 0, reasons: [runtime.message], model, resources: { cached: 0, fetched: 0 } }
  }
  const { choice, opened, resources } = runtime
  return { ...base, variant: choice.variant, threads: opened.threads, reasons: choice.reasons, model: opened.model!, resources, memoryBytes: opened.memoryBytes }
}
