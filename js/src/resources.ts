/** The binary and the models: given, from the cache, or fetched; always what their digest says. */

import { PlaitError, ResourceError } from './errors.js'
import { platform } from '#platform'
import type { ByteCache } from './platform/platform.js'
import type { Resource } from './worker/protocol.js'

/** What of a manifest concerns fetching. */
export interface Manifest {
  name: string
  files: Record<string, { bytes: number; sha256: string }>
  fields?: Record<string, unknown>
  tagger?: { modalities?: Record<string, unknown> }
  voice?: unknown
}

export class Resources {
  readonly counts = { cached: 0, fetched: 0 }
  #cache: Promise<ByteCache | null> | undefined

  /** `name` is what the cache calls it: `receipt/detector.onnx`. */
  async load(resource: Resource, name: string): Promise<Uint8Array> {
    return (await this.loadAs(resource, name, async () => {})).bytes
  }

  /** What `make` makes of the bytes, which begins before they are compared: only when they are right it counts. */
  async loadAs<T>(resource: Resource, name: string, make: (bytes: Uint8Array) => Promise<T>): Promise<{ bytes: Uint8Array; made: T }> {
    if (resource instanceof Uint8Array) return { bytes: resource, made: await make(resource) }
    const { url, sha256 } = resource
    if (url.startsWith('data:') || !sha256) {
      const bytes = url.startsWith('data:') ? fromDataUrl(url) : await this.#loadUnknown(url)
      return { bytes, made: await make(bytes) }
    }
    const used = async (bytes: Uint8Array) => {
      const making = make(bytes)
      making.catch(() => {}) // of wrong bytes nothing is wanted, nor why it failed
      return (await matches(bytes, sha256)) ? { bytes, made: await making } : null
    }
    const cache = await (this.#cache ??= platform.openCache())
    const key = { name, version: sha256 }
    const kept = await cache?.get(key)
    const found = kept && (await used(kept))
    if (found) {
      this.counts.cached++
      return found
    }
    if (kept) await cache?.delete(key)
    let { bytes } = await platform.fetchBytes(url)
    let right = await used(bytes)
    if (!right) {
      // Perhaps a cache on the way holds an older one.
      bytes = (await platform.fetchBytes(url, { fresh: true })).bytes
      right = await used(bytes)
    }
    if (!right) throw new ResourceError('INTEGRITY', `${url}: expected SHA-256 ${sha256}, found ${await digest(bytes)}`)
    this.counts.fetched++
    // Nobody waits for it, and a full disk is no reason not to read.
    cache?.put(key, bytes).catch(() => {})
    return right
  }

  /** Without a digest the newest is wanted; what was fetched before serves only while there is no network. */
  async #loadUnknown(url: string): Promise<Uint8Array> {
    const cache = await (this.#cache ??= platform.openCache())
    const key = { name: url, version: '' }
    try {
      const { bytes } = await platform.fetchBytes(url)
      this.counts.fetched++
      cache?.put(key, bytes).catch(() => {})
      return bytes
    } catch (error) {
      const kept = error instanceof PlaitError && error.code === 'NETWORK' ? await cache?.get(key) : null
      if (!kept) throw error
      this.counts.cached++
      return kept
    }
  }

  /** All files of a package. `urls` says where they are, when not beside the manifest. */
  async loadModel(
    source: { manifest: Resource; urls?: Record<string, string>; base: string },
    onProgress: (fraction: number) => void,
  ): Promise<Record<string, Uint8Array>> {
    const manifestBytes = await this.load(source.manifest, 'manifest.json')
    const manifest = parseManifest(manifestBytes)
    const entries = Object.entries(manifest.files)
    const total = entries.reduce((sum, [, { bytes }]) => sum + bytes, 0)
    let loaded = 0
    const files = await Promise.all(
      entries.map(async ([file, { bytes, sha256 }]) => {
        const url = source.urls?.[file] ?? new URL(file, source.base).href
        const content = await this.load({ url, sha256 }, `${manifest.name}/${file}`)
        onProgress((loaded += bytes) / total)
        return [file, content] as const
      }),
    )
    return { 'manifest.json': manifestBytes, ...Object.fromEntries(files) }
  }
}

/** Checks only what is used here; the core checks the rest. */
export function parseManifest(bytes: Uint8Array): Manifest {
  let manifest: Manifest
  try {
    manifest = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw new ResourceError('INVALID', `manifest.json: expected JSON: ${(error as Error).message}`)
  }
  if (typeof manifest?.name !== 'string' || typeof manifest.files !== 'object' || !manifest.files)
    throw new ResourceError('INVALID', 'manifest.json: expected a package with a name and files')
  for (const [file, entry] of Object.entries(manifest.files)) {
    if (!/^[\w-][\w.-]*$/.test(file)) throw new ResourceError('INVALID', `manifest.json: expected a plain file name, found "${file}"`)
    if (!/^[0-9a-f]{64}$/.test(entry?.sha256) || !(entry.bytes >= 0))
      throw new ResourceError('INVALID', `manifest.json: ${file}: expected its bytes and sha256`)
  }
  return manifest
}

/** SHA-256 in hexadecimal; null outside secure contexts, where the engine has none (the core still checks a package). */
export async function digest(bytes: Uint8Array): Promise<string | null> {
  const subtle = globalThis.crypto?.subtle
  if (!subtle) return null
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes as BufferSource))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function matches(bytes: Uint8Array, sha256: string): Promise<boolean> {
  const found = await digest(bytes)
  return found === null || found === sha256
}

/** Bundlers inline small files; a content policy may forbid to fetch them. */
function fromDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(',')
  const content = url.slice(comma + 1)
  if (!url.slice(0, comma).endsWith(';base64')) return new TextEncoder().encode(decodeURIComponent(content))
  return Uint8Array.from(atob(content), (character) => character.charCodeAt(0))
}
