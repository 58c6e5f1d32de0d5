#!/usr/bin/env node
// Plait in Chromium beside onnxruntime-web and tesseract.js, in one page, in turn; prints what each takes and the ratios.
//
//     node tests/bench/browser/compare.mjs [PART...] [--rounds N] [--turn MS] [--models FOLDER] [--receipts FOLDER] [--variant NAME]
//
// PARTs: networks (the shipped networks and eight encoders, one and two threads), receipts (whole pages beside tesseract.js),
// start (from opening a page to the first result), native (the same networks natively, with the processor's wide vectors and
// without).  All by default.  A ratio above 1 means that Plait is faster.  Medians of turns that follow each other: what else the
// machine does touches both.  The others are installed into the user's cache folder when they are not there.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { serve } from '../../../web/serve.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const { chromium } = createRequire(join(root, 'tests/browser/'))('playwright-core')
const labelled = join(process.env.PLAIT_SHARED ?? join(root, '../shared'), 'data/receipts/dev')
const others = ['onnxruntime-web@1.30.0', 'tesseract.js@7.0.0', '@tesseract.js-data/eng@1.0.0']
const parts = { networks, receipts, start, native }

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' }, turn: { type: 'string', default: '300' }, variant: { type: 'string' }, only: { type: 'string' },
    models: { type: 'string', default: join(root, 'build/bench') }, receipts: { type: 'string', default: labelled },
    count: { type: 'string', default: '20' },
  },
})
const rounds = Number(options.rounds)

// ------------------------------------------------------------------ what is compared

/** The shipped networks on a page of 704 by 960 pixels, 8 lines of 480 pixels, 120 words. */
const shipped = {
  detector: { image: [1, 1, 960, 704] },
  recogniser: { image: [8, 1, 32, 480] },
  text: { characters: [120, 62, 1, 18], features: [120, 24] },
  layout: { features: [120, 48] },
  image: { pictures: [120, 1, 16, 64] },
  fusion: { text: [1, 120, 96], layout: [1, 120, 96], image: [1, 120, 96], present: [5, 1, 3] },
}

/** What models/training/bench_models.py exports. */
const encoders = {
  mobilenet_v2: { image: [1, 3, 224, 224] },
  resnet18: { image: [1, 3, 224, 224] },
  convnext: { image: [1, 3, 224, 224] },
  vit_tiny: { image: [1, 3, 224, 224] },
  bert_mini: { input_ids: [1, 128, 'int64'], attention_mask: [1, 128, 'int64'] },
  whisper_encoder: { mel: [1, 80, 1000] },
  crnn: { line: [1, 1, 32, 320] },
  text_detector: { page: [1, 3, 320, 320] },
}

const typed = (shapes) => Object.fromEntries(Object.entries(shapes).map(([name, dims]) =>
  [name, { type: typeof dims.at(-1) === 'string' ? dims.at(-1) : 'float32', dims: dims.filter(Number.isInteger) }]))

const networksToRun = () => [
  ...Object.entries(shipped).map(([name, shapes]) => ({ name, file: join(root, 'models/receipt', `${name}.onnx`), url: `/models/receipt/${name}.onnx`, shapes: typed(shapes) })),
  ...Object.entries(encoders).map(([name, shapes]) => ({ name, file: join(options.models, `${name}.onnx`), url: `/${name}.onnx`, shapes: typed(shapes) })),
].filter(({ name }) => !options.only || options.only.split(',').includes(name))

function exportEncoders() {
  if (Object.keys(encoders).every((name) => existsSync(join(options.models, `${name}.onnx`)))) return
  console.log('exporting the encoders from PyTorch')
  execFileSync('/usr/bin/python3', [join(root, 'models/training/bench_models.py'), options.models], { stdio: 'inherit' })
}

function install() {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'plait/browser-bench')
  if (others.every((each) => existsSync(join(folder, 'node_modules', each.replace(/@[\d.]+$/, ''))))) return folder
  mkdirSync(folder, { recursive: true })
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error', '--prefix', folder, ...others], { stdio: 'inherit' })
  return folder
}

