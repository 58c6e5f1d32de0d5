// Answers every request of the page from a store of files by digest, and adds the headers that isolate it.
declare const PLAIT_FILES: Record<string, string> // filled in when the page is built
/** Path relative to this script: SHA-256. */
const files = PLAIT_FILES

const scope = self as unknown as ServiceWorkerGlobalScope
const store = 'plait-files'
const base = new URL('./', scope.location.href).href
const key = (digest: string) => `${base}by-digest/${digest}`

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

function isolated(response: Response) {
  const headers = new Headers(response.headers)
  for (const [name, text] of Object.entries(isolation)) headers.set(name, text)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

async function sha256(bytes: ArrayBuffer) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A file of this build: from the store, else from the network if it is what it should be. */
async function file(path: string, digest: string): Promise<Response> {
  const cache = await caches.open(store)
  const kept = await cache.match(key(digest))
  if (kept) return kept
  const response = await fetch(new URL(path, base), { cache: 'no-cache' })
  if (!response.ok) return response
  const bytes = await response.arrayBuffer()
  const found = await sha256(bytes)
  // A newer build is on the host already: good to use, but not under this build's digest.
  const headers = { 'Content-Type': response.headers.get('Content-Type') ?? 'application/octet-stream' }
  if (found === digest) await cache.put(key(digest), new Response(bytes, { headers }))
  return new Response(bytes, { headers })
}

/** Fetches what is missing, a few at a time; false if something could not be had. */
async function keepAll(): Promise<boolean> {
  const cache = await caches.open(store)
  const waiting = Object.entries(files)
  const work = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await file(...next)
  }
  await Promise.all([work(), work(), work()])
  const kept = new Set((await cache.keys()).map((request) => request.url))
  return Object.values(files).every((digest) => kept.has(key(digest)))
}

async function forgetOld() {
  const cache = await caches.open(store)
  const wanted = new Set(Object.values(files).map(key))
  await Promise.all((await cache.keys()).filter((request) => !wanted.has(request.url)).map((request) => cache.delete(request)))
}

// The first time the page waits for us, so that it can isolate itself at once, and fetching goes on beside it.  An update is
// whole before it takes over, since it may take over where there is no network.
scope.addEventListener('install', (event) => {
  if (!scope.registration.active) return
  event.waitUntil(keepAll().then((whole) => {
    if (!whole) throw new Error('the new build could not be fetched whole')
  }))
})

scope.addEventListener('activate', (event) => event.waitUntil(forgetOld().then(() => scope.clients.claim())))

scope.addEventListener('message', (event) => {
  if (event.data !== 'keep') return
  event.waitUntil(keepAll().then((whole) => { if (whole) event.source?.postMessage('kept') }, () => {}))
})

scope.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || !url.href.startsWith(base)) return
  const path = url.pathname.slice(new URL(base).pathname.length) || 'index.html'
  const digest = files[path]
  event.respondWith((digest ? file(path, digest) : fetch(request)).then(isolated))
})
