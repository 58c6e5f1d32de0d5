/* What rows of elements come to: reductions, softmax, normalisations. */
#include "backend/cuda/families.h"
#include "graph/shape/reduce.h"

#include <math.h>

/* ---- reductions ---- */

static int fold_function(enum plait__op op) {
    switch (op) {
    case PLAIT__OP_ReduceSum:
        return PLAIT__CUDA_SUM;
    case PLAIT__OP_ReduceMean:
    case PLAIT__OP_GlobalAveragePool:
        return PLAIT__CUDA_MEAN;
    case PLAIT__OP_ReduceMax:
    case PLAIT__OP_GlobalMaxPool:
        return PLAIT__CUDA_GREATEST;
    case PLAIT__OP_ReduceMin:
        return PLAIT__CUDA_LEAST;
    case PLAIT__OP_ReduceProd:
        return PLAIT__CUDA_PRODUCT;
    case PLAIT__OP_ReduceL1:
        return PLAIT__CUDA_L1;
    case PLAIT__OP_ReduceL2:
        return PLAIT__CUDA_L2;
    case PLAIT__OP_ReduceLogSum:
        return PLAIT__CUDA_LOG_SUM;
    case PLAIT__OP_ReduceLogSumExp:
        return PLAIT__CUDA_LOG_SUM_EXP;
    default:
        return PLAIT__CUDA_SQUARES;
    }
}

static enum plait_status reduce(struct plait__cuda_segment *segment, const struct plait__node *node, const bool *folded) {
    const plait_tensor *from = plait__cuda_input_type(segment->graph, node, 0);
    struct plait__cuda_reduce a = {.function = fold_function(node->op), .folded = 1};
    int64_t steps[PLAIT_MAX_RANK], step = 1;
    for (int d = from->rank - 1; d >= 0; step *= from->dims[d--]) steps[d] = step;
    for (int d = 0; d < from->rank; d++) {
        if (folded[d]) {
            a.folded *= (int)from->dims[d];
            a.folded_dims[a.folded_rank] = (int)from->dims[d];
            a.folded_steps[a.folded_rank++] = (int)steps[d];
        } else {
            a.kept_dims[a.kept_rank] = (int)from->dims[d];
            a.kept_steps[a.kept_rank++] = (int)steps[d];
        }
    }
    plait__cuda_bounds(node, &a.low, &a.high);
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(reduce, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(reduce, y, plait__cuda_write(segment, node->outputs[0]))};
    const int64_t grid[] = {plait_tensor_elements(plait__cuda_output_type(segment->graph, node, 0)), 1, 1};
    return plait__cuda_launch(segment, PLAIT__CUDA_KERNEL_reduce, grid, plait__cuda_threads_for(a.folded), &a, sizeof a, 2,
                              places);
}

bool plait__cuda_supports_reduce(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__reduce axes;
    (void)graph;
    return plait__cuda_is_f32(call->inputs[0]) && plait__reduce_read(call, &axes) == PLAIT_OK && axes.known;
}

enum plait_status plait__cuda_define_reduce(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct plait__reduce axes;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    PLAIT__TRY(plait__reduce_read(&call, &axes));
    return reduce(segment, node, axes.folded);
}

bool plait__cuda_supports_global_pool(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return plait__cuda_is_f32(call->inputs[0]) && call->inputs[0]->rank > 2;
}

enum plait_status plait__cuda_define_global_pool(struct plait__cuda_segment *segment, const struct plait__node *node) {
    bool folded[PLAIT_MAX_RANK];
    for (int d = 0; d < PLAIT_MAX_RANK; d++) folded[d] = d >= 2;
    return reduce(segment, node, folded);
}

/* ---- softmax ---- */

enum plait_status plait__cuda_softmax(struct plait__cuda_segment *segment, int64_t outer, int64_t width, int64_t inner,
                                      bool logarithm, int read, int written) {
    struct plait__cuda_softmax a = {.width = (int)width, .inner = (int)inner, .logarithm = logarithm};
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(softmax, x, read), PLAIT__CUDA_PLACE(softmax, y, written)};
    const int64_t grid[] = {outer * inner, 1, 1};
    return plait__cuda_launch(segment, PLAIT__CUDA_KERNEL_softmax, grid, plait__cuda_threads_for(width), &a, sizeof a, 2,
                              places);
}

bool plait__cuda_supports_softmax(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return plait__cuda_is_f32(call->inputs[0]) && call->inputs[0]->rank > 0;
}

/* Before version 13 a row is everything from the axis on. */
enum plait_status plait__cuda_define_softmax(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__cuda_input_type(segment->graph, node, 0);
    bool flattens = node->opset < 13;
    int axis = (int)plait__attribute_int(node, "axis", flattens ? 1 : -1);
    if (axis < 0) axis += type->rank;
    int end = flattens ? type->rank : axis + 1;
    return plait__cuda_softmax(segment, plait__cuda_product(type, 0, axis), plait__cuda_product(type, axis, end),
                               plait__cuda_product(type, end, type->rank), node->op == PLAIT__OP_LogSoftmax,
                               plait__cuda_read(segment, node->inputs[0]), plait__cuda_write(segment, node->outputs[0]));
}

/* ---- ArgMax, ArgMin ---- */

bool plait__cuda_supports_choose_row(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return plait__cuda_is_f32(call->inputs[0]) && call->inputs[0]->rank > 0;
}

