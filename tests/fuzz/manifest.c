/* A package's manifest.json from a stranger. */
#include "model/manifest.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct fuzz fuzz;
    plait_context *context = fuzz_context(&fuzz);
    struct plait__package package = {.context = context};
    plait__arena_init(&package.arena, context);
    const char *charset = NULL;
    (void)plait__manifest_read(&package, "manifest.json", (const char *)bytes, size, &charset);
    plait__arena_end(&package.arena);
    fuzz_end(&fuzz, context);
    return 0;
}
