// The package as its README says: its folder served, no bundler.  What tests ask of the page is plain data, both ways.
import * as plait from '/dist/web/index.js'

const fetched = async (name) => {
  const response = await fetch(`/${name}`)
  if (!response.ok) throw new Error(`${name}: ${response.status}`)
  return new File([await response.blob()], name.split('/').at(-1))
}

/** What a promise came to: `{ value }`, or the error in plain data. */
const outcome = (promise) => promise.then(
  (value) => ({ value }),
  (error) => ({ error: { name: error.name, code: error.code, message: error.message, typed: error instanceof plait.PlaitError } }),
)

let reader
const tools = {
  /** A new reader in place of the one there was; its `info`. */
  async open(options = {}) {
    await reader?.close()
    reader = undefined
    reader = await plait.createPlait(options)
    return reader.info
  },
  get reader() { return reader },
  /** Reads a file that the test serves, by the reader there is, or the default one. */
  async read(name, options) {
    if (!reader) await tools.open()
    return reader.read(await fetched(name), options)
  },
  fetched,
  outcome,
}

Object.assign(window, { plait, tools })
