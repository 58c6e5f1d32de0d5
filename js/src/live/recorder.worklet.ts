/** Runs on the audio thread: hands the microphone's samples over, mixed to mono, some dozen blocks in a second. */

interface WorkletScope {
  sampleRate: number
  currentFrame: number
  registerProcessor(name: string, processor: unknown): void
  AudioWorkletProcessor: new () => { port: MessagePort }
}

const scope = globalThis as unknown as WorkletScope
const BLOCK = 4096

class Recorder extends scope.AudioWorkletProcessor {
  block = new Float32Array(BLOCK)
  filled = 0

  process([channels]: Float32Array[][]): boolean {
    const length = channels[0]?.length ?? 0
    for (let i = 0; i < length; i++) {
      let sum = 0
      for (const channel of channels) sum += channel[i]
      this.block[this.filled++] = sum / channels.length
      if (this.filled === BLOCK) this.send(i + 1)
    }
    return true
  }

  /** `ahead`: samples of this quantum that the block has taken. */
  send(ahead: number): void {
    const end = (scope.currentFrame + ahead) / scope.sampleRate
    this.port.postMessage({ block: this.block, end }, [this.block.buffer])
    this.block = new Float32Array(BLOCK)
    this.filled = 0
  }
}

scope.registerProcessor('plait-recorder', Recorder)
