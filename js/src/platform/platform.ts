/** What differs between a browser and Node. `#platform` is one of web.ts and node.ts, by the conditions of package.json;
 *  `#workers`, which starts workers and is not for workers themselves, one of web-workers.ts and node-workers.ts. */

import type { Channel, Remembered } from '../worker/protocol.js'
import type { Feedback } from '../types.js'

export interface Platform {
  /** The whole URL, against the page's or the working directory. */
  resolve(url: string | URL): string
  /** A string that names a document: a path is a URL in Node too. */
  locate(source: string): string
  /** All bytes; `fresh` goes past caches. Throws a ResourceError. */
  fetchBytes(url: string, options?: { fresh?: boolean; signal?: AbortSignal }): Promise<FetchedBytes>
  /** Bytes that were fetched before; null where there is no such place. */
  openCache(): Promise<ByteCache | null>
  openFeedback(file?: string): FeedbackLog
  /** Where confirmed documents are kept, all or none of a call's. */
  openMemory(): MemoryLog
}

/** Starts a worker; `url` instead of the usual script. */
export type Spawn = (script: 'core' | 'pdf', url?: string) => Channel

export interface FetchedBytes {
  bytes: Uint8Array
  mediaType: string
}

export interface ByteCache {
  get(key: CacheKey): Promise<Uint8Array | null>
  /** Replaces other versions of the same name. */
  put(key: CacheKey, bytes: Uint8Array): Promise<void>
  delete(key: CacheKey): Promise<void>
}

export interface CacheKey {
  /** `receipt/detector.onnx` */
  name: string
  /** The digest, where it is known. */
  version: string
}

export interface MemoryLog {
  put(entries: Remembered[]): Promise<void>
  all(): Promise<Remembered[]>
  /** null: everything. Resolves with whether there was any. */
  delete(id: string | null): Promise<boolean>
}

export interface FeedbackLog {
  append(entry: Feedback): Promise<void>
  all(): Promise<Feedback[]>
  clear(): Promise<void>
}
