/** A page seen at an angle, as if seen from above. Pure functions. */

import type { PixelBuffer } from '../worker/protocol.js'

/** The plane's projective map that takes the corners (0,0), (1,0), (1,1), (0,1) to those of the quadrilateral:
 *  Heckbert, Fundamentals of Texture Mapping (1989), 2.2.3. Returns 8 numbers; the ninth is 1. */
export function squareToQuad([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: number[][]): number[] {
  const dx1 = x1 - x2, dx2 = x3 - x2, sx = x0 - x1 + x2 - x3 // prettier-ignore
  const dy1 = y1 - y2, dy2 = y3 - y2, sy = y0 - y1 + y2 - y3 // prettier-ignore
  const area = dx1 * dy2 - dx2 * dy1
  const g = area ? (sx * dy2 - dx2 * sy) / area : 0
  const h = area ? (dx1 * sy - sx * dy1) / area : 0
  return [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h]
}

/** Cuts the quadrilateral out: corners clockwise from upper left, in pixels. The result is as large as its longer sides. */
export function rectify(source: PixelBuffer, corners: number[][]): PixelBuffer {
  const side = (a: number, b: number) => Math.hypot(corners[a][0] - corners[b][0], corners[a][1] - corners[b][1])
  const width = Math.max(1, Math.round(Math.max(side(0, 1), side(3, 2))))
  const height = Math.max(1, Math.round(Math.max(side(0, 3), side(1, 2))))
  const [a, b, c, d, e, f, g, h] = squareToQuad(corners)
  const data = new Uint8ClampedArray(width * height * 4)
  for (let row = 0, to = 0; row < height; row++) {
    const v = (row + 0.5) / height
    for (let column = 0; column < width; column++, to += 4) {
      const u = (column + 0.5) / width
      const w = g * u + h * v + 1
      sample(source, (a * u + b * v + c) / w - 0.5, (d * u + e * v + f) / w - 0.5, data, to)
    }
  }
  return { data, width, height }
}

/** Bilinear, the border repeated. */
function sample({ data, width, height }: PixelBuffer, x: number, y: number, out: Uint8ClampedArray, to: number): void {
  x = Math.min(Math.max(x, 0), width - 1)
  y = Math.min(Math.max(y, 0), height - 1)
  const left = Math.min(Math.floor(x), Math.max(width - 2, 0))
  const top = Math.min(Math.floor(y), Math.max(height - 2, 0))
  const fx = x - left
  const fy = y - top
  const upper = (top * width + left) * 4
  const right = width > 1 ? 4 : 0
  const lower = height > 1 ? upper + width * 4 : upper
  for (let c = 0; c < 4; c++) {
    const above = data[upper + c] + (data[upper + right + c] - data[upper + c]) * fx
    const below = data[lower + c] + (data[lower + right + c] - data[lower + c]) * fx
    out[to + c] = above + (below - above) * fy
  }
}
