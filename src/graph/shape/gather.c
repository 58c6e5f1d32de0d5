/* Operators that pick or place elements by indices: Gather, GatherElements, GatherND, ScatterElements, ScatterND, Compress,
 * OneHot.  Indices outside the data are found by the kernels: they may be known only then. */
#include "graph/shape/shape.h"

#include <string.h>

enum plait_status plait__shape_gather(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_indices(call, 1));
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1];
    plait__set_unknown(call, 0, data->dtype);
    if (!plait__known_rank(data)) return PLAIT_OK;
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
    if (!plait__known_rank(indices)) return PLAIT_OK;

    int64_t dims[2 * PLAIT_MAX_RANK]; /* the axis gives way to the dims of the indices */
    int rank = data->rank - 1 + indices->rank;
    PLAIT__TRY(plait__expect_rank_fits(call, rank));
    for (int i = 0; i < rank; i++)
        dims[i] = i < axis                   ? data->dims[i]
                  : i < axis + indices->rank ? indices->dims[i - axis]
                                             : data->dims[i - indices->rank + 1];
    plait__set_output(call, 0, data->dtype, rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_gather_elements(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_indices(call, 1));
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1];
    if (plait__known_rank(data)) {
        int axis;
        PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
        PLAIT__TRY(plait__expect_rank(call, 1, data->rank));
        for (int i = 0; i < data->rank && plait__known_rank(indices); i++)
            if (i != axis && data->dims[i] >= 0 && indices->dims[i] > data->dims[i])
                return plait__call_fail(call, PLAIT_INVALID, "dimension %d of the indices: expected at most %lld, found %lld",
                                        i, (long long)data->dims[i], (long long)indices->dims[i]);
    }
    plait__set_output(call, 0, data->dtype, indices->rank, indices->dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_gather_nd(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_dtype(call, 1, PLAIT_I64));
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1];
    int64_t batch = plait__attribute_int(call->node, "batch_dims", 0);
    plait__set_unknown(call, 0, data->dtype);
    if (batch < 0) return plait__call_fail(call, PLAIT_INVALID, "batch_dims: expected 0 or more, found %lld", (long long)batch);
    if (!plait__known_rank(data) || !plait__known_rank(indices)) return PLAIT_OK;
    if (indices->rank < 1 || batch >= indices->rank || batch >= data->rank)
        return plait__call_fail(call, PLAIT_INVALID, "batch_dims: expected less than the ranks %d and %d, found %lld",
                                (int)data->rank, (int)indices->rank, (long long)batch);
    int64_t depth = indices->dims[indices->rank - 1]; /* how many dims one index names */
    if (depth < 0) return PLAIT_OK;
    if (depth < 1 || depth > data->rank - batch)
        return plait__call_fail(call, PLAIT_INVALID, "last dimension of the indices: expected 1..%d, found %lld",
                                (int)(data->rank - batch), (long long)depth);
    int rank = 0;
    int64_t dims[2 * PLAIT_MAX_RANK];
    for (int i = 0; i < indices->rank - 1; i++) {
        dims[rank] = indices->dims[i];
        if (i < batch) PLAIT__TRY(plait__dim_join(call, "batch dimension", &dims[rank], data->dims[i]));
        rank++;
    }
    for (int i = (int)(batch + depth); i < data->rank; i++) dims[rank++] = data->dims[i];
    PLAIT__TRY(plait__expect_rank_fits(call, rank));
    plait__set_output(call, 0, data->dtype, rank, dims);
    return PLAIT_OK;
}

static enum plait_status check_reduction(struct plait__call *call) {
    int first = call->node->opset < 16 ? 1 : call->node->opset < 18 ? 3 : 5; /* how many of these this version has */
    static const char *const names[] = {"none", "add", "mul", "max", "min"};
    const char *reduction = plait__attribute_string(call->node, "reduction", names[0]);
    for (int i = 0; i < first; i++)
        if (strcmp(reduction, names[i]) == 0) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "reduction: '%s' is not one of version %d", reduction, call->node->opset);
}

