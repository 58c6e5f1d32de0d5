/* Attention: softmax(q k' * scale + mask) v, where k' is k with its last two dimensions exchanged.  The scale may stand behind
 * the product, or before it at q, at k', or half at each.  One node lets a backend do without the matrix of scores. */
#include "graph/fuse/fuse.h"

struct parts {
    int q, k, v, mask;
    float scale;
};

static void take_scale(const struct plait__fuse *fuse, int *value, float *scale) {
    int x;
    float factor;
    const struct plait__node *node = plait__made_for(fuse, *value, PLAIT__OP_Mul);
    if (!node) node = plait__made_for(fuse, *value, PLAIT__OP_Div);
    if (!node || !plait__scaled(fuse, node, &x, &factor)) return;
    *value = x;
    *scale *= factor;
}

static bool is_last_softmax(const struct plait__fuse *fuse, const struct plait__node *softmax) {
    int rank = plait__type(fuse, softmax->inputs[0])->rank;
    int64_t axis = plait__attribute_int(softmax, "axis", softmax->opset < 13 ? 1 : -1);
    return axis == -1 || axis == rank - 1;
}

static bool find_scores(const struct plait__fuse *fuse, int value, struct parts *parts, int *keys_out) {
    take_scale(fuse, &value, &parts->scale);
    const struct plait__node *product = plait__made_for(fuse, value, PLAIT__OP_MatMul);
    if (!product || product->input_count != 2) return false;
    parts->q = product->inputs[0];
    *keys_out = product->inputs[1];
    take_scale(fuse, &parts->q, &parts->scale);
    take_scale(fuse, keys_out, &parts->scale);
    return true;
}

/* The scores may have a mask added to them. */
static bool find_parts(const struct plait__fuse *fuse, const struct plait__node *softmax, struct parts *parts, int *keys_out) {
    parts->mask = -1;
    parts->scale = 1.0f;
    if (find_scores(fuse, softmax->inputs[0], parts, keys_out)) return true;
    const struct plait__node *sum = plait__made_for(fuse, softmax->inputs[0], PLAIT__OP_Add);
    for (int i = 0; sum && i < 2; i++) {
        parts->mask = sum->inputs[1 - i];
        parts->scale = 1.0f;
        if (find_scores(fuse, sum->inputs[i], parts, keys_out)) return true;
    }
    return false;
}

/* All f32, of one rank, with the same leading dimensions; the mask no larger than the scores.  What is not known yet may
 * turn out otherwise: then the pattern is found when shapes are. */
static bool fits(const struct plait__fuse *fuse, const struct parts *parts, int keys) {
    const plait_tensor *q = plait__type(fuse, parts->q), *k = plait__type(fuse, keys), *v = plait__type(fuse, parts->v);
    if (q->dtype != PLAIT_F32 || k->dtype != PLAIT_F32 || v->dtype != PLAIT_F32) return false;
    if (q->rank < 2 || q->rank != k->rank || q->rank != v->rank) return false;
    int64_t scores[PLAIT_MAX_RANK];
    for (int i = 0; i < q->rank - 2; i++) {
        if (q->dims[i] < 0 || q->dims[i] != k->dims[i] || q->dims[i] != v->dims[i]) return false;
        scores[i] = q->dims[i];
    }
    if (parts->mask < 0) return true;
    scores[q->rank - 2] = q->dims[q->rank - 2];
    scores[q->rank - 1] = k->dims[q->rank - 1];
    const plait_tensor *mask = plait__type(fuse, parts->mask);
    return mask->dtype == PLAIT_F32 && plait__broadcasts_into(mask, q->rank, scores);
}

/* The transposition that made k' makes k when its last two entries change places. */
static enum plait_status untranspose(struct plait__fuse *fuse, struct plait__node *transpose) {
    int count;
    int64_t swapped[PLAIT_MAX_RANK];
    const int64_t *given = plait__attribute_ints(transpose, "perm", &count);
    for (int i = 0; i < count; i++) swapped[i] = given[i];
    swapped[count - 1] = given[count - 2];
    swapped[count - 2] = given[count - 1];
    int from = transpose->inputs[0];
    PLAIT__TRY(plait__become(fuse, transpose, PLAIT__OP_Transpose, 13, 1, &from, 1));
    PLAIT__TRY(plait__set_ints(fuse, transpose, 0, "perm", count, swapped));
    plait_tensor *type = &fuse->graph->values[transpose->outputs[0]].type;
    int64_t last = type->dims[count - 1];
    type->dims[count - 1] = type->dims[count - 2];
    type->dims[count - 2] = last;
    return PLAIT_OK;
}

enum plait_status plait__fuse_attention(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (node->op != PLAIT__OP_MatMul || node->clamp.on || node->input_count != 2) return PLAIT_OK;
    const struct plait__node *softmax = plait__made_for(fuse, node->inputs[0], PLAIT__OP_Softmax);
    struct parts parts = {.v = node->inputs[1]};
    int keys, count;
    if (!softmax || !is_last_softmax(fuse, softmax) || !find_parts(fuse, softmax, &parts, &keys)) return PLAIT_OK;
    struct plait__node *transpose = plait__made_for(fuse, keys, PLAIT__OP_Transpose);
    if (!transpose || !plait__attribute_ints(transpose, "perm", &count) || !fits(fuse, &parts, keys)) return PLAIT_OK;
    if (count != plait__type(fuse, keys)->rank) return PLAIT_OK;
    PLAIT__TRY(untranspose(fuse, transpose));
    int inputs[] = {parts.q, transpose->outputs[0], parts.v, parts.mask};
    *changed = true;
    PLAIT__TRY(plait__become(fuse, node, PLAIT__OP_Attention, 1, parts.mask >= 0 ? 4 : 3, inputs, 1));
    plait__set_float(node, 0, "scale", parts.scale);
    return PLAIT_OK;
}
