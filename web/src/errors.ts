// Errors as sentences.  Codes are Plait's; what they mean for a person is said here.
import { PlaitError, type ErrorCode } from 'plait'

/** `detail` is Plait's own sentence; `again`: trying once more may help. */
export interface Told { text: string; detail: string; again: boolean }

const texts: Partial<Record<ErrorCode, string>> = {
  INVALID: 'This file is damaged, or is not what its name says.',
  UNSUPPORTED: 'Plait cannot read this kind of file. It reads pictures and PDFs.',
  LIMIT: 'This document is larger than Plait takes.',
  MEMORY: 'There is not enough memory for this document.',
  WORKER: 'The reader stopped in the middle of this document.',
  NETWORK: 'The reader could not be loaded. Is there a network?',
  INTEGRITY: 'Part of the reader arrived damaged and was not used.',
  VERSION: 'This page was updated. Please load it again.',
  PERMISSION_DENIED: 'The browser does not allow the camera. Files can be chosen all the same.',
  NO_DEVICE: 'There is no camera here. Files can be chosen all the same.',
  DEVICE_LOST: 'The camera is gone. What was read stays.',
}

const worthAnotherTry: ErrorCode[] = ['WORKER', 'NETWORK', 'INTEGRITY', 'MEMORY', 'IO']

export function stated(error: unknown): Told {
  const detail = error instanceof Error ? error.message : String(error)
  if (!(error instanceof PlaitError)) return { text: 'Something went wrong.', detail, again: true }
  return { text: texts[error.code] ?? 'This document could not be read.', detail, again: worthAnotherTry.includes(error.code) }
}
