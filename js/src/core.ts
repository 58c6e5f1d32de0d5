/** The core: Plait's C library as WebAssembly, called in this thread, without workers, files or network.
 *
 *  Everything that was opened is closed by its `close()`, or with what it was made from. Failures are PlaitErrors with the
 *  status and the sentence of the library. */

import { PlaitError, type ErrorCode } from './errors.js'
import { Heap, type Scope } from './core/heap.js'
import { instantiate, type Exports, type Loader } from './core/module.js'
import { loadThreads, type PoolWorker } from './core/threads.js'
import { TENSOR_BYTES, readInfo, readTensor, writeTensor } from './core/tensor.js'
import type { LogLevel, Tensor, TensorInfo, Variant } from './types.js'

export interface CoreOptions {
  /** plait.wasm of a variant, compiled or not. */
  module: WebAssembly.Module | BufferSource
  /** The default export of the same variant's plait.js, or its URL. */
  loader: Loader | string | URL
  /** At most so many threads; one where the variant has no threads. */
  threads?: number
  /** Makes a thread's worker, where the loader had better not. */
  spawnThread?: () => PoolWorker
  /** Bytes of memory that may be taken; 256 MiB by default. */
  memoryLimit?: number
  onLog?: (level: LogLevel, message: string) => void
  /** `fraction` 0..1 of the call in hand. */
  onProgress?: (stage: string, fraction: number) => void
  /** Asked often during a call, which it ends with code CANCELLED. In a worker that is busy it can only learn of the wish
   *  from shared memory. */
  isCancelled?: () => boolean
  /** Quantises weights at load, unless a call says otherwise. */
  int8?: boolean
}

export interface SessionOptions {
  int8?: boolean
  /** Measures where the time goes. */
  profile?: boolean
}

export interface ReadOptions {
  /** `source.name` in the answer. */
  name?: string
  /** Words that are known: `{"lines":[{"box":[x0,y0,x1,y1],"text":"…"}]}` in pixels of the page, or plain text. */
  text?: string
  /** Modalities to leave out, with commas between them. */
  without?: string
  /** A voice note, WAV: what it says of the total. */
  audio?: Uint8Array
  /** Evidence is not measured, tables are not looked for. */
  fieldsOnly?: boolean
  /** How many are expected, for the fractions of progress; 1 by default. */
  pages?: number
  /** Of the file that pages were taken from; what is left out is that of the pages themselves. */
  mediaType?: string
  /** SHA-256 of that file, 64 hexadecimal digits. */
  digest?: string
}

const levels: LogLevel[] = ['error', 'warning', 'info', 'debug']

/** Makes an instance of its own memory. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const calls = new Calls(options)
  calls.start(await instantiate(options, calls.host))
  const core = new Core(calls, options)
  await core.startThreads(options.threads ?? 1)
  return core
}

/** The instance and its context: how C is called, and what it calls. */
class Calls {
  readonly host = {
    log: (level: number, message: number) => this.#guarded(() => this.#options.onLog?.(levels[level], this.heap.text(message)), undefined),
    progress: (stage: number, fraction: number) => this.#guarded(() => this.#options.onProgress?.(this.heap.text(stage), fraction), undefined),
    cancelled: () => this.#thrown !== null || this.#guarded(() => this.#options.isCancelled?.() ?? false, true),
  }
  exports!: Exports
  heap!: Heap
  context = 0
  readonly #options: CoreOptions
  #ended: PlaitError | null = null
  #thrown: { error: unknown } | null = null // by a callback: C is stopped, then it is thrown again

  constructor(options: CoreOptions) {
    this.#options = options
  }

  start(exports: Exports): void {
    this.exports = exports
    this.heap = new Heap(exports)
    this.context = exports._plait_wasm_context_create()
    if (!this.context) throw new PlaitError('MEMORY', 'memory: a context could not be had')
  }

