import assert from 'node:assert/strict'
import { test } from 'node:test'
import { convexHull, findOutline } from '../build/live/outline.js'
import { area, glare, problem, sharpness, size, spread, steadiness, toGrey } from '../build/live/quality.js'
import { Recording, Resampler, SAMPLE_RATE } from '../build/live/sound.js'
import { SteadyGate } from '../build/live/steady.js'

const grey = (width, height, value) => ({ width, height, data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))) })

/** Letters: dark strokes of two to five pixels at irregular distances, in lines. */
const strokes = Array.from({ length: 64 }, (_, x) => (x * x * 7 + x * 13) % 23 < 8)
const print = grey(64, 64, (x, y) => (y % 12 < 7 && strokes[(x + 11 * Math.floor(y / 12)) % 64] ? 30 : 220))

function blurred({ data, width, height }, radius) {
  return grey(width, height, (x, y) => {
    let sum = 0
    let count = 0
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) {
        const [px, py] = [x + dx, y + dy]
        if (px < 0 || py < 0 || px >= width || py >= height) continue
        sum += data[py * width + px]
        count++
      }
    return sum / count
  })
}

/** A light quadrilateral with print on dark ground; inside test by half planes. */
function frame(quad, page = 220, ground = 60) {
  return grey(160, 120, (x, y) => {
    const inside = quad.every(([x0, y0], i) => {
      const [x1, y1] = quad[(i + 1) % 4]
      return (x1 - x0) * (y + 0.5 - y0) - (y1 - y0) * (x + 0.5 - x0) >= 0
    })
    return inside ? (y % 10 < 3 && x % 3 && x > 60 && x < 100 ? 40 : page) : ground
  })
}

const quad = [[40, 12], [120, 20], [112, 108], [32, 98]] // prettier-ignore

test('grey is luma', () => {
  assert.deepEqual([...toGrey({ width: 3, height: 1, data: Uint8ClampedArray.of(255, 255, 255, 255, 0, 0, 0, 255, 255, 0, 0, 255) }).data], [255, 0, 76])
})

test('sharpness falls with blur and is nothing for nothing', () => {
  const once = blurred(print, 1)
  const measures = [print, once, blurred(once, 2), blurred(blurred(blurred(once, 3), 3), 3)].map(sharpness)
  for (let i = 1; i < measures.length; i++) assert.ok(measures[i] < measures[i - 1] - 0.05, measures.join(' '))
  assert.ok(measures[0] > 0.7 && measures[3] < 0.55, measures.join(' '))
  assert.equal(sharpness(grey(9, 9, () => 128)), 0)
  assert.equal(sharpness(grey(1, 1, () => 128)), 0)
})

test('glare is burnt out, brighter than the paper', () => {
  assert.equal(glare(grey(50, 50, () => 255), null), 1) // white paper, well lit
  assert.equal(glare(grey(50, 50, () => 200), null), 1)
  const spot = glare(grey(50, 50, (x, y) => (Math.hypot(x - 25, y - 25) < 10 ? 255 : 190)), null)
  assert.ok(spot < 0.7, `a spot of an eighth: ${spot}`)
  const beside = grey(50, 50, (x) => (x > 30 ? 255 : 190))
  assert.equal(glare(beside, [[0, 0], [29, 0], [29, 50], [0, 50]]), 1) // prettier-ignore
})

test('steadiness minds what moves, not the exposure', () => {
  assert.equal(steadiness(print, print), 1)
  assert.equal(steadiness(print, null), 0)
  const brighter = grey(64, 64, (x, y) => print.data[y * 64 + x] + 20)
  assert.ok(steadiness(brighter, print) > 0.99)
  const moved = grey(64, 64, (x, y) => print.data[y * 64 + ((x + 2) % 64)])
  assert.equal(steadiness(moved, print), 0)
})

test('the outline of a page on dark ground, within two pixels', () => {
  const found = findOutline(frame(quad))
  assert.ok(found)
  found.forEach(([x, y], i) => assert.ok(Math.hypot(x - quad[i][0], y - quad[i][1]) < 2, `corner ${i}: ${x},${y}`))
  assert.ok(Math.abs(size(found, 160, 120) - area(quad) / 160 / 120) < 0.02)
})

test('no outline where there is no page', () => {
  assert.equal(findOutline(grey(160, 120, () => 128)), null)
  assert.equal(findOutline(grey(160, 120, (x, y) => (Math.hypot(x - 80, y - 60) < 40 ? 220 : 60))), null, 'a plate is no page')
  assert.equal(findOutline(frame([[70, 50], [90, 50], [90, 70], [70, 70]])), null, 'too small') // prettier-ignore
  assert.equal(findOutline(grey(160, 120, (x) => 100 + (x % 16))), null, 'too little contrast')
})

