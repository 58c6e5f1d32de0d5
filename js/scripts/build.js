/** Makes build/, the modules one by one, for tests, and of them dist/, the package as it is published.
 *
 *      node scripts/build.js              with the WebAssembly builds that are there (../build/wasm-...)
 *      node scripts/build.js --complete   fails when one is missing: for npm pack
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const package_ = fileURLToPath(new URL('..', import.meta.url))
const repository = join(package_, '..')
const dist = join(package_, 'dist')
const compiled = join(package_, 'build')
const require = createRequire(import.meta.url)
const complete = process.argv.includes('--complete')

const VARIANTS = ['wasm-simd', 'wasm-threads', 'wasm-relaxed', 'wasm-relaxed-threads']

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex')

/** Bundlers copy what is named in exactly this form. */
const url = (file) => `new URL('../${file}', import.meta.url).href`

/** Copies the builds and tells where they are and what they must be. */
function copyVariants() {
  const entries = []
  for (const variant of VARIANTS) {
    const from = join(repository, 'build', variant)
    if (!existsSync(join(from, 'plait.wasm'))) {
      if (complete) throw new Error(`${variant}: expected ${from}/plait.wasm: run cmake --preset ${variant} && cmake --build --preset ${variant}`)
      continue
    }
    for (const file of ['plait.wasm', 'plait.js']) cpSync(join(from, file), join(dist, 'wasm', variant, file))
    const digest = sha256(join(from, 'plait.wasm'))
    entries.push(`'${variant}': {\n    loader: ${url(`wasm/${variant}/plait.js`)},\n    wasm: ${url(`wasm/${variant}/plait.wasm`)},\n    sha256: '${digest}',\n  },`)
  }
  return entries
}

function copyModel(name) {
  const from = join(repository, 'models', name)
  const manifest = JSON.parse(readFileSync(join(from, 'manifest.json')))
  const files = ['manifest.json', ...Object.keys(manifest.files)]
  for (const file of [...files, 'CARD.md']) cpSync(join(from, file), join(dist, 'models', name, file))
  const urls = files.map((file) => `    '${file}': ${url(`models/${name}/${file}`)},`)
  return `{\n  files: {\n${urls.join('\n')}\n  } as Record<string, string>,\n  sha256: '${sha256(join(from, 'manifest.json'))}',\n}`
}

function writeAssets() {
  const variants = copyVariants()
  const text = `// Made by scripts/build.js.
import type { VariantFiles } from '../assets.js'

export const variants: Record<string, VariantFiles> = {
  ${variants.join('\n  ')}
}

export const receipt = ${copyModel('receipt')}
`
  mkdirSync(join(package_, 'src/generated'), { recursive: true })
  writeFileSync(join(package_, 'src/generated/assets.ts'), text)
}

/** The format is told in src/pdf/pack.ts. */
function writePack(file, folders, wanted) {
  const index = {}
  const parts = []
  let offset = 0
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((each) => wanted.test(each))) {
      const bytes = readFileSync(join(folder, name))
      index[name] = [offset, bytes.length]
      parts.push(bytes)
      offset += bytes.length
    }
  }
  const head = Buffer.from(JSON.stringify(index))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  writeFileSync(join(dist, file), Buffer.concat([length, head, ...parts]))
}

/** One folder for browsers and one for Node. Modules and the URLs in them stand side by side, so that a page without a
 *  bundler can load them as they are; each is one file, as every further one that it imports is a wait more before the start. */
async function bundle(platform) {
  const outdir = join(dist, platform)
  const common = {
    outdir,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: platform === 'node' ? 'node' : 'browser',
    conditions: platform === 'node' ? ['node'] : ['default'],
    logLevel: 'warning',
  }
  const ofWeb = { 'recorder.worklet': join(compiled, 'live/recorder.worklet.js'), thread: join(compiled, 'worker/thread.js') }
  const entryPoints = { index: join(compiled, 'index.js'), core: join(compiled, 'core.js'), worker: join(compiled, `worker/${platform}.js`), ...(platform === 'web' && ofWeb) }
  await build({ ...common, entryPoints })
  await build({
    ...common,
    entryPoints: { pdf: join(compiled, `pdf/${platform}.js`) },
    minify: true,
    legalComments: 'inline',
    external: ['@napi-rs/canvas'],
    // Else pdf.js would answer the messages of the worker it finds itself in.
    define: { 'self.postMessage': 'undefined' },
  })
  // What is imported by a URL is not for bundlers to follow.
  for (const file of readdirSync(outdir).map((each) => join(outdir, each))) {
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace(/\bimport\(\s*(?!["'\s])(\/\*.*?\*\/\s*)*/g, 'import(/* webpackIgnore: true */ /* @vite-ignore */ '))
  }
}

/** What pdf.js asks for by name, and the licences of all of it. */
function packPdf() {
  const pdfjs = dirname(require.resolve('pdfjs-dist/package.json'))
  mkdirSync(join(dist, 'pdf'))
  writePack('pdf/fonts.pack', [join(pdfjs, 'standard_fonts'), join(pdfjs, 'wasm')], /\.(pfb|ttf|wasm)$/)
  writePack('pdf/maps.pack', [join(pdfjs, 'cmaps')], /\.bcmap$/)
  const folders = ['.', 'standard_fonts', 'wasm', 'cmaps'].map((folder) => join(pdfjs, folder))
  const licences = folders.flatMap((folder) => readdirSync(folder).filter((each) => each.startsWith('LICENSE')).map((each) => join(folder, each)))
  writeFileSync(join(dist, 'pdf/LICENSES'), licences.map((file) => readFileSync(file, 'utf8')).join(`\n${'-'.repeat(80)}\n\n`))
}

function compile() {
  const { status } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', package_], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}

for (const folder of [dist, compiled]) rmSync(folder, { recursive: true, force: true })
writeAssets()
cpSync(join(repository, 'LICENSE'), join(package_, 'LICENSE'))
compile()
await Promise.all([bundle('web'), bundle('node')])
packPdf()
