/** A camera's frames, looked at some ten times in a second. */

import type { Quality } from '../types.js'
import { findOutline } from './outline.js'
import { glare, problem, sharpness, size, steadiness, toGrey, type Grey } from './quality.js'

const PERIOD_MS = 100
/** Of the picture in which the page is looked for, and of the cut that tells blur. */
const SIDE = 320
const DETAIL = 256

export interface Frame {
  quality: Quality
  /** The whole frame; whoever takes it closes it. */
  take(): Promise<ImageBitmap>
}

/** Until the signal. */
export function watch(video: HTMLVideoElement, signal: AbortSignal, onFrame: (frame: Frame) => void): void {
  const small = new Viewer()
  const cut = new Viewer()
  let before: Grey | null = null

  function look(timestamp_ms: number): void {
    const { videoWidth: width, videoHeight: height } = video
    if (!width || !height) return
    const scale = Math.min(1, SIDE / Math.max(width, height))
    const grey = small.view(video, [0, 0, width, height], Math.round(width * scale), Math.round(height * scale))
    const outline = findOutline(grey)
    const full = outline?.map(([x, y]): [number, number] => [x / scale, y / scale]) ?? null
    const [cx, cy] = full ? [0, 1].map((axis) => full.reduce((sum, p) => sum + p[axis], 0) / 4) : [width / 2, height / 2]
    const side = Math.min(DETAIL, width, height)
    const detail = cut.view(video, [clamp(cx - side / 2, width - side), clamp(cy - side / 2, height - side), side, side], side, side)
    const measured = {
      sharpness: sharpness(detail),
      glare: glare(grey, outline),
      size: size(outline, grey.width, grey.height),
      steadiness: steadiness(grey, before),
      outline: full,
      width,
      height,
      timestamp_us: Math.round((performance.timeOrigin + timestamp_ms) * 1000),
    }
    before = grey
    onFrame({ quality: { ...measured, problem: problem(measured, detail) }, take: () => createImageBitmap(video) })
  }

  // Callbacks for frames come only as often as the page is painted, which may be hardly ever; they tell when a frame was taken.
  let taken = 0
  let told = 0
  function note(_: number, { captureTime, presentationTime }: VideoFrameCallbackMetadata): void {
    taken = captureTime ?? presentationTime
    told = performance.now()
    if (!signal.aborted) video.requestVideoFrameCallback(note)
  }
  video.requestVideoFrameCallback?.(note)

  let timer = setTimeout(turn, PERIOD_MS)
  function turn(): void {
    const now = performance.now()
    try {
      look(now - told < PERIOD_MS ? taken : now)
    } finally {
      // However slow the device is, half of the time is left to sound and to what the page shows.
      const took = performance.now() - now
      if (!signal.aborted) timer = setTimeout(turn, Math.max(PERIOD_MS - took, took))
    }
  }
  signal.addEventListener('abort', () => clearTimeout(timer))
}

const clamp = (value: number, most: number) => Math.min(Math.max(0, value), most)

/** A canvas to look at a part of a frame. */
class Viewer {
  #context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!

  view(video: HTMLVideoElement, [x, y, w, h]: number[], width: number, height: number): Grey {
    const { canvas } = this.#context
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    this.#context.drawImage(video, x, y, w, h, 0, 0, width, height)
    return toGrey(this.#context.getImageData(0, 0, width, height))
  }
}
