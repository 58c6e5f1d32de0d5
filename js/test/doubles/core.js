/** A core that reads nothing: what it is told it tells back, so that everything around it can be tested without WebAssembly. */

import { PlaitError } from '../../build/errors.js'

export const document = (name, pages, extra = {}) => ({
  schema: 'plait.document/1',
  source: { name, media_type: 'image/x-portable-anymap', digest: 'd'.repeat(64), pages },
  model: { name: 'double', version: '1.0.0', digest: 'e'.repeat(64), embedding_schema: null },
  type: { value: 'receipt', confidence: 0.6 },
  fields: {
    total: { value: '12.30', type: 'money', text: '12.30', confidence: 0.6, page: 0, polygon: null, lines: [0], evidence: null },
    date: { value: null, type: 'date', text: null, confidence: 0.9, page: null, polygon: null, lines: [], evidence: null, reason: 'not_found' },
  },
  tables: [],
  pages: [],
  modalities: {},
  checks: [],
  review: { needed: false, reasons: [] },
  path: [{ step: 'fused', ms: 1, confidence: 0.6 }],
  timing_ms: {},
  ...extra,
})

/** `hooks.page(bytes, core options)` is called for every page; `calls` tells what happened, in order. */
export function doubleCore(hooks = {}, calls = []) {
  return async (options) => {
    calls.push(['create', options.memoryLimit])
    return {
      version: '0.1.0',
      threads: 1,
      async startThreads(threads) {
        calls.push(['threads', threads])
        hooks.threads?.()
        this.threads = threads
      },
      memoryBytes: 1 << 20,
      createMemory() {
        const kept = new Map()
        const add = (line) => {
          const { id } = JSON.parse(line)
          if (!id) throw new PlaitError('INVALID', 'line 1: example: expected a member "id"')
          kept.set(id, line)
        }
        return {
          confirm: (json, fields) => (add(JSON.stringify({ id: JSON.parse(json).source.digest.slice(0, 16), fields })), JSON.parse(json).source.digest.slice(0, 16)),
          forget: (id) => (id === null ? kept.clear() : kept.delete(id)),
          export: () => [...kept.values()].map((line) => `${line}\n`).join(''),
          import: (lines) => lines.split('\n').filter(Boolean).map(add).length,
          close: () => {},
        }
      },
      openModel(files) {
        calls.push(['model', Object.keys(files).sort()])
        return {
          name: 'double',
          version: '1.0.0',
          remember: () => {},
          begin(more) {
            calls.push(['begin', more])
            let pages = 0
            return {
              addPage(bytes, { text }) {
                calls.push(['page', bytes.length, text])
                options.onProgress('recognise', 0.5)
                hooks.page?.(bytes, options)
                pages++
              },
              finish: () => ({ json: () => JSON.stringify(document(more.name, pages)), close: () => calls.push(['close']) }),
              close: () => calls.push(['drop']),
            }
          },
        }
      },
      createSession(bytes, { int8 }) {
        calls.push(['session', bytes.length, int8])
        return {
          inputs: [{ name: 'x', type: 'float32', dims: [-1] }],
          outputs: [{ name: 'y', type: 'float32', dims: [-1] }],
          run({ x }) {
            if (!x) throw new PlaitError('INVALID', 'expected an input named x, found none')
            return { y: { ...x, data: x.data.map((v) => 2 * v) } }
          },
        }
      },
    }
  }
}
