/** Where the package's own files are, unless the caller says otherwise: beside the modules. */

import { receipt, variants } from './generated/assets.js'
import { PlaitError } from './errors.js'
import { platform } from '#platform'
import type { PlaitOptions, RuntimeOptions, Variant } from './types.js'
import type { ModelSource, Resource } from './worker/protocol.js'

/** A build in the package: the loader and the binary with its digest. */
export interface VariantFiles {
  loader: string
  wasm: string
  sha256: string
}

export const availableVariants = Object.keys(variants) as Variant[]

export function runtimeResources(variant: Variant, { wasm, wasmUrl }: RuntimeOptions): { wasm: WebAssembly.Module | Resource; loader: string } {
  const beside = variants[variant]
  if (!beside) throw new PlaitError('NOT_FOUND', `${variant}: expected one of ${availableVariants.join(', ')}`)
  const folder = wasmUrl && asFolder(platform.resolve(wasmUrl))
  const loader = folder ? new URL(`${variant}/plait.js`, folder).href : beside.loader
  if (wasm) return { loader: beside.loader, wasm: wasm instanceof WebAssembly.Module ? wasm : asBytes(wasm) }
  return { loader, wasm: { url: folder ? new URL(`${variant}/plait.wasm`, folder).href : beside.wasm, sha256: beside.sha256 } }
}

export function modelResources({ model, modelUrl }: PlaitOptions): ModelSource {
  if (model) return { files: Object.fromEntries(Object.entries(model).map(([name, bytes]) => [name, asBytes(bytes)])) }
  if (!modelUrl) {
    const manifest: Resource = { url: receipt.files['manifest.json'], sha256: receipt.sha256 }
    return { manifest, urls: receipt.files, base: receipt.files['manifest.json'] }
  }
  const url = platform.resolve(modelUrl)
  const manifest = new URL(url).pathname.endsWith('.json') ? url : new URL('manifest.json', asFolder(url)).href
  return { manifest: { url: manifest }, base: manifest }
}

function asFolder(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

export function asBytes(bytes: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes)
}

/** What pdf.js needs for some files, fetched when it does: fonts and decoders, then character maps. */
export const pdfAssets = [new URL('../pdf/fonts.pack', import.meta.url).href, new URL('../pdf/maps.pack', import.meta.url).href]
