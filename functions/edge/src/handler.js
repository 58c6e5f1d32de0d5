/** POST /v1/documents as `plait serve` answers it (docs/server.md), by the core in this isolate: no workers, files or network. */

import { createCore } from 'plait/core'
import { isPicture, isPdf, readRequest } from './request.js'
import { Refusal } from './refusal.js'

/** @typedef {object} Parts
 *  @property {WebAssembly.Module} module  plait.wasm, compiled: isolates may not compile
 *  @property {Function} loader            the default export of the same variant's plait.js
 *  @property {Record<string, BufferSource>} files  of a package of models, by name
 *  @property {number} [memoryLimit]       bytes the core may take; 100 MiB, of the 128 MB that isolates have
 *  @property {number} [bodyMost]          bytes of a request; 8 MiB */

const MIB = 1 << 20
const STATUS = { INVALID: 422, UNSUPPORTED: 422, NOT_FOUND: 404, MEMORY: 503, LIMIT: 413, CANCELLED: 504 }

/** The fetch handler. The core starts with the first request and stays; one that fell over is made anew for the next.
 *  @param {Parts} parts
 *  @returns {(request: Request) => Promise<Response>} */
export function createHandler({ module, loader, files, memoryLimit = 100 * MIB, bodyMost = 8 * MIB }) {
  /** @type {Promise<{ core: import('plait/core').Core, model: import('plait/core').Model }> | null} */
  let starting = null

  async function start() {
    const core = await createCore({ module, loader, memoryLimit, threads: 1 })
    const bytes = Object.entries(files).map(([name, file]) => [name, file instanceof ArrayBuffer ? new Uint8Array(file) : file])
    return { core, model: core.openModel(Object.fromEntries(bytes)) }
  }

  function started() {
    starting ??= start().catch((error) => {
      starting = null
      throw error
    })
    return starting
  }

  async function read(request) {
    const { bytes, name, model: wanted, without, text, fieldsOnly, audio } = await readRequest(request, bodyMost)
    if (bytes.length === 0) throw new Refusal(400, 'expected a document, found no bytes')
    if (isPdf(bytes)) throw new Refusal(501, 'PDFs are read by plait serve, or by the plait package on the device')
    if (!isPicture(bytes)) throw new Refusal(415, 'expected a picture (JPEG, PNG, BMP, PNM, GIF)')
    let { core, model } = await started()
    const [wantedName, wantedVersion = model.version] = (wanted ?? model.name).split('@')
    if (wantedName !== model.name || wantedVersion !== model.version)
      throw new Refusal(404, `expected the model "${model.name}@${model.version}", found "${wanted.slice(0, 60)}"`)
    const asked = { name, without, text, fieldsOnly }
    let document
    try {
      document = model.read(bytes, asked)
    } catch (error) {
      if (error.code !== 'MEMORY') throw error
      core.close() // pages of other shapes have cut its memory to pieces: a new one may do
      starting = null
      ;({ core, model } = await started())
      document = model.read(bytes, asked)
    }
    try {
      const note = audio ? { 'Plait-Note': 'the package has no audio modality: the voice note is left out' } : {}
      return new Response(`${document.json()}\n`, { headers: { 'Content-Type': 'application/json', ...note } })
    } finally {
      document.close()
    }
  }

  async function health() {
    const { core, model } = await started()
    return Response.json({ ready: true, model: model.name, version: model.version, memory_bytes: core.memoryBytes })
  }

  const routes = {
    '/v1/documents': { POST: read },
    '/v2/health/live': { GET: async () => Response.json({ live: true }) },
    '/v2/health/ready': { GET: health },
  }

  return async function handle(request) {
    try {
      const methods = routes[new URL(request.url).pathname]
      if (!methods) throw new Refusal(404, 'no such path')
      const answer = methods[request.method]
      if (!answer) throw new Refusal(405, `expected ${Object.keys(methods).join(', ')}`, { Allow: Object.keys(methods).join(', ') })
      return await answer(request)
    } catch (error) {
      if (error instanceof Refusal) return error.response()
      if (error.code === 'INTERNAL') starting = null // nothing can be said of that core's memory
      return new Refusal(STATUS[error.code] ?? 500, error.code ? error.message : 'the core failed').response()
    }
  }
}
