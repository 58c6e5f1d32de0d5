/** The handler as a server in Node: `node src/node.js`. PORT chooses the port (8080; 0: one that is free), HOST the
 *  address, MEMORY_MIB what the core may take. */

import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { createHandler } from './handler.js'

const place = (path) => new URL(import.meta.resolve(`plait/${path}`))

async function files() {
  const manifest = await readFile(place('models/receipt/manifest.json'))
  const names = Object.keys(JSON.parse(manifest).files)
  const bytes = await Promise.all(names.map((name) => readFile(place(`models/receipt/${name}`))))
  return { 'manifest.json': manifest, ...Object.fromEntries(names.map((name, i) => [name, bytes[i]])) }
}

const [module, { default: loader }, models] = await Promise.all([
  readFile(place('wasm/wasm-simd/plait.wasm')).then((bytes) => WebAssembly.compile(bytes)),
  import(place('wasm/wasm-simd/plait.js')),
  files(),
])
const { PORT = 8080, HOST = '127.0.0.1', MEMORY_MIB = 256 } = process.env
const handle = createHandler({ module, loader, files: models, memoryLimit: Number(MEMORY_MIB) << 20 })

const server = createServer(async (incoming, outgoing) => {
  const hasBody = !['GET', 'HEAD'].includes(incoming.method)
  const request = new Request(new URL(incoming.url, 'http://localhost'), {
    method: incoming.method,
    headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    ...(hasBody && { body: incoming, duplex: 'half' }),
  })
  const response = await handle(request)
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(new Uint8Array(await response.arrayBuffer()))
})
server.listen(Number(PORT), HOST, () => {
  console.error(`ready: http://127.0.0.1:${server.address().port}`)
})
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close(() => process.exit(0)))
