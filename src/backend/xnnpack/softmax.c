/* Softmax along one axis, and attention, which is a softmax between two products. */
#include "backend/xnnpack/families.h"

static enum xnn_status bind_softmax(const struct plait__xnn_step *step) {
    return xnn_setup_softmax_nc_f32(step->xnn, step->places[0], step->places[1]);
}

enum plait_status plait__xnn_softmax_step(struct plait__xnn_segment *segment, size_t rows, size_t width, int read,
                                          int written) {
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_softmax_nc_f32(0, &xnn));
    struct plait__xnn_step *step = plait__xnn_operator_step(segment, xnn, bind_softmax, 2, (int[]){read, written});
    if (!step) return PLAIT_MEMORY;
    step->in_place = true; /* a row's maximum and sum are known before it is written */
    return plait__xnn_check(segment, xnn_reshape_softmax_nc_f32(xnn, width, width, width, rows, plait__xnn_pool(segment)));
}

bool plait__xnn_supports_softmax(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *type = plait__xnn_input_type(graph, node, 0);
    return type->dtype == PLAIT_F32 && type->rank > 0;
}

/* Before opset 13 all axes from the given one on are one row; since then it is one axis, wherever it is. */
enum plait_status plait__xnn_define_softmax(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__xnn_input_type(segment->graph, node, 0);
    bool flattens = node->opset < 13;
    int64_t axis = plait__attribute_int(node, "axis", flattens ? 1 : -1);
    if (axis < 0) axis += type->rank;
    size_t outer = plait__xnn_product(type->dims, 0, (int)axis), inner = 1, width = 1;
    for (int i = (int)axis; i < type->rank; i++) {
        if (flattens || i == axis)
            width *= (size_t)type->dims[i];
        else
            inner *= (size_t)type->dims[i];
    }
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    if (inner == 1) return plait__xnn_softmax_step(segment, outer, width, read, written);
    /* Two, since the first may be the input itself when the transpose moves nothing. */
    int turned = plait__xnn_scratch(segment, outer * width * inner * sizeof(float));
    int mixed = plait__xnn_scratch(segment, outer * width * inner * sizeof(float));
    const size_t swap[] = {0, 2, 1};
    PLAIT__TRY(plait__xnn_transpose_step(segment, sizeof(float), 3, (size_t[]){outer, width, inner}, swap, read, turned));
    PLAIT__TRY(plait__xnn_softmax_step(segment, outer * inner, width, turned, mixed));
    return plait__xnn_transpose_step(segment, sizeof(float), 3, (size_t[]){outer, inner, width}, swap, mixed, written);
}

/* ---- attention: softmax(scale q k^T + mask) v ---- */

bool plait__xnn_supports_attention(const struct plait__graph *graph, const struct plait__node *node) {
    int rank = plait__xnn_input_type(graph, node, 0)->rank;
    for (int i = 0; i < 3; i++) {
        const plait_tensor *type = plait__xnn_input_type(graph, node, i);
        if (!type || type->dtype != PLAIT_F32 || type->rank != rank) return false;
        for (int axis = 0; axis < rank - 2; axis++)
            if (type->dims[axis] != plait__xnn_input_type(graph, node, 0)->dims[axis]) return false;
    }
    const plait_tensor *mask = plait__xnn_input_type(graph, node, 3);
    return rank >= 2 && (!mask || (mask->dtype == PLAIT_F32 && mask->rank <= rank));
}

enum plait_status plait__xnn_define_attention(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *q = plait__xnn_input_type(segment->graph, node, 0), *v = plait__xnn_input_type(segment->graph, node, 2);
    const plait_tensor *mask = plait__xnn_input_type(segment->graph, node, 3);
    int rank = q->rank, batch_rank = rank - 2;
    size_t tokens = (size_t)q->dims[rank - 2], width = (size_t)q->dims[rank - 1];
    size_t keys = (size_t)v->dims[rank - 2], value_width = (size_t)v->dims[rank - 1];
    size_t shape[PLAIT__XNN_RANK], mask_shape[PLAIT__XNN_RANK];
    plait__xnn_shape(q, rank, shape);
    size_t batch = plait__xnn_product(q->dims, 0, batch_rank), elements = batch * tokens * width, one = 1;
    int queries = plait__xnn_read(segment, node->inputs[0]);
    float *scale;
    int scales = plait__xnn_own_constant(segment, sizeof(float), (void **)&scale);
    if (scales < 0) return PLAIT_MEMORY;
    *scale = plait__attribute_float(node, "scale", 1.0f);
    if (*scale != 1.0f) {
        int scaled = plait__xnn_scratch(segment, elements * sizeof(float));
        PLAIT__TRY(plait__xnn_binary_step(segment, xnn_binary_multiply, 1, &elements, &one, queries, scales, scaled));
        queries = scaled;
    }
    int weights = plait__xnn_scratch(segment, batch * tokens * keys * sizeof(float));
    PLAIT__TRY(plait__xnn_product_step(segment, batch_rank, shape, shape, tokens, width, keys, true, queries,
                                       plait__xnn_read(segment, node->inputs[1]), weights));
    if (mask) {
        shape[rank - 1] = keys;
        plait__xnn_shape(mask, rank, mask_shape);
        PLAIT__TRY(plait__xnn_binary_step(segment, xnn_binary_add, rank, shape, mask_shape, weights,
                                          plait__xnn_read(segment, node->inputs[3]), weights));
    }
    PLAIT__TRY(plait__xnn_softmax_step(segment, batch * tokens, keys, weights, weights));
    return plait__xnn_product_step(segment, batch_rank, shape, shape, tokens, keys, value_width, false, weights,
                                   plait__xnn_read(segment, node->inputs[2]), plait__xnn_write(segment, node->outputs[0]));
}
