// Times a model on onnxruntime-node: onnxruntime.mjs MODEL THREADS SECONDS NAME=DTYPE:DIMS...
// Prints the medians of wall and processor time in milliseconds each time a line comes in, and ends with its input.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const ort = createRequire(process.env.ONNXRUNTIME_FOLDER + '/')('onnxruntime-node')
const [model, threads, seconds, ...shapes] = process.argv.slice(2)
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: 'sequential',
})

const feeds = {}
for (const shape of shapes) {
  const [name, type] = shape.split('=')
  const [dtype, text] = type.split(':')
  const dims = text.split('x').map(Number)
  const size = dims.reduce((a, b) => a * b, 1)
  const data = dtype === 'int64' ? new BigInt64Array(size).map((_, i) => BigInt(i % 2)) : new Float32Array(size).map(() => 2 * Math.random() - 1)
  feeds[name] = new ort.Tensor(dtype, data, dims)
}
for (let i = 0; i < 3; i++) await session.run(feeds)

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]

for await (const _ of createInterface({ input: process.stdin })) {
  const times = []
  const processor = []
  const end = performance.now() + 1000 * Number(seconds)
  while (times.length < 5 || performance.now() < end) {
    const before = process.cpuUsage()
    const start = performance.now()
    await session.run(feeds)
    times.push(performance.now() - start)
    const used = process.cpuUsage(before)
    processor.push((used.user + used.system) / 1000)
  }
  console.log(median(times), median(processor))
}
