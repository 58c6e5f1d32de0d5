/** What was asked: a raw body with options in the query, or multipart/form-data. */

import { Refusal } from './refusal.js'

const OPTIONS = { model: 'string', without: 'string', name: 'string', fields_only: 'boolean' }

/** All bytes. Of a body that is too long as much is read as lets most clients hear why it is refused. */
async function body(request, most) {
  const pieces = []
  let size = 0
  for await (const piece of request.body ?? []) {
    size += piece.length
    if (size <= most) pieces.push(piece)
    else pieces.length = 0
    if (size > 8 * most) break
  }
  if (size > most) throw new Refusal(413, `expected at most ${most} bytes`)
  const bytes = new Uint8Array(size)
  pieces.reduce((at, piece) => (bytes.set(piece, at), at + piece.length), 0)
  return bytes
}

function parseOptions(text) {
  let options
  try {
    options = JSON.parse(text)
  } catch {
    throw new Refusal(400, 'options: expected JSON')
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new Refusal(400, 'options: expected an object')
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) throw new Refusal(400, `options: expected model, without, fields_only or name, found "${name.slice(0, 60)}"`)
    if (typeof value !== OPTIONS[name]) throw new Refusal(400, `options: ${name}: expected a ${OPTIONS[name]}`)
  }
  return options
}

/** Into `asked`, which has what the query said. */
async function readForm(request, bytes, asked) {
  let form
  try {
    form = await new Response(bytes, { headers: { 'Content-Type': request.headers.get('Content-Type') } }).formData()
  } catch {
    throw new Refusal(400, 'multipart: expected form-data as RFC 7578 says')
  }
  for (const [part, value] of form) {
    if (part === 'document') {
      asked.bytes = typeof value === 'string' ? new TextEncoder().encode(value) : new Uint8Array(await value.arrayBuffer())
      if (typeof value !== 'string' && value.name) asked.name ??= value.name.replace(/^.*[\\/]/, '')
    } else if (part === 'text') {
      asked.text = typeof value === 'string' ? value : await value.text()
    } else if (part === 'options') {
      const { fields_only: fieldsOnly = asked.fieldsOnly, ...rest } = parseOptions(typeof value === 'string' ? value : await value.text())
      Object.assign(asked, rest, { fieldsOnly })
    } else if (part === 'audio') {
      asked.audio = true
    } else {
      throw new Refusal(400, `multipart: expected parts named document, audio, text or options, found "${part.slice(0, 60)}"`)
    }
  }
  if (!asked.bytes) throw new Refusal(400, 'multipart: expected a part named document')
  return asked
}

export async function readRequest(request, most) {
  const query = new URL(request.url).searchParams
  const given = (name) => query.get(name) ?? undefined
  const fieldsOnly = query.has('fields_only') && !['false', '0'].includes(query.get('fields_only'))
  const asked = { name: given('name'), model: given('model'), without: given('without'), fieldsOnly }
  const bytes = await body(request, most)
  if (!/^multipart\//i.test(request.headers.get('Content-Type') ?? '')) return { ...asked, bytes }
  return readForm(request, bytes, asked)
}

const begins = (bytes, text) => bytes.length >= text.length && [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0))
const PICTURES = ['\xff\xd8', '\x89PNG', 'BM', 'GIF8', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']

export const isPicture = (bytes) => PICTURES.some((beginning) => begins(bytes, beginning))
export const isPdf = (bytes) => begins(bytes, '%PDF-')
