// size.mjs FOLDER: what a browser downloads of the core is not larger than promised.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const RAW_MOST = 2_000_000, BROTLI_MOST = 600_000 // bytes, of the module and its loader together

const files = ['plait.wasm', 'plait.js'].map((name) => readFileSync(join(process.argv[2], name)))
const compress = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 24 } })
const raw = files.reduce((sum, bytes) => sum + bytes.length, 0)
const compressed = files.reduce((sum, bytes) => sum + compress(bytes).length, 0)
console.log(`core (module ${files[0].length} + loader ${files[1].length} bytes): ${raw} raw, ${compressed} brotli`)
if (raw > RAW_MOST || compressed > BROTLI_MOST) {
  console.log(`FAILED: expected at most ${RAW_MOST} raw and ${BROTLI_MOST} brotli`)
  process.exit(1)
}
