/** A microphone's stream as a Recording. */

import { Recording } from './sound.js'

export interface Microphone {
  recording: Recording
  stop(): void
}

export async function listen(stream: MediaStream): Promise<Microphone> {
  const context = new AudioContext()
  try {
    await context.audioWorklet.addModule(new URL('./recorder.worklet.js', import.meta.url)) // of dist/web
    const recording = new Recording(context.sampleRate)
    const recorder = new AudioWorkletNode(context, 'plait-recorder', { numberOfOutputs: 0 })
    recorder.port.onmessage = ({ data }: MessageEvent<{ block: Float32Array; end: number }>) => recording.push(data.block, toEpoch_us(context, data.end))
    context.createMediaStreamSource(stream).connect(recorder)
    await context.resume()
    return { recording, stop: () => void context.close() }
  } catch (error) {
    await context.close()
    throw error
  }
}

/** The audio clock's seconds on the clock that frames have. */
function toEpoch_us(context: AudioContext, seconds: number): number {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp()
  // Before anything was played some browsers say 0 for both.
  const now = performanceTime ? performanceTime - contextTime * 1000 : performance.now() - context.currentTime * 1000
  return (performance.timeOrigin + now + seconds * 1000) * 1000
}
