/* Nodes that change nothing. */
#include "graph/fuse/fuse.h"

static bool is_inference_dropout(const struct plait__fuse *fuse, const struct plait__node *node) {
    if (node->output_count > 1 && node->outputs[1] >= 0 && fuse->uses[node->outputs[1]] > 0) return false;
    int training = plait__in(node, 2);
    if (node->opset < 12 || training < 0) return true;
    const struct plait__value *value = &fuse->graph->values[training];
    return value->constant && plait_tensor_elements(&value->type) == 1 && !*(const uint8_t *)value->type.data;
}

static bool is_same_cast(const struct plait__fuse *fuse, const struct plait__node *node) {
    enum plait_dtype from = plait__type(fuse, node->inputs[0])->dtype;
    return from != PLAIT_DTYPE_NONE && plait__attribute_int(node, "to", 0) == (int64_t)from;
}

/* A Reshape, Squeeze, Flatten ... to the shape it has. */
static bool is_same_shape(const struct plait__fuse *fuse, const struct plait__node *node) {
    const plait_tensor *from = plait__type(fuse, node->inputs[0]), *to = plait__type(fuse, node->outputs[0]);
    if (!plait__known_shape(from) || !plait__known_shape(to) || from->rank != to->rank) return false;
    for (int i = 0; i < from->rank; i++)
        if (from->dims[i] != to->dims[i]) return false;
    return true;
}

enum plait_status plait__fuse_identity(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (node->input_count < 1 || node->inputs[0] < 0 || node->outputs[0] < 0 || node->clamp.on) return PLAIT_OK;
    bool same;
    switch (node->op) {
    case PLAIT__OP_Identity:
        same = true;
        break;
    case PLAIT__OP_Dropout:
        same = is_inference_dropout(fuse, node);
        break;
    case PLAIT__OP_Cast:
        same = is_same_cast(fuse, node);
        break;
    case PLAIT__OP_Reshape:
    case PLAIT__OP_Flatten:
    case PLAIT__OP_Squeeze:
    case PLAIT__OP_Unsqueeze:
    case PLAIT__OP_Expand:
        same = is_same_shape(fuse, node);
        break;
    default:
        same = false;
    }
    *changed = same && plait__bypass(fuse, node, node->inputs[0]);
    return PLAIT_OK;
}
