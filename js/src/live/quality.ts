/** How good a camera frame is for reading. Pure functions on grey pictures: [height, width] u8. */

import type { Quality } from '../types.js'

export interface Grey {
  data: Uint8Array
  width: number
  height: number
}

/** What a frame must have to be captured, 0..1 each. */
const LEAST = { size: 0.15, steadiness: 0.75, sharpness: 0.45, glare: 0.9 }

/** Less spread than this, in levels of 255, is an empty wall. */
const SPREAD_LEAST = 8

/** Luma of [height, width, 4] u8 RGBA, ITU-R BT.601. */
export function toGrey({ data, width, height }: { data: Uint8ClampedArray; width: number; height: number }): Grey {
  const grey = new Uint8Array(width * height)
  for (let i = 0, p = 0; i < grey.length; i++, p += 4) grey[i] = (data[p] * 77 + data[p + 1] * 150 + data[p + 2] * 29) >> 8
  return { data: grey, width, height }
}

export function spread(grey: Grey): number {
  let sum = 0
  let squares = 0
  for (const value of grey.data) {
    sum += value
    squares += value * value
  }
  const mean = sum / grey.data.length
  return Math.sqrt(Math.max(0, squares / grey.data.length - mean * mean))
}

/** How much of its detail a picture loses when it is blurred once more (Crete et al., The Blur Effect, 2007): print in focus
 *  loses some 0.8, at a blur of two pixels (standard deviation) some 0.5, at three 0.3. */
export function sharpness({ data, width, height }: Grey): number {
  return Math.min(lost(data, width, height, 1, width), lost(data, height, width, width, 1))
}

/** Along one axis: `length` pixels `step` apart, in `count` lines `pitch` apart. */
function lost(data: Uint8Array, length: number, count: number, step: number, pitch: number): number {
  let detail = 0
  let gone = 0
  for (let line = 0; line < count; line++) {
    const at = (i: number) => data[line * pitch + Math.min(Math.max(i, 0), length - 1) * step]
    for (let i = 1; i < length; i++) {
      const sharp = Math.abs(at(i) - at(i - 1))
      // The difference of two neighbouring means of nine.
      const soft = Math.abs(at(i + 4) - at(i - 5)) / 9
      detail += sharp
      gone += Math.max(0, sharp - soft)
    }
  }
  return detail ? gone / detail : 0
}

/** 1 less three times the share of the page that is burnt out and brighter than the paper. */
export function glare(grey: Grey, outline: number[][] | null): number {
  const counts = new Uint32Array(256)
  const inside = outline ? insideTest(outline) : () => true
  let total = 0
  for (let y = 0; y < grey.height; y++) {
    for (let x = 0; x < grey.width; x++) {
      if (!inside(x + 0.5, y + 0.5)) continue
      counts[grey.data[y * grey.width + x]]++
      total++
    }
  }
  let median = 0
  for (let seen = counts[0]; seen * 2 < total; seen += counts[++median]);
  let burnt = 0
  for (let level = Math.max(250, median + 20); level < 256; level++) burnt += counts[level]
  return Math.max(0, 1 - (total ? (3 * burnt) / total : 0))
}

/** 1: the same picture as before, whatever the exposure did. */
export function steadiness(grey: Grey, before: Grey | null): number {
  if (!before || before.data.length !== grey.data.length) return 0
  let shift = 0
  for (let i = 0; i < grey.data.length; i++) shift += grey.data[i] - before.data[i]
  shift /= grey.data.length
  let moved = 0
  for (let i = 0; i < grey.data.length; i++) moved += Math.abs(grey.data[i] - before.data[i] - shift)
  return Math.max(0, 1 - moved / grey.data.length / 12)
}

/** Share of the frame that the outline fills. */
export function size(outline: number[][] | null, width: number, height: number): number {
  return outline ? Math.min(1, area(outline) / (width * height)) : 0
}

/** Of a polygon in order, by the shoelace formula. */
export function area(polygon: number[][]): number {
  let twice = 0
  for (let i = 0; i < polygon.length; i++) {
    const [x0, y0] = polygon[i]
    const [x1, y1] = polygon[(i + 1) % polygon.length]
    twice += x0 * y1 - x1 * y0
  }
  return Math.abs(twice) / 2
}

/** Of a convex polygon, clockwise as one sees it. */
function insideTest(polygon: number[][]): (x: number, y: number) => boolean {
  return (x, y) =>
    polygon.every(([x0, y0], i) => {
      const [x1, y1] = polygon[(i + 1) % polygon.length]
      return (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0
    })
}

/** What is in the way of a capture, the first thing to mend first. `detail` is a cut of the page in full resolution. */
export function problem(quality: Omit<Quality, 'problem'>, detail: Grey): Quality['problem'] {
  if (!quality.outline || spread(detail) < SPREAD_LEAST) return 'no_page'
  if (quality.size < LEAST.size) return 'too_small'
  if (quality.steadiness < LEAST.steadiness) return 'moving'
  if (quality.sharpness < LEAST.sharpness) return 'blurred'
  if (quality.glare < LEAST.glare) return 'glare'
  return null
}
