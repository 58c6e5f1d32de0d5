/** The public options and answers. The document itself is in document.ts. */

import type { Document, FallbackReason } from './document.js'
import type { PlaitError } from './errors.js'

/** What can be read. A string is a URL in browsers; in Node a path, or a URL when it has a scheme.
 *  Files may be JPEG, PNG, BMP, GIF, PNM, PDF, and whatever else the browser itself can decode (WebP, AVIF, HEIC). */
export type DocumentSource =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | URL
  | string
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame

/** A voice note: a WAV file, or samples. */
export type AudioSource = Blob | ArrayBuffer | AudioClip

/** Mono sound. */
export interface AudioClip {
  /** -1..1 */
  samples: Float32Array
  /** Hz */
  sampleRate: number
  /** Of the first sample, microseconds since the epoch; the same clock as frames have. */
  timestamp_us: number
}

/** Words that are known already: plain text, or lines with boxes in pixels of the page. */
export type KnownText = string | { lines: KnownLine[] }

export interface KnownLine extends KnownWord {
  /** Where their places are known too. */
  words?: KnownWord[]
}

export interface KnownWord {
  box: [x0: number, y0: number, x1: number, y1: number]
  text: string
}

export interface Progress {
  /** `fetch`, `compile`, `load` at the start; `open`, `render` of a PDF; the stages of the core; `server`. */
  stage: string
  /** 0..1 of the whole call. */
  fraction: number
  /** Of a document with several pages: 0-based. */
  page?: number
  pages?: number
}

export type OnProgress = (progress: Progress) => void

export type Variant = 'wasm-simd' | 'wasm-threads' | 'wasm-relaxed' | 'wasm-relaxed-threads'

export interface RuntimeOptions {
  /** The folder with the variants (`wasm-simd/plait.wasm`, …); beside the module by default. */
  wasmUrl?: string | URL
  /** The binary itself, instead of a URL: of the variant named by `variant`, `wasm-simd` by default. */
  wasm?: WebAssembly.Module | ArrayBuffer | Uint8Array
  /** Which build to use instead of the one that suits this engine best. */
  variant?: Variant
  /** At most so many threads; by default up to 4, as far as there are cores and the page is cross-origin isolated. */
  threads?: number
  /** Bytes of memory the core may take; 256 MiB by default. */
  memoryLimit?: number
  /** The worker's script for content policies that forbid the usual one; `false` works in the calling thread, as it does by itself in a
   *  worker of Firefox. */
  worker?: string | URL | false
  /** What happens inside, for a console. Silent by default. */
  onLog?: (level: LogLevel, message: string) => void
}

export type LogLevel = 'error' | 'warning' | 'info' | 'debug'

export interface PlaitOptions extends RuntimeOptions {
  /** The package of models: its folder or its manifest.json. The receipt package beside the module by default. */
  modelUrl?: string | URL
  /** The package's files themselves, `manifest.json` among them, instead of a URL. */
  model?: Record<string, ArrayBuffer | Uint8Array>
  /** A server that may be asked, when this device cannot answer well. Without it nothing is ever sent. */
  fallback?: FallbackOptions
  /** A server that is told how often reading went well and how it failed, and nothing of any document. Without it nothing is
   *  counted or sent. */
  telemetry?: TelemetryOptions
  /** Progress of loading; ends with fraction 1. */
  onProgress?: OnProgress
  /** Stops the loading. */
  signal?: AbortSignal
  /** Node: the file that keeps the corrections `confirm` is told; memory by default. Browsers keep them in IndexedDB. */
  feedbackFile?: string
  /** Whether documents that were confirmed are remembered, so that the next of their kind is read better; true by default. */
  remember?: boolean
}

export interface FallbackOptions {
  /** A Plait server, `https://host`; documents go to its `/v1/documents`. */
  endpoint: string | URL
  /** When a document may be sent: any that holds. Nothing is sent for a reason that is not named. */
  when: {
    /** Some wanted field, or the document's type, is less sure than this. */
    confidenceBelow?: number
    /** The device has not answered after so many milliseconds; the first of both to answer wins. */
    slowerThanMs?: number
    /** This device cannot read it: no WebAssembly SIMD, an unknown format, not enough memory. */
    notSupported?: boolean
  }
  /** Milliseconds for one attempt; 20,000 by default. */
  timeoutMs?: number
  /** Further attempts, with growing pauses; 2 by default. */
  retries?: number
  /** Sent along, for authorization. */
  headers?: Record<string, string>
}

export interface TelemetryOptions {
  /** A Plait server with `--telemetry`, `https://host`; reports go to its `/v1/telemetry`. */
  endpoint: string | URL
  /** Milliseconds between reports; 60,000 by default. A page that is left, and `close()`, send what there is. */
  intervalMs?: number
  /** Sent along, for authorization. */
  headers?: Record<string, string>
}

export interface ReadOptions {
  /** Names of the fields wanted; all by default. */
  fields?: string[]
  /** A voice note that belongs to the document. */
  audio?: AudioSource
  /** Words that are known: one page's, or an item a page. The picture is still used as a modality. */
  text?: KnownText | KnownText[]
  /** Modalities to leave out. */
  without?: ('text' | 'layout' | 'image' | 'audio')[]
  /** Evidence is not measured and tables are not looked for, which saves time. */
  fieldsOnly?: boolean
  /** `source.name` in the answer; the file's own by default. */
  name?: string
  /** 0-based indices of a PDF's pages; all by default. */
  pages?: number[]
  /** Gives each page as it is read from: a PDF's rendered pages, to draw boxes on. */
  onPage?: (page: RenderedPage) => void
  signal?: AbortSignal
  onProgress?: OnProgress
}

