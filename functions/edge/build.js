/** Makes dist/, a worker for workerd and what is built on it: one module of JavaScript, which imports the WebAssembly module
 *  and the models' files statically, and worker.capnp, which names them all.
 *
 *      node build.js        then: npx workerd serve dist/worker.capnp */

import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const place = (path) => fileURLToPath(import.meta.resolve(`plait/${path}`))

const manifest = JSON.parse(await readFile(place('models/receipt/manifest.json')))
const models = ['manifest.json', ...Object.keys(manifest.files)]
const copies = [place('wasm/wasm-simd/plait.wasm'), ...models.map((name) => place(`models/receipt/${name}`))]

await rm(here('dist'), { recursive: true, force: true })
await mkdir(here('dist'))
await Promise.all(copies.map((file) => copyFile(file, here(`dist/${basename(file)}`))))

const entry = `
import { createHandler } from './src/handler.js'
import loader from 'plait/wasm/wasm-simd/plait.js'
import module from './plait.wasm'
${models.map((name, i) => `import file${i} from './${name}.bin'`).join('\n')}
const handle = createHandler({ module, loader, files: { ${models.map((name, i) => `'${name}': file${i}`).join(', ')} } })
export default { fetch: (request) => handle(request) }
`
await build({
  stdin: { contents: entry, resolveDir: here('.') },
  outfile: here('dist/worker.js'),
  bundle: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['default'],
  external: ['*.wasm', '*.bin', 'node:*', 'module', 'worker_threads', 'fs', 'path', 'url'],
  logLevel: 'warning',
  logOverride: { 'ignored-bare-import': 'silent' },
})

const modules = [
  '(name = "worker.js", esModule = embed "worker.js")',
  '(name = "plait.wasm", wasm = embed "plait.wasm")',
  ...models.map((name) => `(name = "${name}.bin", data = embed "${name}")`),
]
await writeFile(
  here('dist/worker.capnp'),
  `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "plait", worker = .plait)],
  sockets = [(name = "http", address = "127.0.0.1:8080", http = (), service = "plait")],
);

const plait :Workerd.Worker = (
  modules = [
    ${modules.join(',\n    ')}
  ],
  compatibilityDate = "2026-01-01",
);
`,
)
