/* Operators whose output is made from shapes, attributes and single numbers: Shape, Size, Range, Constant, ConstantOfShape,
 * EyeLike, OneHot, Det. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"
#include "tensor/element.h"

#include <math.h>
#include <string.h>

/* A start or end of Shape: negative ones count from the last dim, and everything is clamped. */
static int clamp_dim(int64_t position, int rank) {
    if (position < 0) position += rank;
    return (int)(position < 0 ? 0 : position > rank ? rank : position);
}

void plait__shape_dims_read(const struct plait__call *call, int *first_out, int *count_out) {
    int rank = call->inputs[0]->rank, end;
    *first_out = clamp_dim(plait__attribute_int(call->node, "start", 0), rank);
    end = clamp_dim(plait__attribute_int(call->node, "end", rank), rank);
    *count_out = end > *first_out ? end - *first_out : 0;
}

enum plait_status plait__shape_shape(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    int64_t dims[1] = {-1};
    int first, count;
    if (plait__known_rank(call->inputs[0])) {
        plait__shape_dims_read(call, &first, &count);
        dims[0] = count;
    }
    plait__set_output(call, 0, PLAIT_I64, 1, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_size(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    plait__set_output(call, 0, PLAIT_I64, 0, NULL);
    return PLAIT_OK;
}

/* ---- Range ---- */

/* ceil((limit - start) / delta), or 0 when that is negative. */
static enum plait_status count_reals(struct plait__call *call, double start, double limit, double delta, int64_t *count_out) {
    double count = ceil((limit - start) / delta);
    if (!(fabs(count) < 0x1p53))
        return plait__call_fail(call, PLAIT_LIMIT, "range: %g to %g by %g has no usable length", start, limit, delta);
    *count_out = count > 0 ? (int64_t)count : 0;
    return PLAIT_OK;
}

static enum plait_status count_integers(struct plait__call *call, int64_t start, int64_t limit, int64_t delta,
                                        int64_t *count_out) {
    if (delta == 0) return plait__call_fail(call, PLAIT_INVALID, "delta: expected a number other than 0");
    /* Without a sign, the distance and the step cannot overflow. */
    uint64_t distance = delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    uint64_t step = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta;
    bool empty = delta > 0 ? limit <= start : limit >= start;
    uint64_t count = empty ? 0 : (distance - 1) / step + 1;
    if (count > INT64_MAX) return plait__call_fail(call, PLAIT_LIMIT, "range: %llu elements", (unsigned long long)count);
    *count_out = (int64_t)count;
    return PLAIT_OK;
}

enum plait_status plait__shape_range(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    const plait_tensor *const *in = call->inputs;
    bool known = true;
    for (int i = 0; i < 3; i++) {
        PLAIT__TRY(plait__expect_same_dtype(call, 0, i));
        if (plait__known_shape(in[i]) && plait_tensor_elements(in[i]) != 1)
            return plait__call_fail(call, PLAIT_INVALID, "input %d: expected one number", i);
        known = known && in[i]->dtype != PLAIT_DTYPE_NONE && plait__known_shape(in[i]) && in[i]->data;
    }
    int64_t count = -1;
    if (in[0]->dtype == PLAIT_BOOL || plait__work_of(in[0]->dtype) == PLAIT__WORK_NATURAL)
        return plait__call_fail(call, PLAIT_INVALID, "type: %s has no Range", plait_dtype_name(in[0]->dtype));
    if (known && plait__is_float(in[0]->dtype))
        PLAIT__TRY(
            count_reals(call, plait__load_real(in[0], 0), plait__load_real(in[1], 0), plait__load_real(in[2], 0), &count));
    else if (known)
        PLAIT__TRY(count_integers(call, plait__load_integer(in[0], 0), plait__load_integer(in[1], 0),
                                  plait__load_integer(in[2], 0), &count));
    plait__set_output(call, 0, in[0]->dtype, 1, &count);
    return PLAIT_OK;
}

/* ---- constants ---- */

enum plait_status plait__constant_read(struct plait__call *call, plait_tensor *value_out) {
    const struct plait__attribute *value;
    memset(value_out, 0, sizeof *value_out);
    if ((value = plait__attribute(call->node, "value")) && value->kind == PLAIT__ATTRIBUTE_TENSOR) {
        *value_out = value->tensor;
    } else if ((value = plait__attribute(call->node, "value_float")) && value->kind == PLAIT__ATTRIBUTE_FLOAT) {
        *value_out = (plait_tensor){.dtype = PLAIT_F32, .rank = 0, .data = (void *)&value->f};
    } else if ((value = plait__attribute(call->node, "value_int")) && value->kind == PLAIT__ATTRIBUTE_INT) {
        *value_out = (plait_tensor){.dtype = PLAIT_I64, .rank = 0, .data = (void *)&value->i};
    } else if ((value = plait__attribute(call->node, "value_floats")) && value->kind == PLAIT__ATTRIBUTE_FLOATS) {
        *value_out =
            (plait_tensor){.dtype = PLAIT_F32, .rank = 1, .dims = {(int64_t)value->count}, .data = (void *)value->floats};
    } else if ((value = plait__attribute(call->node, "value_ints")) && value->kind == PLAIT__ATTRIBUTE_INTS) {
        *value_out =
            (plait_tensor){.dtype = PLAIT_I64, .rank = 1, .dims = {(int64_t)value->count}, .data = (void *)value->ints};
    } else {
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "value: expected a dense tensor of numbers");
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_constant(struct plait__call *call) {
    plait_tensor value;
    PLAIT__TRY(plait__expect_inputs(call, 0, 0));
    PLAIT__TRY(plait__constant_read(call, &value));
    plait__set_output(call, 0, value.dtype, value.rank, value.dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_constant_of_shape(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    PLAIT__TRY(plait__expect_rank(call, 0, 1));
    const plait_tensor *shape = call->inputs[0];
    const struct plait__attribute *value = plait__attribute(call->node, "value");
    bool given = value && value->kind == PLAIT__ATTRIBUTE_TENSOR;
    if (given && plait_tensor_elements(&value->tensor) != 1)
        return plait__call_fail(call, PLAIT_INVALID, "value: expected one number, found %lld",
                                (long long)plait_tensor_elements(&value->tensor));
    int64_t dims[PLAIT_MAX_RANK];
    int rank;
    if (plait__known_shape(shape)) PLAIT__TRY(plait__expect_rank_fits(call, shape->dims[0]));
    PLAIT__TRY(plait__read_ints(call, shape, dims, PLAIT_MAX_RANK, &rank));
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0)
            return plait__call_fail(call, PLAIT_INVALID, "shape[%d]: expected 0 or more, found %lld", i, (long long)dims[i]);
    if (rank < 0 && plait__known_shape(shape)) {
        rank = (int)shape->dims[0];
        for (int i = 0; i < rank; i++) dims[i] = -1;
    }
    plait__set_output(call, 0, given ? value->tensor.dtype : PLAIT_F32, rank, dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_eye_like(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    PLAIT__TRY(plait__expect_rank(call, 0, 2));
    const plait_tensor *input = call->inputs[0];
    enum plait_dtype dtype;
    PLAIT__TRY(plait__read_dtype(call, "dtype", input->dtype, &dtype));
    plait__set_output(call, 0, dtype, input->rank, input->dims);
    return PLAIT_OK;
}

/* indices [...], depth one number, values [off, on]; the output has one more dim, of `depth`, at the axis */
enum plait_status plait__shape_one_hot(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    PLAIT__TRY(plait__expect_rank(call, 2, 1));
    const plait_tensor *indices = call->inputs[0], *depth = call->inputs[1], *values = call->inputs[2];
    int64_t dims[PLAIT_MAX_RANK], size = -1, pair = 2;
    if (plait__known_rank(values)) PLAIT__TRY(plait__dim_join(call, "values", &pair, values->dims[0]));
    if (plait__known_shape(depth) && plait_tensor_elements(depth) != 1)
        return plait__call_fail(call, PLAIT_INVALID, "depth: expected one number");
    if (plait__known_shape(depth) && depth->data && depth->dtype != PLAIT_DTYPE_NONE) {
        double real = plait__load_real(depth, 0);
        if (!(real >= 0) || real > 0x1p53)
            return plait__call_fail(call, PLAIT_INVALID, "depth: expected 0 or more, found %g", real);
        size = (int64_t)real;
    }
    plait__set_unknown(call, 0, values->dtype);
    if (!plait__known_rank(indices)) return PLAIT_OK;
    int rank = indices->rank + 1, axis;
    PLAIT__TRY(plait__expect_rank_fits(call, rank));
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", -1), rank, &axis));
    for (int i = 0, from = 0; i < rank; i++) dims[i] = i == axis ? size : indices->dims[from++];
    plait__set_output(call, 0, values->dtype, rank, dims);
    return PLAIT_OK;
}

/* [..., n, n] gives [...] */
enum plait_status plait__shape_det(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    PLAIT__TRY(plait__expect_float(call, 0));
    const plait_tensor *input = call->inputs[0];
    if (plait__known_rank(input)) {
        if (input->rank < 2)
            return plait__call_fail(call, PLAIT_INVALID, "rank: expected 2 or more, found %d", (int)input->rank);
        int64_t rows = input->dims[input->rank - 2];
        PLAIT__TRY(plait__dim_join(call, "columns", &rows, input->dims[input->rank - 1]));
    }
    plait__set_output(call, 0, input->dtype, plait__known_rank(input) ? input->rank - 2 : -1, input->dims);
    return PLAIT_OK;
}
