#include "graph/shape/shape.h"

#include <string.h>

enum plait_status plait__dim_multiply(struct plait__call *call, int64_t a, int64_t b, int64_t *product_out) {
    if (a < 0 || b < 0) {
        *product_out = -1;
        return PLAIT_OK;
    }
    if (b != 0 && a > INT64_MAX / b)
        return plait__call_fail(call, PLAIT_LIMIT, "size: %lld times %lld is too large", (long long)a, (long long)b);
    *product_out = a * b;
    return PLAIT_OK;
}

enum plait_status plait__dim_add(struct plait__call *call, int64_t a, int64_t b, int64_t *sum_out) {
    if (a < 0 || b < 0) {
        *sum_out = -1;
        return PLAIT_OK;
    }
    if (a > INT64_MAX - b)
        return plait__call_fail(call, PLAIT_LIMIT, "size: %lld plus %lld is too large", (long long)a, (long long)b);
    *sum_out = a + b;
    return PLAIT_OK;
}

enum plait_status plait__dims_product(struct plait__call *call, const int64_t *dims, int count, int64_t *product_out) {
    int64_t product = 1;
    for (int i = 0; i < count; i++) PLAIT__TRY(plait__dim_multiply(call, product, dims[i], &product));
    *product_out = product;
    return PLAIT_OK;
}

enum plait_status plait__dim_join(struct plait__call *call, const char *what, int64_t *dim, int64_t other) {
    if (*dim < 0) *dim = other;
    if (other >= 0 && *dim != other)
        return plait__call_fail(call, PLAIT_INVALID, "%s: expected %lld, found %lld", what, (long long)*dim, (long long)other);
    return PLAIT_OK;
}

enum plait_status plait__expect_rank_fits(struct plait__call *call, int64_t rank) {
    if (rank >= 0 && rank <= PLAIT_MAX_RANK) return PLAIT_OK;
    return plait__call_fail(call, rank < 0 ? PLAIT_INVALID : PLAIT_UNSUPPORTED, "rank: expected 0 to %d, found %lld",
                            PLAIT_MAX_RANK, (long long)rank);
}

enum plait_status plait__expect_rank(struct plait__call *call, int index, int rank) {
    const plait_tensor *input = plait__input(call, index);
    if (!input || !plait__known_rank(input) || input->rank == rank) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_INVALID, "rank of input %d: expected %d, found %d", index, rank, (int)input->rank);
}

/* Wrong types are malformed, not unsupported: ONNX does not allow them either. */
static enum plait_status wrong_dtype(struct plait__call *call, int index, const char *expected) {
    return plait__call_fail(call, PLAIT_INVALID, "type of input %d: expected %s, found %s", index, expected,
                            plait_dtype_name(plait__input(call, index)->dtype));
}

enum plait_status plait__expect_dtype(struct plait__call *call, int index, enum plait_dtype dtype) {
    const plait_tensor *input = plait__input(call, index);
    if (!input || input->dtype == PLAIT_DTYPE_NONE || input->dtype == dtype) return PLAIT_OK;
    return wrong_dtype(call, index, plait_dtype_name(dtype));
}

enum plait_status plait__expect_indices(struct plait__call *call, int index) {
    const plait_tensor *input = plait__input(call, index);
    if (!input || input->dtype == PLAIT_DTYPE_NONE || input->dtype == PLAIT_I32 || input->dtype == PLAIT_I64) return PLAIT_OK;
    return wrong_dtype(call, index, "int32 or int64");
}

enum plait_status plait__expect_float(struct plait__call *call, int index) {
    const plait_tensor *input = plait__input(call, index);
    if (!input) return PLAIT_OK;
    switch (input->dtype) {
    case PLAIT_DTYPE_NONE:
    case PLAIT_F32:
    case PLAIT_F64:
    case PLAIT_F16:
    case PLAIT_BF16:
        return PLAIT_OK;
    default:
        return wrong_dtype(call, index, "a floating-point type");
    }
}

enum plait_status plait__expect_same_dtype(struct plait__call *call, int a, int b) {
    const plait_tensor *first = plait__input(call, a);
    return first && first->dtype != PLAIT_DTYPE_NONE ? plait__expect_dtype(call, b, first->dtype) : PLAIT_OK;
}

enum plait_status plait__read_scalar(struct plait__call *call, int index, int64_t *value_out, bool *known_out) {
    const plait_tensor *input = plait__input(call, index);
    *known_out = false;
    if (!plait__known_shape(input)) return PLAIT_OK;
    if (plait_tensor_elements(input) != 1)
        return plait__call_fail(call, PLAIT_INVALID, "input %d: expected one number, found %lld", index,
                                (long long)plait_tensor_elements(input));
    int count;
    PLAIT__TRY(plait__read_ints(call, input, value_out, 1, &count));
    *known_out = count == 1;
    return PLAIT_OK;
}

enum plait_status plait__read_input_or_attribute(struct plait__call *call, int index, const char *name, bool is_input,
                                                 int64_t *out, int ceiling, int *count_out, bool *given_out) {
    *count_out = -1;
    if (is_input) {
        const plait_tensor *input = plait__input(call, index);
        *given_out = input != NULL;
        return input ? plait__read_ints(call, input, out, ceiling, count_out) : PLAIT_OK;
    }
    int count;
    const int64_t *ints = plait__attribute_ints(call->node, name, &count);
    *given_out = ints != NULL;
    if (!ints) return PLAIT_OK;
    if (count > ceiling)
        return plait__call_fail(call, PLAIT_INVALID, "%s: expected at most %d numbers, found %d", name, ceiling, count);
    memcpy(out, ints, (size_t)count * sizeof(*out));
    *count_out = count;
    return PLAIT_OK;
}

enum plait_status plait__read_dtype(struct plait__call *call, const char *name, enum plait_dtype fallback,
                                    enum plait_dtype *dtype_out) {
    int64_t number = plait__attribute_int(call->node, name, fallback);
    *dtype_out = (enum plait_dtype)(number > 0 && number < 64 ? number : 0);
    if (number == fallback || plait_dtype_bytes(*dtype_out) > 0) return PLAIT_OK;
    return plait__call_fail(call, PLAIT_UNSUPPORTED, "%s: type %lld is not numeric or boolean", name, (long long)number);
}

void plait__set_unknown(struct plait__call *call, int index, enum plait_dtype dtype) {
    plait__set_output(call, index, dtype, -1, NULL);
}
