/* A row added to a product is the product's bias: as Gemm's third input, or as a third input of MatMul, which ONNX does not
 * have but our backends take: [columns], one dimension. */
#include "graph/fuse/fuse.h"

static bool is_row(const struct plait__fuse *fuse, int value, int64_t columns) {
    const plait_tensor *type = plait__type(fuse, value);
    if (!plait__constant_floats(fuse, value) || type->rank < 1 || type->dims[type->rank - 1] != columns) return false;
    return plait_tensor_elements(type) == columns;
}

enum plait_status plait__fuse_bias(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (node->op != PLAIT__OP_Add || node->clamp.on) return PLAIT_OK;
    for (int i = 0; i < 2; i++) {
        struct plait__node *product = plait__made_for(fuse, node->inputs[i], PLAIT__OP_MatMul);
        if (!product || product->input_count != 2) continue;
        const plait_tensor *weights = plait__type(fuse, product->inputs[1]), *made = plait__type(fuse, node->inputs[i]);
        int bias = node->inputs[1 - i];
        bool fits = plait__constant_floats(fuse, product->inputs[1]) && weights->rank == 2 && made->rank >= 1 &&
                    is_row(fuse, bias, weights->dims[1]) && plait__type(fuse, bias)->rank <= made->rank;
        if (!fits) continue;
        float *copy;
        const float *row = plait__constant_floats(fuse, bias);
        int64_t columns = weights->dims[1];
        int flat = plait__type(fuse, bias)->rank == 1 ? bias : plait__add_floats(fuse, node->name, 1, &columns, &copy);
        if (flat < 0) return PLAIT_MEMORY;
        if (flat != bias)
            for (int64_t k = 0; k < columns; k++) copy[k] = row[k];
        *changed = true;
        return plait__become(fuse, node, PLAIT__OP_MatMul, 13, 3, (int[]){product->inputs[0], product->inputs[1], flat}, 0);
    }
    return PLAIT_OK;
}
