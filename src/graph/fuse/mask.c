/* Scores that a constant condition replaces by a very low number before a Softmax are scores with a constant added: 0 where
 * they stay, the low number where not.  That is how attention takes its mask, and adding is what backends are good at.  A row
 * with nothing left of it would come out differently, so there must be none. */
#include "graph/fuse/fuse.h"

#define LOW_ENOUGH (-1e4f) /* exp(-1e4) is 0 */

struct mask {
    int scores, condition;
    uint8_t hidden_when; /* what the condition says where scores are hidden */
    float low;
};

static bool find_mask(const struct plait__fuse *fuse, const struct plait__node *where, struct mask *mask) {
    for (int i = 1; i <= 2; i++) { /* Where(condition, x, y): either may be the low number */
        mask->condition = where->inputs[0];
        mask->scores = where->inputs[3 - i];
        mask->hidden_when = i == 1;
        if (mask->scores >= 0 && plait__scalar(fuse, where->inputs[i], mask->scores, &mask->low) && mask->low <= LOW_ENOUGH)
            return true;
    }
    return false;
}

static bool every_row_keeps_something(const uint8_t *condition, int64_t rows, int64_t columns, uint8_t hidden_when) {
    for (int64_t r = 0; r < rows; r++) {
        bool kept = false;
        for (int64_t c = 0; c < columns; c++) kept |= condition[r * columns + c] != hidden_when;
        if (!kept) return false;
    }
    return true;
}

enum plait_status plait__fuse_mask(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    struct mask mask;
    if (node->op != PLAIT__OP_Softmax) return PLAIT_OK;
    struct plait__node *where = plait__made_for(fuse, node->inputs[0], PLAIT__OP_Where);
    if (!where || where->input_count != 3 || !find_mask(fuse, where, &mask)) return PLAIT_OK;
    const struct plait__value *condition = &fuse->graph->values[mask.condition];
    const plait_tensor type = condition->type, *scores = plait__type(fuse, mask.scores);
    if (!condition->constant || type.rank < 1 || scores->dtype != PLAIT_F32) return PLAIT_OK;
    if (!plait__broadcasts_into(&type, scores->rank, scores->dims)) return PLAIT_OK;
    int64_t columns = type.dims[type.rank - 1], count = plait_tensor_elements(&type);
    if (columns < 1 || columns != scores->dims[scores->rank - 1]) return PLAIT_OK;
    if (!every_row_keeps_something(type.data, count / columns, columns, mask.hidden_when)) return PLAIT_OK;
    float *added;
    int value = plait__add_floats(fuse, where->name, type.rank, type.dims, &added);
    if (value < 0) return PLAIT_MEMORY;
    for (int64_t i = 0; i < count; i++) added[i] = ((const uint8_t *)type.data)[i] == mask.hidden_when ? mask.low : 0.0f;
    *changed = true;
    return plait__become(fuse, where, PLAIT__OP_Add, 13, 2, (int[]){mask.scores, value}, 0);
}
