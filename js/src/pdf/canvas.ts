/** Canvases without a document: OffscreenCanvas in browsers, @napi-rs/canvas in Node when it is installed. */

interface CanvasAndContext {
  canvas: OffscreenCanvas
  context: OffscreenCanvasRenderingContext2D
}

type Create = (width: number, height: number) => OffscreenCanvas

let create: Create | null | undefined

/** Whether pages can be drawn here. To be awaited before a canvas is made. */
export async function hasCanvas(): Promise<boolean> {
  if (create === undefined) create = typeof OffscreenCanvas === 'undefined' ? await nodeCanvas() : (w, h) => new OffscreenCanvas(w, h)
  return create !== null
}

async function nodeCanvas(): Promise<Create | null> {
  try {
    const require = process.getBuiltinModule('node:module').createRequire(import.meta.url)
    return require('@napi-rs/canvas').createCanvas
  } catch {
    return null
  }
}

/** What pdf.js makes its canvases with. */
export class CanvasFactory {
  create(width: number, height: number): CanvasAndContext {
    const canvas = create!(width, height)
    return { canvas, context: canvas.getContext('2d', { willReadFrequently: true })! }
  }

  reset({ canvas }: CanvasAndContext, width: number, height: number): void {
    canvas.width = width
    canvas.height = height
  }

  /** Gives the pixels back at once, without waiting for the collector. */
  destroy({ canvas }: CanvasAndContext): void {
    canvas.width = canvas.height = 0
  }
}

/** pdf.js makes filters from SVG, for which there is no document here; it does without. */
export class NoFilters {
  addFilter = () => 'none'
  addHCMFilter = () => 'none'
  addAlphaFilter = () => 'none'
  addLuminosityFilter = () => 'none'
  addHighlightHCMFilter = () => 'none'
  destroy = () => {}
}

export async function canvasImage(canvas: OffscreenCanvas): Promise<Blob> {
  if (canvas.convertToBlob) return canvas.convertToBlob({ type: 'image/png' })
  const png = await (canvas as unknown as { encode(type: string): Promise<Uint8Array> }).encode('png')
  return new Blob([png as BlobPart], { type: 'image/png' })
}
