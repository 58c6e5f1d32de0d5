/** Node 20 and newer. */

import { appendFile, readFile, rm } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PlaitError, ResourceError } from '../errors.js'
import type { Feedback } from '../types.js'
import { httpBytes } from './http.js'
import type { Remembered } from '../worker/protocol.js'
import type { FeedbackLog, FetchedBytes, MemoryLog, Platform } from './platform.js'

export const platform: Platform = {
  resolve: (url) => new URL(url, pathToFileURL(`${process.cwd()}/`)).href,
  locate: (source) => (/^[a-z][a-z0-9+.-]+:/i.test(source) && !isAbsolute(source) ? source : pathToFileURL(resolve(source)).href),
  fetchBytes,
  openCache: async () => null,
  openFeedback: (file) => (file ? feedbackFile(file) : feedbackMemory()),
  openMemory,
}

async function fetchBytes(url: string, { signal }: { signal?: AbortSignal } = {}): Promise<FetchedBytes> {
  if (url.startsWith('file:')) {
    try {
      return { bytes: new Uint8Array(await readFile(fileURLToPath(url), { signal })), mediaType: '' }
    } catch (error) {
      if (signal?.aborted) throw error
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') throw new ResourceError('NOT_FOUND', `${fileURLToPath(url)}: expected a file, found none`, { cause: error })
      throw new ResourceError('IO', `${url}: ${message}`, { cause: error })
    }
  }
  return httpBytes(url, { signal })
}

// ------------------------------------------------------------------ memory

/** As long as the process: nothing that people confirmed lies in a file that nobody asked for. */
function openMemory(): MemoryLog {
  const entries = new Map<string, Remembered>()
  return {
    put: async (added) => added.forEach((entry) => entries.set(entry.id, entry)),
    all: async () => [...entries.values()],
    async delete(id) {
      const any = id === null ? entries.size > 0 : entries.has(id)
      if (id === null) entries.clear()
      else entries.delete(id)
      return any
    },
  }
}

// ------------------------------------------------------------------ feedback

function feedbackMemory(): FeedbackLog {
  const entries: Feedback[] = []
  return {
    append: async (entry) => void entries.push(entry),
    all: async () => entries.slice(),
    clear: async () => void entries.splice(0),
  }
}

/** One JSON object a line. */
function feedbackFile(file: string): FeedbackLog {
  return {
    append: (entry) => appendFile(file, `${JSON.stringify(entry)}\n`),
    async all() {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw new PlaitError('IO', `${file}: ${error.message}`, { cause: error })
      })
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Feedback)
    },
    clear: () => rm(file, { force: true }),
  }
}
