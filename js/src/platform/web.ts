/** Browsers, in a window or a worker. Nothing here runs at import. */

import { PlaitError } from '../errors.js'
import type { Feedback } from '../types.js'
import type { Remembered } from '../worker/protocol.js'
import type { ByteCache, CacheKey, FeedbackLog, MemoryLog, Platform } from './platform.js'
import { httpBytes } from './http.js'

export const platform: Platform = {
  resolve: (url) => new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href,
  locate: (source) => platform.resolve(source),
  fetchBytes: (url, { fresh, signal } = {}) => httpBytes(url, { cache: fresh ? 'reload' : 'default', signal }),
  openCache,
  openFeedback: () => feedback,
  openMemory: () => memory,
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
  append: (entry) => transact('feedback', 'readwrite', (store) => void store.add(entry)),
  all: () => ask<Feedback[]>('feedback', (store) => store.getAll()),
  clear: () => transact('feedback', 'readwrite', (store) => void store.clear()),
}

const memory: MemoryLog = {
  put: (entries) => transact('memory', 'readwrite', (store) => entries.forEach((entry) => store.put(entry))),
  all: () => ask<Remembered[]>('memory', (store) => store.getAll()),
  async delete(id) {
    let count!: IDBRequest<number>
    await transact('memory', 'readwrite', (store) => {
      count = id === null ? store.count() : store.count(id)
      if (id === null) store.clear()
      else store.delete(id)
    })
    return count.result > 0
  },
}

const VERSION = 2

async function transact(name: 'feedback' | 'memory', mode: IDBTransactionMode, work: (store: IDBObjectStore) => void): Promise<void> {
  if (!globalThis.indexedDB) throw new PlaitError('UNSUPPORTED', 'expected IndexedDB to keep what was confirmed in, found none')
  const opening = indexedDB.open('plait', VERSION)
  opening.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion < 1) opening.result.createObjectStore('feedback', { autoIncrement: true })
    if (oldVersion < 2) opening.result.createObjectStore('memory', { keyPath: 'id' })
  }
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(failed(opening.error))
    opening.onblocked = () => reject(failed(new DOMException('another tab holds an older version open')))
  })
  database.onversionchange = () => database.close()
  try {
    const transaction = database.transaction(name, mode)
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(failed(transaction.error))
      work(transaction.objectStore(name))
    })
  } finally {
    database.close()
  }
}

async function ask<T>(name: 'feedback' | 'memory', question: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  let request!: IDBRequest<T>
  await transact(name, 'readonly', (store) => void (request = question(store)))
  return request.result
}

const failed = (error: DOMException | null) => new PlaitError('IO', `what was confirmed: ${error?.message ?? 'the store failed'}`, { cause: error })
