/* Relu and Clip become bounds on the output of the node before, where backends apply them for nothing. */
#include <math.h>

#include "graph/fuse/fuse.h"

static bool takes_clamp(const struct plait__node *node) {
    switch (node->op) {
    case PLAIT__OP_Conv:
    case PLAIT__OP_ConvTranspose:
    case PLAIT__OP_Gemm:
    case PLAIT__OP_MatMul:
    case PLAIT__OP_Add:
    case PLAIT__OP_Sub:
    case PLAIT__OP_Mul:
    case PLAIT__OP_Div:
    case PLAIT__OP_MaxPool:
    case PLAIT__OP_AveragePool:
    case PLAIT__OP_GlobalAveragePool:
        return node->output_count == 1 || node->outputs[1] < 0;
    default:
        return false;
    }
}

/* A bound that is an input (opset 11) or an attribute (before). */
static bool bound(const struct plait__fuse *fuse, const struct plait__node *node, int input, const char *attribute,
                  float *bound_out) {
    if (node->opset < 11) *bound_out = plait__attribute_float(node, attribute, *bound_out);
    return node->opset < 11 || plait__in(node, input) < 0 || plait__scalar(fuse, node->inputs[input], -1, bound_out);
}

static bool bounds_of(const struct plait__fuse *fuse, const struct plait__node *node, struct plait__clamp *clamp) {
    *clamp = (struct plait__clamp){.on = true, .low = node->op == PLAIT__OP_Relu ? 0.0f : -INFINITY, .high = INFINITY};
    if (node->op == PLAIT__OP_Relu) return true;
    return node->op == PLAIT__OP_Clip && bound(fuse, node, 1, "min", &clamp->low) && bound(fuse, node, 2, "max", &clamp->high);
}

enum plait_status plait__fuse_clamp(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    struct plait__clamp clamp;
    if (!bounds_of(fuse, node, &clamp) || node->clamp.on) return PLAIT_OK;
    int value = node->inputs[0];
    if (value < 0 || node->outputs[0] < 0 || fuse->uses[value] != 1 || fuse->maker[value] < 0) return PLAIT_OK;
    struct plait__node *before = &fuse->graph->nodes[fuse->maker[value]];
    if (!takes_clamp(before) || plait__type(fuse, value)->dtype != PLAIT_F32) return PLAIT_OK;
    if (before->clamp.on) { /* a clamp of a clamp has the narrower bounds, if they leave anything between them */
        clamp.low = fmaxf(clamp.low, before->clamp.low);
        clamp.high = fminf(clamp.high, before->clamp.high);
    }
    if (!(clamp.low <= clamp.high)) return PLAIT_OK;
    before->clamp = clamp;
    plait__absorb(before, node);
    *changed = true;
    return PLAIT_OK;
}
