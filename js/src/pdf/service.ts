/** What the PDF worker does: opens a PDF, draws its pages and gives the words of those that have any.
 *  The build puts pdf.js into this file, so that it is loaded when the first PDF comes, and from nowhere else. */

import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs'
import 'pdfjs-dist/legacy/build/pdf.worker.mjs' // leaves its handler in globalThis.pdfjsWorker: one worker is enough
import { platform } from '#platform'
import { PlaitError } from '../errors.js'
import { toPpm } from '../image/pixels.js'
import { VERSION } from '../version.js'
import type { Answer, Handlers, Log } from '../worker/dispatcher.js'
import { PROTOCOL, type PdfCalls, type RenderReply } from '../worker/protocol.js'
import { CanvasFactory, canvasImage, hasCanvas, NoFilters } from './canvas.js'
import { textLines, type TextRun } from './lines.js'
import { Packs } from './pack.js'

/** Pixels in an inch, and the longer side at most: as a good scan. */
const RESOLUTION = 200
const LONGEST_SIDE = 3000

export function createPdfHandlers(log: Log): Handlers<PdfCalls> {
  let pdf: pdfjs.PDFDocumentProxy | null = null

  return {
    async open({ protocol, version, bytes, assets }) {
      if (protocol !== PROTOCOL || version !== VERSION)
        throw new PlaitError('VERSION', `expected a PDF worker of version ${version}, found ${VERSION}: reload the page`)
      pdf = await openPdf(bytes, new Packs(assets, async (url) => (await platform.fetchBytes(url)).bytes))
      return { result: { pages: pdf.numPages, canvas: await hasCanvas() } }
    },

    async render({ page: index, image }): Promise<Answer<RenderReply>> {
      const page = await pdf!.getPage(index + 1)
      const inches = page.getViewport({ scale: 1 / 72 })
      const scale = Math.min(RESOLUTION, LONGEST_SIDE / Math.max(inches.width, inches.height)) / 72
      const viewport = page.getViewport({ scale })
      const width = Math.max(1, Math.round(viewport.width))
      const height = Math.max(1, Math.round(viewport.height))
      const content = await page.getTextContent({ disableNormalization: false })
      const runs = content.items.filter((item) => 'str' in item) as TextRun[]
      const lines = textLines(runs, viewport.transform, width, height)
      try {
        const result: RenderReply = { width, height, ppm: new Uint8Array(), text: lines ? { lines } : undefined }
        if (await hasCanvas()) await draw(page, viewport, image, result)
        else if (lines) result.ppm = blank(width, height)
        else throw new PlaitError('UNSUPPORTED', `page ${index + 1}: expected a text layer or a canvas to draw on (npm install @napi-rs/canvas), found neither`)
        return { result, transfer: [result.ppm.buffer as ArrayBuffer] }
      } finally {
        page.cleanup()
      }
    },
  }

  async function draw(page: pdfjs.PDFPageProxy, viewport: pdfjs.PageViewport, image: boolean, result: RenderReply): Promise<void> {
    const { width, height } = result
    const factory = new CanvasFactory()
    const { canvas, context } = factory.create(width, height)
    context.fillStyle = 'white'
    context.fillRect(0, 0, width, height)
    try {
      await page.render({ canvas: null, canvasContext: context as never, viewport, intent: 'print' }).promise
    } catch (error) {
      throw new PlaitError('INVALID', `PDF page ${page.pageNumber}: expected a page that can be drawn: ${(error as Error).message}`, { cause: error })
    }
    result.ppm = toPpm(context.getImageData(0, 0, width, height))
    if (image) result.image = await canvasImage(canvas)
    factory.destroy({ canvas, context })
    log('debug', `PDF page ${page.pageNumber}: ${width} x ${height} pixels, ${result.text ? `${result.text.lines.length} lines of text` : 'no text layer'}`)
  }
}

async function openPdf(bytes: Uint8Array, packs: Packs): Promise<pdfjs.PDFDocumentProxy> {
  class FontFactory {
    fetch = ({ filename }: { filename: string }) => packs.get(filename)
  }
  class MapFactory {
    fetch = async ({ name }: { name: string }) => ({ cMapData: await packs.get(`${name}.bcmap`), isCompressed: true })
  }
  const task = pdfjs.getDocument({
    data: bytes,
    StandardFontDataFactory: FontFactory,
    WasmFactory: FontFactory,
    CMapReaderFactory: MapFactory,
    CanvasFactory,
    FilterFactory: NoFilters,
    useWorkerFetch: false,
    // Letters are drawn as paths, everywhere alike: a worker has no document to load fonts into.
    disableFontFace: true,
    useSystemFonts: false,
    isEvalSupported: false,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  })
  try {
    return await task.promise
  } catch (error) {
    const { name, message } = error as Error
    if (name === 'PasswordException') throw new PlaitError('UNSUPPORTED', 'PDF: expected one without a password, found one that asks for it', { cause: error })
    throw new PlaitError('INVALID', `PDF: expected a whole file: ${message}`, { cause: error })
  }
}

/** A white page, where nothing can be drawn but the words are known. */
function blank(width: number, height: number): Uint8Array {
  return toPpm({ data: new Uint8ClampedArray(width * height * 4), width, height })
}
