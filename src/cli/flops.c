#include "cli/flops.h"

static double elements(const plait_tensor *type) {
    double product = 1.0;
    for (int i = 0; i < type->rank; i++) product *= (double)type->dims[i];
    return product;
}

/* Dimension `from_last` places before the last, 1 where there is none. */
static double dim(const plait_tensor *type, int from_last) {
    int axis = type->rank - 1 - from_last;
    return axis < 0 ? 1.0 : (double)type->dims[axis];
}

static double node_flops(const struct plait__graph *graph, const struct plait__node *node) {
    if (node->input_count < 2 || node->inputs[0] < 0 || node->inputs[1] < 0 || node->outputs[0] < 0) return 0.0;
    const plait_tensor *a = &graph->values[node->inputs[0]].type, *b = &graph->values[node->inputs[1]].type;
    const plait_tensor *out = &graph->values[node->outputs[0]].type;
    switch (node->op) {
    /* Weights [out, in / groups, taps...] and [in, out / groups, taps...]: each output, or input, meets one row of them. */
    case PLAIT__OP_Conv:
        return 2.0 * elements(out) * elements(b) / (double)b->dims[0];
    case PLAIT__OP_ConvTranspose:
        return 2.0 * elements(a) * elements(b) / (double)b->dims[0];
    case PLAIT__OP_MatMul:
        return 2.0 * elements(out) * dim(a, 0);
    case PLAIT__OP_Gemm:
        return 2.0 * elements(out) * dim(a, plait__attribute_int(node, "transA", 0) ? 1 : 0);
    /* Queries with keys, and the weights with values: [..., tokens, width] each. */
    case PLAIT__OP_Attention:
        return 2.0 * dim(b, 1) * (elements(a) + elements(out));
    default:
        return 0.0;
    }
}

double plait__cli_flops(const struct plait__graph *graph) {
    double flops = 0.0;
    for (int n = 0; n < graph->node_count; n++)
        if (!graph->nodes[n].removed) flops += node_flops(graph, &graph->nodes[n]);
    return flops;
}
