/* One operator at work: what shape functions (src/graph/shape) and kernels (src/backend) are given.
 *
 * A shape function sets dtype, rank and dims of every wanted output from the inputs, and is the only place that knows them.
 * It is called at load, when dims may be -1, rank -1, dtype NONE and data NULL (then it says as much as it can), and again
 * before a run, when all inputs are complete.  An output whose size depends on the data (NonZero) is computed from the
 * data when it is there and left unknown when not.  It checks attributes and inputs, so that a kernel need not.
 *
 * A kernel is called after the shape function on complete inputs, with the outputs' data allocated; it fills them.
 * Inputs and outputs never overlap. */
#ifndef PLAIT_GRAPH_OP_H
#define PLAIT_GRAPH_OP_H

#include "graph/graph.h"

struct plait__call {
    plait_context *context;
    const struct plait__node *node;
    int input_count, output_count;
    const plait_tensor *const *inputs; /* NULL for an omitted optional input */
    plait_tensor *const *outputs;      /* NULL for an output nobody wants; a kernel always has its first */
    struct plait__arena *scratch;      /* reset after the call */

    /* Gives outputs[output] its data once its dtype and dims are set.  Only for kernels whose shape function cannot know them
     * before the work is done (If, Loop, Scan); for all others it has been called already. */
    enum plait_status (*allocate)(struct plait__call *call, int output);
};

typedef enum plait_status (*plait__shape_function)(struct plait__call *call);
typedef enum plait_status (*plait__kernel_function)(struct plait__call *call);

/* The shape function of an operator.  plait__shape_none fails with UNSUPPORTED: the operator is listed but not written. */
plait__shape_function plait__shape_of(enum plait__op op);

#define OP(name, shape, kernel) enum plait_status plait__shape_##shape(struct plait__call *call);
#include "graph/ops.def"
#undef OP
enum plait_status plait__shape_none(struct plait__call *call);

/* ---- small helpers that shape functions and kernels share ---- */

/* `plait__fail` with "Conv 'name': " in front. */
enum plait_status plait__call_fail(struct plait__call *call, enum plait_status status, const char *format, ...)
    PLAIT__PRINTF(3, 4);

static inline const plait_tensor *plait__input(const struct plait__call *call, int index) {
    return index < call->input_count ? call->inputs[index] : NULL;
}
static inline plait_tensor *plait__output(const struct plait__call *call, int index) {
    return index < call->output_count ? call->outputs[index] : NULL;
}
static inline bool plait__known_rank(const plait_tensor *tensor) {
    return tensor->rank >= 0;
}
bool plait__known_shape(const plait_tensor *tensor); /* rank and every dim */

/* Sets an output (if wanted).  rank -1 with dims NULL: unknown. */
void plait__set_output(struct plait__call *call, int index, enum plait_dtype dtype, int rank, const int64_t *dims);

/* Fails unless at least `required` inputs are there and at most `most`. */
enum plait_status plait__expect_inputs(struct plait__call *call, int required, int most);

/* NumPy broadcasting of two shapes that may hold -1; fails with INVALID and both numbers when they do not fit. */
enum plait_status plait__broadcast(struct plait__call *call, const plait_tensor *a, const plait_tensor *b, int *rank_out,
                                   int64_t *dims_out);

/* Turns a possibly negative axis into 0..rank-1, or fails with INVALID. */
enum plait_status plait__axis(struct plait__call *call, int64_t axis, int rank, int *axis_out);

/* Reads an int32 or int64 tensor of at most `ceiling` elements into `out`; *count_out is -1 when the data is not known. */
enum plait_status plait__read_ints(struct plait__call *call, const plait_tensor *tensor, int64_t *out, int ceiling,
                                   int *count_out);

#endif