test('a page that fills the frame has the frame for outline', () => {
  assert.deepEqual(findOutline(grey(40, 30, (x, y) => (y % 10 === 5 && x > 5 && x < 35 ? 30 : 220))), [[0, 0], [40, 0], [40, 30], [0, 30]]) // prettier-ignore
})

test('the hull leaves inner and straight points out', () => {
  const hull = convexHull([[0, 0], [4, 0], [2, 0], [2, 2], [4, 4], [0, 4], [1, 3]]) // prettier-ignore
  assert.deepEqual(hull.map(String).sort(), ['0,0', '0,4', '4,0', '4,4'])
})

test('what is in the way is said, the first thing to mend first', () => {
  const good = { sharpness: 1, glare: 1, size: 0.5, steadiness: 1, outline: quad, width: 160, height: 120, timestamp_us: 0 }
  assert.equal(problem(good, print), null)
  assert.equal(problem({ ...good, outline: null }, print), 'no_page')
  assert.equal(problem(good, grey(9, 9, () => 200)), 'no_page')
  assert.equal(problem({ ...good, size: 0.1, sharpness: 0 }, print), 'too_small')
  assert.equal(problem({ ...good, steadiness: 0.1, sharpness: 0 }, print), 'moving')
  assert.equal(problem({ ...good, sharpness: 0.1 }, print), 'blurred')
  assert.equal(problem({ ...good, glare: 0.1 }, print), 'glare')
  assert.ok(spread(print) > 8)
})

test('a page held still is captured once, and again after it went', () => {
  const gate = new SteadyGate()
  const at = (ms, problem = null) => gate.pass({ problem, timestamp_us: ms * 1000 })
  assert.deepEqual([at(0), at(300), at(400), at(500), at(5000)], [false, false, true, false, false])
  assert.equal(at(5100, 'blurred'), false)
  assert.equal(at(5200), false)
  assert.equal(at(5700), false, 'the same page, out of focus for a moment')
  assert.equal(at(5800, 'no_page'), false)
  assert.deepEqual([at(6000), at(6399), at(6400)], [false, false, true])
})

for (const rate of [48_000, 44_100, 8_000]) {
  test(`a tone survives from ${rate} Hz, in odd blocks`, () => {
    const resampler = new Resampler(rate, SAMPLE_RATE)
    const tone = Float32Array.from({ length: rate }, (_, i) => Math.sin((2 * Math.PI * 1000 * i) / rate))
    const out = []
    for (let at = 0; at < tone.length; at += 1237) out.push(...resampler.push(tone.subarray(at, at + 1237)))
    let signal = 0
    let noise = 0
    for (let i = 200; i < out.length - 200; i++) {
      const ideal = Math.sin((2 * Math.PI * 1000 * i) / SAMPLE_RATE)
      signal += ideal ** 2
      noise += (out[i] - ideal) ** 2
    }
    const db = 10 * Math.log10(signal / noise)
    assert.ok(out.length > SAMPLE_RATE - 100 && out.length <= SAMPLE_RATE, `${out.length} samples`)
    assert.ok(db > 40, `signal to noise: ${db.toFixed(1)} dB`) // 16 lobes under a Hann window
  })
}

test('what 16 kHz cannot carry does not come back as something else', () => {
  const resampler = new Resampler(48_000, SAMPLE_RATE)
  const out = resampler.push(Float32Array.from({ length: 48_000 }, (_, i) => Math.sin((2 * Math.PI * 11_000 * i) / 48_000)))
  const power = out.slice(200, -200).reduce((sum, v) => sum + v * v, 0) / out.length
  assert.ok(10 * Math.log10(power / 0.5) < -40)
})

test('a recording keeps the last half minute, with times', () => {
  const recording = new Recording(SAMPLE_RATE)
  assert.equal(recording.clip(0, 1e9), null)
  const second = (n) => new Float32Array(SAMPLE_RATE).fill(n)
  for (let n = 1; n <= 40; n++) recording.push(second(n), 1e12 + n * 1e6)
  const clip = recording.clip(1e12 + 20e6, 1e12 + 21e6)
  assert.equal(clip.samples.length, SAMPLE_RATE)
  assert.ok(Math.abs(clip.timestamp_us - (1e12 + 20e6)) < 2000)
  assert.ok(Math.abs(clip.samples[8000] - 21) < 0.2)
  assert.equal(recording.clip(0, 2e12).samples.length, 30 * SAMPLE_RATE)
  assert.equal(recording.clip(2e12, 3e12), null)
})
