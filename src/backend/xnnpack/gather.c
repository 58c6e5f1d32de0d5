/* Rows picked by number: embeddings. */
#include "backend/xnnpack/families.h"

#include <string.h>

struct gather {
    size_t outer, dim, count, bytes; /* bytes of one row */
    bool wide;                       /* int64 indices rather than int32 */
};

bool plait__xnn_supports_gather(const struct plait__graph *graph, const struct plait__node *node) {
    enum plait_dtype indices = plait__xnn_input_type(graph, node, 1)->dtype;
    return !node->clamp.on && (indices == PLAIT_I64 || indices == PLAIT_I32);
}

static const char *gather_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    (void)pool; /* memory is the limit, and one thread reaches it */
    const struct gather *gather = step->parameters;
    const char *from = step->places[0];
    char *to = step->places[1];
    for (size_t outer = 0; outer < gather->outer; outer++)
        for (size_t i = 0; i < gather->count; i++, to += gather->bytes) {
            int64_t index = gather->wide ? ((const int64_t *)step->places[2])[i] : ((const int32_t *)step->places[2])[i];
            if (index < 0) index += (int64_t)gather->dim;
            if (index < 0 || index >= (int64_t)gather->dim) return "an index is outside the axis it picks from";
            memcpy(to, from + (outer * gather->dim + (size_t)index) * gather->bytes, gather->bytes);
        }
    return NULL;
}

enum plait_status plait__xnn_define_gather(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *data = plait__xnn_input_type(segment->graph, node, 0),
                       *indices = plait__xnn_input_type(segment->graph, node, 1);
    int64_t axis = plait__attribute_int(node, "axis", 0);
    if (axis < 0) axis += data->rank;
    struct gather gather = {.outer = plait__xnn_product(data->dims, 0, (int)axis),
                            .dim = (size_t)data->dims[axis],
                            .count = (size_t)plait_tensor_elements(indices),
                            .bytes = plait__xnn_product(data->dims, (int)axis + 1, data->rank) * plait_dtype_bytes(data->dtype),
                            .wide = indices->dtype == PLAIT_I64};
    int slots[] = {plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]),
                   plait__xnn_read(segment, node->inputs[1])};
    return plait__xnn_kernel_step(segment, gather_kernel, &gather, sizeof gather, 3, slots) ? PLAIT_OK : PLAIT_MEMORY;
}
