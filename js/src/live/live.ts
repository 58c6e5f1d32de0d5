/** Camera and microphone: pages that are held steady are captured and read. */

import { abortReason } from '../errors.js'
import type { Capture, Document, Live, LiveOptions } from '../types.js'
import type { Picture, PixelBuffer } from '../worker/protocol.js'
import { watch, type Frame } from './camera.js'
import { onLost, openDevice, stopStream } from './devices.js'
import { listen, type Microphone } from './microphone.js'
import { SteadyGate } from './steady.js'

/** Of the sound around a capture. */
const AUDIO_BEFORE_US = 10_000_000

export interface LiveReader {
  /** The page out of the frame, seen from above. */
  flatten(bitmap: ImageBitmap, outline: number[][] | null, signal: AbortSignal): Promise<PixelBuffer>
  read(picture: Picture, capture: Capture, signal: AbortSignal): Promise<Document>
}

export function startLive(options: LiveOptions, reader: LiveReader, closed: AbortSignal): Live {
  const stopped = new AbortController()
  const stop = () => stopped.abort(new DOMException('live was stopped', 'AbortError'))
  for (const signal of [options.signal, closed]) {
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { signal: stopped.signal })
  }
  const fail = (error: unknown) => {
    if (!stopped.signal.aborted) options.onError?.(error as Error)
  }

  let stream: MediaStream | null = null
  let microphone: Microphone | null = null
  let reading = false
  let forced: { resolve(): void; reject(error: Error): void } | null = null
  const gate = new SteadyGate()

  async function onFrame(frame: Frame): Promise<void> {
    options.onQuality?.(frame.quality)
    const wanted = forced
    if (reading || !(wanted || gate.pass(frame.quality))) return
    forced = null
    reading = true
    try {
      await capture(frame)
      wanted?.resolve()
    } catch (error) {
      if (wanted) wanted.reject(error as Error)
      else fail(error)
    } finally {
      reading = false
    }
  }

  async function capture({ quality, take }: Frame): Promise<void> {
    const pixels = await reader.flatten(await take(), quality.outline, stopped.signal)
    const { data, width, height } = pixels
    const captured: Capture = {
      image: new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height),
      timestamp_us: quality.timestamp_us,
      quality,
      audio: microphone?.recording.clip(quality.timestamp_us - AUDIO_BEFORE_US, Number.MAX_SAFE_INTEGER) ?? undefined,
    }
    options.onDocument(await reader.read({ pixels }, captured, stopped.signal), captured)
  }

  async function startCamera(): Promise<void> {
    const { video } = options
    const element = isElement(video) ? video : Object.assign(document.createElement('video'), { muted: true, playsInline: true })
    const given = isElement(video) ? (video.srcObject as MediaStream | null) : video instanceof MediaStream ? video : null
    if (!given && !(isElement(video) && video.currentSrc)) {
      const facing = { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } }
      stream = await openDevice('camera', typeof video === 'object' && !isElement(video) ? (video as MediaTrackConstraints) : facing)
      own(stream)
    } else stream = given
    if (stream) {
      element.srcObject = stream
      onLost('camera', stream, stopped.signal, fail)
    }
    await element.play()
    watch(element, stopped.signal, (frame) => void onFrame(frame))
  }

  async function startMicrophone(): Promise<void> {
    const { audio } = options
    if (!audio) return
    const sound = audio instanceof MediaStream ? audio : await openDevice('microphone', audio)
    if (sound !== audio) own(sound)
    onLost('microphone', sound, stopped.signal, fail)
    const heard = await listen(sound)
    if (stopped.signal.aborted) return heard.stop()
    stopped.signal.addEventListener('abort', () => heard.stop())
    microphone = heard
  }

  /** What was opened here is closed here. */
  function own(opened: MediaStream): void {
    if (stopped.signal.aborted) stopStream(opened)
    stopped.signal.throwIfAborted()
    stopped.signal.addEventListener('abort', () => stopStream(opened))
  }

  stopped.signal.addEventListener('abort', () => forced?.reject(abortReason(stopped.signal)))
  startMicrophone().catch(fail)
  const ready = startCamera().catch((error) => {
    fail(error)
    throw error
  })
  ready.catch(() => {}) // it was told to onError

  return {
    ready,
    get stream() {
      return stream
    },
    capture: () =>
      new Promise((resolve, reject) => {
        if (stopped.signal.aborted) return reject(abortReason(stopped.signal))
        forced?.reject(new DOMException('another capture was asked for', 'AbortError'))
        forced = { resolve, reject }
      }),
    stop,
  }
}

const isElement = (video: LiveOptions['video']): video is HTMLVideoElement => typeof HTMLVideoElement !== 'undefined' && video instanceof HTMLVideoElement

