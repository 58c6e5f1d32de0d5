/* The one translation unit that holds stb_image and stb_image_write.
 *
 * stb asks for memory through macros without a place for a context, so the context of the call under way is kept per
 * thread, and only for the length of the call: nothing outlives it. */
#include "media/stb.h"

#include <limits.h>
#include <string.h>

static _Thread_local struct {
    plait_context *context;
    size_t ceiling;
    bool refused; /* memory that could not be had */
} call;

static void *stb_allocate(size_t bytes) {
    if (bytes > call.ceiling) return NULL;
    void *memory = plait__allocate(call.context, bytes);
    call.refused |= !memory;
    return memory;
}
static void stb_release(void *memory) {
    plait__release(call.context, memory);
}

static void *stb_resize(void *memory, size_t old_bytes, size_t new_bytes) {
    void *larger = stb_allocate(new_bytes);
    if (larger && memory) {
        memcpy(larger, memory, old_bytes < new_bytes ? old_bytes : new_bytes);
        stb_release(memory);
    }
    return larger;
}

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function" /* kept to this file, both libraries leave functions unused */
#endif

#define STBI_MALLOC(bytes)                               stb_allocate(bytes)
#define STBI_FREE(memory)                                stb_release(memory)
#define STBI_REALLOC_SIZED(memory, old_bytes, new_bytes) stb_resize(memory, old_bytes, new_bytes)
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_PNM
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

#define STBIW_MALLOC(bytes)                               stb_allocate(bytes)
#define STBIW_FREE(memory)                                stb_release(memory)
#define STBIW_REALLOC_SIZED(memory, old_bytes, new_bytes) stb_resize(memory, old_bytes, new_bytes)
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

enum plait_status plait__stb_decode(plait_context *context, const uint8_t *bytes, size_t size, int channels, size_t ceiling,
                                    int *width_out, int *height_out, int *channels_out, uint8_t **pixels_out) {
    if (size > INT_MAX)
        return plait__fail(context, PLAIT_LIMIT, "expected a picture of at most %d bytes, found %zu", INT_MAX, size);
    call.context = context;
    call.ceiling = ceiling;
    call.refused = false;
    uint8_t *pixels = stbi_load_from_memory(bytes, (int)size, width_out, height_out, channels_out, channels);
    call.context = NULL;
    if (!pixels && call.refused) return PLAIT_MEMORY; /* the allocation said so */
    if (!pixels) return plait__fail(context, PLAIT_INVALID, "the picture is damaged: %s", stbi_failure_reason());
    if (channels) *channels_out = channels;
    *pixels_out = pixels;
    return PLAIT_OK;
}

int plait__stb_channels(plait_context *context, const uint8_t *bytes, size_t size) {
    if (size > INT_MAX) return 0;
    call.context = context;
    call.ceiling = (size_t)1 << 20; /* the header's tables */
    int width, height, channels, readable = stbi_info_from_memory(bytes, (int)size, &width, &height, &channels);
    call.context = NULL;
    return readable ? channels : 0;
}

enum plait_status plait__stb_encode_png(plait_context *context, const uint8_t *pixels, int width, int height, int channels,
                                        size_t stride, uint8_t **bytes_out, size_t *size_out) {
    if (stride > INT_MAX)
        return plait__fail(context, PLAIT_LIMIT, "expected rows of at most %d bytes, found %zu", INT_MAX, stride);
    int size = 0;
    call.context = context;
    call.ceiling = SIZE_MAX;
    uint8_t *bytes = stbi_write_png_to_mem(pixels, (int)stride, width, height, channels, &size);
    call.context = NULL;
    if (!bytes) return plait__fail(context, PLAIT_MEMORY, "a PNG of %d x %d pixels could not be written", width, height);
    *bytes_out = bytes;
    *size_out = (size_t)size;
    return PLAIT_OK;
}
