// What the browsers' fake devices are fed with, a video of a receipt lying on a table and a tone, and what they must hear.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, chromium, sample, skip, temporaryFolder } from './harness.mjs'

const [width, height] = [1920, 1080]

/** Draws a sample on a dark table, a little turned, as RGBA. The browser decodes it: no other decoder is needed. */
async function drawn(name, turn) {
  const browser = await chromium()
  const page = await browser.newPage()
  const url = `data:image/jpeg;base64,${readFileSync(sample(name)).toString('base64')}`
  const base64 = await page.evaluate(async ([url, width, height, turn]) => {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    const context = canvas.getContext('2d')
    context.fillStyle = '#2b2824'
    context.fillRect(0, 0, width, height)
    context.translate(width / 2, height / 2)
    context.rotate(turn)
    const scale = 0.92 * height / image.height
    context.imageSmoothingQuality = 'high'
    context.drawImage(image, -image.width * scale / 2, -image.height * scale / 2, image.width * scale, image.height * scale)
    const { data } = context.getImageData(0, 0, width, height)
    let text = ''
    for (let i = 0; i < data.length; i += 0x8000) text += String.fromCharCode(...data.subarray(i, i + 0x8000))
    return btoa(text)
  }, [url, width, height, turn])
  await browser.close()
  return Buffer.from(base64, 'base64')
}

/** YUV4MPEG2, 4:2:0: luma, then the chroma of every two by two pixels (ITU-R BT.601, 16..235). */
function y4m(rgba, frames) {
  const luma = Buffer.alloc(width * height)
  const [blue, red] = [Buffer.alloc(luma.length / 4), Buffer.alloc(luma.length / 4)]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = 4 * (y * width + x)
      const [r, g, b] = [rgba[i], rgba[i + 1], rgba[i + 2]]
      luma[y * width + x] = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256
      if (x % 2 || y % 2) continue
      const at = (y / 2) * (width / 2) + x / 2
      blue[at] = 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256
      red[at] = 128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256
    }
  }
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, blue, red])
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420mpeg2\n`), ...Array.from({ length: frames }, () => frame)])
}

/** A video of a sample that lies still. */
export async function video(file, name, turn = 0.05) {
  writeFileSync(file, y4m(await drawn(name, turn), 4))
}

/** A sine of so many Hz, two seconds of 16-bit mono at 48 kHz. */
export function tone(file, frequency) {
  const rate = 48_000
  writeFileSync(file, wave(Int16Array.from({ length: 2 * rate }, (_, i) => 12_000 * Math.sin(2 * Math.PI * frequency * i / rate)), rate))
}

/** RIFF of 16-bit mono. */
export function wave(samples, rate) {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0), head.writeUInt32LE(36 + 2 * samples.length, 4), head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16), head.writeUInt16LE(1, 20), head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24), head.writeUInt32LE(2 * rate, 28), head.writeUInt16LE(2, 32), head.writeUInt16LE(16, 34)
  head.write('data', 36), head.writeUInt32LE(2 * samples.length, 40)
  return Buffer.concat([head, Buffer.from(Int16Array.from(samples).buffer)])
}

export const fakeDevices = (...more) => ['--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required', ...more]

/** How strong a frequency is in the sound, as a share of all of it (Goertzel, 1958). */
function share(samples, rate, frequency) {
  const [step, all] = [2 * Math.PI * frequency / rate, samples.reduce((sum, x) => sum + x * x, 0)]
  let [re, im] = [0, 0]
  samples.forEach((x, i) => { re += x * Math.cos(step * i), im += x * Math.sin(step * i) })
  return 2 * (re * re + im * im) / samples.length / all
}

/** What a microphone heard with a frame of `frame_us`, told at `now`: 16 kHz, a tone of so many hertz, on the frames' clock, and at
 *  most `late_us` of it still on its way. */
export function checkSound(sound, hertz, now, who, late_us = 5e5) {
  check(sound?.sampleRate === 16_000, `${who}: sound at 16 kHz, found ${sound?.sampleRate}`)
  if (!sound) return
  const seconds = sound.samples.length / sound.sampleRate
  check(seconds > 0.6 && seconds < 10.5, `${who}: some seconds of it, found ${seconds}`)
  // It goes on while the page is cut out, and ends before anyone hears of it.
  const end = sound.timestamp_us + 1e6 * seconds
  check(sound.timestamp_us < sound.frame_us && end > sound.frame_us - late_us && end < now + 5e5,
    `${who}: sound and frame are of one clock: sound ends ${(end - sound.frame_us) / 1e6} s after the frame, ${(now - end) / 1e6} s before it is told`)
  const middle = sound.samples.slice(-16_000, -8000)
  const [tone, other] = [share(middle, 16_000, hertz), share(middle, 16_000, 2 * hertz + 130)]
  check(tone > 0.5 && other < 0.05, `${who}: the tone is heard: ${hertz} Hz has a share of ${tone}, another ${other}`)
}

/** A sound card that nobody hears, of PulseAudio: Firefox starts no AudioContext without one.  The environment that finds it. */
export async function soundCard(ends) {
  const program = '/usr/bin/pulseaudio'
  if (!existsSync(program)) skip('no pulseaudio here')
  const folder = temporaryFolder(ends)
  const server = spawn(program, ['-n', '--daemonize=no', '--exit-idle-time=-1', '-L', 'module-null-sink', '-L', `module-native-protocol-unix socket=${join(folder, 'native')}`],
    { env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder }, stdio: 'ignore' })
  ends(() => new Promise((ended) => {
    server.once('exit', ended)
    server.kill()
  }))
  for (let i = 0; i < 100 && !existsSync(join(folder, 'native')); i++) await new Promise((resolve) => setTimeout(resolve, 100))
  return { ...process.env, PULSE_SERVER: `unix:${join(folder, 'native')}`, PULSE_COOKIE: join(folder, '.config/pulse/cookie') }
}