const page = fileURLToPath(new URL('page', import.meta.url))
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]
const mean = (numbers) => Math.exp(numbers.reduce((sum, x) => sum + Math.log(x), 0) / numbers.length)
const ms = (time) => `${time.toFixed(time < 10 ? 2 : 1)} ms`

async function opened(folders, work) {
  const server = await serve([page, join(root, 'js'), install(), root, ...folders])
  const browser = await chromium.launch({ executablePath: process.env.PLAIT_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  try {
    return await work(server.url, browser)
  } finally {
    await browser.close()
    await server.close()
  }
}

// ------------------------------------------------------------------ the parts

/** One worker for each network and number of threads: both sides start fresh. */
const runNetwork = async (request) => {
  const worker = new Worker('/networks.js', { type: 'module' })
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = (event) => reject(new Error(event.message))
    worker.postMessage(request)
  })
  worker.terminate()
  return answer
}

async function networks() {
  exportEncoders()
  await opened([options.models], async (url, browser) => {
    const tab = await browser.newPage()
    await tab.goto(url)
    for (const threads of [1, 2]) {
      const ratios = []
      const fastest = []
      for (const { name, url: model, shapes } of networksToRun()) {
        const found = await tab.evaluate(runNetwork, { model, shapes, threads, rounds, turnMs: Number(options.turn), variant: options.variant })
        if (found.failure) {
          console.log(`${name}: ${found.failure}`)
          continue
        }
        const ratio = median(found.ratios)
        ratios.push(ratio)
        fastest.push(found.fastest)
        console.log(`${threads} thread${threads > 1 ? 's' : ' '}  ${name.padEnd(16)} plait ${ms(found.plait).padStart(9)}   onnxruntime-web ${ms(found.onnxruntime).padStart(9)}   `
          + `ratio ${ratio.toFixed(2)} (${Math.min(...found.ratios).toFixed(2)}..${Math.max(...found.ratios).toFixed(2)}), of the fastest runs ${found.fastest.toFixed(2)}   `
          + `differ by ${found.error.toExponential(0)}   ${found.variant}`)
      }
      console.log(`${threads} thread${threads > 1 ? 's' : ''}: geometric mean ${mean(ratios).toFixed(2)}, slowest ${Math.min(...ratios).toFixed(2)}; `
        + `of the fastest runs ${mean(fastest).toFixed(2)}, slowest ${Math.min(...fastest).toFixed(2)}`)
    }
  })
}

/** Words in both, each as often as in both. */
function common(found, truth) {
  const left = new Map()
  for (const word of truth) left.set(word, (left.get(word) ?? 0) + 1)
  let both = 0
  for (const word of found) {
    if (!left.get(word)) continue
    left.set(word, left.get(word) - 1)
    both++
  }
  return both
}

/** Without case, as the transcripts are all capitals. */
const words = (text) => text.toUpperCase().split(/\s+/).filter(Boolean)

async function receipts() {
  if (!existsSync(options.receipts)) return console.log(`receipts: no ${options.receipts}: skipped`)
  const files = readdirSync(options.receipts).filter((name) => name.endsWith('.jpg')).slice(0, Number(options.count))
  await opened([options.receipts], async (url, browser) => {
    for (const [mode, number] of [['automatic', '3'], ['one block', '6']]) {
      const tab = await browser.newPage()
      tab.setDefaultTimeout(600_000)
      await tab.goto(`${url}receipts.html`)
      await tab.waitForFunction(() => window.start)
      const variant = await tab.evaluate((mode) => window.start(mode), number)
      const read = (reader, name) => tab.evaluate(([reader, name]) => window.read(reader, name), [reader, name])
      for (const reader of ['plait', 'tesseract']) await read(reader, files[0])
      const counts = { plait: [0, 0, 0], tesseract: [0, 0, 0] }
      const times = { plait: [], tesseract: [] }
      for (const name of files) {
        const truth = JSON.parse(readFileSync(join(options.receipts, name.replace('.jpg', '.json')))).lines.flatMap((line) => words(line.text))
        for (const reader of ['plait', 'tesseract']) {
          const { ms, text } = await read(reader, name)
          times[reader].push(ms)
          const found = words(text)
          const add = [common(found, truth), found.length, truth.length]
          counts[reader] = counts[reader].map((count, i) => count + add[i])
        }
      }
      const f1 = ([both, found, truth]) => (2 * both / (found + truth)).toFixed(3)
      const ratios = times.plait.map((ms, i) => times.tesseract[i] / ms)
      console.log(`${files.length} receipts, tesseract.js on ${mode}: plait ${ms(median(times.plait))}, tesseract.js ${ms(median(times.tesseract))}, ratio ${median(ratios).toFixed(2)}; `
        + `words, F1: plait ${f1(counts.plait)}, tesseract.js ${f1(counts.tesseract)}   ${variant}`)
      await tab.close()
    }
  })
}

