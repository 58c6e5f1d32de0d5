export type * from './document.js'
export type * from './types.js'
export { DeviceError, PlaitError, ResourceError, ServerError, WorkerError } from './errors.js'
export type { ErrorCode } from './errors.js'
