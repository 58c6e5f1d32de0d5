// npm --prefix web start: builds what is missing or old, then serves the page on this machine.  PORT chooses the port.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from './serve.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '..')

function run(what, command, ...options) {
  if (what) console.log(`web: ${what}`)
  const { status, error } = spawnSync(command, options, { cwd: root, stdio: 'inherit' })
  if (error || status !== 0) {
    console.error(`web: ${command} ${options.join(' ')}: ${error?.message ?? `ended with ${status}`}`)
    process.exit(1)
  }
}

/** When the newest of these files and of what is in these folders was changed. */
function newest(...paths) {
  return Math.max(0, ...paths.filter(existsSync).map((path) => {
    const about = statSync(path)
    return about.isDirectory() ? newest(...readdirSync(path).map((name) => join(path, name))) : about.mtimeMs
  }))
}

const inWeb = (...names) => names.map((name) => join(here, name))
const inRoot = (...names) => names.map((name) => join(root, name))
const variants = ['wasm-simd', 'wasm-threads', 'wasm-relaxed', 'wasm-relaxed-threads']
if (!variants.some((variant) => existsSync(join(root, 'build', variant, 'plait.wasm')))) {
  for (const variant of variants) {
    run(`building ${variant}, once (a minute or two)`, 'cmake', '--preset', variant, '-Wno-dev')
    run('', 'cmake', '--build', '--preset', variant, '--target', 'plait_wasm', '--', '--quiet')
  }
}
const page = join(here, 'dist/index.html')
const js = join(root, 'js/dist/web/index.js')

if (!existsSync(js) || statSync(js).mtimeMs < newest(...inRoot('js/src', 'js/scripts', 'js/package.json', 'models/receipt', ...variants.map((variant) => `build/${variant}/plait.wasm`)))) {
  run('building the package', 'npm', '--prefix', 'js', 'run', 'build')
}
if (!existsSync(join(here, 'node_modules/vite'))) run('installing what the page is built with', 'npm', '--prefix', 'web', 'ci', '--ignore-scripts')
if (!existsSync(page) || statSync(page).mtimeMs < newest(...inWeb('src', 'public', 'index.html', 'vite.config.ts'), join(root, 'js/dist'))) {
  run('building the page', 'npm', '--prefix', 'web', 'run', 'build')
}
if (process.argv.includes('--build')) process.exit()

const { url } = await serve(join(here, 'dist'), { port: Number(process.env.PORT ?? 8080) }).catch((error) => {
  console.error(error.code === 'EADDRINUSE' ? `web: port ${error.port} is taken: PORT=8081 npm --prefix web start` : `web: ${error.message}`)
  process.exit(1)
})
console.log(`web: open ${url} (Ctrl+C ends it)`)
