/* Operators on quantised numbers, but for convolutions. */
#include "graph/shape/grain.h"
#include "graph/shape/matmul.h"
#include "graph/shape/shape.h"

#include <string.h>

enum plait_status plait__grain_read(struct plait__call *call, struct plait__grain *grain_out) {
    const plait_tensor *input = plait__input(call, 0), *scale = plait__input(call, 1);
    int64_t scales = plait_tensor_elements(scale), block = plait__attribute_int(call->node, "block_size", 0);
    *grain_out = (struct plait__grain){{1, 1, 1, plait_tensor_elements(input)}, {0}};
    if (scales == 1 && block == 0) return PLAIT_OK;
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 1), input->rank, &axis));
    int64_t size = input->dims[axis], inner = 1, outer = 1;
    for (int i = 0; i < axis; i++) outer *= input->dims[i];
    for (int i = axis + 1; i < input->rank; i++) inner *= input->dims[i];
    if (block == 0) {
        if (scale->rank != 1 || scales != size)
            return plait__call_fail(call, PLAIT_INVALID, "scale: expected 1 or %lld numbers, found %lld", (long long)size,
                                    (long long)scales);
        *grain_out = (struct plait__grain){{outer, size, 1, inner}, {0, 1, 0, 0}};
        return PLAIT_OK;
    }
    if (block < 0 || size % block != 0)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "block_size: %lld does not divide the dimension of %lld",
                                (long long)block, (long long)size);
    int64_t blocks = size / block;
    for (int i = 0; i < input->rank; i++)
        if (scale->rank != input->rank || scale->dims[i] != (i == axis ? blocks : input->dims[i]))
            return plait__call_fail(call, PLAIT_INVALID, "the scale's shape is not the input's with %lld blocks along axis %d",
                                    (long long)blocks, axis);
    *grain_out = (struct plait__grain){{outer, blocks, block, inner}, {blocks * inner, inner, 0, 1}};
    return PLAIT_OK;
}

/* input, scale, zero point */
static enum plait_status linear(struct plait__call *call, enum plait_dtype dtype) {
    const plait_tensor *input = plait__input(call, 0), *scale = plait__input(call, 1), *zero = plait__input(call, 2);
    plait__set_output(call, 0, dtype, input->rank, input->dims);
    if (!plait__known_shape(input) || !plait__known_shape(scale)) return PLAIT_OK;
    if (zero && plait__known_shape(zero) && plait_tensor_elements(zero) != plait_tensor_elements(scale))
        return plait__call_fail(call, PLAIT_INVALID, "zero points: expected %lld, found %lld",
                                (long long)plait_tensor_elements(scale), (long long)plait_tensor_elements(zero));
    struct plait__grain ignored;
    return plait__grain_read(call, &ignored);
}

/* Without a zero point, version 21 has an attribute for the type; unsigned bytes are the default. */
enum plait_status plait__shape_quantize_linear(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    const plait_tensor *zero = plait__input(call, 2);
    int64_t dtype = zero ? (int64_t)zero->dtype : plait__attribute_int(call->node, "output_dtype", 0);
    if (dtype == 0 && !zero) dtype = PLAIT_U8;
    if (dtype != 0 && dtype != PLAIT_U8 && dtype != PLAIT_I8 && dtype != PLAIT_U16 && dtype != PLAIT_I16)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "output_dtype: data type %lld", (long long)dtype);
    return linear(call, (enum plait_dtype)dtype);
}

enum plait_status plait__shape_dequantize_linear(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    PLAIT__TRY(plait__expect_float(call, 1));
    return linear(call, plait__input(call, 1)->dtype);
}

enum plait_status plait__shape_dynamic_quantize_linear(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    PLAIT__TRY(plait__expect_dtype(call, 0, PLAIT_F32));
    const plait_tensor *input = plait__input(call, 0);
    plait__set_output(call, 0, PLAIT_U8, input->rank, input->dims);
    plait__set_output(call, 1, PLAIT_F32, 0, NULL);
    plait__set_output(call, 2, PLAIT_U8, 0, NULL);
    return PLAIT_OK;
}

/* Fails unless input `index`, where there and known, has one number, or one for each index along the axis of `tensor`,
 * counted from the end. */
static enum plait_status expect_along(struct plait__call *call, int index, const plait_tensor *tensor, int from_end) {
    const plait_tensor *input = plait__input(call, index);
    if (!input || !plait__known_shape(input) || plait_tensor_elements(input) == 1) return PLAIT_OK;
    int64_t expected = tensor && tensor->rank >= from_end ? tensor->dims[tensor->rank - from_end] : 1;
    if (expected < 0 || (input->rank == 1 && input->dims[0] == expected)) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "input %d: expected 1 or %lld numbers, found %lld", index, (long long)expected,
                            (long long)plait_tensor_elements(input));
}

static enum plait_status multiply(struct plait__call *call, const plait_tensor *a, const plait_tensor *b,
                                  enum plait_dtype dtype) {
    struct plait__matmul matmul;
    PLAIT__TRY(plait__matmul_read(call, a, b, &matmul));
    plait__set_output(call, 0, dtype, matmul.rank, matmul.dims);
    return PLAIT_OK;
}

/* a, b, their zero points: of rows of a, of columns of b */
enum plait_status plait__shape_mat_mul_integer(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 4));
    PLAIT__TRY(expect_along(call, 2, plait__input(call, 0), 2));
    PLAIT__TRY(expect_along(call, 3, plait__input(call, 1), 1));
    return multiply(call, plait__input(call, 0), plait__input(call, 1), PLAIT_I32);
}

/* a, its scale and zero point, b, its, the output's */
enum plait_status plait__shape_q_linear_mat_mul(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 8, 8));
    const plait_tensor *a = plait__input(call, 0), *b = plait__input(call, 3);
    for (int i = 1; i < 3; i++) PLAIT__TRY(expect_along(call, i, a, 2));
    for (int i = 4; i < 6; i++) PLAIT__TRY(expect_along(call, i, b, 1));
    for (int i = 6; i < 8; i++) PLAIT__TRY(expect_along(call, i, NULL, 1));
    return multiply(call, a, b, plait__input(call, 7)->dtype);
}