async function start() {
  await opened([], async (url, browser) => {
    const times = { plait: [], onnxruntime: [] }
    for (let i = 0; i <= rounds; i++) {
      const names = Object.keys(times)
      for (const name of i % 2 ? names : names.toReversed()) { // neither is always the one that finds the machine as the other left it
        const context = await browser.newContext() // nothing cached
        const tab = await context.newPage()
        tab.setDefaultTimeout(120_000)
        await tab.goto(`${url}start-${name}.html`)
        const took = await (await tab.waitForFunction(() => window.took)).jsonValue()
        if (i > 0) times[name].push(took)
        await context.close()
      }
    }
    const ratios = times.plait.map((ms, i) => times.onnxruntime[i] / ms)
    console.log(`start: plait ${ms(median(times.plait))}, onnxruntime-web ${ms(median(times.onnxruntime))}, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}), `
      + `3 or more in ${ratios.filter((ratio) => ratio >= 3).length} of ${ratios.length} rounds`)
  })
}

/** One turn of the native command; `limited`: it finds no SSE4 and no AVX. */
function nativeTurn(command, { file, shapes }, limited) {
  const dims = Object.entries(shapes).flatMap(([name, { dims }]) => ['--shape', `${name}=${dims.join('x')}`])
  const env = limited ? { ...process.env, PLAIT_LIMITED: '1' } : process.env
  return JSON.parse(execFileSync(command, ['bench', '--json', '--threads', '1', '--seconds', '1', ...dims, file], { env, encoding: 'utf8' })).p50_ms
}

async function native() {
  exportEncoders()
  const command = join(options.models, 'plait-limited')
  execFileSync(fileURLToPath(new URL('limited.sh', import.meta.url)), [join(root, 'build/native'), command])
  await opened([options.models], async (url, browser) => {
    const tab = await browser.newPage()
    await tab.goto(url)
    const slowdowns = { limited: [], full: [] }
    for (const network of networksToRun()) {
      const times = { wasm: [], limited: [], full: [] }
      for (let i = 0; i < Math.max(1, rounds >> 1); i++) {
        const found = await tab.evaluate(runNetwork, { model: network.url, shapes: network.shapes, threads: 1, rounds: 3, turnMs: Number(options.turn), variant: options.variant, alone: true })
        times.wasm.push(found.plait)
        times.limited.push(nativeTurn(command, network, true))
        times.full.push(nativeTurn(command, network, false))
      }
      for (const kind of Object.keys(slowdowns)) slowdowns[kind].push(median(times.wasm.map((wasm, i) => wasm / times[kind][i])))
      console.log(`${network.name.padEnd(16)} wasm ${ms(median(times.wasm)).padStart(9)}   native without SSE4 and AVX ${ms(median(times.limited)).padStart(9)}, with all ${ms(median(times.full)).padStart(9)}   `
        + `slowdown ${slowdowns.limited.at(-1).toFixed(2)} and ${slowdowns.full.at(-1).toFixed(2)}`)
    }
    console.log(`native: WebAssembly takes ${mean(slowdowns.limited).toFixed(2)} times as long as the native build without SSE4 and AVX, ${mean(slowdowns.full).toFixed(2)} times as long as with all`)
  })
}

for (const name of positionals) if (!Object.hasOwn(parts, name)) throw new Error(`${name}: expected one of ${Object.keys(parts).join(', ')}`)
for (const name of positionals.length ? positionals : Object.keys(parts)) await parts[name]()
