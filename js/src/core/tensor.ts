/** Tensors as plait.h has them: 80 bytes of dtype, rank, eight dimensions and the address of the data. */

import { PlaitError } from '../errors.js'
import type { Tensor, TensorData, TensorInfo, TensorType } from '../types.js'
import type { Heap, Scope } from './heap.js'

export const TENSOR_BYTES = 80
const RANK = 4, DIMS = 8, DATA = 72, MAX_RANK = 8

type ArrayClass = { new (buffer: ArrayBuffer): TensorData; readonly BYTES_PER_ELEMENT: number }

/** The numbers are ONNX's. */
const types: Record<TensorType, [number, ArrayClass]> = {
  float32: [1, Float32Array],
  uint8: [2, Uint8Array],
  int8: [3, Int8Array],
  uint16: [4, Uint16Array],
  int16: [5, Int16Array],
  int32: [6, Int32Array],
  int64: [7, BigInt64Array],
  bool: [9, Uint8Array],
  float16: [10, Uint16Array],
  float64: [11, Float64Array],
  uint32: [12, Uint32Array],
  uint64: [13, BigUint64Array],
  bfloat16: [16, Uint16Array],
}
const names = new Map(Object.entries(types).map(([name, [number]]) => [number, name as TensorType]))

/** Copies a tensor and its data to C; `what` names it in errors. */
export function writeTensor(scope: Scope, address: number, tensor: Tensor, what: string): void {
  const [number, array] = types[tensor.type] ?? []
  if (!number || !array) throw new PlaitError('INVALID', `${what}: there is no tensor type "${tensor.type}"`)
  if (tensor.dims.length > MAX_RANK) throw new PlaitError('LIMIT', `${what}: expected at most ${MAX_RANK} dimensions, found ${tensor.dims.length}`)
  if (!tensor.dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new PlaitError('INVALID', `${what}: expected dimensions of whole numbers, found ${tensor.dims}`)
  }
  if (!(tensor.data instanceof array)) {
    throw new PlaitError('INVALID', `${what}: expected a ${(array as { name?: string }).name} for ${tensor.type}, found ${(tensor.data as object)?.constructor?.name}`)
  }
  const elements = tensor.dims.reduce((product, dim) => product * dim, 1)
  if (tensor.data.length !== elements) {
    throw new PlaitError('INVALID', `${what}: expected ${elements} elements for [${tensor.dims}], found ${tensor.data.length}`)
  }
  const { buffer, byteOffset, byteLength } = tensor.data
  const data = scope.bytes(new Uint8Array(buffer, byteOffset, byteLength))
  const words = scope.heap.words
  words.setInt32(address, number, true)
  words.setInt32(address + RANK, tensor.dims.length, true)
  tensor.dims.forEach((dim, i) => words.setBigInt64(address + DIMS + 8 * i, BigInt(dim), true))
  words.setUint32(address + DATA, data, true)
}

function readType(heap: Heap, address: number): { type: TensorType; dims: number[] | null } {
  const words = heap.words
  const number = words.getInt32(address, true)
  const type = names.get(number)
  if (!type) throw new PlaitError('UNSUPPORTED', `there is no tensor type of number ${number}`)
  const rank = words.getInt32(address + RANK, true)
  const dims = rank < 0 ? null : Array.from({ length: rank }, (_, i) => Number(words.getBigInt64(address + DIMS + 8 * i, true)))
  return { type, dims }
}

export function readInfo(heap: Heap, address: number, name: string): TensorInfo {
  return { name, ...readType(heap, address) }
}

/** A copy that JavaScript owns. */
export function readTensor(heap: Heap, address: number): Tensor {
  const { type, dims } = readType(heap, address)
  const array = types[type][1]
  const shape = dims ?? []
  const size = shape.reduce((product, dim) => product * dim, array.BYTES_PER_ELEMENT)
  return { type, dims: shape, data: new array(heap.copyOut(heap.pointer(address + DATA), size).buffer) }
}
