// A worker that runs one network on Plait and on onnxruntime-web in turn, in the same thread, on the same inputs.
import { OnnxSession } from '/dist/web/index.js'
import * as ort from '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs'

ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/'
ort.env.logLevel = 'error'

/** Numbers that look random and are the same every time (xorshift, Marsaglia, 2003), from -1 to 1. */
function noise(length) {
  let state = 2463534242
  return Float32Array.from({ length }, () => {
    state ^= state << 13, state ^= state >>> 17, state ^= state << 5
    return (state >>> 0) / 2 ** 31 - 1
  })
}

function makeInputs(shapes) {
  return Object.fromEntries(Object.entries(shapes).map(([name, { type, dims }]) => {
    const length = dims.reduce((product, dim) => product * dim, 1)
    const data = type === 'int64' ? BigInt64Array.from({ length }, (_, i) => BigInt(i % 2)) : noise(length)
    return [name, { type, dims, data }]
  }))
}

async function plaitSession(bytes, inputs, { threads, variant }) {
  const session = await OnnxSession.create(bytes, { threads, variant, worker: false, memoryLimit: 1 << 30 })
  return { name: session.variant, run: () => session.run(inputs), close: () => session.dispose() }
}

async function ortSession(bytes, inputs, { threads }) {
  ort.env.wasm.numThreads = threads
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' })
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, data, dims)]))
  return { run: () => session.run(feeds), close: () => session.release() }
}

/** Milliseconds of each run of a turn; the first, which finds the other's data in the caches, does not count. */
async function turn(session, ms) {
  await session.run()
  const times = []
  for (const end = performance.now() + ms; times.length < 3 || performance.now() < end;) {
    const start = performance.now()
    await session.run()
    times.push(performance.now() - start)
  }
  return times
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]

/** The largest difference of the outputs, as a share of the largest number in them. */
function difference(ours, theirs) {
  const [a, b] = [Object.values(ours)[0].data, Object.values(theirs)[0].data]
  const largest = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0) / largest
}

onmessage = async ({ data: { model, shapes, rounds, turnMs, alone, ...options } }) => {
  try {
    const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer())
    const inputs = makeInputs(shapes)
    const ours = await plaitSession(bytes, inputs, options)
    if (alone) {
      const turns = []
      for (let i = 0; i < rounds; i++) turns.push(await turn(ours, turnMs))
      await ours.close()
      return postMessage({ variant: ours.name, plait: median(turns.map(median)) })
    }
    const theirs = await ortSession(bytes, inputs, options)
    const error = difference(await ours.run(), await theirs.run())
    const [ourTurns, theirTurns] = [[], [await turn(theirs, turnMs)]]
    for (let i = 0; i < rounds; i++) {
      ourTurns.push(await turn(ours, turnMs))
      theirTurns.push(await turn(theirs, turnMs))
    }
    await ours.close()
    await theirs.close()
    const [a, b] = [ourTurns.map(median), theirTurns.map(median)]
    const fastest = (turns) => Math.min(...turns.flat())
    postMessage({
      variant: ours.name, plait: median(a), onnxruntime: median(b), error,
      ratios: a.map((ms, i) => (b[i] + b[i + 1]) / 2 / ms), fastest: fastest(theirTurns) / fastest(ourTurns),
    })
  } catch (failure) {
    postMessage({ failure: `${failure.message ?? failure}` })
  }
}
