// A spoken note that belongs to the next document.
import type { AudioClip } from 'plait'
import { announce, h, icon, replace } from './dom.ts'

export interface Voice {
  button: HTMLButtonElement
  /** The note, once: it belongs to whoever takes it. */
  take(): AudioClip | undefined
}

const sampleRate = 16_000 // Hz, what the models hear

export function createVoice(): Voice {
  let recorder: MediaRecorder | undefined
  let note: AudioClip | undefined
  const caption = h('span', { class: 'caption' })
  const button = h('button', { class: 'quiet voice', type: 'button', onclick: () => void press() })

  function say(text: string, name: Parameters<typeof icon>[0]) {
    caption.textContent = text
    button.setAttribute('aria-label', text)
    button.classList.toggle('live', recorder !== undefined)
    replace(button, icon(name), caption)
  }

  function rest() {
    note = undefined
    say('Add a voice note', 'microphone')
  }

  async function press() {
    if (recorder) return recorder.stop()
    if (note) return rest()
    try {
      await record(await navigator.mediaDevices.getUserMedia({ audio: true }))
    } catch (error) {
      rest()
      announce(error instanceof DOMException && error.name === 'NotAllowedError'
        ? 'The browser does not allow the microphone. Documents can be read without it.'
        : 'There is no microphone to be had. Documents can be read without it.')
    }
  }

  async function record(stream: MediaStream) {
    const pieces: Blob[] = []
    const timestamp_us = Math.round((performance.timeOrigin + performance.now()) * 1000)
    recorder = new MediaRecorder(stream)
    const stopped = new Promise((resolve) => { recorder!.onstop = resolve })
    recorder.ondataavailable = (event) => pieces.push(event.data)
    recorder.start()
    say('Stop recording', 'microphone')
    await stopped
    recorder = undefined
    for (const track of stream.getTracks()) track.stop()
    const sound = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(await new Blob(pieces).arrayBuffer())
    note = { samples: sound.getChannelData(0), sampleRate: sound.sampleRate, timestamp_us }
    say('Voice note added; take it back', 'check')
    announce('The voice note belongs to the next document.')
  }

  rest()
  return {
    button,
    take() {
      const taken = note
      if (taken) rest()
      return taken
    },
  }
}
