// The one Plait of the page and the queue before it: documents are read one after the other, in the order they came.
import { createPlait, type Plait, type PlaitOptions, type Progress } from 'plait'
import { announce } from './dom.ts'
import type { Item } from './item.ts'

export class Reader {
  #plait: Promise<Plait> | undefined
  #queue: Item[] = []
  #current: Item | undefined

  constructor(readonly options: PlaitOptions) {}

  /** Begins loading the program and the models; later calls give the same one, unless it failed. */
  plait(): Promise<Plait> {
    this.#plait ??= createPlait({ ...this.options, onProgress: (progress) => this.#progress(this.#current, progress) })
    this.#plait.catch(() => { this.#plait = undefined })
    return this.#plait
  }

  add(item: Item) {
    item.controller = new AbortController()
    item.state = { is: 'waiting' }
    this.#queue.push(item)
    if (!this.#current) void this.#work()
  }

  cancel(item: Item) {
    item.controller.abort()
    this.#queue = this.#queue.filter((each) => each !== item)
    if (item.state.is === 'waiting') item.state = { is: 'cancelled' }
  }

  async #work() {
    while ((this.#current = this.#queue.shift())) await this.#read(this.#current)
  }

  #progress(item: Item | undefined, { stage, fraction, page, pages }: Progress) {
    if (item?.state.is !== 'reading') return
    item.state = { is: 'reading', stage, fraction, ...(pages && pages > 1 && { page: `page ${(page ?? 0) + 1} of ${pages}` }) }
  }

  async #read(item: Item) {
    const { signal } = item.controller
    item.state = { is: 'reading', stage: 'load', fraction: 0 }
    try {
      const plait = await this.plait()
      signal.throwIfAborted()
      const begin = performance.now()
      const document = await plait.read(item.source, {
        name: item.name,
        signal,
        ...(item.audio && { audio: item.audio }),
        onPage: (page) => item.page(page),
        onProgress: (progress) => this.#progress(item, progress),
      })
      item.state = { is: 'read', document, ms: performance.now() - begin }
      announce(`${item.name} is read. ${item.doubtful ? 'Please check it.' : ''}`)
    } catch (error) {
      item.fail(error)
      if (signal.aborted) announce(`${item.name}: cancelled.`)
    }
  }
}
