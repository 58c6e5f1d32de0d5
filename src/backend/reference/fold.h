/* Many elements folded into one: what Reduce*, Min, Max, Sum and Mean are made of. */
#ifndef PLAIT_BACKEND_REFERENCE_FOLD_H
#define PLAIT_BACKEND_REFERENCE_FOLD_H

#include "backend/reference/kernel.h"
#include "graph/shape/reduce.h"

/* Folds elements x[0..count) into sums[0], sums[step], sums[2 * step], ..., all of one work type. */
typedef void (*plait__fold_function)(void *sums, int64_t step, const void *x, int64_t count);

struct plait__fold {
    plait__fold_function real, integer, natural; /* NULL: integers are not folded */
    double start;                                /* of a sum; an infinity is the end of the work type */
};
extern const struct plait__fold plait__fold_sum, plait__fold_product, plait__fold_squares, plait__fold_magnitudes,
    plait__fold_least, plait__fold_greatest, plait__fold_log_add;

plait__fold_function plait__fold_of(const struct plait__fold *fold, enum plait__work work);

/* A sum of any work type, and what it starts from. */
union plait__sum {
    double real;
    int64_t integer;
    uint64_t natural;
};
union plait__sum plait__fold_start(const struct plait__fold *fold, enum plait__work work);

/* Strides of the sums seen from the input's dims: 0 along the folded ones. */
void plait__fold_strides(const plait_tensor *input, const struct plait__reduce *reduce, int64_t *strides_out);

#endif
