/* The families of operators: what they can run, and how they turn a node into steps.  Everything stays in ONNX's layout. */
#ifndef PLAIT_BACKEND_CUDA_FAMILIES_H
#define PLAIT_BACKEND_CUDA_FAMILIES_H

#include "backend/cuda/segment.h"

struct plait__cuda_family {
    /* Asked only when every shape is known and nothing is empty; the call is the node's, with its types. */
    bool (*supports)(const struct plait__graph *graph, struct plait__call *call);
    enum plait_status (*define)(struct plait__cuda_segment *segment, const struct plait__node *node);
};

/* NULL when no family has the operator. */
const struct plait__cuda_family *plait__cuda_family(enum plait__op op);

/* clang-format off */
#define PLAIT__CUDA_FAMILY_MAP(X) \
    X(attention) X(batch_normalisation) X(binary) X(cast) X(choose_row) X(compare) X(concat) X(convolution) \
    X(convolution_transposed) X(depth_to_space) X(expand) X(gather) X(gemm) X(global_pool) X(group_normalisation) \
    X(layer_normalisation) X(logic) X(lstm) X(matmul) X(pad) X(pool) X(reduce) X(reshape) X(resize) X(slice) \
    X(softmax) X(split) X(transpose) X(unary) X(where)
/* clang-format on */

#define PLAIT__CUDA_FAMILY(name)                                                                  \
    bool plait__cuda_supports_##name(const struct plait__graph *graph, struct plait__call *call); \
    enum plait_status plait__cuda_define_##name(struct plait__cuda_segment *segment, const struct plait__node *node);
PLAIT__CUDA_FAMILY_MAP(PLAIT__CUDA_FAMILY)
#undef PLAIT__CUDA_FAMILY

/* ---- what several families do ---- */

/* One element-wise function of an f32 slot. */
enum plait_status plait__cuda_apply(struct plait__cuda_segment *segment, int function, float alpha, float beta, int64_t count,
                                    int read, int written);

/* `count` elements of `bytes`, from one place to another. */
enum plait_status plait__cuda_copy(struct plait__cuda_segment *segment, int64_t count, size_t bytes, int read,
                                   int64_t from_place, int written, int64_t to_place);

/* `to` with its inputs broadcast to it, axes that go together made one. */
void plait__cuda_spread_of(const plait_tensor *to, int input_count, const plait_tensor *const *inputs,
                           struct plait__cuda_spread *spread_out);

/* out = x FUNCTION y within bounds. */
enum plait_status plait__cuda_combine(struct plait__cuda_segment *segment, int function, float low, float high,
                                      const plait_tensor *to, const plait_tensor *x_type, const plait_tensor *y_type, int x,
                                      int y, int written);

/* The grid of a product's tiles; 1 when they are wide. */
enum { PLAIT__CUDA_TILE_THREADS = TILE * TILE / (TILE_SHARE * TILE_SHARE) };
int plait__cuda_tiles(int64_t rows, int64_t columns, int64_t batch, int64_t grid_out[3]);

/* `batch` products as the arguments say, all but pointers. */
enum plait_status plait__cuda_multiply(struct plait__cuda_segment *segment, const struct plait__cuda_multiply *arguments,
                                       int64_t batch, struct plait__cuda_place a, struct plait__cuda_place b,
                                       struct plait__cuda_place bias, struct plait__cuda_place out);

enum plait_status plait__cuda_softmax(struct plait__cuda_segment *segment, int64_t outer, int64_t width, int64_t inner,
                                      bool logarithm, int read, int written);

static inline bool plait__cuda_is_f32(const plait_tensor *type) {
    return type && type->dtype == PLAIT_F32;
}

#endif