/** A page of a PDF, drawn. The places in the answer are its pixels. */
export interface RenderedPage {
  /** 0-based, of the pages read. */
  index: number
  width: number
  height: number
  /** Whether its words were known from the PDF, not read from pixels. */
  textLayer: boolean
  /** A PNG or, where there is no canvas, PPM. */
  image: Blob
}

export interface Info {
  /** Of the package. */
  version: string
  /** Which build runs; `none` when this engine cannot and only the fallback reads. */
  variant: Variant | 'none'
  /** Why, in sentences. */
  reasons: string[]
  threads: number
  crossOriginIsolated: boolean
  /** `modalities` are those it has a use for. */
  model: { name: string; version: string; digest: string; fields: string[]; modalities: string[] }
  /** Of the core, after the last call. */
  memoryBytes: number
  /** Files that came from the cache and from the network at the start. */
  resources: { cached: number; fetched: number }
}

/** What the person corrected; kept on this device. */
export interface Feedback {
  /** Milliseconds since the epoch. */
  at: number
  /** SHA-256 of the document. */
  digest: string
  model: { name: string; version: string }
  corrections: Record<string, { value: string | null; read: string | null; confidence: number }>
}

export interface FeedbackStore {
  /** All of it, oldest first. */
  export(): Promise<Feedback[]>
  clear(): Promise<void>
}

/** Confirmed documents, which the next ones are read with: their words, places and values. In browsers they are in IndexedDB and
 *  outlive the page; in Node they end with the process, unless you keep what `export` gives. */
export interface MemoryStore {
  count(): Promise<number>
  /** All of it, JSON, a line each: what `plait memory import` takes too. */
  export(): Promise<string>
  /** Adds what was exported; all of it, or nothing where a line is wrong. Resolves with how many there were. */
  import(lines: string): Promise<number>
  /** One document, by the name `confirm` gave; all of them without one. */
  forget(id?: string): Promise<void>
}

/** Reads documents. One call runs at a time, further ones wait their turn. */
export interface Plait {
  readonly info: Info
  read(source: DocumentSource, options?: ReadOptions): Promise<Document>
  live(options: LiveOptions): Live
  /** Remembers, on this device alone, that a person looked at the document and says what these values are (`null`: there is none):
   *  the others are as they were read. Resolves with the document's name in the memory, null where nothing is remembered. */
  confirm(document: Document, corrections: Record<string, string | null>): Promise<string | null>
  /** What was corrected. */
  readonly feedback: FeedbackStore
  /** What is remembered. */
  readonly memory: MemoryStore
  /** Ends the worker and gives all memory back. Calls still waiting fail with code CLOSED. */
  close(): Promise<void>
}

// ------------------------------------------------------------------ camera and microphone

export interface LiveOptions {
  /** The camera: `true` asks for one facing away, constraints or a stream choose; or the element to show it in. */
  video: true | MediaTrackConstraints | MediaStream | HTMLVideoElement
  /** The microphone, if wanted. */
  audio?: boolean | MediaTrackConstraints | MediaStream
  /** A document was held steady, captured and read. */
  onDocument: (document: Document, capture: Capture) => void
  /** Every frame looked at, some 10 in a second. */
  onQuality?: (quality: Quality) => void
  /** Camera, microphone or reading failed; the rest goes on. */
  onError?: (error: PlaitError | Error) => void
  /** Options for reading what was captured. */
  read?: Omit<ReadOptions, 'audio' | 'signal'>
  signal?: AbortSignal
}

export interface Live {
  /** Settles when the camera runs, or with the reason why it does not. */
  readonly ready: Promise<void>
  /** The camera's picture, to be shown. */
  readonly stream: MediaStream | null
  /** Takes the next frame whatever its quality. */
  capture(): Promise<void>
  /** Ends camera and microphone. */
  stop(): void
}

/** What was captured. */
export interface Capture {
  /** The page, perspective corrected when its outline was seen. */
  image: ImageData
  /** Of the frame, microseconds since the epoch. */
  timestamp_us: number
  quality: Quality
  /** What was said around it, at 16 kHz. */
  audio?: AudioClip
}

/** How good a frame is. Every measure is 0..1, 1 is best. */
export interface Quality {
  sharpness: number
  /** 1: no reflections. */
  glare: number
  /** How much of the frame the page fills. */
  size: number
  /** 1: nothing moves. */
  steadiness: number
  /** The page's corners in pixels of the frame, clockwise from upper left; null when none is seen. */
  outline: [x: number, y: number][] | null
  /** What is in the way of a capture; null: nothing. */
  problem: 'no_page' | 'too_small' | 'moving' | 'blurred' | 'glare' | null
  /** Frame width and height. */
  width: number
  height: number
  timestamp_us: number
}

// ------------------------------------------------------------------ any ONNX model

export type TensorType =
  | 'float32' | 'float64' | 'float16' | 'bfloat16'
  | 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'bool'

/** A dense row-major array. float16 and bfloat16 are in Uint16Array, bool in Uint8Array. */
export interface Tensor {
  type: TensorType
  dims: number[]
  data: TensorData
}

export type TensorData =
  | Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array
  | Uint8Array | Uint16Array | Uint32Array | BigUint64Array

/** An input or output as the model declares it. */
export interface TensorInfo {
  name: string
  type: TensorType
  /** -1 may change; null: even the rank is open. */
  dims: number[] | null
}

export interface SessionOptions extends RuntimeOptions {
  /** Quantise weights at load. */
  int8?: boolean
  signal?: AbortSignal
}

export type { Document, FallbackReason }
