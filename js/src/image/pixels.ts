/** Pixels and file types. Pure functions. */

import type { PixelBuffer } from '../worker/protocol.js'

/** The media type by a file's first bytes; null: not one that Plait knows by itself. */
export function sniff(bytes: Uint8Array): string | null {
  const starts = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte)
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'image/png'
  if (starts(0x47, 0x49, 0x46, 0x38)) return 'image/gif'
  if (starts(0x42, 0x4d)) return 'image/bmp'
  if (starts(0x50) && (bytes[1] === 0x35 || bytes[1] === 0x36) && bytes[2] <= 0x20) return 'image/x-portable-anymap'
  if (isPdf(bytes)) return 'application/pdf'
  return null
}

/** The header may stand anywhere in the first 1024 bytes (ISO 32000, annex on compatibility). */
function isPdf(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, 1024) - 4
  for (let i = 0; i < end; i++) {
    if (bytes[i] === 0x25 && bytes[i + 1] === 0x50 && bytes[i + 2] === 0x44 && bytes[i + 3] === 0x46 && bytes[i + 4] === 0x2d) return true
  }
  return false
}

/** A PPM of pixels laid over white: [height, width, 4] u8 RGBA becomes a file with [height, width, 3] u8 RGB. */
export function toPpm({ data, width, height }: PixelBuffer): Uint8Array {
  const header = new TextEncoder().encode(`P6\n${width} ${height}\n255\n`)
  const ppm = new Uint8Array(header.length + width * height * 3)
  ppm.set(header)
  for (let from = 0, to = header.length; from < width * height * 4; from += 4) {
    const alpha = data[from + 3]
    for (let c = 0; c < 3; c++) {
      const value = data[from + c]
      ppm[to++] = alpha === 255 ? value : Math.round((value * alpha) / 255 + 255 - alpha)
    }
  }
  return ppm
}
