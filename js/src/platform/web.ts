/** Browsers, in a window or a worker. Nothing here runs at import. */

import { PlaitError } from '../errors.js'
import type { Feedback } from '../types.js'
import type { ByteCache, CacheKey, FeedbackLog, Platform } from './platform.js'
import { httpBytes } from './http.js'

export const platform: Platform = {
  resolve: (url) => new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href,
  locate: (source) => platform.resolve(source),
  fetchBytes: (url, { fresh, signal } = {}) => httpBytes(url, { cache: fresh ? 'reload' : 'default', signal }),
  openCache,
  openFeedback: () => feedback,
}

// ------------------------------------------------------------------ Cache Storage

async function openCache(): Promise<ByteCache | null> {
  // Only in secure contexts; private windows may refuse.
  const cache = await globalThis.caches?.open('plait').catch(() => null)
  if (!cache) return null
  // Keys must be URLs; nothing is ever fetched from this one.
  const url = ({ name, version }: CacheKey) => `https://plait.invalid/${encodeURIComponent(name)}?${encodeURIComponent(version)}`
  return {
    async get(key) {
      const response = await cache.match(url(key))
      return response ? new Uint8Array(await response.arrayBuffer()) : null
    },
    async put(key, bytes) {
      await cache.delete(url(key), { ignoreSearch: true })
      await cache.put(url(key), new Response(bytes as BlobPart))
    },
    async delete(key) {
      await cache.delete(url(key))
    },
  }
}

// ------------------------------------------------------------------ IndexedDB

const feedback: FeedbackLog = {
  append: async (entry) => void (await transact('readwrite', (store) => store.add(entry))),
  all: () => transact<Feedback[]>('readonly', (store) => store.getAll()),
  clear: async () => void (await transact('readwrite', (store) => store.clear())),
}

async function transact<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  if (!globalThis.indexedDB) throw new PlaitError('UNSUPPORTED', 'expected IndexedDB to keep feedback in, found none')
  const opening = indexedDB.open('plait', 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore('feedback', { autoIncrement: true })
  const database = await settled<IDBDatabase>(opening)
  try {
    return await settled<T>(ask(database.transaction('feedback', mode).objectStore('feedback')))
  } finally {
    database.close()
  }
}

function settled<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(new PlaitError('IO', `feedback: ${request.error?.message ?? 'the store failed'}`, { cause: request.error }))
  })
}
