/* Operators that move elements by a rule that shapes alone give: Transpose, Concat, Split, Expand, Tile, DepthToSpace,
 * SpaceToDepth, Trilu, ReverseSequence. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"

#include <string.h>

enum plait_status plait__permutation_read(struct plait__call *call, int *permutation_out) {
    int rank = call->inputs[0]->rank, count;
    const int64_t *given = plait__attribute_ints(call->node, "perm", &count);
    if (given && count != rank)
        return plait__call_fail(call, PLAIT_INVALID, "perm: expected %d numbers, found %d", rank, count);
    bool seen[PLAIT_MAX_RANK] = {false};
    for (int i = 0; i < rank; i++) {
        int64_t axis = given ? given[i] : rank - 1 - i;
        if (axis < 0 || axis >= rank || seen[axis])
            return plait__call_fail(call, PLAIT_INVALID, "perm: expected each of 0..%d once, found %lld", rank - 1,
                                    (long long)axis);
        seen[axis] = true;
        permutation_out[i] = (int)axis;
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_transpose(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = call->inputs[0];
    int64_t dims[PLAIT_MAX_RANK];
    int permutation[PLAIT_MAX_RANK], rank = input->rank;
    if (plait__known_rank(input)) {
        PLAIT__TRY(plait__permutation_read(call, permutation));
        for (int i = 0; i < rank; i++) dims[i] = input->dims[permutation[i]];
    } else { /* the permutation tells the rank */
        const int64_t *given = plait__attribute_ints(call->node, "perm", &rank);
        if (!given) rank = -1;
        PLAIT__TRY(given ? plait__expect_rank_fits(call, rank) : PLAIT_OK);
        for (int i = 0; i < rank; i++) dims[i] = -1;
    }
    plait__set_output(call, 0, input->dtype, rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_concat(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, INT32_MAX));
    enum plait_dtype dtype = PLAIT_DTYPE_NONE;
    int rank = -1, axis = 0;
    int64_t dims[PLAIT_MAX_RANK], length = 0;
    for (int i = 0; i < call->input_count; i++) {
        const plait_tensor *input = plait__input(call, i);
        if (!input) return plait__call_fail(call, PLAIT_INVALID, "input %d is missing", i);
        if (dtype == PLAIT_DTYPE_NONE) dtype = input->dtype;
        PLAIT__TRY(dtype == PLAIT_DTYPE_NONE ? PLAIT_OK : plait__expect_dtype(call, i, dtype));
        if (!plait__known_rank(input)) {
            length = -1;
            continue;
        }
        if (rank < 0) {
            rank = input->rank;
            memcpy(dims, input->dims, sizeof dims);
            PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), rank, &axis));
        }
        PLAIT__TRY(plait__expect_rank(call, i, rank));
        PLAIT__TRY(plait__dim_add(call, length, input->dims[axis], &length));
        for (int d = 0; d < rank; d++)
            if (d != axis) PLAIT__TRY(plait__dim_join(call, "dimension", &dims[d], input->dims[d]));
    }
    if (rank >= 0) dims[axis] = length;
    plait__set_output(call, 0, dtype, rank, dims);
    return PLAIT_OK;
}

/* Equal parts; from version 18 on the last may be smaller. */
static enum plait_status equal_parts(struct plait__call *call, int64_t whole, int64_t *parts) {
    int64_t count = call->output_count, part = whole < 0 ? -1 : whole / count + (whole % count != 0), left = whole;
    if (call->node->opset < 18 && whole >= 0 && whole % count != 0)
        return plait__call_fail(call, PLAIT_INVALID, "split: %lld does not divide by %lld", (long long)whole, (long long)count);
    for (int i = 0; i < count; i++) {
        parts[i] = part < left || whole < 0 ? part : left;
        left -= parts[i];
    }
    return PLAIT_OK;
}

enum plait_status plait__split_read(struct plait__call *call, int axis, int64_t *parts_out) {
    bool are_input = call->node->opset >= 13, given;
    int64_t whole = call->inputs[0]->dims[axis], sum = 0;
    int count;
    PLAIT__TRY(plait__expect_inputs(call, 1, are_input ? 2 : 1));
    PLAIT__TRY(plait__read_input_or_attribute(call, 1, "split", are_input, parts_out, call->output_count, &count, &given));
    if (!given) return equal_parts(call, whole, parts_out);
    if (count < 0) {
        for (int i = 0; i < call->output_count; i++) parts_out[i] = -1;
        return PLAIT_OK;
    }
    if (count != call->output_count)
        return plait__call_fail(call, PLAIT_INVALID, "split: expected %d numbers, found %d", call->output_count, count);
    for (int i = 0; i < count; i++) {
        if (parts_out[i] < 0)
            return plait__call_fail(call, PLAIT_INVALID, "split[%d]: expected 0 or more, found %lld", i,
                                    (long long)parts_out[i]);
        PLAIT__TRY(plait__dim_add(call, sum, parts_out[i], &sum));
    }
    return plait__dim_join(call, "sum of split", &whole, sum);
}

