#include "backend/reference/fold.h"

#include <math.h>

#define FOLD(name, type, expression)                                           \
    static void name(void *sums, int64_t step, const void *x, int64_t count) { \
        type *sum = sums;                                                      \
        for (int64_t i = 0; i < count; i++, sum += step) {                     \
            const type a = *sum, b = ((const type *)x)[i];                     \
            *sum = (expression);                                               \
        }                                                                      \
    }

/* log(exp a + exp b) that does not overflow. */
static double log_add(double a, double b) {
    double greater = a > b ? a : b, less = a > b ? b : a;
    return isinf(greater) ? greater : greater + log1p(exp(less - greater));
}

/* Sums, products and squares of int64 wrap as those of uint64 do.  NaN in either place gives NaN. */
FOLD(sum_real, double, a + b)
FOLD(sum_whole, uint64_t, a + b)
FOLD(product_real, double, a *b)
FOLD(product_whole, uint64_t, a *b)
FOLD(squares_real, double, a + b * b)
FOLD(squares_whole, uint64_t, a + b * b)
FOLD(magnitudes_real, double, a + fabs(b))
FOLD(magnitudes_integer, int64_t, (int64_t)((uint64_t)a + (b < 0 ? 0 - (uint64_t)b : (uint64_t)b)))
FOLD(least_real, double, a != a || a < b ? a : b)
FOLD(least_integer, int64_t, a < b ? a : b)
FOLD(least_natural, uint64_t, a < b ? a : b)
FOLD(greatest_real, double, a != a || a > b ? a : b)
FOLD(greatest_integer, int64_t, a > b ? a : b)
FOLD(greatest_natural, uint64_t, a > b ? a : b)
FOLD(log_add_real, double, log_add(a, b))

const struct plait__fold plait__fold_sum = {sum_real, sum_whole, sum_whole, 0};
const struct plait__fold plait__fold_product = {product_real, product_whole, product_whole, 1};
const struct plait__fold plait__fold_squares = {squares_real, squares_whole, squares_whole, 0};
const struct plait__fold plait__fold_magnitudes = {magnitudes_real, magnitudes_integer, sum_whole, 0};
const struct plait__fold plait__fold_least = {least_real, least_integer, least_natural, INFINITY};
const struct plait__fold plait__fold_greatest = {greatest_real, greatest_integer, greatest_natural, -INFINITY};
const struct plait__fold plait__fold_log_add = {log_add_real, NULL, NULL, -INFINITY};

plait__fold_function plait__fold_of(const struct plait__fold *fold, enum plait__work work) {
    return work == PLAIT__WORK_REAL ? fold->real : work == PLAIT__WORK_NATURAL ? fold->natural : fold->integer;
}

union plait__sum plait__fold_start(const struct plait__fold *fold, enum plait__work work) {
    if (work == PLAIT__WORK_REAL) return (union plait__sum){.real = fold->start};
    if (!isinf(fold->start)) return (union plait__sum){.integer = (int64_t)fold->start};
    if (work == PLAIT__WORK_NATURAL) return (union plait__sum){.natural = fold->start < 0 ? 0 : UINT64_MAX};
    return (union plait__sum){.integer = fold->start < 0 ? INT64_MIN : INT64_MAX};
}

void plait__fold_strides(const plait_tensor *input, const struct plait__reduce *reduce, int64_t *strides_out) {
    int64_t dims[PLAIT_MAX_RANK];
    for (int i = 0; i < input->rank; i++) dims[i] = reduce->folded[i] ? 1 : input->dims[i];
    plait__strides(input->rank, dims, strides_out);
    for (int i = 0; i < input->rank; i++)
        if (reduce->folded[i]) strides_out[i] = 0;
}
