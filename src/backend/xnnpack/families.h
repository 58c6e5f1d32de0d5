/* The families of operators, one file each: what they can run, and how they turn a node into steps. */
#ifndef PLAIT_BACKEND_XNNPACK_FAMILIES_H
#define PLAIT_BACKEND_XNNPACK_FAMILIES_H

#include "backend/xnnpack/segment.h"

struct plait__xnn_family {
    /* Asked only when every shape is known, nothing is empty and no rank is above PLAIT__XNN_RANK. */
    bool (*supports)(const struct plait__graph *graph, const struct plait__node *node);
    enum plait_status (*define)(struct plait__xnn_segment *segment, const struct plait__node *node);
    bool clamps; /* `define` sees to node->clamp itself; otherwise a step is added */
    enum { PLAIT__XNN_ONNX_LAYOUT, PLAIT__XNN_EITHER_LAYOUT, PLAIT__XNN_CHANNELS_LAST } layout; /* in which it can run */
};

/* NULL when no family has the operator. */
const struct plait__xnn_family *plait__xnn_family(enum plait__op op);

#define PLAIT__XNN_FAMILY(name)                                                                        \
    bool plait__xnn_supports_##name(const struct plait__graph *graph, const struct plait__node *node); \
    enum plait_status plait__xnn_define_##name(struct plait__xnn_segment *segment, const struct plait__node *node);

PLAIT__XNN_FAMILY(attention)
PLAIT__XNN_FAMILY(average_pool)
PLAIT__XNN_FAMILY(batch_normalisation)
PLAIT__XNN_FAMILY(binary)
PLAIT__XNN_FAMILY(cast)
PLAIT__XNN_FAMILY(concat)
PLAIT__XNN_FAMILY(convolution)
PLAIT__XNN_FAMILY(convolution_transpose)
PLAIT__XNN_FAMILY(depth_to_space)
PLAIT__XNN_FAMILY(expand)
PLAIT__XNN_FAMILY(function)
PLAIT__XNN_FAMILY(gather)
PLAIT__XNN_FAMILY(gelu)
PLAIT__XNN_FAMILY(gemm)
PLAIT__XNN_FAMILY(global_pool)
PLAIT__XNN_FAMILY(layer_normalisation)
PLAIT__XNN_FAMILY(instance_normalisation)
PLAIT__XNN_FAMILY(lstm)
PLAIT__XNN_FAMILY(matmul)
PLAIT__XNN_FAMILY(max_pool)
PLAIT__XNN_FAMILY(pad)
PLAIT__XNN_FAMILY(reduce)
PLAIT__XNN_FAMILY(reshape)
PLAIT__XNN_FAMILY(resize)
PLAIT__XNN_FAMILY(rows)
PLAIT__XNN_FAMILY(scaled_sigmoid)
PLAIT__XNN_FAMILY(select)
PLAIT__XNN_FAMILY(slice)
PLAIT__XNN_FAMILY(softmax)
PLAIT__XNN_FAMILY(split)
PLAIT__XNN_FAMILY(transpose)
PLAIT__XNN_FAMILY(unary)
#undef PLAIT__XNN_FAMILY

/* ---- steps that several families add ---- */

/* Bounds a value where it is. */
enum plait_status plait__xnn_clamp(struct plait__xnn_segment *segment, const struct plait__node *node, int value);

enum plait_status plait__xnn_unary_step(struct plait__xnn_segment *segment, enum xnn_unary_operator type,
                                        const union xnn_unary_params *params, size_t elements, int read, int written);

/* 2 sqrt(2/pi) (x + 0.044715 x^3): see activation.c. */
enum plait_status plait__xnn_gelu_argument_step(struct plait__xnn_segment *segment, size_t elements, int read, int written);

/* Shapes of `rank` dimensions each, broadcast against each other. */
enum plait_status plait__xnn_binary_step(struct plait__xnn_segment *segment, enum xnn_binary_operator type, int rank,
                                         const size_t *shape_a, const size_t *shape_b, int a, int b, int written);

enum plait_status plait__xnn_transpose_step(struct plait__xnn_segment *segment, size_t element_bytes, int rank,
                                            const size_t *shape, const size_t *permutation, int read, int written);

enum plait_status plait__xnn_softmax_step(struct plait__xnn_segment *segment, size_t rows, size_t width, int read, int written);

/* [batch_a..., m, k] times [batch_b..., k, n], or [batch_b..., n, k] when `transposed`. */
enum plait_status plait__xnn_product_step(struct plait__xnn_segment *segment, int batch_rank, const size_t *batch_a,
                                          const size_t *batch_b, size_t m, size_t k, size_t n, bool transposed, int a, int b,
                                          int written);

/* [rows, depth] times the transposed constant [width, depth], and the constant bias [width], which may be NULL; written
 * `offset` bytes into the slot. */
enum plait_status plait__xnn_against_constant_step(struct plait__xnn_segment *segment, size_t rows, const plait_tensor *weights,
                                                   const plait_tensor *bias, int read, int written, size_t offset);

/* Makes `rows` of `depth` floats int8, each row with a scale and zero point of its own; *slot becomes the bytes. */
enum plait_status plait__xnn_quantise_step(struct plait__xnn_segment *segment, size_t rows, size_t depth, int *slot,
                                           int *parameters_out);

/* The axes of a Reduce operator; none are all, unless the node says otherwise.  False when they are known only in the run. */
bool plait__xnn_reduced_axes(const struct plait__graph *graph, const struct plait__node *node, int64_t axes[PLAIT__XNN_RANK],
                             int *count_out);

/* The type's dims as sizes, after leading ones up to `rank`. */
void plait__xnn_shape(const plait_tensor *type, int rank, size_t *shape_out);

#endif
