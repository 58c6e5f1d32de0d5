/** Any ONNX model, for people who bring their own. */

import { asBytes } from './assets.js'
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

  /** Starts a worker with the model (opset 7 to 21) in it. The bytes are copied. */
  static async create(bytes: ArrayBuffer | Uint8Array, options: SessionOptions = {}): Promise<OnnxSession> {
    // Kept, for a worker that has to be started again.
    const network = { bytes: asBytes(bytes).slice(), int8: options.int8 ?? false }
    return new OnnxSession(await startRuntime(options, { network }))
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
