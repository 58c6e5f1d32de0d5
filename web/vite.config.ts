import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const root = import.meta.dirname
const out = resolve(root, 'dist')

/** The program and the models, copied as they are, and the service worker told the digest of every file it is to keep. */
function files(): Plugin {
  return {
    name: 'plait-files',
    apply: 'build',
    writeBundle() {
      cpSync(resolve(root, '../models/receipt'), join(out, 'models/receipt'), { recursive: true })
      cpSync(resolve(root, '../js/dist/wasm'), join(out, 'wasm'), { recursive: true })
      const worker = join(out, 'service-worker.js')
      const digests = Object.fromEntries(readdirSync(out, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== 'service-worker.js')
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [relative(out, path), createHash('sha256').update(readFileSync(path)).digest('hex')]))
      writeFileSync(worker, readFileSync(worker, 'utf8').replaceAll('PLAIT_FILES', () => JSON.stringify(digests)))
    },
  }
}

export default defineConfig({
  root,
  base: './',
  build: {
    outDir: out,
    target: 'es2022',
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { main: resolve(root, 'index.html'), 'service-worker': resolve(root, 'src/service-worker.ts') },
      output: { entryFileNames: (chunk) => (chunk.name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
  worker: { format: 'es' },
  plugins: [files()],
})
