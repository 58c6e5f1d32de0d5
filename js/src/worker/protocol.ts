/** The whole protocol between page and workers: what may be called, what crosses, and in which form.
 *
 *  A request carries an id; the worker answers each with one result, and before it with any number of progress messages,
 *  which settle nothing. A worker does one call at a time. Where memory can be shared a request brings a flag that the worker
 *  looks at between the steps of its work; elsewhere whoever cancels ends the worker. */

import type { ErrorRecord } from '../errors.js'
import type { KnownLine, KnownText, LogLevel, Tensor, TensorInfo, Variant } from '../types.js'

/** Grows with every change of this file: a page and a worker of different ages refuse each other. */
export const PROTOCOL = 3

// ------------------------------------------------------------------ calls of the core's worker

/** Where bytes come from: given, or a URL with the digest they must have. */
export type Resource = Uint8Array | { url: string; sha256?: string }

export interface OpenRequest {
  protocol: number
  version: string
  variant: Variant
  wasm: WebAssembly.Module | Resource
  loader: string
  threads: number
  memoryLimit: number
  /** A package of models, or the bytes of one network. */
  model?: { files: Record<string, Uint8Array> } | { manifest: Resource; urls?: Record<string, string>; base: string }
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
  /** Compiled, so that a worker that follows need not do it again. */
  module: WebAssembly.Module
  model?: { name: string; version: string; digest: string; fields: string[]; modalities: string[] }
  inputs?: TensorInfo[]
  outputs?: TensorInfo[]
  resources: { cached: number; fetched: number }
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
