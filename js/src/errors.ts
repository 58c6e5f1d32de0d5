/** Every failure is a `PlaitError` with a code for programs and one sentence for people: what was expected, what was found. */

/** The core's status codes, and those of what surrounds it. */
export type ErrorCode =
  | 'INVALID' // an argument or an input is malformed
  | 'UNSUPPORTED' // well formed, but Plait (or this browser) cannot do it
  | 'NOT_FOUND'
  | 'IO'
  | 'MEMORY'
  | 'LIMIT' // a stated ceiling would be passed
  | 'CANCELLED'
  | 'INTERNAL' // a promise inside Plait was broken: please report it
  | 'CLOSED' // used after close()
  | 'WORKER' // the worker died; the next call starts another
  | 'VERSION' // page and worker are of different versions
  | 'INTEGRITY' // bytes do not have the digest they should have
  | 'NETWORK' // a file could not be fetched
  | 'SERVER' // the fallback endpoint did not answer with a document
  | 'PERMISSION_DENIED' // camera or microphone
  | 'NO_DEVICE'
  | 'DEVICE_LOST'

const kinds = Symbol.for('plait.error')

export class PlaitError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = new.target.className
    Object.defineProperty(this, kinds, { value: [PlaitError.className, this.name] })
  }

  /** `plait` and `plait/core` are files of their own: an error of one is an instance of the other's class too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && ((value as { [kinds]?: string[] })[kinds] ?? []).includes(this.className)
  }

  /** The name survives minifiers, so errors can be rebuilt with their class on the other side of a worker. */
  static readonly className: string = 'PlaitError'
}

/** The worker died. Whatever it was doing is lost; the next call starts another. */
export class WorkerError extends PlaitError {
  static override readonly className: string = 'WorkerError'
}

/** A file of the package could not be fetched, or is not what the manifest says. */
export class ResourceError extends PlaitError {
  static override readonly className: string = 'ResourceError'
}

export type Device = 'camera' | 'microphone'

/** The camera or the microphone: permission denied, no device, device unplugged. */
export class DeviceError extends PlaitError {
  static override readonly className: string = 'DeviceError'
  readonly device: Device

  constructor(device: Device, code: ErrorCode, words: string, options?: ErrorOptions) {
    super(code, `${device}: ${words}`, options)
    this.device = device
  }
}

/** The fallback endpoint. */
export class ServerError extends PlaitError {
  static override readonly className: string = 'ServerError'
}

/** What crosses the border of a worker; devices are the page's. */
const classes = [PlaitError, WorkerError, ResourceError, ServerError]

/** An error as it crosses. */
export interface ErrorRecord {
  name: string
  message: string
  code?: ErrorCode
  stack?: string
}

export function toRecord(error: unknown): ErrorRecord {
  if (error instanceof PlaitError) return { name: error.name, message: error.message, code: error.code, stack: error.stack }
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack }
  return { name: 'Error', message: String(error) }
}

export function fromRecord(record: ErrorRecord): Error {
  if (record.name === 'AbortError') return new DOMException(record.message, 'AbortError')
  const known = classes.find((each) => each.className === record.name)
  const error = known ? new known(record.code ?? 'INTERNAL', record.message) : new PlaitError('INTERNAL', record.message)
  if (record.stack) error.stack = record.stack
  return error
}

/** What an AbortSignal says, always an Error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('the caller asked to stop', 'AbortError')
}
