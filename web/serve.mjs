// A folder over HTTP, for this machine only.
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize, resolve } from 'node:path'

const types = {
  '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json', '.mjs': 'text/javascript; charset=utf-8', '.png': 'image/png', '.jpg': 'image/jpeg',
  '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8', '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
}

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** The file a request names, or undefined; never one outside the folder. */
function find(folder, url) {
  const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname))
  for (const place of [join(folder, path), join(folder, path, 'index.html')]) {
    if (statSync(place, { throwIfNoEntry: false })?.isFile()) return place
  }
  return undefined
}

/** Folders are looked through in order. `port` 0 takes a free one; gives `{ url, close }`. */
export function serve(folders, { port = 0, isolated = true } = {}) {
  const places = [folders].flat().map((folder) => resolve(folder))
  const server = createServer((request, response) => {
    let file
    try {
      file = places.map((place) => find(place, request.url)).find(Boolean)
    } catch {
      file = undefined // a path that cannot be decoded
    }
    const headers = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', ...(isolated && isolation) }
    if (!file || !['GET', 'HEAD'].includes(request.method)) {
      response.writeHead(file ? 405 : 404, headers).end()
      return
    }
    response.writeHead(200, { ...headers, 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Content-Length': statSync(file).size })
    if (request.method === 'HEAD') response.end()
    else createReadStream(file).pipe(response)
  })
  return new Promise((done, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', () => {
      done({
        url: `http://localhost:${server.address().port}/`,
        close: () => new Promise((closed) => {
          server.close(closed)
          server.closeAllConnections()
        }),
      })
    })
  })
}
