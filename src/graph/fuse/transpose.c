/* Transposes one after the other are one, or none. */
#include "graph/fuse/fuse.h"

/* The permutation, by default the dimensions reversed; the rank, or -1 when it is not known, or the list is no permutation
 * (which inference refuses only when it knows the rank). */
static int permutation_of(const struct plait__fuse *fuse, const struct plait__node *node, int64_t *permutation) {
    int count, rank = plait__type(fuse, node->inputs[0])->rank;
    const int64_t *given = plait__attribute_ints(node, "perm", &count);
    if (given && count > PLAIT_MAX_RANK) return -1;
    if (given) rank = count;
    for (int i = 0; i < rank; i++) {
        permutation[i] = given ? given[i] : rank - 1 - i;
        if (permutation[i] < 0 || permutation[i] >= rank) return -1;
    }
    return rank;
}

enum plait_status plait__fuse_transpose(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (node->op != PLAIT__OP_Transpose) return PLAIT_OK;
    int64_t outer[PLAIT_MAX_RANK], inner[PLAIT_MAX_RANK], both[PLAIT_MAX_RANK];
    int rank = permutation_of(fuse, node, outer), from = node->inputs[0];
    if (rank < 0) return PLAIT_OK;
    const struct plait__node *first = plait__made_by(fuse, from, PLAIT__OP_Transpose);
    bool joined = first && permutation_of(fuse, first, inner) == rank;
    bool trivial = true;
    for (int i = 0; i < rank; i++) {
        both[i] = joined ? inner[outer[i]] : outer[i];
        trivial &= both[i] == i;
    }
    if (joined) from = first->inputs[0];
    if (trivial && plait__bypass(fuse, node, from)) {
        *changed = true;
        return PLAIT_OK;
    }
    if (!joined) return PLAIT_OK;
    *changed = true;
    PLAIT__TRY(plait__become(fuse, node, PLAIT__OP_Transpose, 13, 1, &from, 1));
    return plait__set_ints(fuse, node, 0, "perm", rank, both);
}
