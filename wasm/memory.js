#preprocess
// The memory starts small and grows up to `memoryLimit` bytes, an option of the loader.
#if PTHREADS
if (!ENVIRONMENT_IS_PTHREAD)
#endif
Module['wasmMemory'] = new WebAssembly.Memory({
    'initial': {{{ INITIAL_MEMORY / 65536 }}},
    'maximum': Math.ceil((Module['memoryLimit'] || {{{ 256 << 20 }}}) / 65536),
    'shared': {{{ SHARED_MEMORY ? 'true' : 'false' }}},
});
