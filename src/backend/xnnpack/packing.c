#include "backend/xnnpack/packing.h"

#include <math.h>
#include <string.h>

void plait__xnn_packing_begin(struct plait__xnn_packing *packing, struct plait__xnn_segment *segment, const size_t *numbers,
                              size_t number_count, const plait_tensor *weights, const plait_tensor *bias) {
    *packing = (struct plait__xnn_packing){.segment = segment};
    plait__digest_add(&packing->digest, numbers, number_count * sizeof *numbers);
    plait__digest_add(&packing->digest, weights->data, plait_tensor_bytes(weights));
    if (bias) plait__digest_add(&packing->digest, bias->data, plait_tensor_bytes(bias));
    packing->known = plait__xnn_cache_has(segment->cache, &packing->digest);
}

enum plait_status plait__xnn_packing_channels_last(struct plait__xnn_packing *packing, const float *weights, size_t rows,
                                                   size_t channels, size_t taps) {
    if (packing->known || channels == 1 || taps == 1) return PLAIT_OK;
    packing->floats = plait__allocate(packing->segment->context, rows * channels * taps * sizeof(float));
    if (!packing->floats) return PLAIT_MEMORY;
    for (size_t row = 0; row < rows; row++)
        for (size_t channel = 0; channel < channels; channel++)
            for (size_t tap = 0; tap < taps; tap++)
                packing->floats[(row * taps + tap) * channels + channel] = weights[(row * channels + channel) * taps + tap];
    return PLAIT_OK;
}

/* The scales are needed even when the packing is known: XNNPACK looks at them before it looks for it. */
enum plait_status plait__xnn_packing_quantise(struct plait__xnn_packing *packing, const float *weights, size_t rows,
                                              size_t depth, size_t row_step, size_t step) {
    plait_context *context = packing->segment->context;
    packing->scales = plait__allocate(context, rows * sizeof(float));
    packing->bytes = plait__allocate_zero(context, rows * depth, 1);
    if (!packing->scales || !packing->bytes) return PLAIT_MEMORY;
    for (size_t row = 0; row < rows; row++) {
        const float *from = weights + row * row_step;
        float largest = 0.0f;
        for (size_t i = 0; i < depth; i++) largest = fmaxf(largest, fabsf(from[i * step]));
        /* A row of zeros, or of numbers too small to invert, has any normal scale. */
        float scale = largest > 1e-30f ? largest / 127.0f : 1.0f;
        packing->scales[row] = scale;
        if (packing->known) continue;
        for (size_t i = 0; i < depth; i++) packing->bytes[row * depth + i] = (int8_t)lrintf(from[i * step] / scale);
    }
    return PLAIT_OK;
}

static enum plait_status keep(struct plait__xnn_segment *segment, struct plait__xnn_packed *packed) {
    if (segment->packed_count == segment->packed_capacity) {
        int capacity = segment->packed_capacity ? 2 * segment->packed_capacity : 32;
        struct plait__xnn_packed **all =
            plait__arena_array(&segment->arena, (size_t)capacity, sizeof(struct plait__xnn_packed *));
        if (!all) return PLAIT_MEMORY;
        if (segment->packed_count) memcpy(all, segment->packed, (size_t)segment->packed_count * sizeof *all);
        segment->packed = all;
        segment->packed_capacity = capacity;
    }
    segment->packed[segment->packed_count++] = packed;
    return PLAIT_OK;
}

void plait__xnn_packing_ready(struct plait__xnn_packing *packing) {
    plait__xnn_cache_begin(packing->segment->cache, &packing->digest);
}

enum plait_status plait__xnn_packing_keep(struct plait__xnn_packing *packing, enum xnn_status created) {
    struct plait__xnn_segment *segment = packing->segment;
    struct plait__xnn_packed *packed = plait__xnn_cache_end(segment->cache);
    if (packed && keep(segment, packed) != PLAIT_OK) {
        plait__xnn_packed_release(segment->cache, packed);
        return PLAIT_MEMORY;
    }
    return plait__xnn_check(segment, created);
}

void plait__xnn_packing_end(struct plait__xnn_packing *packing) {
    if (!packing->segment) return; /* not begun */
    plait_context *context = packing->segment->context;
    plait__release(context, packing->floats);
    plait__release(context, packing->bytes);
    plait__release(context, packing->scales);
}
