/* Whole numbers and masks become floats: what encoders do with the masks they are given. */
#include "backend/xnnpack/families.h"

bool plait__xnn_supports_cast(const struct plait__graph *graph, const struct plait__node *node) {
    enum plait_dtype from = plait__xnn_input_type(graph, node, 0)->dtype, to = plait__xnn_output_type(graph, node, 0)->dtype;
    if (node->clamp.on) return false;
    return from == to ||
           (to == PLAIT_F32 && (from == PLAIT_I64 || from == PLAIT_I32 || from == PLAIT_U8 || from == PLAIT_BOOL));
}

struct cast {
    enum plait_dtype from;
    size_t elements;
};

struct cast_run {
    enum plait_dtype dtype;
    const void *from;
    float *to;
};

#define CAST(type) \
    for (size_t i = start; i < start + count; i++) run->to[i] = (float)((const type *)run->from)[i]

static void cast_block(void *context, size_t start, size_t count) {
    const struct cast_run *run = context;
    switch (run->dtype) {
    case PLAIT_I64:
        CAST(int64_t);
        break;
    case PLAIT_I32:
        CAST(int32_t);
        break;
    default:
        CAST(uint8_t);
        break; /* a bool is a byte of 0 or 1 */
    }
}

static const char *cast_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    const struct cast *cast = step->parameters;
    struct cast_run run = {cast->from, step->places[0], step->places[1]};
    pthreadpool_parallelize_1d_tile_1d(pool, cast_block, &run, cast->elements, 16384, 0);
    return NULL;
}

enum plait_status plait__xnn_define_cast(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__xnn_input_type(segment->graph, node, 0);
    int slots[] = {plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0])};
    if (from->dtype == plait__xnn_output_type(segment->graph, node, 0)->dtype)
        return plait__xnn_alias(segment, slots[0], slots[1]);
    struct cast cast = {from->dtype, (size_t)plait_tensor_elements(from)};
    return plait__xnn_kernel_step(segment, cast_kernel, &cast, sizeof cast, 2, slots) ? PLAIT_OK : PLAIT_MEMORY;
}
