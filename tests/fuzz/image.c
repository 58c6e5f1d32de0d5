/* A picture from a stranger: its header, then its pixels. */
#include "media/image.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct fuzz fuzz;
    plait_context *context = fuzz_context(&fuzz);
    struct plait__image_header header;
    bool readable = plait__image_inspect(context, bytes, size, &header) == PLAIT_OK;
    struct plait__image image = {0};
    /* Header and decoder agree on what is a picture, but the decoder sees more damage. */
    bool decoded = plait__image_decode(context, bytes, size, 0, &image) == PLAIT_OK;
    if (decoded && !readable) abort();
    plait__image_end(context, &image);
    fuzz_end(&fuzz, context);
    return 0;
}
