/* Operators that fold dims away, choose along one, or run along one. */
#include "graph/shape/reduce.h"
#include "graph/shape/shape.h"

enum plait_status plait__reduce_read(struct plait__call *call, struct plait__reduce *reduce_out) {
    /* The axes became an input in version 13 for ReduceSum, in 18 for the others. */
    bool is_input = call->node->opset >= (call->node->op == PLAIT__OP_ReduceSum ? 13 : 18);
    int rank = plait__input(call, 0)->rank, count;
    int64_t axes[PLAIT_MAX_RANK];
    bool given;
    *reduce_out = (struct plait__reduce){.keep = plait__attribute_int(call->node, "keepdims", 1) != 0};
    PLAIT__TRY(plait__read_input_or_attribute(call, 1, "axes", is_input, axes, PLAIT_MAX_RANK, &count, &given));
    reduce_out->known = !given || count >= 0;
    if (!given || count == 0) {
        bool all = plait__attribute_int(call->node, "noop_with_empty_axes", 0) == 0;
        for (int i = 0; i < rank; i++) reduce_out->folded[i] = all;
    }
    for (int i = 0; i < count; i++) {
        int axis;
        PLAIT__TRY(plait__axis(call, axes[i], rank, &axis));
        reduce_out->folded[axis] = true;
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_reduce(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 2));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_unknown(call, 0, input->dtype);
    if (!plait__known_rank(input)) return PLAIT_OK;
    struct plait__reduce reduce;
    PLAIT__TRY(plait__reduce_read(call, &reduce));
    if (!reduce.known && !reduce.keep) return PLAIT_OK;
    int rank = 0;
    int64_t dims[PLAIT_MAX_RANK];
    for (int i = 0; i < input->rank; i++) {
        if (!reduce.known)
            dims[rank++] = input->dims[i] == 1 ? 1 : -1;
        else if (!reduce.folded[i])
            dims[rank++] = input->dims[i];
        else if (reduce.keep)
            dims[rank++] = 1;
    }
    plait__set_output(call, 0, input->dtype, rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_arg(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_unknown(call, 0, PLAIT_I64);
    if (!plait__known_rank(input)) return PLAIT_OK;
    int axis, rank = 0;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), input->rank, &axis));
    if (input->dims[axis] == 0) return plait__call_fail(call, PLAIT_INVALID, "axis %d is empty: nothing to choose from", axis);
    bool keep = plait__attribute_int(call->node, "keepdims", 1) != 0;
    int64_t dims[PLAIT_MAX_RANK];
    for (int i = 0; i < input->rank; i++)
        if (i != axis || keep) dims[rank++] = i == axis ? 1 : input->dims[i];
    plait__set_output(call, 0, PLAIT_I64, rank, dims);
    return PLAIT_OK;
}

/* How many to choose is an attribute before version 10. */
enum plait_status plait__shape_top_k(struct plait__call *call) {
    bool is_input = call->node->opset >= 10;
    PLAIT__TRY(plait__expect_inputs(call, is_input ? 2 : 1, is_input ? 2 : 1));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_unknown(call, 0, input->dtype);
    plait__set_unknown(call, 1, PLAIT_I64);
    if (!plait__known_rank(input)) return PLAIT_OK;
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", -1), input->rank, &axis));
    int64_t chosen = plait__attribute_int(call->node, "k", -1), dims[PLAIT_MAX_RANK];
    bool known = true;
    if (is_input) PLAIT__TRY(plait__read_scalar(call, 1, &chosen, &known));
    if (known && (chosen < 0 || (input->dims[axis] >= 0 && chosen > input->dims[axis])))
        return plait__call_fail(call, PLAIT_INVALID, "k: expected 0 to %lld, found %lld", (long long)input->dims[axis],
                                (long long)chosen);
    for (int i = 0; i < input->rank; i++) dims[i] = i != axis ? input->dims[i] : known ? chosen : -1;
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    plait__set_output(call, 1, PLAIT_I64, input->rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_cum_sum(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    if (!plait__known_rank(input)) return PLAIT_OK;
    int64_t axis;
    bool known;
    int ignored;
    PLAIT__TRY(plait__read_scalar(call, 1, &axis, &known));
    return known ? plait__axis(call, axis, input->rank, &ignored) : PLAIT_OK;
}

/* Softmax and its kin: before version 13 the axis may also be the rank, for it is where the input is made a matrix. */
enum plait_status plait__shape_softmax(struct plait__call *call) {
    PLAIT__TRY(plait__shape_same_float(call));
    const plait_tensor *input = plait__input(call, 0);
    bool matrix = call->node->opset < 13;
    int64_t axis = plait__attribute_int(call->node, "axis", matrix ? 1 : -1);
    int ignored;
    if (!plait__known_rank(input) || (matrix && axis == input->rank)) return PLAIT_OK;
    return plait__axis(call, axis, input->rank, &ignored);
}
