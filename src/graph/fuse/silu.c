/* SiLU: x * sigmoid(x). */
#include "graph/fuse/fuse.h"

enum plait_status plait__fuse_silu(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (node->op != PLAIT__OP_Mul || node->clamp.on) return PLAIT_OK;
    for (int i = 0; i < 2; i++) {
        int x = node->inputs[i];
        const struct plait__node *sigmoid = plait__made_for(fuse, node->inputs[1 - i], PLAIT__OP_Sigmoid);
        if (!sigmoid || sigmoid->inputs[0] != x) continue;
        *changed = true;
        return plait__become(fuse, node, PLAIT__OP_Silu, 1, 1, &x, 0);
    }
    return PLAIT_OK;
}
