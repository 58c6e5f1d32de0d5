// One document on the shelf: where it came from, its pages to look at, how far it is, what was read.
import type { AudioClip, Document, RenderedPage } from 'plait'
import { stated, type Told } from './errors.ts'

export type State =
  | { is: 'waiting' }
  | { is: 'reading'; stage: string; fraction: number; page?: string }
  | { is: 'read'; document: Document; ms: number }
  | { is: 'failed'; told: Told }
  | { is: 'cancelled' }

/** A page to look at. */
export interface Leaf { url: string; width: number; height: number }

const isPdf = async (file: Blob) =>
  file.type === 'application/pdf' || new TextDecoder('latin1').decode(await file.slice(0, 1024).arrayBuffer()).includes('%PDF-')

/** Says `change` when its state is another, `leaf` when there is one more page to look at. */
export class Item extends EventTarget {
  readonly corrections = new Map<string, string>()
  readonly leaves: Leaf[] = []
  controller = new AbortController()
  #state: State = { is: 'waiting' }

  constructor(readonly name: string, readonly source: Blob, readonly audio?: AudioClip) {
    super()
    void this.#look()
  }

  get state() { return this.#state }

  set state(state: State) {
    this.#state = state
    this.dispatchEvent(new Event('change'))
  }

  /** Whether a person should look at what was read. */
  get doubtful() { return this.#state.is === 'read' && this.#state.document.review.needed }

  /** A picture is its own page; the pages of a PDF come while it is read. */
  async #look() {
    if (await isPdf(this.source)) return
    const url = URL.createObjectURL(this.source)
    const image = Object.assign(new Image(), { src: url })
    try {
      await image.decode()
      this.#add({ url, width: image.naturalWidth, height: image.naturalHeight })
    } catch {
      URL.revokeObjectURL(url) // what this browser cannot show, Plait may still read
    }
  }

  /** What a person says a field is; undefined takes it back. */
  correct(name: string, value: string | undefined) {
    if (value === undefined) this.corrections.delete(name)
    else this.corrections.set(name, value)
  }

  page({ index, image, width, height }: RenderedPage) {
    if (index < this.leaves.length) return // it was seen before it was cancelled and read again
    this.#add({ url: URL.createObjectURL(image), width, height })
  }

  #add(leaf: Leaf) {
    this.leaves.push(leaf)
    this.dispatchEvent(new Event('leaf'))
  }

  fail(error: unknown) {
    this.state = this.controller.signal.aborted ? { is: 'cancelled' } : { is: 'failed', told: stated(error) }
  }

  dispose() {
    this.controller.abort()
    for (const { url } of this.leaves) URL.revokeObjectURL(url)
  }
}
