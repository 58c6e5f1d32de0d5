/** Camera and microphone: asking for them, and saying in words what went wrong. */

import { DeviceError, PlaitError, type Device, type ErrorCode } from '../errors.js'

const failures: Record<string, [ErrorCode, string]> = {
  NotAllowedError: ['PERMISSION_DENIED', 'permission was denied'],
  SecurityError: ['PERMISSION_DENIED', 'this page may not use it'],
  NotFoundError: ['NO_DEVICE', 'there is none'],
  OverconstrainedError: ['NO_DEVICE', 'there is none like that'],
  NotReadableError: ['NO_DEVICE', 'it is in use, or broken'],
}

export async function openDevice(device: Device, constraints: true | MediaTrackConstraints): Promise<MediaStream> {
  const devices = globalThis.navigator?.mediaDevices
  if (!devices?.getUserMedia) throw new PlaitError('UNSUPPORTED', `${device}: expected a secure page in a browser with devices, found none`)
  try {
    return await devices.getUserMedia(device === 'camera' ? { video: constraints } : { audio: constraints })
  } catch (error) {
    const { name, message } = error as Error
    const [code, words] = failures[name] ?? ['NO_DEVICE', message || name]
    throw new DeviceError(device, code, words, { cause: error })
  }
}

/** Calls back when the device is unplugged or its permission taken back. */
export function onLost(device: Device, stream: MediaStream, signal: AbortSignal, lost: (error: DeviceError) => void): void {
  for (const track of stream.getTracks()) {
    track.addEventListener('ended', () => lost(new DeviceError(device, 'DEVICE_LOST', 'it was unplugged, or taken away')), { signal, once: true })
  }
}

export function stopStream(stream: MediaStream | null): void {
  stream?.getTracks().forEach((track) => track.stop())
}
