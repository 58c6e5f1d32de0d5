/** The module as Emscripten's loader makes it, and how it is made. */

import { PlaitError } from '../errors.js'
import type { CoreOptions } from '../core.js'
import type { Pool } from './threads.js'

/** What C calls. Texts are addresses. An exception must not leave them: it would not unwind C. */
export interface Host {
  log(level: number, message: number): void
  progress(stage: number, fraction: number): void
  cancelled(): boolean
}

/** What wasm/exports.txt names. Addresses and sizes are bytes; a status of 0 is success. */
export interface Exports {
  wasmMemory: WebAssembly.Memory
  PThread?: Pool
  _malloc(bytes: number): number
  _free(address: number): void
  _plait_wasm_context_create(): number
  _plait_wasm_variant(): number
  _plait_wasm_version(): number
  _plait_context_destroy(context: number): void
  _plait_context_error(context: number): number
  _plait_context_set_threads(context: number, threads: number): number
  _plait_status_name(status: number): number
  _plait_session_create(context: number, bytes: number, size: number, folder: number, options: number, out: number): number
  _plait_session_destroy(session: number): void
  _plait_session_input_count(session: number): number
  _plait_session_output_count(session: number): number
  _plait_session_input_name(session: number, index: number): number
  _plait_session_output_name(session: number, index: number): number
  _plait_session_input_type(session: number, index: number, type: number): void
  _plait_session_output_type(session: number, index: number, type: number): void
  _plait_session_profile_json(session: number, out: number): number
  _plait_session_run(session: number, inputs: number, inputCount: number, outputs: number, outputCount: number): number
  _plait_model_create_from_files(context: number, files: number, count: number, options: number, out: number): number
  _plait_model_destroy(model: number): void
  _plait_model_name(model: number): number
  _plait_model_version(model: number): number
  _plait_model_remember(model: number, memory: number): void
  _plait_memory_create(context: number, out: number): number
  _plait_memory_destroy(memory: number): void
  _plait_memory_count(memory: number): number
  _plait_memory_forget(memory: number, id: number): number
  _plait_memory_export(memory: number, out: number, sizeOut: number): number
  _plait_memory_import(memory: number, lines: number, size: number, countOut: number): number
  _plait_confirm(memory: number, json: number, size: number, fields: number, count: number, id: number): number
  _plait_read(model: number, bytes: number, size: number, options: number, out: number): number
  _plait_document_begin(model: number, options: number, out: number): number
  _plait_document_add_page(document: number, bytes: number, size: number, options: number): number
  _plait_document_finish(document: number): number
  _plait_document_destroy(document: number): void
  _plait_document_json(document: number, out: number): number
  _plait_document_annotate(document: number, page: number, bytes: number, size: number, out: number, sizeOut: number): number
}

/** The default export of plait.js. */
export type Loader = (options: object) => Promise<Exports>

async function compiled(module: CoreOptions['module']): Promise<WebAssembly.Module> {
  if (module instanceof WebAssembly.Module) return module
  try {
    return await WebAssembly.compile(module)
  } catch (error) {
    throw new PlaitError('UNSUPPORTED', `the module cannot be compiled: ${(error as Error).message}`, { cause: error })
  }
}

export async function loaderOf(loader: CoreOptions['loader']): Promise<Loader> {
  if (typeof loader === 'function') return loader
  const url = String(loader)
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)).default as Loader
}

export async function instantiate(options: CoreOptions, host: Host): Promise<Exports> {
  const [module, loader] = await Promise.all([compiled(options.module), loaderOf(options.loader)])
  // The loader's own promise never settles when the instance cannot be made.
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => {
      const code = error instanceof RangeError ? 'MEMORY' : 'UNSUPPORTED'
      reject(new PlaitError(code, `the module cannot be started: ${error instanceof Error ? error.message : error}`, { cause: error }))
    }
    const instantiateWasm = (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) => {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), failed)
      return {}
    }
    loader({ instantiateWasm, host, memoryLimit: options.memoryLimit, printErr: () => {} }).then(resolve, failed)
  })
}