enum plait_status plait__shape_scatter_elements(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    PLAIT__TRY(plait__expect_indices(call, 1));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    PLAIT__TRY(check_reduction(call));
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1], *updates = call->inputs[2];
    if (plait__known_rank(data)) {
        int axis;
        PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
        PLAIT__TRY(plait__expect_rank(call, 1, data->rank));
        PLAIT__TRY(plait__expect_rank(call, 2, data->rank));
        for (int i = 0; i < data->rank && plait__known_rank(indices); i++) {
            int64_t size = indices->dims[i];
            if (plait__known_rank(updates)) PLAIT__TRY(plait__dim_join(call, "updates", &size, updates->dims[i]));
            if (i != axis && data->dims[i] >= 0 && size > data->dims[i])
                return plait__call_fail(call, PLAIT_INVALID, "dimension %d of the indices: expected at most %lld, found %lld",
                                        i, (long long)data->dims[i], (long long)size);
        }
    }
    plait__set_output(call, 0, data->dtype, data->rank, data->dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_scatter_nd(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    PLAIT__TRY(plait__expect_dtype(call, 1, PLAIT_I64));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    PLAIT__TRY(check_reduction(call));
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1], *updates = call->inputs[2];
    plait__set_output(call, 0, data->dtype, data->rank, data->dims);
    if (!plait__known_rank(data) || !plait__known_rank(indices)) return PLAIT_OK;
    if (indices->rank < 1) return plait__call_fail(call, PLAIT_INVALID, "rank of the indices: expected 1 or more, found 0");
    int64_t depth = indices->dims[indices->rank - 1];
    if (depth < 0) return PLAIT_OK;
    if (depth > data->rank)
        return plait__call_fail(call, PLAIT_INVALID, "last dimension of the indices: expected at most %d, found %lld",
                                (int)data->rank, (long long)depth);
    int outer = indices->rank - 1, rank = outer + data->rank - (int)depth;
    PLAIT__TRY(plait__expect_rank(call, 2, rank));
    for (int i = 0; i < rank && plait__known_rank(updates); i++) {
        int64_t size = i < outer ? indices->dims[i] : data->dims[i - outer + depth];
        PLAIT__TRY(plait__dim_join(call, "updates", &size, updates->dims[i]));
    }
    return PLAIT_OK;
}

/* How many of the condition's flags are set among the first `size`; -1 when its data is not there. */
static int64_t count_set(const plait_tensor *condition, int64_t size) {
    if (!plait__known_shape(condition) || size < 0 || (condition->dims[0] > 0 && !condition->data)) return -1;
    const uint8_t *flags = condition->data;
    int64_t count = 0, length = condition->dims[0] < size ? condition->dims[0] : size;
    for (int64_t i = 0; i < length; i++) count += flags[i] != 0;
    return count;
}

enum plait_status plait__shape_compress(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_dtype(call, 1, PLAIT_BOOL));
    PLAIT__TRY(plait__expect_rank(call, 1, 1));
    const plait_tensor *data = call->inputs[0], *condition = call->inputs[1];
    bool flat = plait__attribute(call->node, "axis") == NULL;
    int64_t dims[PLAIT_MAX_RANK] = {-1};
    if (!plait__known_rank(data)) {
        plait__set_output(call, 0, data->dtype, flat ? 1 : -1, dims);
        return PLAIT_OK;
    }
    if (flat) {
        int64_t size;
        PLAIT__TRY(plait__dims_product(call, data->dims, data->rank, &size));
        dims[0] = count_set(condition, size);
        plait__set_output(call, 0, data->dtype, 1, dims);
        return PLAIT_OK;
    }
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
    memcpy(dims, data->dims, sizeof dims);
    dims[axis] = count_set(condition, data->dims[axis]);
    plait__set_output(call, 0, data->dtype, data->rank, dims);
    return PLAIT_OK;
}
