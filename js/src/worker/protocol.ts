/** The whole protocol between page and workers: what may be called, what crosses, and in which form.
 *
 *  A request carries an id; the worker answers each with one result, and before it with any number of progress messages,
 *  which settle nothing. A worker does one call at a time. Where memory can be shared a request brings a flag that the worker
 *  looks at between the steps of its work; elsewhere whoever cancels ends the worker. */

import type { ErrorRecord } from '../errors.js'
import type { KnownLine, KnownText, LogLevel, Tensor, TensorInfo } from '../types.js'

/** Grows with every change of this file: a page and a worker of different ages refuse each other. */
export const PROTOCOL = 5

// ------------------------------------------------------------------ calls of the core's worker

/** Where bytes come from: given, or a URL with the digest they must have. */
export type Resource = Uint8Array | { url: string; sha256?: string }

/** How many files came from where. */
export interface Counts {
  cached: number
  fetched: number
}

/** A package of models. */
export type ModelSource = { files: Record<string, Uint8Array> } | { manifest: Resource; urls?: Record<string, string>; base: string }

/** The first call: what the worker fetches by itself, while the page fetches and compiles the binary. */
export interface FetchRequest {
  protocol: number
  version: string
  loader: string
  model?: ModelSource
}

/** The second: the package that was fetched, or the bytes of one network, in an instance of the binary. */
export interface OpenRequest {
  module: WebAssembly.Module
  loader: string
  threads: number
  /** The first results need not wait for threads. */
  threadsLater: boolean
  memoryLimit: number
  network?: { bytes: Uint8Array; int8: boolean }
  /** Confirmed documents that the package reads with, JSON each. */
  remembered?: string[]
}

/** A confirmed document: its name, and all of it as JSON without line breaks. */
export interface Remembered {
  id: string
  line: string
}

export interface OpenReply {
  version: string
  threads: number
  model?: { name: string; version: string; digest: string; fields: string[]; modalities: string[] }
  inputs?: TensorInfo[]
  outputs?: TensorInfo[]
  memoryBytes: number
}

/** A picture of a page: a file's bytes, or pixels. */
export type Picture = { bytes: Uint8Array } | { pixels: PixelBuffer } | { bitmap: ImageBitmap }

/** [height, width, 4] u8 RGBA. */
export interface PixelBuffer {
  data: Uint8ClampedArray
  width: number
  height: number
}

export interface BeginRequest {
  name: string
  without: string[]
  fieldsOnly: boolean
  pages: number
  /** What the document is, when its pages are not its bytes. */
  origin?: { mediaType: string; digest?: string }
  /** A voice note, WAV. */
  audio?: Uint8Array
}

export type CoreCalls = {
  fetch: [FetchRequest, Counts]
  open: [OpenRequest, OpenReply]
  begin: [BeginRequest, void]
  page: [{ picture: Picture; text?: KnownText }, void]
  /** The page out of a camera's frame: cut along its outline (corners clockwise from upper left), perspective corrected. */
  flatten: [{ bitmap: ImageBitmap; outline: number[][] | null }, PixelBuffer]
  finish: [null, { json: string; memoryBytes: number }]
  /** Remembers a document, its JSON, with what a person says. */
  confirm: [{ json: string; fields: Record<string, string | null> }, Remembered]
  /** Brings back what was exported: JSON, a line each. */
  remember: [{ lines: string }, Remembered[]]
  /** null: everything. */
  forget: [{ id: string | null }, void]
  run: [{ inputs: Record<string, Tensor> }, { outputs: Record<string, Tensor>; memoryBytes: number }]
}

// ------------------------------------------------------------------ calls of the PDF worker

export type PdfCalls = {
  open: [{ protocol: number; version: string; bytes: Uint8Array; assets: string[] }, { pages: number; canvas: boolean }]
  render: [{ page: number; image: boolean }, RenderReply]
}

export interface RenderReply {
  width: number
  height: number
  /** PPM: what the core is given. */
  ppm: Uint8Array
  /** The words, when the page has a text layer. */
  text?: { lines: KnownLine[] }
  /** The page for people, if it was asked for. */
  image?: Blob
}

// ------------------------------------------------------------------ what crosses

export type Calls = Record<string, [request: unknown, reply: unknown]>

export interface Request<C extends Calls = Calls> {
  id: number
  type: keyof C & string
  data: unknown
  /** One Int32; not 0: stop. */
  cancel?: SharedArrayBuffer
}

export type Reply =
  | { id: number; result: unknown }
  | { id: number; error: ErrorRecord }
  | { id: number; progress: { stage: string; fraction: number } }
  | { log: { level: LogLevel; message: string } }

/** What a browser's worker says of itself. */
export type Notice =
  /** The name of a lock that it holds for life. */
  | { alive: string }
  /** It wants a worker for a thread, of the loader at this URL, that answers to the port. */
  | { thread: string; port: MessagePort }

// ------------------------------------------------------------------ both ends of the wire

/** The worker, as the page sees it. */
export interface Channel {
  post(message: Request, transfer: Transferable[]): void
  onMessage: (reply: Reply) => void
  /** It will never answer again. */
  onDeath: (error: Error) => void
  terminate(): void
}

/** The page, as the worker sees it. */
export interface Port {
  post(message: Reply, transfer: Transferable[]): void
  listen(receive: (request: Request) => void): void
}
