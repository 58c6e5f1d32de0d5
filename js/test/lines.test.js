import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textLines } from '../build/pdf/lines.js'
import { Packs, readPack } from '../build/pdf/pack.js'

/** A page of 100 x 200 points drawn at two pixels a point; y grows downwards in pixels. */
const viewport = [2, 0, 0, -2, 0, 400]
const lines = (runs) => textLines(runs, viewport, 200, 400)
const run = (str, x, y, width, size = 10) => ({ str, transform: [size, 0, 0, size, x, y], width })

test('a run has its box in pixels of the page', () => {
  const [line] = lines([run('A text of sixteen signs', 10, 150, 60)])
  assert.equal(line.text, 'A text of sixteen signs')
  const expected = [20, 84, 140, 104.4] // baseline at 100, 16 above and 4.4 below
  line.box.forEach((side, i) => assert.ok(Math.abs(side - expected[i]) < 1e-9, `${line.box}`))
})

test('runs on a baseline become a line, columns stay apart', () => {
  const found = lines([
    run('Total', 10, 150, 20),
    run(' ', 30, 150, 3),
    run('due', 33, 150, 12),
    run('no', 49, 150.5, 8),
    run('w', 58, 150, 5), // a gap of a tenth of the size: the same word,
    run('12.30', 80, 150, 18),
    run('in the next line', 10, 138, 50),
  ])
  assert.deepEqual(found.map(({ text }) => text), ['Total due now', '12.30', 'in the next line']) // prettier-ignore
  assert.deepEqual(found[0].words.map(({ text }) => text), ['Total', 'due', 'now'])
  assert.deepEqual(found[0].words[2].box.map(Math.round), [98, 83, 126, 104])
})

test('order of the runs does not matter', () => {
  assert.deepEqual(lines([run('world, and more', 40, 150, 40), run('Hello', 10, 150, 25)]).map(({ text }) => text), ['Hello world, and more'])
})

test('turned text has its box and stays by itself', () => {
  const up = { str: 'sixteen signs upwards', transform: [0, 10, -10, 0, 50, 50], width: 40 }
  const [line] = lines([up])
  const expected = [84, 220, 104.4, 300]
  line.box.forEach((side, i) => assert.ok(Math.abs(side - expected[i]) < 1e-9, `${line.box}`))
})

test('what is not on the page is left out, and too little is no text layer', () => {
  assert.equal(lines([]), null)
  assert.equal(lines([run('page 3', 10, 150, 20)]), null)
  assert.equal(lines([run('sixteen signs, all off the page', 300, 150, 60)]), null)
  assert.equal(lines([run('sixteen signs with no width at all', 10, 150, 0)]), null)
})

test('packs are looked through in order, each fetched once', async () => {
  const index = new TextEncoder().encode(JSON.stringify({ a: [0, 2], b: [2, 1] }))
  const pack = new Uint8Array(4 + index.length + 3)
  new DataView(pack.buffer).setUint32(0, index.length, true)
  pack.set(index, 4)
  pack.set([1, 2, 3], 4 + index.length)
  assert.deepEqual([...readPack(pack).get('b')], [3])
  const fetched = []
  const packs = new Packs(['one', 'two'], async (url) => (fetched.push(url), pack))
  assert.deepEqual([...(await packs.get('a'))], [1, 2])
  await packs.get('b')
  assert.deepEqual(fetched, ['one'])
  await assert.rejects(packs.get('c'), /c: not in the packs/)
  assert.deepEqual(fetched, ['one', 'two'])
})
