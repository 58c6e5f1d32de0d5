/* Small steps that shape functions share.  A dimension of -1 is one that is not known yet. */
#ifndef PLAIT_GRAPH_SHAPE_SHAPE_H
#define PLAIT_GRAPH_SHAPE_SHAPE_H

#include "graph/op.h"

/* The product of `count` dims; -1 when one of them is unknown.  Fails with LIMIT when it does not fit 63 bits. */
enum plait_status plait__dims_product(struct plait__call *call, const int64_t *dims, int count, int64_t *product_out);

/* a * b and a + b of numbers that are not negative, failing with LIMIT when they do not fit; -1 when either is unknown. */
enum plait_status plait__dim_multiply(struct plait__call *call, int64_t a, int64_t b, int64_t *product_out);
enum plait_status plait__dim_add(struct plait__call *call, int64_t a, int64_t b, int64_t *sum_out);

/* Two places say something about one dim: *dim takes `other` where it knows nothing, and they must not disagree. */
enum plait_status plait__dim_join(struct plait__call *call, const char *what, int64_t *dim, int64_t other);

/* Fails unless 0 <= rank <= PLAIT_MAX_RANK. */
enum plait_status plait__expect_rank_fits(struct plait__call *call, int64_t rank);

/* Fails unless input `index`, where known, has this rank. */
enum plait_status plait__expect_rank(struct plait__call *call, int index, int rank);

/* Fails unless input `index`, where there and known, has this dtype. */
enum plait_status plait__expect_dtype(struct plait__call *call, int index, enum plait_dtype dtype);

/* Fails unless input `index`, where there and known, is int32 or int64. */
enum plait_status plait__expect_indices(struct plait__call *call, int index);

/* Fails unless input `index`, where there and known, is a floating-point type. */
enum plait_status plait__expect_float(struct plait__call *call, int index);

/* Fails unless inputs `a` and `b`, where both are known, have the same dtype. */
enum plait_status plait__expect_same_dtype(struct plait__call *call, int a, int b);

/* Reads an integer given as a tensor of one int32 or int64.  *known_out is false when its data is not there. */
enum plait_status plait__read_scalar(struct plait__call *call, int index, int64_t *value_out, bool *known_out);

/* The integers of input `index`, or of the attribute `name` when the operator's version had them there; *count_out is
 * -1 when there are none at all or the data is not known: *given_out tells these apart. */
enum plait_status plait__read_input_or_attribute(struct plait__call *call, int index, const char *name, bool is_input,
                                                 int64_t *out, int ceiling, int *count_out, bool *given_out);

/* Reads an attribute that names a dtype by ONNX's number. */
enum plait_status plait__read_dtype(struct plait__call *call, const char *name, enum plait_dtype fallback,
                                    enum plait_dtype *dtype_out);

/* Sets output `index` to `dtype` with unknown rank. */
void plait__set_unknown(struct plait__call *call, int index, enum plait_dtype dtype);

#endif
