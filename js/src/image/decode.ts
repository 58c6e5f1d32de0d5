/** A picture as bytes the core reads. What it knows stays as it is, so that the answer is the native one. */

import { PlaitError } from '../errors.js'
import { rectify } from '../live/rectify.js'
import type { Picture, PixelBuffer } from '../worker/protocol.js'
import { sniff, toPpm } from './pixels.js'

export async function coreBytes(picture: Picture): Promise<Uint8Array> {
  if ('pixels' in picture) return toPpm(picture.pixels)
  if ('bitmap' in picture) return toPpm(bitmapPixels(picture.bitmap))
  if (sniff(picture.bytes)) return picture.bytes
  return toPpm(bitmapPixels(await decode(picture.bytes)))
}

/** The page out of a camera's frame. */
export function flatten(bitmap: ImageBitmap, outline: number[][] | null): PixelBuffer {
  const pixels = bitmapPixels(bitmap)
  return outline ? rectify(pixels, outline) : pixels
}

/** Whatever the browser can: WebP and AVIF everywhere, HEIC in Safari. */
async function decode(bytes: Uint8Array): Promise<ImageBitmap> {
  try {
    if (typeof createImageBitmap === 'undefined') throw new Error('no decoder here')
    return await createImageBitmap(new Blob([bytes as BlobPart]))
  } catch (error) {
    const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    throw new PlaitError('UNSUPPORTED', `expected JPEG, PNG, GIF, BMP, PNM, PDF or what this engine decodes, found bytes ${start || 'none'}`, {
      cause: error,
    })
  }
}

function bitmapPixels(bitmap: ImageBitmap): PixelBuffer {
  const { width, height } = bitmap
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (!context) throw new PlaitError('MEMORY', `expected a canvas of ${width} x ${height} pixels, found none`)
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return context.getImageData(0, 0, width, height)
}