enum plait_status plait__cuda_define_choose_row(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__cuda_input_type(segment->graph, node, 0);
    int axis = (int)plait__attribute_int(node, "axis", 0);
    if (axis < 0) axis += type->rank;
    struct plait__cuda_choose_row a = {.width = (int)type->dims[axis],
                                       .inner = (int)plait__cuda_product(type, axis + 1, type->rank),
                                       .least = node->op == PLAIT__OP_ArgMin,
                                       .last = plait__attribute_int(node, "select_last_index", 0) != 0};
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(choose_row, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(choose_row, y, plait__cuda_write(segment, node->outputs[0]))};
    const int64_t grid[] = {plait__cuda_product(type, 0, axis) * a.inner, 1, 1};
    return plait__cuda_launch(segment, PLAIT__CUDA_KERNEL_choose_row, grid, plait__cuda_threads_for(a.width), &a, sizeof a, 2,
                              places);
}

/* ---- normalisations ---- */

static enum plait_status normalise(struct plait__cuda_segment *segment, const struct plait__node *node, int64_t rows,
                                   int64_t channels, int64_t inner) {
    const plait_tensor *type = plait__cuda_input_type(segment->graph, node, 0);
    struct plait__cuda_normalise a = {
        .width = (int)(plait_tensor_elements(type) / rows),
        .channels = (int)channels,
        .inner = (int)inner,
        .run = (int)(channels / plait_tensor_elements(plait__cuda_input_type(segment->graph, node, 1))),
        .epsilon = plait__attribute_float(node, "epsilon", 1e-5f)};
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(normalise, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(normalise, scale, plait__cuda_read(segment, node->inputs[1])),
                                               PLAIT__CUDA_PLACE(normalise, bias, plait__cuda_read_optional(segment, node, 2)),
                                               PLAIT__CUDA_PLACE(normalise, y, plait__cuda_write(segment, node->outputs[0]))};
    const int64_t grid[] = {rows, 1, 1};
    return plait__cuda_launch(segment, PLAIT__CUDA_KERNEL_normalise, grid, plait__cuda_threads_for(a.width), &a, sizeof a, 4,
                              places);
}

/* All f32, one output alone, and a list of scales that divides `channels`. */
static bool can_normalise(struct plait__call *call, int64_t channels) {
    for (int i = 0; i < call->input_count; i++)
        if (call->inputs[i] && call->inputs[i]->dtype != PLAIT_F32) return false;
    for (int i = 1; i < call->output_count; i++)
        if (call->outputs[i]) return false;
    int64_t scales = plait_tensor_elements(call->inputs[1]);
    const plait_tensor *bias = plait__input(call, 2);
    return plait__cuda_is_f32(call->inputs[0]) && scales > 0 && channels % scales == 0 &&
           (!bias || plait_tensor_elements(bias) == scales);
}

static int axis_of_layer(const struct plait__node *node, const plait_tensor *type) {
    int axis = (int)plait__attribute_int(node, "axis", -1);
    return axis < 0 ? axis + type->rank : axis;
}

bool plait__cuda_supports_layer_normalisation(const struct plait__graph *graph, struct plait__call *call) {
    const plait_tensor *type = call->inputs[0];
    (void)graph;
    return can_normalise(call, plait__cuda_product(type, axis_of_layer(call->node, type), type->rank));
}

enum plait_status plait__cuda_define_layer_normalisation(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__cuda_input_type(segment->graph, node, 0);
    int axis = axis_of_layer(node, type);
    return normalise(segment, node, plait__cuda_product(type, 0, axis), plait__cuda_product(type, axis, type->rank), 1);
}

/* InstanceNormalization, in which every channel is a group, and GroupNormalization. */
bool plait__cuda_supports_group_normalisation(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return call->inputs[0]->rank >= 2 && can_normalise(call, call->inputs[0]->dims[1]);
}

enum plait_status plait__cuda_define_group_normalisation(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__cuda_input_type(segment->graph, node, 0);
    int64_t groups = node->op == PLAIT__OP_GroupNormalization ? plait__attribute_int(node, "num_groups", 1) : type->dims[1];
    return normalise(segment, node, type->dims[0] * groups, type->dims[1], plait__cuda_product(type, 2, type->rank));
}

bool plait__cuda_supports_batch_normalisation(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    if (call->input_count != 5 || call->inputs[0]->rank < 2 || !plait__attribute_int(call->node, "spatial", 1) ||
        plait__attribute_int(call->node, "training_mode", 0))
        return false;
    for (int i = 1; i < 5; i++)
        if (!plait__cuda_is_f32(call->inputs[i]) || plait_tensor_elements(call->inputs[i]) != call->inputs[0]->dims[1])
            return false;
    return can_normalise(call, call->inputs[0]->dims[1]);
}

enum plait_status plait__cuda_define_batch_normalisation(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__cuda_input_type(segment->graph, node, 0);
    struct plait__cuda_batch_normalise a = {.count = (int)plait_tensor_elements(type),
                                            .channels = (int)type->dims[1],
                                            .inner = (int)plait__cuda_product(type, 2, type->rank),
                                            .epsilon = plait__attribute_float(node, "epsilon", 1e-5f)};
    const struct plait__cuda_place places[] = {
        PLAIT__CUDA_PLACE(batch_normalise, x, plait__cuda_read(segment, node->inputs[0])),
        PLAIT__CUDA_PLACE(batch_normalise, scale, plait__cuda_read(segment, node->inputs[1])),
        PLAIT__CUDA_PLACE(batch_normalise, bias, plait__cuda_read(segment, node->inputs[2])),
        PLAIT__CUDA_PLACE(batch_normalise, mean, plait__cuda_read(segment, node->inputs[3])),
        PLAIT__CUDA_PLACE(batch_normalise, variance, plait__cuda_read(segment, node->inputs[4])),
        PLAIT__CUDA_PLACE(batch_normalise, y, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_batch_normalise, a.count, &a, sizeof a, 6, places);
}
