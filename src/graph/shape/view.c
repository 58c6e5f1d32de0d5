/* Operators that give the same elements in the same order another shape: Reshape, Flatten, Squeeze, Unsqueeze. */
#include "graph/shape/shape.h"

#include <string.h>

/* The dim that stands for what is left: the input's elements over those of all other dims.  Dims copied from the input by
 * a 0 cancel on both sides, so that [-1, 3, 4] to [0, -1] gives [-1, 12]. */
static enum plait_status infer_rest(struct plait__call *call, const plait_tensor *input, const bool *copied, int rank, int rest,
                                    int64_t *dims) {
    int64_t have = 1, used = 1;
    for (int i = 0; i < input->rank; i++)
        if (i >= rank || !copied[i]) PLAIT__TRY(plait__dim_multiply(call, have, input->dims[i], &have));
    for (int i = 0; i < rank; i++)
        if (i != rest && !copied[i]) PLAIT__TRY(plait__dim_multiply(call, used, dims[i], &used));
    if (have < 0 || used < 0) return PLAIT_OK;
    if (used == 0 ? have != 0 : have % used != 0)
        return plait__call_fail(call, PLAIT_INVALID, "shape: %lld elements do not divide by %lld", (long long)have,
                                (long long)used);
    dims[rest] = used == 0 ? 0 : have / used;
    return PLAIT_OK;
}

static enum plait_status reshape_dims(struct plait__call *call, const plait_tensor *input, int rank, int64_t *dims) {
    bool zero_is_zero = call->node->opset >= 14 && plait__attribute_int(call->node, "allowzero", 0) != 0;
    bool copied[PLAIT_MAX_RANK] = {false};
    int rest = -1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < -1)
            return plait__call_fail(call, PLAIT_INVALID, "shape[%d]: expected -1 or more, found %lld", i, (long long)dims[i]);
        if (dims[i] == -1 && rest >= 0)
            return plait__call_fail(call, PLAIT_INVALID, "shape: expected at most one -1, found them at %d and %d", rest, i);
        if (dims[i] == -1) rest = i;
        if (dims[i] != 0 || zero_is_zero) continue;
        if (plait__known_rank(input) && i >= input->rank)
            return plait__call_fail(call, PLAIT_INVALID, "shape[%d]: 0 copies a dimension that the input of rank %d lacks", i,
                                    (int)input->rank);
        copied[i] = plait__known_rank(input);
        dims[i] = plait__known_rank(input) ? input->dims[i] : -1;
    }
    if (!plait__known_rank(input)) return PLAIT_OK;
    if (rest >= 0) PLAIT__TRY(infer_rest(call, input, copied, rank, rest, dims));
    int64_t have, made;
    PLAIT__TRY(plait__dims_product(call, input->dims, input->rank, &have));
    PLAIT__TRY(plait__dims_product(call, dims, rank, &made));
    if (have >= 0 && made >= 0 && have != made)
        return plait__call_fail(call, PLAIT_INVALID, "shape: %lld elements do not fit a shape of %lld", (long long)have,
                                (long long)made);
    return PLAIT_OK;
}

