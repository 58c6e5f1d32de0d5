/** The pages of a PDF, one after the other, drawn by a worker of their own. The next is drawn while one is read. */

import { pdfAssets } from '../assets.js'
import { PlaitError } from '../errors.js'
import { spawn } from '#workers'
import type { LogLevel } from '../types.js'
import { VERSION } from '../version.js'
import { Connection } from '../worker/connection.js'
import { PROTOCOL, type PdfCalls, type RenderReply } from '../worker/protocol.js'

export interface PdfOptions {
  /** 0-based indices; all by default. */
  pages?: number[]
  /** Whether pages are wanted as images for people. */
  image: boolean
  signal?: AbortSignal
  onLog?: (level: LogLevel, message: string) => void
}

export interface PdfPages {
  count: number
  /** Whether pages can be drawn; if not they are white, and only their words are known. */
  canvas: boolean
  pages: AsyncGenerator<RenderReply>
  close(): void
}

export async function openPdf(bytes: Uint8Array, { pages, image, signal, onLog }: PdfOptions): Promise<PdfPages> {
  const opened = { pages: 0, canvas: false }
  const connection = new Connection<PdfCalls>({
    spawn: () => spawn('pdf'),
    onLog,
    open: async (call) => void Object.assign(opened, await call('open', { protocol: PROTOCOL, version: VERSION, bytes, assets: pdfAssets })),
  })
  try {
    await connection.run(async () => {}, { signal })
    const wanted = pages ?? Array.from({ length: opened.pages }, (_, page) => page)
    const wrong = wanted.find((page) => !(Number.isInteger(page) && page >= 0 && page < opened.pages))
    if (wrong !== undefined || wanted.length === 0)
      throw new PlaitError('INVALID', `pages: expected indices below ${opened.pages}, found ${wrong ?? 'none'}`)
    const render = (page: number) => connection.run((call) => call('render', { page, image }), { signal })
    return { count: wanted.length, canvas: opened.canvas, pages: ahead(wanted, render), close: () => connection.close() }
  } catch (error) {
    connection.close()
    throw error
  }
}

async function* ahead<T>(wanted: number[], render: (page: number) => Promise<T>): AsyncGenerator<T> {
  let next = render(wanted[0])
  for (let i = 1; i <= wanted.length; i++) {
    const page = await next
    if (i < wanted.length) {
      next = render(wanted[i])
      next.catch(() => {}) // told when it is this page's turn
    }
    yield page
  }
}
