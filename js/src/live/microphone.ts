/** A microphone's stream as a Recording. */

import { Recording } from './sound.js'

/** Over which the clocks of sound and picture are compared: some seconds. */
const BLOCKS = 32

export interface Microphone {
  recording: Recording
  stop(): void
}

export async function listen(stream: MediaStream): Promise<Microphone> {
  const context = new AudioContext()
  try {
    await context.audioWorklet.addModule(new URL('./recorder.worklet.js', import.meta.url)) // of dist/web
    const recording = new Recording(context.sampleRate)
    const clock = new AudioClock(context)
    const recorder = new AudioWorkletNode(context, 'plait-recorder', { numberOfOutputs: 0 })
    recorder.port.onmessage = ({ data }: MessageEvent<{ block: Float32Array; end: number }>) => recording.push(data.block, clock.toEpoch_us(data.end))
    context.createMediaStreamSource(stream).connect(recorder)
    await context.resume()
    return { recording, stop: () => void context.close() }
  } catch (error) {
    await context.close()
    throw error
  }
}

/** Puts the audio clock's seconds on the clock that frames have. Not by getOutputTimestamp(): it is of what is played, and in
 *  Firefox a first call may wait for ever for the sound card, which waits for the call. */
class AudioClock {
  #context: AudioContext
  /** Of the last blocks. What a page is told of the audio clock is never ahead and often behind: the least difference is right. */
  #ahead_ms: number[] = []

  constructor(context: AudioContext) {
    this.#context = context
  }

  toEpoch_us(seconds: number): number {
    const ahead = performance.now() - this.#context.currentTime * 1000
    this.#ahead_ms = [...this.#ahead_ms.slice(1 - BLOCKS), ahead]
    return (performance.timeOrigin + Math.min(...this.#ahead_ms) + seconds * 1000) * 1000
  }
}
