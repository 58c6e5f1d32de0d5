/* HardSwish: x * HardSigmoid(x) of slope 1/6 and offset 1/2, or x * relu6(x + 3) / 6 in any order of factors. */
#include <math.h>

#include "graph/fuse/fuse.h"

static bool is_hard_sigmoid_of(const struct plait__fuse *fuse, int value, int x) {
    const struct plait__node *node = plait__made_for(fuse, value, PLAIT__OP_HardSigmoid);
    return node && node->inputs[0] == x && fabsf(plait__attribute_float(node, "alpha", 0.2f) - 1.0f / 6.0f) < 1e-6f &&
           plait__attribute_float(node, "beta", 0.5f) == 0.5f;
}

/* The clip may have become the clamp of the addition already. */
static bool is_relu6_plus_3(const struct plait__fuse *fuse, int value, int x) {
    if (value < 0 || fuse->maker[value] < 0 || fuse->uses[value] != 1) return false;
    const struct plait__node *node = &fuse->graph->nodes[fuse->maker[value]];
    int other;
    float three;
    return node->op == PLAIT__OP_Add && node->clamp.on && node->clamp.low == 0.0f && node->clamp.high == 6.0f &&
           plait__with_scalar(fuse, node, &other, &three) && three == 3.0f && other == x;
}

/* value = x * relu6(x + 3): the unscaled product. */
static bool is_product(const struct plait__fuse *fuse, int value, int *x_out) {
    const struct plait__node *node = plait__made_for(fuse, value, PLAIT__OP_Mul);
    for (int i = 0; node && i < 2; i++) {
        *x_out = node->inputs[i];
        if (is_relu6_plus_3(fuse, node->inputs[1 - i], *x_out)) return true;
    }
    return false;
}

/* value = relu6(x + 3) / 6, scaled before the product. */
static bool is_scaled_relu6(const struct plait__fuse *fuse, int value, int x) {
    int inner;
    float factor;
    if (value < 0 || fuse->maker[value] < 0 || fuse->uses[value] != 1) return false;
    const struct plait__node *node = &fuse->graph->nodes[fuse->maker[value]];
    return !node->clamp.on && plait__scaled(fuse, node, &inner, &factor) && fabsf(factor - 1.0f / 6.0f) < 1e-6f &&
           is_relu6_plus_3(fuse, inner, x);
}

enum plait_status plait__fuse_hard_swish(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if ((node->op != PLAIT__OP_Mul && node->op != PLAIT__OP_Div) || node->clamp.on) return PLAIT_OK;
    int x = -1, scaled;
    float factor;
    bool found =
        plait__scaled(fuse, node, &scaled, &factor) && fabsf(factor - 1.0f / 6.0f) < 1e-6f && is_product(fuse, scaled, &x);
    for (int i = 0; i < 2 && !found && node->op == PLAIT__OP_Mul; i++) {
        x = node->inputs[i];
        found = is_hard_sigmoid_of(fuse, node->inputs[1 - i], x) || is_scaled_relu6(fuse, node->inputs[1 - i], x);
    }
    if (!found) return PLAIT_OK;
    *changed = true;
    return plait__become(fuse, node, PLAIT__OP_HardSwish, 14, 1, &x, 0);
}
