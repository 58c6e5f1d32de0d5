/** A voice note as a file, whatever the caller has in hand. */

import type { AudioSource } from './types.js'

export function soundFile(audio: AudioSource): Blob {
  if (audio instanceof Blob) return audio
  if (audio instanceof ArrayBuffer) return new Blob([audio], { type: 'audio/wav' })
  return wav(audio.samples, audio.sampleRate)
}

/** RIFF with 16-bit mono samples. */
function wav(samples: Float32Array, sampleRate: number): Blob {
  const header = new DataView(new ArrayBuffer(44))
  const word = (at: number, text: string) => [...text].forEach((character, i) => header.setUint8(at + i, character.charCodeAt(0)))
  word(0, 'RIFF')
  header.setUint32(4, 36 + samples.length * 2, true)
  word(8, 'WAVEfmt ')
  header.setUint32(16, 16, true)
  header.setUint16(20, 1, true) // PCM
  header.setUint16(22, 1, true) // mono
  header.setUint32(24, sampleRate, true)
  header.setUint32(28, sampleRate * 2, true)
  header.setUint16(32, 2, true)
  header.setUint16(34, 16, true)
  word(36, 'data')
  header.setUint32(40, samples.length * 2, true)
  const pcm = Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767))
  return new Blob([header.buffer, pcm], { type: 'audio/wav' })
}
