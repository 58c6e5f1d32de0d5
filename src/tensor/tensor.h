/* What a tensor's type says: element counts and byte sizes, safe against overflow. */
#ifndef PLAIT_TENSOR_TENSOR_H
#define PLAIT_TENSOR_TENSOR_H

#include "base/context.h"

/* No tensor has more elements than this power of two, so that its bytes, and those of a few of them, can be counted. */
enum { PLAIT__TENSOR_CEILING_LOG2 = sizeof(size_t) > 4 ? 46 : 26 };

/* The product of `dims`; 1 for rank 0.  -1 when a dimension is negative (dynamic), the rank is not 0..PLAIT_MAX_RANK, or
 * the product passes the ceiling (of all dimensions that are not 0: strides never overflow). */
int64_t plait__elements(int rank, const int64_t *dims);

/* Fails with INVALID (dynamic dimension, unknown dtype, rank) or LIMIT.  Either out-pointer may be NULL. */
enum plait_status plait__tensor_measure(plait_context *context, const plait_tensor *tensor, int64_t *elements_out,
                                        size_t *bytes_out);

bool plait__same_shape(const plait_tensor *a, const plait_tensor *b);

/* "float32[2,?,7]" into `out`, cut when it does not fit; returns `out`. */
const char *plait__tensor_describe(const plait_tensor *tensor, char *out, size_t capacity);

#endif
