/** Any ONNX model, for people who bring their own. */

import { asBytes } from './assets.js'
import { platform } from '#platform'
import { startRuntime, type Runtime } from './runtime.js'
import type { SessionOptions, Tensor, TensorInfo, Variant } from './types.js'

export class OnnxSession {
  readonly inputs: TensorInfo[]
  readonly outputs: TensorInfo[]
  readonly variant: Variant
  #runtime: Runtime

  private constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.variant = runtime.choice.variant
    this.inputs = runtime.opened.inputs!
    this.outputs = runtime.opened.outputs!
  }

  /** Starts a worker with the model (opset 7 to 21) in it: its bytes, which are copied, or its URL (in Node, or path), which is
   *  fetched while the worker starts. */
  static async create(model: ArrayBuffer | Uint8Array | string | URL, options: SessionOptions = {}): Promise<OnnxSession> {
    // Kept, for a worker that has to be started again.
    const bytes = model instanceof URL || typeof model === 'string' ? fetched(model, options.signal) : Promise.resolve(asBytes(model).slice())
    bytes.catch(() => {}) // told by the worker's opening, which waits for it
    return new OnnxSession(await startRuntime(options, { network: { bytes, int8: options.int8 ?? false } }))
  }

  /** All inputs by name in, all outputs by name out. Runs one after the other. */
  async run(inputs: Record<string, Tensor>, options: { signal?: AbortSignal } = {}): Promise<Record<string, Tensor>> {
    const { outputs } = await this.#runtime.connection.run((call) => call('run', { inputs }), options)
    return outputs
  }

  /** Ends the worker and gives its memory back. */
  async dispose(): Promise<void> {
    this.#runtime.connection.close()
  }
}

async function fetched(model: string | URL, signal?: AbortSignal): Promise<Uint8Array> {
  const url = typeof model === 'string' ? platform.locate(model) : model.href
  return (await platform.fetchBytes(url, { signal })).bytes
}