enum plait_status plait__shape_reshape(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_rank(call, 1, 1));
    const plait_tensor *input = call->inputs[0], *shape = call->inputs[1];
    int64_t dims[PLAIT_MAX_RANK];
    int rank;
    if (plait__known_shape(shape) && shape->rank == 1) PLAIT__TRY(plait__expect_rank_fits(call, shape->dims[0]));
    PLAIT__TRY(plait__read_ints(call, shape, dims, PLAIT_MAX_RANK, &rank));
    if (rank >= 0) {
        PLAIT__TRY(reshape_dims(call, input, rank, dims));
    } else if (plait__known_shape(shape)) { /* the length of the list is the rank */
        rank = (int)shape->dims[0];
        for (int i = 0; i < rank; i++) dims[i] = -1;
    }
    plait__set_output(call, 0, input->dtype, rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_flatten(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = call->inputs[0];
    int64_t dims[2] = {-1, -1};
    if (plait__known_rank(input)) {
        int64_t axis = plait__attribute_int(call->node, "axis", 1);
        if (axis < -input->rank || axis > input->rank) /* one past the last is allowed, unlike elsewhere */
            return plait__call_fail(call, PLAIT_INVALID, "axis: expected %d..%d, found %lld", -(int)input->rank,
                                    (int)input->rank, (long long)axis);
        int split = (int)(axis < 0 ? axis + input->rank : axis);
        PLAIT__TRY(plait__dims_product(call, input->dims, split, &dims[0]));
        PLAIT__TRY(plait__dims_product(call, input->dims + split, input->rank - split, &dims[1]));
    }
    plait__set_output(call, 0, input->dtype, 2, dims);
    return PLAIT_OK;
}

/* Marks the axes named; a repeated one is an error. */
static enum plait_status mark_axes(struct plait__call *call, const int64_t *axes, int count, int rank, bool *marked) {
    memset(marked, 0, PLAIT_MAX_RANK * sizeof(*marked));
    for (int i = 0; i < count; i++) {
        int axis;
        PLAIT__TRY(plait__axis(call, axes[i], rank, &axis));
        if (marked[axis]) return plait__call_fail(call, PLAIT_INVALID, "axes: %d is named twice", axis);
        marked[axis] = true;
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_squeeze(struct plait__call *call) {
    bool axes_are_input = call->node->opset >= 13;
    PLAIT__TRY(plait__expect_inputs(call, 1, axes_are_input ? 2 : 1));
    const plait_tensor *input = call->inputs[0];
    int64_t axes[PLAIT_MAX_RANK];
    int count;
    bool given, marked[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__read_input_or_attribute(call, 1, "axes", axes_are_input, axes, PLAIT_MAX_RANK, &count, &given));
    plait__set_unknown(call, 0, input->dtype);
    if (!plait__known_rank(input) || (given && count < 0)) return PLAIT_OK;
    if (!given && !plait__known_shape(input)) return PLAIT_OK; /* which dims are 1 is not known */

    if (given) PLAIT__TRY(mark_axes(call, axes, count, input->rank, marked));
    int64_t dims[PLAIT_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < input->rank; i++) {
        bool drop = given ? marked[i] : input->dims[i] == 1;
        if (drop && input->dims[i] >= 0 && input->dims[i] != 1)
            return plait__call_fail(call, PLAIT_INVALID, "axes: expected a dimension of 1 at %d, found %lld", i,
                                    (long long)input->dims[i]);
        if (!drop) dims[rank++] = input->dims[i];
    }
    plait__set_output(call, 0, input->dtype, rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_unsqueeze(struct plait__call *call) {
    bool axes_are_input = call->node->opset >= 13;
    PLAIT__TRY(plait__expect_inputs(call, axes_are_input ? 2 : 1, axes_are_input ? 2 : 1));
    const plait_tensor *input = call->inputs[0];
    int64_t axes[PLAIT_MAX_RANK];
    int count;
    bool given, marked[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__read_input_or_attribute(call, 1, "axes", axes_are_input, axes, PLAIT_MAX_RANK, &count, &given));
    if (!given) return plait__call_fail(call, PLAIT_INVALID, "axes: expected a list, found none");
    plait__set_unknown(call, 0, input->dtype);
    if (!plait__known_rank(input)) return PLAIT_OK;
    const plait_tensor *list = axes_are_input ? call->inputs[1] : NULL;
    bool counted = count >= 0 || (list && plait__known_shape(list));
    if (!counted) return PLAIT_OK;

    int64_t added = count >= 0 ? count : plait_tensor_elements(list);
    PLAIT__TRY(plait__expect_rank_fits(call, input->rank + added));
    int rank = input->rank + (int)added;
    int64_t dims[PLAIT_MAX_RANK];
    for (int i = 0; i < rank; i++) dims[i] = -1;
    if (count >= 0) {
        PLAIT__TRY(mark_axes(call, axes, count, rank, marked));
        for (int i = 0, from = 0; i < rank; i++) dims[i] = marked[i] ? 1 : input->dims[from++];
    }
    plait__set_output(call, 0, input->dtype, rank, dims);
    return PLAIT_OK;
}
