/* A reshape of a reshape needs only the last shape, when that is known. */
#include <string.h>

#include "graph/fuse/fuse.h"

static bool reshapes(enum plait__op op) {
    return op == PLAIT__OP_Reshape || op == PLAIT__OP_Flatten || op == PLAIT__OP_Squeeze || op == PLAIT__OP_Unsqueeze;
}

enum plait_status plait__fuse_reshape(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (!reshapes(node->op) || node->inputs[0] < 0 || node->outputs[0] < 0) return PLAIT_OK;
    int middle = node->inputs[0];
    const plait_tensor *to = plait__type(fuse, node->outputs[0]);
    if (fuse->maker[middle] < 0 || !plait__known_shape(to) || plait_tensor_elements(to) == 0) return PLAIT_OK;
    const struct plait__node *first = &fuse->graph->nodes[fuse->maker[middle]];
    if (!reshapes(first->op) || first->clamp.on) return PLAIT_OK;
    int shape = plait__graph_add_value(fuse->graph, node->name);
    if (shape < 0) return PLAIT_MEMORY;
    to = plait__type(fuse, node->outputs[0]); /* adding a value may have moved it */
    int64_t *dims = plait__arena_array(&fuse->graph->arena, (size_t)to->rank, sizeof *dims);
    if (!dims) return PLAIT_MEMORY;
    memcpy(dims, to->dims, (size_t)to->rank * sizeof *dims);
    fuse->graph->values[shape].type = (plait_tensor){.dtype = PLAIT_I64, .rank = 1, .dims = {to->rank}, .data = dims};
    fuse->graph->values[shape].constant = true;
    *changed = true;
    return plait__become(fuse, node, PLAIT__OP_Reshape, 13, 2, (int[]){first->inputs[0], shape}, 0);
}
