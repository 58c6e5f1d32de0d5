/* Operators that give one element for each element, or for each group of elements broadcast against each other. */
#include "graph/shape/elementwise.h"
#include "graph/shape/shape.h"

#include <string.h>

/* One input, one output like it. */
enum plait_status plait__shape_same(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_same_float(struct plait__call *call) {
    PLAIT__TRY(plait__shape_same(call));
    return plait__expect_float(call, 0);
}

/* One input, a bool for each element. */
enum plait_status plait__shape_predicate(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, PLAIT_BOOL, input->rank, input->dims);
    return PLAIT_OK;
}

/* All inputs broadcast together; the output has `dtype`. */
static enum plait_status broadcast_all(struct plait__call *call, enum plait_dtype dtype) {
    plait_tensor all = *plait__input(call, 0);
    for (int i = 1; i < call->input_count; i++) {
        plait_tensor before = all;
        PLAIT__TRY(plait__broadcast(call, &before, plait__input(call, i), &all.rank, all.dims));
    }
    plait__set_output(call, 0, dtype, all.rank, all.dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_binary(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    return broadcast_all(call, plait__input(call, 0)->dtype);
}

/* The exponent may be of another type than the base. */
enum plait_status plait__shape_pow(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    return broadcast_all(call, plait__input(call, 0)->dtype);
}

enum plait_status plait__shape_compare(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    return broadcast_all(call, PLAIT_BOOL);
}

enum plait_status plait__shape_bit_shift(struct plait__call *call) {
    const char *direction = plait__attribute_string(call->node, "direction", "");
    if (strcmp(direction, "LEFT") != 0 && strcmp(direction, "RIGHT") != 0)
        return plait__call_fail(call, PLAIT_INVALID, "direction: expected LEFT or RIGHT, found \"%s\"", direction);
    return plait__shape_binary(call);
}

enum plait_status plait__shape_variadic(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, call->input_count > 0 ? call->input_count : 1, call->input_count));
    for (int i = 1; i < call->input_count; i++) PLAIT__TRY(plait__expect_same_dtype(call, 0, i));
    return broadcast_all(call, plait__input(call, 0)->dtype);
}

/* Sum and Mean have no integers. */
enum plait_status plait__shape_variadic_float(struct plait__call *call) {
    PLAIT__TRY(plait__shape_variadic(call));
    return plait__expect_float(call, 0);
}

enum plait_status plait__shape_where(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 3));
    PLAIT__TRY(plait__expect_dtype(call, 0, PLAIT_BOOL));
    PLAIT__TRY(plait__expect_same_dtype(call, 1, 2));
    return broadcast_all(call, plait__input(call, 1)->dtype);
}

plait_tensor plait__prelu_slope(const struct plait__call *call) {
    const plait_tensor *input = plait__input(call, 0);
    plait_tensor slope = *plait__input(call, 1);
    if (call->node->opset >= 7 || slope.rank != 1 || input->rank < 2) return slope;
    slope.rank = input->rank - 1;
    for (int i = 1; i < slope.rank; i++) slope.dims[i] = 1;
    return slope;
}

/* The slope is broadcast to the input, never the other way round. */
enum plait_status plait__shape_prelu(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    const plait_tensor *input = plait__input(call, 0), slope = plait__prelu_slope(call);
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    if (!plait__known_shape(input) || !plait__known_shape(&slope)) return PLAIT_OK;
    plait_tensor both;
    PLAIT__TRY(plait__broadcast(call, input, &slope, &both.rank, both.dims));
    if (both.rank == input->rank && memcmp(both.dims, input->dims, (size_t)both.rank * sizeof *both.dims) == 0) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "the slope's shape does not broadcast to the input's");
}

/* Bounds are attributes before version 11, then optional inputs of one element. */
enum plait_status plait__shape_clip(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, call->node->opset < 11 ? 1 : 3));
    for (int i = 1; i < call->input_count; i++) {
        const plait_tensor *bound = plait__input(call, i);
        if (bound && plait__known_shape(bound) && plait_tensor_elements(bound) != 1)
            return plait__call_fail(call, PLAIT_INVALID, "bound %d: expected one number, found %lld", i,
                                    (long long)plait_tensor_elements(bound));
        PLAIT__TRY(plait__expect_same_dtype(call, 0, i));
    }
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_cast(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    const plait_tensor *input = plait__input(call, 0);
    int64_t to = plait__attribute_int(call->node, "to", 0);
    if (to <= 0 || to > PLAIT_BF16 || plait_dtype_bytes((enum plait_dtype)to) == 0)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "to: data type %lld", (long long)to);
    plait__set_output(call, 0, (enum plait_dtype)to, input->rank, input->dims);
    return PLAIT_OK;
}

enum plait_status plait__shape_cast_like(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 2));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, plait__input(call, 1)->dtype, input->rank, input->dims);
    return PLAIT_OK;
}

/* The second output says which elements were kept: of the input's type before version 10, then bool. */
enum plait_status plait__shape_dropout(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, call->node->opset < 12 ? 1 : 3));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, input->dtype, input->rank, input->dims);
    plait__set_output(call, 1, call->node->opset < 10 ? input->dtype : PLAIT_BOOL, input->rank, input->dims);
    for (int i = 1; i < call->input_count; i++) {
        const plait_tensor *setting = plait__input(call, i);
        if (setting && plait__known_shape(setting) && plait_tensor_elements(setting) != 1)
            return plait__call_fail(call, PLAIT_INVALID, "input %d: expected one number, found %lld", i,
                                    (long long)plait_tensor_elements(setting));
    }
    return PLAIT_OK;
}
