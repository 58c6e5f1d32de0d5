/* Linked into the plait command: with PLAIT_LIMITED in the environment, XNNPACK finds a processor without SSE4 and AVX, whose
 * 128-bit vectors are what WebAssembly has too.  It asks cpuinfo, which looks at the processor once; here, before anyone else.
 */
#include <cpuinfo.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void limit(void) {
    if (!getenv("PLAIT_LIMITED") || !cpuinfo_initialize()) return;
    const size_t first = offsetof(struct cpuinfo_x86_isa, sse4_1), last = offsetof(struct cpuinfo_x86_isa, avx_ne_convert);
    memset((char *)&cpuinfo_isa + first, 0, last + sizeof(bool) - first);
}
