/** Files that pdf.js asks for by name (fonts every reader has, character maps, decoders), kept in packs beside the module.
 *  A pack is: u32 little endian, the length of an index; the index, JSON {name: [offset, length]}; the bytes. */

export class Packs {
  #urls: string[]
  #fetch: (url: string) => Promise<Uint8Array>
  #opened = new Map<string, Promise<Map<string, Uint8Array>>>()

  constructor(urls: string[], fetch: (url: string) => Promise<Uint8Array>) {
    this.#urls = urls
    this.#fetch = fetch
  }

  /** Looks through the packs in order; each is fetched when first needed. */
  async get(name: string): Promise<Uint8Array> {
    for (const url of this.#urls) {
      if (!this.#opened.has(url)) this.#opened.set(url, this.#fetch(url).then(readPack))
      const file = (await this.#opened.get(url)!).get(name)
      if (file) return file.slice()
    }
    throw new Error(`${name}: not in the packs`)
  }
}

export function readPack(pack: Uint8Array): Map<string, Uint8Array> {
  const length = new DataView(pack.buffer, pack.byteOffset).getUint32(0, true)
  const index: Record<string, [number, number]> = JSON.parse(new TextDecoder().decode(pack.subarray(4, 4 + length)))
  const start = 4 + length
  return new Map(Object.entries(index).map(([name, [offset, size]]) => [name, pack.subarray(start + offset, start + offset + size)]))
}
