/** Whatever a caller has in hand, as a file's bytes or a picture. */

import { asBytes } from './assets.js'
import { PlaitError } from './errors.js'
import { sniff, toPpm } from './image/pixels.js'
import { platform } from '#platform'
import type { DocumentSource } from './types.js'
import type { Picture, PixelBuffer } from './worker/protocol.js'

export interface Input {
  name: string
  picture: Picture
  /** Of a file; '' when it is not known. */
  mediaType: string
}

/** Bitmaps made here move to the worker; what is the caller's is copied. */
export async function openSource(source: DocumentSource, signal?: AbortSignal): Promise<Input> {
  if (typeof source === 'string' || source instanceof URL) {
    const url = typeof source === 'string' ? platform.locate(source) : source.href
    const { bytes, mediaType } = await platform.fetchBytes(url, { signal })
    return file(bytes, baseName(url), mediaType)
  }
  if (source instanceof Blob) return file(new Uint8Array(await source.arrayBuffer()), 'name' in source ? String(source.name) : '', source.type)
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return file(asBytes(source), '', '')
  if (typeof source !== 'object' || source === null) {
    throw new PlaitError('INVALID', `expected a file, a URL or a picture to read, found ${source === null ? 'null' : typeof source}`)
  }
  if (isPixels(source)) return { name: '', picture: { pixels: pick(source) }, mediaType: '' }
  if (hasContext(source) && typeof createImageBitmap === 'undefined') return { name: '', picture: { pixels: canvasPixels(source) }, mediaType: '' }
  try {
    return { name: '', picture: { bitmap: await createImageBitmap(source as ImageBitmapSource) }, mediaType: '' }
  } catch (error) {
    const found = (source as object).constructor?.name ?? 'an object'
    throw new PlaitError('INVALID', `expected a file, a URL or a picture to read, found ${found}: ${(error as Error).message}`, { cause: error })
  }
}

function file(bytes: Uint8Array, name: string, mediaType: string): Input {
  if (bytes.length === 0) throw new PlaitError('INVALID', `${name || 'input'}: expected a document, found no bytes`)
  return { name, picture: { bytes }, mediaType: sniff(bytes) ?? mediaType }
}

export function isPdf(input: Input): boolean {
  return 'bytes' in input.picture && input.mediaType === 'application/pdf'
}

function baseName(url: string): string {
  const name = new URL(url).pathname.split('/').pop() ?? ''
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

const isPixels = (source: object): source is ImageData =>
  'data' in source && source.data instanceof Uint8ClampedArray && 'width' in source && 'height' in source

const pick = ({ data, width, height }: ImageData): PixelBuffer => ({ data: data as Uint8ClampedArray, width, height })

const hasContext = (source: object): source is OffscreenCanvas => 'getContext' in source

function canvasPixels(canvas: OffscreenCanvas): PixelBuffer {
  return pick(canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height))
}

/** The input as one file, to be sent somewhere. */
export async function asFile({ picture, mediaType }: Input): Promise<{ bytes: Uint8Array; mediaType: string }> {
  if ('bytes' in picture) return { bytes: picture.bytes, mediaType: mediaType || 'application/octet-stream' }
  if ('pixels' in picture) return { bytes: toPpm(picture.pixels), mediaType: 'image/x-portable-anymap' }
  const canvas = new OffscreenCanvas(picture.bitmap.width, picture.bitmap.height)
  canvas.getContext('2d')!.drawImage(picture.bitmap, 0, 0)
  const png = await canvas.convertToBlob({ type: 'image/png' })
  return { bytes: new Uint8Array(await png.arrayBuffer()), mediaType: png.type }
}
