/* What reference kernels are made of.
 *
 * The reference backend is the oracle: it computes in three work types only, whatever the dtype of a tensor.  `double`
 * stands for every float dtype, `int64_t` for bool and every integer dtype but one, `uint64_t` for uint64.  Elements are
 * widened on the way in and narrowed on the way out, so that no kernel is written once a dtype. */
#ifndef PLAIT_BACKEND_REFERENCE_KERNEL_H
#define PLAIT_BACKEND_REFERENCE_KERNEL_H

#include "graph/op.h"
#include "tensor/element.h"

#define OP(name, shape, kernel) enum plait_status plait__kernel_##kernel(struct plait__call *call);
#include "graph/ops.def"
#undef OP
/* Fails with UNSUPPORTED: the operator is listed, but has no kernel. */
enum plait_status plait__kernel_none(struct plait__call *call);

/* Long rows are worked on in blocks that stay in the fastest cache. */
enum { PLAIT__BLOCK = 512 };
union plait__block {
    double real[PLAIT__BLOCK];
    int64_t integer[PLAIT__BLOCK];
    uint64_t natural[PLAIT__BLOCK];
};
static inline int64_t plait__block_count(int64_t done, int64_t count) {
    return count - done < PLAIT__BLOCK ? count - done : PLAIT__BLOCK;
}

/* ---- whole tensors ----
 * All elements in scratch memory (or in place where they are of that type already); NULL with a recorded
 * error when there is no memory.  An output is computed in scratch memory and stored with plait__store_reals_all. */
const double *plait__reals(struct plait__call *call, const plait_tensor *tensor);
const int64_t *plait__integers(struct plait__call *call, const plait_tensor *tensor);
void plait__store_reals_all(plait_tensor *tensor, const double *in);
void plait__store_integers_all(plait_tensor *tensor, const int64_t *in);

/* Cleared scratch memory for `count` elements of `bytes`; NULL with a recorded error. */
static inline void *plait__scratch(struct plait__call *call, int64_t count, size_t bytes) {
    return plait__arena_array(call->scratch, plait__arena_count(count), bytes);
}

/* ---- walking over several tensors side by side ----
 *
 *     struct plait__walk walk;
 *     plait__walk_init(&walk, output->rank, output->dims);
 *     plait__walk_add(&walk, output);                      // operand 0
 *     plait__walk_add(&walk, input);                       // operand 1, broadcast
 *     for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk))
 *         // a row of walk.count elements: operand k is at walk.at[k], then every walk.step[k]-th
 *
 * Dims that follow each other in memory for every operand are joined, so rows are as long as they can be. */
#define PLAIT__WALK_OPERANDS 6
#define PLAIT__WALK_RANK     (2 * PLAIT_MAX_RANK) /* a walk may split every dim in two */
struct plait__walk {
    int rank, operands;
    int64_t dims[PLAIT__WALK_RANK];
    int64_t strides[PLAIT__WALK_OPERANDS][PLAIT__WALK_RANK]; /* in elements; 0 along a dim that is broadcast */
    int64_t index[PLAIT__WALK_RANK];
    int64_t count;
    int64_t at[PLAIT__WALK_OPERANDS], step[PLAIT__WALK_OPERANDS];
};
void plait__walk_init(struct plait__walk *walk, int rank, const int64_t *dims);
void plait__walk_add(struct plait__walk *walk, const plait_tensor *tensor); /* dims aligned at the last one */
void plait__walk_add_strides(struct plait__walk *walk, int64_t first, const int64_t *strides);
bool plait__walk_start(struct plait__walk *walk); /* false when there is nothing to walk over */
bool plait__walk_next(struct plait__walk *walk);

/* Row-major strides, in elements. */
void plait__strides(int rank, const int64_t *dims, int64_t *strides_out);

/* A tensor seen as [outer, dims[axis], inner]. */
struct plait__split {
    int64_t outer, axis, inner;
};
struct plait__split plait__split_at(const plait_tensor *tensor, int axis);

/* ---- one function for every element ----
 * `count` elements of the inputs, already widened to the work type and broadcast against each other, give `count` results
 * of the work type (of int64_t when the result is bool).  `parameters` are the operator's own. */
typedef void (*plait__map)(void *out, const void *const *in, int64_t count, const double *parameters);
struct plait__maps {
    plait__map real, integer, natural; /* NULL: the operator has no such dtypes */
    bool predicate;                    /* results are int64_t 0 or 1 */
};
/* Runs over all inputs (at most 3) and the one output.  The work type is the widest that an input has. */
enum plait_status plait__map_elements(struct plait__call *call, const struct plait__maps *maps, const double *parameters);

#endif
