/** All bytes of a URL. */

import { ResourceError } from '../errors.js'
import type { FetchedBytes } from './platform.js'

export async function httpBytes(url: string, init: RequestInit): Promise<FetchedBytes> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    if (init.signal?.aborted) throw error
    const { cause, message } = error as Error
    throw new ResourceError('NETWORK', `${url}: could not be fetched: ${cause instanceof Error ? cause.message : message}`, { cause: error })
  }
  if (!response.ok) {
    throw new ResourceError(response.status === 404 ? 'NOT_FOUND' : 'NETWORK', `${url}: expected 200, found ${response.status}`)
  }
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    mediaType: (response.headers.get('content-type') ?? '').split(';')[0].trim(),
  }
}
