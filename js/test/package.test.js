/** The packed tarball in a stranger's project: Node, strict TypeScript, Vite, webpack. */

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const js = fileURLToPath(new URL('..', import.meta.url))
const sample = join(js, '../samples/kopitiam.jpg')
const require = createRequire(import.meta.url)
const built = existsSync(join(js, 'dist/wasm/wasm-simd'))
const project = mkdtempSync(join(tmpdir(), 'plait-package-'))
let packed

before(() => {
  const [report] = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], { cwd: js, encoding: 'utf8' }))
  packed = report.files.map(({ path }) => path)
  writeFileSync(join(project, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }')
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', join(project, report.filename)], { cwd: project, stdio: 'pipe' })
})
after(() => rmSync(project, { recursive: true, force: true }))

const run = (file, ...args) => spawnSync(process.execPath, [file, ...args], { cwd: project, encoding: 'utf8' })
const write = (file, text) => (writeFileSync(join(project, file), text), join(project, file))

/** The program of the README, which is run as it stands there. */
const readme = (language) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readFileSync(join(js, 'README.md'), 'utf8'))[1]

test('the tarball holds the package, the models and nothing of the workshop', () => {
  for (const file of ['package.json', 'README.md', 'LICENSE', 'dist/web/index.js', 'dist/node/index.js', 'dist/types/index.d.ts', 'dist/models/receipt/manifest.json', 'dist/pdf/LICENSES'])
    assert.ok(packed.includes(file), file)
  assert.deepEqual(packed.filter((file) => /^(src|test|build|scripts)\/|\.map$|node_modules/.test(file)), []) // prettier-ignore
  assert.ok(!existsSync(join(project, 'node_modules/pdfjs-dist')), 'it needs no other package')
})

test('Node imports it without a word', () => {
  const { status, stdout, stderr } = run(write('import.js', `import * as plait from 'plait'; console.log(Object.keys(plait).join())`))
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.equal(stdout.trim(), 'DeviceError,OnnxSession,PlaitError,ResourceError,ServerError,WorkerError,createPlait')
})

test('an error of plait/core is one of plait', () => {
  const program = `import { PlaitError, WorkerError } from 'plait'
    import { createCore } from 'plait/core'
    const error = await createCore({ module: new Uint8Array(3), loader: () => {} }).catch((error) => error)
    console.log(error instanceof PlaitError, error instanceof WorkerError, new WorkerError('WORKER', '') instanceof PlaitError, new Error() instanceof PlaitError)`
  const { stdout, stderr } = run(write('identity.js', program))
  assert.equal(stderr, '')
  assert.equal(stdout.trim(), 'true false true false')
})

test('what browsers get is imported without a window: server-side rendering', () => {
  const { status, stderr } = run(write('ssr.js', `await import('./node_modules/plait/dist/web/index.js')`))
  assert.equal(stderr, '')
  assert.equal(status, 0)
})

test('the program of the README reads a receipt', { skip: !built && 'no WebAssembly build' }, () => {
  const { status, stdout, stderr } = run(write('receipt.js', readme('js')), sample)
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.match(stdout, /^total 21\.20 /m)
})

test('strict TypeScript takes the types, with a bundler and with Node', () => {
  write('consumer.ts', readme('ts'))
  for (const [module, moduleResolution] of [['preserve', 'bundler'], ['nodenext', 'nodenext']]) {
    const compilerOptions = { module, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'], types: [], strict: true, exactOptionalPropertyTypes: true, noEmit: true }
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    const { status, stdout } = run(require.resolve('typescript/bin/tsc'))
    assert.equal(status, 0, stdout)
  }
})

/** Everything that must be there when it runs is in the bundle, and nothing that only Node has. */
function checkBundle(folder) {
  const files = readdirSync(folder, { recursive: true }).map(String)
  const texts = files.filter((file) => file.endsWith('.js')).map((file) => readFileSync(join(folder, file), 'utf8'))
  const has = (pattern, what) => assert.ok(files.some((file) => pattern.test(file)), `${what} in ${files.join(' ')}`)
  if (built) has(/\.wasm$/, 'the binary')
  for (const suffix of ['onnx', 'bin', 'json', 'pack']) has(new RegExp(`\\.${suffix}$`), suffix)
  for (const text of texts) assert.doesNotMatch(text, /(from|import\()\s*["'](node:|#platform)/)
  assert.ok(texts.some((text) => text.includes('WorkerMessageHandler')), 'the PDF worker')
  const [, main] = /["']\.?\/?([^"']*index[^"']*\.js)["']/.exec(readFileSync(join(folder, 'index.html'), 'utf8')) ?? []
  assert.ok(main, 'index.html names the script')
  assert.doesNotMatch(readFileSync(join(folder, main), 'utf8'), /WorkerMessageHandler/, 'pdf.js is loaded when a PDF comes, not before')
}

const page = `import { createPlait } from 'plait'\ncreatePlait({ onProgress: ({ stage }) => console.log(stage) }).then(({ info }) => console.log(info))\n`

test('Vite builds it', async () => {
  const { build } = await import('vite')
  write('main.js', page)
  write('index.html', '<!doctype html><script type="module" src="/main.js"></script>')
  await build({ root: project, configFile: false, logLevel: 'error', build: { outDir: 'vite', minify: false } })
  checkBundle(join(project, 'vite'))
})

test('webpack builds it', async () => {
  const { default: webpack } = await import('webpack')
  write('main.js', page)
  const options = { mode: 'production', context: project, entry: { index: './main.js' }, output: { path: join(project, 'webpack') }, optimization: { minimize: false }, performance: false }
  const stats = await new Promise((resolve, reject) => webpack(options, (error, result) => (error ? reject(error) : resolve(result))))
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
  assert.deepEqual(errors, [])
  assert.deepEqual(warnings, [])
  writeFileSync(join(project, 'webpack/index.html'), '<script src="./index.js"></script>')
  checkBundle(join(project, 'webpack'))
})
