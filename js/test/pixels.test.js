import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sniff, toPpm } from '../build/image/pixels.js'
import { rectify, squareToQuad } from '../build/live/rectify.js'

const ascii = (text) => new TextEncoder().encode(text)

test('files are known by their first bytes', () => {
  assert.equal(sniff(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), 'image/jpeg')
  assert.equal(sniff(Uint8Array.of(0x89, 0x50, 0x4e, 0x47)), 'image/png')
  assert.equal(sniff(ascii('GIF89a')), 'image/gif')
  assert.equal(sniff(ascii('BM....')), 'image/bmp')
  assert.equal(sniff(ascii('P6\n1 1')), 'image/x-portable-anymap')
  assert.equal(sniff(ascii('%PDF-1.7')), 'application/pdf')
  assert.equal(sniff(ascii(`${' '.repeat(1000)}%PDF-1.7`)), 'application/pdf')
  assert.equal(sniff(ascii(`${' '.repeat(1020)}%PDF-1.7`)), null)
  assert.equal(sniff(ascii('RIFF....WEBP')), null)
  assert.equal(sniff(new Uint8Array(0)), null)
})

test('pixels lie over white', () => {
  const ppm = toPpm({ width: 3, height: 1, data: Uint8ClampedArray.of(10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128) })
  assert.equal(new TextDecoder().decode(ppm.subarray(0, 11)), 'P6\n3 1\n255\n')
  assert.deepEqual([...ppm.subarray(11)], [10, 20, 30, 255, 255, 255, 127, 127, 127])
})

test('the projective map takes the corners to the corners', () => {
  const quad = [[10, 7], [93, 15], [80, 61], [3, 55]] // prettier-ignore
  const [a, b, c, d, e, f, g, h] = squareToQuad(quad)
  for (const [i, [u, v]] of [[0, 0], [1, 0], [1, 1], [0, 1]].entries()) {
    const w = g * u + h * v + 1
    assert.ok(Math.hypot((a * u + b * v + c) / w - quad[i][0], (d * u + e * v + f) / w - quad[i][1]) < 1e-9)
  }
})

test('a page at an angle is seen from above', () => {
  // A chequered page, drawn through the map; cut out again its squares are square.
  const quad = [[40, 30], [260, 50], [240, 210], [20, 180]] // prettier-ignore
  const [width, height] = [300, 240]
  const data = new Uint8ClampedArray(width * height * 4).fill(255)
  const [a, b, c, d, e, f, g, h] = squareToQuad(quad)
  for (let v = 0; v < 1; v += 0.002) {
    for (let u = 0; u < 1; u += 0.002) {
      const w = g * u + h * v + 1
      const [x, y] = [Math.floor((a * u + b * v + c) / w), Math.floor((d * u + e * v + f) / w)]
      const ink = (Math.floor(u * 4) + Math.floor(v * 4)) % 2 ? 0 : 200
      data.fill(ink, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  const page = rectify({ data, width, height }, quad)
  assert.equal(page.width, Math.round(Math.hypot(220, 30)))
  assert.equal(page.height, Math.round(Math.hypot(20, 160)))
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      const [x, y] = [Math.floor(((column + 0.5) / 4) * page.width), Math.floor(((row + 0.5) / 4) * page.height)]
      assert.equal(page.data[(y * page.width + x) * 4], (row + column) % 2 ? 0 : 200, `square ${row},${column}`)
    }
  }
})

test('a single pixel can be cut out', () => {
  const page = rectify({ data: Uint8ClampedArray.of(1, 2, 3, 255), width: 1, height: 1 }, [[0, 0], [1, 0], [1, 1], [0, 1]]) // prettier-ignore
  assert.deepEqual([...page.data], [1, 2, 3, 255])
})