  #guarded<T>(callback: () => T, otherwise: T): T {
    try {
      return callback()
    } catch (error) {
      this.#thrown ??= { error }
      return otherwise
    }
  }

  /** Runs `work` on the instance; whatever traps in it leaves memory that nothing can be said of, so that is the end. */
  run<T>(work: (scope: Scope, exports: Exports) => T): T {
    if (this.#ended) throw this.#ended
    try {
      return this.heap.scope((scope) => work(scope, this.exports))
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error
      this.#ended = new PlaitError('INTERNAL', `the core stopped: ${error.message}`, { cause: error })
      throw this.#ended
    }
  }

  /** Throws what a status other than success means. */
  check(status: number): void {
    const thrown = this.#thrown
    this.#thrown = null
    if (thrown) throw thrown.error
    if (status === 0) return
    const code = this.heap.text(this.exports._plait_status_name(status)) as ErrorCode
    throw new PlaitError(code, this.heap.text(this.exports._plait_context_error(this.context)))
  }

  /** Ends the instance, whose memory goes when nothing refers to it. */
  end(): void {
    if (!this.#ended) this.exports._plait_context_destroy(this.context)
    this.exports.PThread?.terminateAllThreads()
    this.#ended = new PlaitError('CLOSED', 'the core was closed')
    this.exports = null!
    this.heap = null!
  }

  get alive(): boolean {
    return this.#ended === null
  }
}

/** Something in C that ends with `close()`, before what it was made from does. */
abstract class Handle {
  protected readonly calls: Calls
  protected readonly children = new Set<Handle>()
  readonly #parent: Handle | null
  #open = true

  constructor(calls: Calls, parent: Handle | null) {
    this.calls = calls
    this.#parent = parent
    parent?.children.add(this)
  }

  protected get open(): boolean {
    return this.#open
  }

  protected expectOpen(): void {
    if (!this.#open) throw new PlaitError('CLOSED', `this ${this.constructor.name.toLowerCase()} was closed`)
  }

  close(): void {
    if (!this.#open) return
    for (const child of this.children) child.close()
    this.leave()
    this.destroy()
  }

  /** What it stands for belongs to another from now on. */
  protected leave(): void {
    this.#open = false
    this.#parent?.children.delete(this)
  }

  protected abstract destroy(): void
}

/** An instance. Not made by `new`, but by `createCore`. */
export class Core extends Handle {
  /** Of the library. */
  readonly version: string
  readonly variant: Variant
  readonly #int8: boolean
  readonly #spawnThread: CoreOptions['spawnThread']
  #threads = 1

  constructor(calls: Calls, options: CoreOptions) {
    super(calls, null)
    this.#int8 = options.int8 ?? false
    this.#spawnThread = options.spawnThread
    this.version = calls.heap.text(calls.exports._plait_wasm_version())
    this.variant = calls.heap.text(calls.exports._plait_wasm_variant()) as Variant
  }

  /** What the instance's memory has grown to; it never shrinks. 0 when closed. */
  get memoryBytes(): number {
    return this.open ? this.calls.heap.size : 0
  }

  /** How many take part in a call. */
  get threads(): number {
    return this.#threads
  }

  /** More threads from the call on that follows its end; none where the variant has no threads.  Needs an event loop that runs. */
  async startThreads(threads: number): Promise<void> {
    this.expectOpen()
    const pool = this.calls.exports.PThread
    const wanted = Math.trunc(threads)
    if (!pool || !(wanted > this.#threads)) return
    await loadThreads(pool, wanted - 1, this.#spawnThread)
    if (!this.open) return
    this.calls.run((_, exports) => this.calls.check(exports._plait_context_set_threads(this.calls.context, wanted)))
    this.#threads = wanted
  }

  /** Opens a package of models: its files by name, manifest.json among them, each compared with its digest. */
  openModel(files: Record<string, Uint8Array>, options: SessionOptions = {}): Model {
    this.expectOpen()
    const entries = Object.entries(files)
    const kept: number[] = [] // weights are used in place
    try {
      return this.calls.run((scope, exports) => {
        const list = scope.space(12 * entries.length)
        entries.forEach(([name, bytes], i) => {
          kept.push(scope.heap.copyIn(bytes))
          const { address } = scope.text(name)
          const words = scope.heap.words
          words.setUint32(list + 12 * i, address, true)
          words.setUint32(list + 12 * i + 4, kept[i], true)
          words.setUint32(list + 12 * i + 8, bytes.length, true)
        })
        const out = scope.space(4)
        const choice = this.#sessionOptions(scope, options)
        this.calls.check(exports._plait_model_create_from_files(this.calls.context, list, entries.length, choice, out))
        return new Model(this.calls, this, scope.heap.pointer(out), kept)
      })
    } catch (error) {
      if (this.calls.alive) for (const address of kept) this.calls.heap.free(address)
      throw error
    }
  }

  /** What people confirm: empty, kept as long as the instance. Made before the models that read with it. */
  createMemory(): Memory {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const out = scope.space(4)
      this.calls.check(exports._plait_memory_create(this.calls.context, out))
      return new Memory(this.calls, this, scope.heap.pointer(out))
    })
  }

  /** Makes an ONNX model ready to run. */
  createSession(bytes: Uint8Array, options: SessionOptions = {}): Session {
    this.expectOpen()
    let kept = 0
    try {
      return this.calls.run((scope, exports) => {
        kept = scope.heap.copyIn(bytes)
        const out = scope.space(4)
        const choice = this.#sessionOptions(scope, options)
        this.calls.check(exports._plait_session_create(this.calls.context, kept, bytes.length, 0, choice, out))
        return new Session(this.calls, this, scope.heap.pointer(out), kept)
      })
    } catch (error) {
      if (kept && this.calls.alive) this.calls.heap.free(kept)
      throw error
    }
  }

  #sessionOptions(scope: Scope, { int8 = this.#int8, profile = false }: SessionOptions): number {
    const address = scope.space(8)
    scope.heap.words.setUint8(address + 4, Number(int8))
    scope.heap.words.setUint8(address + 5, Number(profile))
    return address
  }

  protected destroy(): void {
    this.calls.end()
  }
}

/** A package of models that reads documents. */
export class Model extends Handle {
  readonly name: string
  readonly version: string
  readonly #address: number
  readonly #kept: number[]

  constructor(calls: Calls, core: Core, address: number, kept: number[]) {
    super(calls, core)
    this.#address = address
    this.#kept = kept
    this.name = calls.heap.text(calls.exports._plait_model_name(address))
    this.version = calls.heap.text(calls.exports._plait_model_version(address))
  }

  /** Reads one picture of a page: JPEG, PNG, BMP, PNM or GIF. */
  read(bytes: Uint8Array, options: ReadOptions = {}): ReadDocument {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const out = scope.space(4)
      const choice = readOptions(scope, options)
      this.calls.check(exports._plait_read(this.#address, scope.bytes(bytes), bytes.length, choice, out))
      return new ReadDocument(this.calls, this, scope.heap.pointer(out))
    })
  }

  /** From now on reads with what is remembered; null: without. */
  remember(memory: Memory | null): void {
    this.expectOpen()
    this.calls.exports._plait_model_remember(this.#address, memory ? memory.address : 0)
  }

  /** Begins a document of several pages, which come one at a time. */
  begin(options: ReadOptions = {}): OpenDocument {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const out = scope.space(4)
      this.calls.check(exports._plait_document_begin(this.#address, readOptions(scope, options), out))
      return new OpenDocument(this.calls, this, scope.heap.pointer(out))
    })
  }

  protected destroy(): void {
    if (!this.calls.alive) return
    this.calls.exports._plait_model_destroy(this.#address)
    for (const address of this.#kept) this.calls.heap.free(address)
  }
}

function readOptions(scope: Scope, options: ReadOptions): number {
  const address = scope.space(40)
  const text = (text: string | undefined) => (text === undefined ? { address: 0, size: 0 } : scope.text(text))
  const known = text(options.text)
  const note = options.audio ? scope.bytes(options.audio) : 0
  const addresses = [text(options.name ?? '').address, known.address, known.size, text(options.without).address, note, options.audio?.length ?? 0]
  const file = [options.pages ?? 1, text(options.mediaType).address, text(options.digest).address]
  const words = scope.heap.words
  addresses.forEach((value, i) => words.setUint32(address + 4 * i, value, true))
  words.setUint8(address + 24, Number(options.fieldsOnly ?? false))
  file.forEach((value, i) => words.setUint32(address + 28 + 4 * i, value, true))
  return address
}

/** A document whose pages are still coming. */
export class OpenDocument extends Handle {
  readonly #model: Model
  readonly #address: number

  constructor(calls: Calls, model: Model, address: number) {
    super(calls, model)
    this.#model = model
    this.#address = address
  }

  /** Reads a page. One that fails adds nothing, and further ones may follow. */
  addPage(bytes: Uint8Array, { text }: Pick<ReadOptions, 'text'> = {}): void {
    this.expectOpen()
    this.calls.run((scope, exports) => {
      let choice = 0
      if (text !== undefined) {
        const known = scope.text(text)
        choice = scope.space(8)
        scope.heap.words.setUint32(choice, known.address, true)
        scope.heap.words.setUint32(choice + 4, known.size, true)
      }
      this.calls.check(exports._plait_document_add_page(this.#address, scope.bytes(bytes), bytes.length, choice))
    })
  }

  /** What all pages together say. This object is closed by it. */
  finish(): ReadDocument {
    this.expectOpen()
    return this.calls.run((_, exports) => {
      this.calls.check(exports._plait_document_finish(this.#address))
      this.leave()
      return new ReadDocument(this.calls, this.#model, this.#address)
    })
  }

  protected destroy(): void {
    if (this.calls.alive) this.calls.exports._plait_document_destroy(this.#address)
  }
}

/** What was read. */
export class ReadDocument extends Handle {
  readonly #address: number

  constructor(calls: Calls, model: Model, address: number) {
    super(calls, model)
    this.#address = address
  }

  /** Of the schema plait.document/1. */
  json(): string {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const out = scope.space(4)
      this.calls.check(exports._plait_document_json(this.#address, out))
      return scope.heap.text(scope.heap.pointer(out))
    })
  }

  /** A PNG of a page (0 the first) with what was found drawn on it; `bytes` are those that were read. */
  annotate(bytes: Uint8Array, page = 0): Uint8Array {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const out = scope.space(8)
      this.calls.check(exports._plait_document_annotate(this.#address, page, scope.bytes(bytes), bytes.length, out, out + 4))
      return scope.heap.copyOut(scope.heap.pointer(out), scope.heap.pointer(out + 4))
    })
  }

  protected destroy(): void {
    if (this.calls.alive) this.calls.exports._plait_document_destroy(this.#address)
  }
}

/** Documents that a person confirmed. */
export class Memory extends Handle {
  readonly address: number

  constructor(calls: Calls, core: Core, address: number) {
    super(calls, core)
    this.address = address
  }

  get count(): number {
    this.expectOpen()
    return this.calls.exports._plait_memory_count(this.address)
  }

  /** Remembers a document, its JSON, with what a person says of some fields (null: there is none); its name in the memory. */
  confirm(json: string, fields: Record<string, string | null>): string {
    this.expectOpen()
    const entries = Object.entries(fields)
    return this.calls.run((scope, exports) => {
      const list = scope.space(8 * entries.length)
      entries.forEach(([name, value], i) => {
        const [field, said] = [scope.text(name).address, value === null ? 0 : scope.text(value).address]
        scope.heap.words.setUint32(list + 8 * i, field, true)
        scope.heap.words.setUint32(list + 8 * i + 4, said, true)
      })
      const document = scope.text(json)
      const id = scope.space(17)
      this.calls.check(exports._plait_confirm(this.address, document.address, document.size, list, entries.length, id))
      return scope.heap.text(id)
    })
  }

  /** One document; null: all of them. */
  forget(id: string | null): void {
    this.expectOpen()
    this.calls.run((scope, exports) => this.calls.check(exports._plait_memory_forget(this.address, id === null ? 0 : scope.text(id).address)))
  }

  /** One JSON object a line, each with its `id`. */
  export(): string {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const out = scope.space(8)
      this.calls.check(exports._plait_memory_export(this.address, out, out + 4))
      return new TextDecoder().decode(scope.heap.copyOut(scope.heap.pointer(out), scope.heap.pointer(out + 4)))
    })
  }

  /** Adds lines; how many there were. */
  import(lines: string): number {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const text = scope.text(lines)
      const out = scope.space(4)
      this.calls.check(exports._plait_memory_import(this.address, text.address, text.size, out))
      return scope.heap.pointer(out)
    })
  }

  protected destroy(): void {
    if (this.calls.alive) this.calls.exports._plait_memory_destroy(this.address)
  }
}

/** An ONNX model that runs. */
export class Session extends Handle {
  readonly inputs: TensorInfo[]
  readonly outputs: TensorInfo[]
  readonly #address: number
  readonly #kept: number

  constructor(calls: Calls, core: Core, address: number, kept: number) {
    super(calls, core)
    this.#address = address
    this.#kept = kept
    const { exports, heap } = calls
    const list = (count: number, name: (session: number, i: number) => number, type: (session: number, i: number, out: number) => void) =>
      heap.scope((scope) => {
        const out = scope.space(TENSOR_BYTES)
        return Array.from({ length: count }, (_, i) => {
          type(address, i, out)
          return readInfo(heap, out, heap.text(name(address, i)))
        })
      })
    this.inputs = list(exports._plait_session_input_count(address), exports._plait_session_input_name, exports._plait_session_input_type)
    this.outputs = list(exports._plait_session_output_count(address), exports._plait_session_output_name, exports._plait_session_output_type)
  }

  /** All inputs by name in, all outputs by name out; both are copied. */
  run(inputs: Record<string, Tensor>): Record<string, Tensor> {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const given = scope.space(TENSOR_BYTES * this.inputs.length)
      this.inputs.forEach(({ name }, i) => {
        const tensor = inputs[name]
        if (!tensor) throw new PlaitError('INVALID', `expected an input "${name}", found ${Object.keys(inputs).join(', ') || 'none'}`)
        writeTensor(scope, given + TENSOR_BYTES * i, tensor, `input "${name}"`)
      })
      const results = scope.space(TENSOR_BYTES * this.outputs.length)
      this.calls.check(exports._plait_session_run(this.#address, given, this.inputs.length, results, this.outputs.length))
      return Object.fromEntries(this.outputs.map(({ name }, i) => [name, readTensor(scope.heap, results + TENSOR_BYTES * i)]))
    })
  }

  /** Where the time of all runs went, as JSON: segments with their backends, and what fell back to the slow one. */
  profile(): string {
    this.expectOpen()
    return this.calls.run((scope, exports) => {
      const out = scope.space(4)
      this.calls.check(exports._plait_session_profile_json(this.#address, out))
      return scope.heap.text(scope.heap.pointer(out))
    })
  }

  protected destroy(): void {
    if (!this.calls.alive) return
    this.calls.exports._plait_session_destroy(this.#address)
    this.calls.heap.free(this.#kept)
  }
}