enum plait_status plait__shape_split(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 2));
    const plait_tensor *input = call->inputs[0];
    for (int i = 0; i < call->output_count; i++) plait__set_unknown(call, i, input->dtype);
    if (!plait__known_rank(input) || call->output_count == 0) return PLAIT_OK;
    int64_t dims[PLAIT_MAX_RANK], *parts = plait__arena_array(call->scratch, (size_t)call->output_count, sizeof *parts);
    if (!parts) return PLAIT_MEMORY;
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), input->rank, &axis));
    PLAIT__TRY(plait__split_read(call, axis, parts));
    memcpy(dims, input->dims, sizeof dims);
    for (int i = 0; i < call->output_count; i++) {
        dims[axis] = parts[i];
        plait__set_output(call, i, input->dtype, input->rank, dims);
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_expand(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_rank(call, 1, 1));
    const plait_tensor *input = call->inputs[0], *shape = call->inputs[1];
    plait_tensor target = {.dtype = input->dtype, .rank = -1};
    int64_t dims[PLAIT_MAX_RANK];
    int rank;
    if (plait__known_shape(shape) && shape->rank == 1) PLAIT__TRY(plait__expect_rank_fits(call, shape->dims[0]));
    PLAIT__TRY(plait__read_ints(call, shape, target.dims, PLAIT_MAX_RANK, &rank));
    if (rank < 0 && plait__known_shape(shape)) {
        rank = (int)shape->dims[0];
        for (int i = 0; i < rank; i++) target.dims[i] = -1;
    } else {
        for (int i = 0; i < rank; i++)
            if (target.dims[i] < 0)
                return plait__call_fail(call, PLAIT_INVALID, "shape[%d]: expected 0 or more, found %lld", i,
                                        (long long)target.dims[i]);
    }
    target.rank = rank;
    PLAIT__TRY(plait__broadcast(call, input, &target, &rank, dims));
    plait__set_output(call, 0, input->dtype, rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_tile(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_rank(call, 1, 1));
    const plait_tensor *input = call->inputs[0];
    int64_t dims[PLAIT_MAX_RANK], repeats[PLAIT_MAX_RANK];
    int count;
    PLAIT__TRY(plait__read_ints(call, call->inputs[1], repeats, PLAIT_MAX_RANK, &count));
    if (count >= 0 && plait__known_rank(input) && count != input->rank)
        return plait__call_fail(call, PLAIT_INVALID, "repeats: expected %d numbers, found %d", (int)input->rank, count);
    for (int i = 0; i < input->rank; i++) {
        if (count >= 0 && repeats[i] < 0)
            return plait__call_fail(call, PLAIT_INVALID, "repeats[%d]: expected 0 or more, found %lld", i,
                                    (long long)repeats[i]);
        PLAIT__TRY(plait__dim_multiply(call, input->dims[i], count < 0 ? -1 : repeats[i], &dims[i]));
    }
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_depth_space(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    PLAIT__TRY(plait__expect_rank(call, 0, 4));
    const plait_tensor *input = call->inputs[0];
    bool to_space = call->node->op == PLAIT__OP_DepthToSpace;
    int64_t block = plait__attribute_int(call->node, "blocksize", 0);
    if (block < 1 || block > INT32_MAX)
        return plait__call_fail(call, PLAIT_INVALID, "blocksize: expected 1 or more, found %lld", (long long)block);
    const char *mode = plait__attribute_string(call->node, "mode", "DCR");
    if (strcmp(mode, "DCR") != 0 && strcmp(mode, "CRD") != 0)
        return plait__call_fail(call, PLAIT_INVALID, "mode: expected DCR or CRD, found '%s'", mode);
    int64_t dims[4] = {-1, -1, -1, -1};
    if (plait__known_rank(input)) {
        dims[0] = input->dims[0];
        for (int i = 1; i < 4; i++) {
            int64_t size = input->dims[i], factor = i == 1 ? block * block : block;
            bool shrink = (i == 1) == to_space;
            if (shrink && size >= 0 && size % factor != 0)
                return plait__call_fail(call, PLAIT_INVALID, "dimension %d: %lld does not divide by %lld", i, (long long)size,
                                        (long long)factor);
            if (shrink)
                dims[i] = size < 0 ? -1 : size / factor;
            else
                PLAIT__TRY(plait__dim_multiply(call, size, factor, &dims[i]));
        }
    }
    plait__set_output(call, 0, input->dtype, 4, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_trilu(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 2));
    PLAIT__TRY(plait__expect_dtype(call, 1, PLAIT_I64));
    const plait_tensor *input = call->inputs[0];
    if (plait__known_rank(input) && input->rank < 2)
        return plait__call_fail(call, PLAIT_INVALID, "rank: expected 2 or more, found %d", (int)input->rank);
    if (plait__input(call, 1)) {
        int64_t diagonal;
        bool known;
        PLAIT__TRY(plait__read_scalar(call, 1, &diagonal, &known));
    }
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_reverse_sequence(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_dtype(call, 1, PLAIT_I64));
    PLAIT__TRY(plait__expect_rank(call, 1, 1));
    const plait_tensor *input = call->inputs[0], *lengths = call->inputs[1];
    int64_t batch = plait__attribute_int(call->node, "batch_axis", 1), time = plait__attribute_int(call->node, "time_axis", 0);
    if (batch < 0 || batch > 1 || time != 1 - batch)
        return plait__call_fail(call, PLAIT_INVALID,
                                "batch_axis and time_axis: expected 0 and 1 in some order, found %lld and %lld",
                                (long long)batch, (long long)time);
    if (plait__known_rank(input)) {
        if (input->rank < 2)
            return plait__call_fail(call, PLAIT_INVALID, "rank: expected 2 or more, found %d", (int)input->rank);
        int64_t sequences = input->dims[batch];
        if (plait__known_rank(lengths)) PLAIT__TRY(plait__dim_join(call, "sequence_lens", &sequences, lengths->dims[0]));
    }
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    return PLAIT_OK;
}
