/* Layer normalisation over the last dimension, as exporters before opset 17 spell it:
 *     d = x - mean(x);  d / sqrt(mean(d^2) + epsilon) * scale + bias
 * The quotient becomes a LayerNormalization with a scale of ones; the product and the sum behind it are then taken in. */
#include "graph/fuse/fuse.h"

/* mean(of) over the last dimension, which is kept. */
static bool is_mean_of(const struct plait__fuse *fuse, int value, int *of_out) {
    const struct plait__node *node = plait__made_by(fuse, value, PLAIT__OP_ReduceMean);
    if (!node || !plait__attribute_int(node, "keepdims", 1)) return false;
    int count, rank = plait__type(fuse, node->inputs[0])->rank, axes = plait__in(node, 1);
    const int64_t *list = plait__attribute_ints(node, "axes", &count);
    if (axes >= 0) { /* an input since opset 18 */
        const struct plait__value *given = &fuse->graph->values[axes];
        if (!given->constant || given->type.dtype != PLAIT_I64) return false;
        list = given->type.data;
        count = (int)plait_tensor_elements(&given->type);
    }
    if (count != 1 || rank < 1 || (list[0] != -1 && list[0] != rank - 1)) return false;
    *of_out = node->inputs[0];
    return true;
}

/* x - mean(x) */
static bool is_deviation(const struct plait__fuse *fuse, int value, int *x_out) {
    const struct plait__node *node = plait__made_by(fuse, value, PLAIT__OP_Sub);
    return node && is_mean_of(fuse, node->inputs[1], x_out) && *x_out == node->inputs[0];
}

static bool is_square_of_deviation(const struct plait__fuse *fuse, int value, int x) {
    const struct plait__node *power = plait__made_by(fuse, value, PLAIT__OP_Pow);
    const struct plait__node *product = plait__made_by(fuse, value, PLAIT__OP_Mul);
    int of;
    if (power)
        return plait__scalar_is(fuse, power->inputs[1], power->inputs[0], 2.0) && is_deviation(fuse, power->inputs[0], &of) &&
               of == x;
    return product && product->inputs[0] == product->inputs[1] && is_deviation(fuse, product->inputs[0], &of) && of == x;
}

/* sqrt(mean(d^2) + epsilon) */
static bool is_spread_of(const struct plait__fuse *fuse, int value, int x, float *epsilon_out) {
    const struct plait__node *root = plait__made_for(fuse, value, PLAIT__OP_Sqrt);
    const struct plait__node *sum = root ? plait__made_for(fuse, root->inputs[0], PLAIT__OP_Add) : NULL;
    int variance, squares;
    return sum && plait__with_scalar(fuse, sum, &variance, epsilon_out) && is_mean_of(fuse, variance, &squares) &&
           is_square_of_deviation(fuse, squares, x);
}

static enum plait_status fuse_quotient(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    int x;
    float epsilon;
    if (!is_deviation(fuse, node->inputs[0], &x) || !is_spread_of(fuse, node->inputs[1], x, &epsilon)) return PLAIT_OK;
    const plait_tensor *type = plait__type(fuse, x);
    int64_t width = type->dims[type->rank - 1];
    if (type->dtype != PLAIT_F32 || width < 1) return PLAIT_OK;
    float *ones;
    int scale = plait__add_floats(fuse, node->name, 1, &width, &ones);
    if (scale < 0) return PLAIT_MEMORY;
    for (int64_t i = 0; i < width; i++) ones[i] = 1.0f;
    *changed = true;
    PLAIT__TRY(plait__become(fuse, node, PLAIT__OP_LayerNormalization, 17, 2, (int[]){x, scale}, 2));
    plait__set_int(node, 0, "axis", -1);
    plait__set_float(node, 1, "epsilon", epsilon);
    return PLAIT_OK;
}

static bool all_ones(const struct plait__fuse *fuse, int value) {
    const float *floats = plait__constant_floats(fuse, value);
    int64_t count = plait_tensor_elements(plait__type(fuse, value));
    for (int64_t i = 0; floats && i < count; i++)
        if (floats[i] != 1.0f) return false;
    return floats != NULL;
}

/* The scale of a LayerNormalization of ones, or the bias of one without. */
static enum plait_status take_in(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    for (int i = 0; i < 2; i++) {
        const struct plait__node *norm = plait__made_for(fuse, node->inputs[i], PLAIT__OP_LayerNormalization);
        if (!norm || norm->input_count != 2) continue;
        int row = node->inputs[1 - i];
        const plait_tensor *type = plait__type(fuse, row), *scale = plait__type(fuse, norm->inputs[1]);
        bool fits = plait__constant_floats(fuse, row) && type->rank == 1 && scale->rank == 1 && type->dims[0] == scale->dims[0];
        if (!fits || (node->op == PLAIT__OP_Mul && !all_ones(fuse, norm->inputs[1]))) continue;
        int64_t axis = plait__attribute_int(norm, "axis", -1);
        float epsilon = plait__attribute_float(norm, "epsilon", 1e-5f);
        int inputs[] = {norm->inputs[0], node->op == PLAIT__OP_Mul ? row : norm->inputs[1], row};
        *changed = true;
        PLAIT__TRY(plait__become(fuse, node, PLAIT__OP_LayerNormalization, 17, node->op == PLAIT__OP_Mul ? 2 : 3, inputs, 2));
        plait__set_int(node, 0, "axis", axis);
        plait__set_float(node, 1, "epsilon", epsilon);
        return PLAIT_OK;
    }
    return PLAIT_OK;
}

enum plait_status plait__fuse_layer_norm(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (node->clamp.on) return PLAIT_OK;
    if (node->op == PLAIT__OP_Div) return fuse_quotient(fuse, node, changed);
    if (node->op == PLAIT__OP_Mul || node->op == PLAIT__OP_Add) return take_in(fuse, node, changed);
    return PLAIT_OK;
}
