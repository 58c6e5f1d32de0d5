/* Several tensors walked over side by side, row by row. */
#include "backend/reference/kernel.h"

#include <string.h>

void plait__strides(int rank, const int64_t *dims, int64_t *strides_out) {
    int64_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        strides_out[i] = stride;
        stride *= dims[i];
    }
}

struct plait__split plait__split_at(const plait_tensor *tensor, int axis) {
    struct plait__split split = {1, axis < tensor->rank ? tensor->dims[axis] : 1, 1};
    for (int i = 0; i < axis; i++) split.outer *= tensor->dims[i];
    for (int i = axis + 1; i < tensor->rank; i++) split.inner *= tensor->dims[i];
    return split;
}

void plait__walk_init(struct plait__walk *walk, int rank, const int64_t *dims) {
    memset(walk, 0, sizeof *walk);
    walk->rank = rank;
    for (int i = 0; i < rank; i++) walk->dims[i] = dims[i];
}

void plait__walk_add_strides(struct plait__walk *walk, int64_t first, const int64_t *strides) {
    int operand = walk->operands++;
    walk->at[operand] = first;
    for (int i = 0; i < walk->rank; i++) walk->strides[operand][i] = strides[i];
}

void plait__walk_add(struct plait__walk *walk, const plait_tensor *tensor) {
    int64_t own[PLAIT_MAX_RANK], strides[PLAIT__WALK_RANK] = {0};
    plait__strides(tensor->rank, tensor->dims, own);
    int missing = walk->rank - tensor->rank;
    for (int i = 0; i < tensor->rank; i++) strides[i + missing] = tensor->dims[i] == 1 ? 0 : own[i];
    plait__walk_add_strides(walk, 0, strides);
}

/* Whether dim `i` goes on where dim `i + 1` ends, for every operand. */
static bool joins(const struct plait__walk *walk, int i) {
    for (int k = 0; k < walk->operands; k++)
        if (walk->strides[k][i] != walk->strides[k][i + 1] * walk->dims[i + 1]) return false;
    return true;
}

static void drop_dim(struct plait__walk *walk, int i) {
    walk->rank--;
    for (int j = i; j < walk->rank; j++) {
        walk->dims[j] = walk->dims[j + 1];
        for (int k = 0; k < walk->operands; k++) walk->strides[k][j] = walk->strides[k][j + 1];
    }
}

bool plait__walk_start(struct plait__walk *walk) {
    for (int i = 0; i < walk->rank; i++)
        if (walk->dims[i] == 0) return false;
    for (int i = walk->rank - 1; i >= 0; i--)
        if (walk->dims[i] == 1) drop_dim(walk, i);
    for (int i = walk->rank - 2; i >= 0; i--)
        if (joins(walk, i)) {
            walk->dims[i + 1] *= walk->dims[i];
            drop_dim(walk, i);
        }
    walk->count = 1;
    if (walk->rank > 0) {
        walk->rank--; /* the last dim is the row */
        walk->count = walk->dims[walk->rank];
        for (int k = 0; k < walk->operands; k++) walk->step[k] = walk->strides[k][walk->rank];
    }
    return true;
}

bool plait__walk_next(struct plait__walk *walk) {
    for (int i = walk->rank - 1; i >= 0; i--) {
        for (int k = 0; k < walk->operands; k++) walk->at[k] += walk->strides[k][i];
        if (++walk->index[i] < walk->dims[i]) return true;
        walk->index[i] = 0;
        for (int k = 0; k < walk->operands; k++) walk->at[k] -= walk->strides[k][i] * walk->dims[i];
    }
    return false;
}
