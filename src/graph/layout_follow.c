#include "graph/layout_follow.h"

#include <string.h>

/* What a follower's axes are, and where they are kept. */
enum manner {
    STAYS,
    TURNS,
    TURNS_IF_FED,
    POINTWISE, /* the first input has the output's shape, the others are single numbers */
    BROADCAST, /* inputs of the output's rank, or single numbers */
    AXIS,      /* an attribute `axis` */
    REDUCTION, /* axes in an attribute or the second input */
    PADDING,   /* two numbers an axis in an attribute or the second input */
    SLICING,   /* starts, ends, axes, steps */
    TRANSPOSE,
    RESHAPE
};

static const unsigned char manners[PLAIT__OP_COUNT] = {
    [PLAIT__OP_Conv] = TURNS,
    [PLAIT__OP_ConvTranspose] = TURNS,
    [PLAIT__OP_MaxPool] = TURNS,
    [PLAIT__OP_AveragePool] = TURNS,
    [PLAIT__OP_Resize] = TURNS,
    [PLAIT__OP_Upsample] = TURNS,
    [PLAIT__OP_BatchNormalization] = TURNS_IF_FED,
    [PLAIT__OP_DepthToSpace] = TURNS_IF_FED,
    [PLAIT__OP_SpaceToDepth] = TURNS_IF_FED,
    [PLAIT__OP_GlobalAveragePool] = TURNS_IF_FED,
    [PLAIT__OP_Abs] = POINTWISE,
    [PLAIT__OP_Cast] = POINTWISE,
    [PLAIT__OP_Ceil] = POINTWISE,
    [PLAIT__OP_Clip] = POINTWISE,
    [PLAIT__OP_Dropout] = POINTWISE,
    [PLAIT__OP_Elu] = POINTWISE,
    [PLAIT__OP_Erf] = POINTWISE,
    [PLAIT__OP_Exp] = POINTWISE,
    [PLAIT__OP_Floor] = POINTWISE,
    [PLAIT__OP_Gelu] = POINTWISE,
    [PLAIT__OP_HardSigmoid] = POINTWISE,
    [PLAIT__OP_HardSwish] = POINTWISE,
    [PLAIT__OP_Identity] = POINTWISE,
    [PLAIT__OP_LeakyRelu] = POINTWISE,
    [PLAIT__OP_Log] = POINTWISE,
    [PLAIT__OP_Neg] = POINTWISE,
    [PLAIT__OP_Reciprocal] = POINTWISE,
    [PLAIT__OP_Relu] = POINTWISE,
    [PLAIT__OP_Round] = POINTWISE,
    [PLAIT__OP_Sigmoid] = POINTWISE,
    [PLAIT__OP_Silu] = POINTWISE,
    [PLAIT__OP_Softplus] = POINTWISE,
    [PLAIT__OP_Sqrt] = POINTWISE,
    [PLAIT__OP_Tanh] = POINTWISE,
    [PLAIT__OP_Add] = BROADCAST,
    [PLAIT__OP_Div] = BROADCAST,
    [PLAIT__OP_Max] = BROADCAST,
    [PLAIT__OP_Min] = BROADCAST,
    [PLAIT__OP_Mul] = BROADCAST,
    [PLAIT__OP_PRelu] = BROADCAST,
    [PLAIT__OP_Pow] = BROADCAST,
    [PLAIT__OP_Sub] = BROADCAST,
    [PLAIT__OP_Sum] = BROADCAST,
    [PLAIT__OP_Where] = BROADCAST,
    [PLAIT__OP_Concat] = AXIS,
    [PLAIT__OP_LogSoftmax] = AXIS,
    [PLAIT__OP_Softmax] = AXIS,
    [PLAIT__OP_Split] = AXIS,
    [PLAIT__OP_ReduceMax] = REDUCTION,
    [PLAIT__OP_ReduceMean] = REDUCTION,
    [PLAIT__OP_ReduceMin] = REDUCTION,
    [PLAIT__OP_ReduceSum] = REDUCTION,
    [PLAIT__OP_Pad] = PADDING,
    [PLAIT__OP_Slice] = SLICING,
    [PLAIT__OP_Transpose] = TRANSPOSE,
    [PLAIT__OP_Flatten] = RESHAPE,
    [PLAIT__OP_Reshape] = RESHAPE,
    [PLAIT__OP_Squeeze] = RESHAPE,
    [PLAIT__OP_Unsqueeze] = RESHAPE,
};

enum plait__layout_kind plait__layout_kind(enum plait__op op) {
    switch (manners[op]) {
    case STAYS:
        return PLAIT__LAYOUT_STAYS;
    case TURNS:
        return PLAIT__LAYOUT_TURNS;
    case TURNS_IF_FED:
        return PLAIT__LAYOUT_TURNS_IF_FED;
    default:
        return PLAIT__LAYOUT_FOLLOWS;
    }
}

/* Where ONNX's axis goes. */
static int64_t renumbered(int64_t axis, int rank) {
    if (axis < 0) axis += rank;
    return axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1;
}

static const plait_tensor *type_of(const struct plait__graph *graph, int value) {
    return value < 0 ? NULL : &graph->values[value].type;
}

static const plait_tensor *input_type(const struct plait__graph *graph, const struct plait__node *node, int index) {
    return index < node->input_count ? type_of(graph, node->inputs[index]) : NULL;
}

static bool complete(const plait_tensor *type) {
    if (!type || type->rank < 0) return false;
    for (int i = 0; i < type->rank; i++)
        if (type->dims[i] < 0) return false;
    return true;
}

static bool single(const plait_tensor *type) {
    return complete(type) && type->rank <= 1 && plait_tensor_elements(type) == 1;
}

/* The axes of a reduction, from the attribute or a constant second input; NULL when they are not known. */
static const int64_t *reduction_axes(const struct plait__graph *graph, const struct plait__node *node, int *count_out) {
    const plait_tensor *input = input_type(graph, node, 1);
    if (!input) return plait__attribute_ints(node, "axes", count_out);
    *count_out = input->data && input->dtype == PLAIT_I64 ? (int)plait_tensor_elements(input) : 0;
    return *count_out ? input->data : NULL;
}

/* Without the reduced axes the order of the others must be one we have a name for. */
static bool follow_reduction(const struct plait__graph *graph, const struct plait__node *node, int rank,
                             struct plait__follower *follower) {
    int count;
    const int64_t *axes = reduction_axes(graph, node, &count);
    if (!axes || count == 0) return false;
    bool batch = false, channels = false;
    for (int i = 0; i < count; i++) {
        int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        batch = batch || axis == 0;
        channels = channels || axis == 1;
    }
    follower->turned_inputs = 1;
    follower->turned_outputs = plait__attribute_int(node, "keepdims", 1) != 0 || !channels;
    return plait__attribute_int(node, "keepdims", 1) != 0 || !batch;
}

/* Batch and channels stay apart from space: then space may be cut differently. */
static bool follow_reshape(const struct plait__graph *graph, const struct plait__node *node, struct plait__follower *follower) {
    const plait_tensor *from = input_type(graph, node, 0), *to = type_of(graph, node->outputs[0]);
    follower->turned_inputs = 1;
    return to->rank >= 3 && from->dims[0] == to->dims[0] && from->dims[1] == to->dims[1];
}

static bool constants(const struct plait__graph *graph, const struct plait__node *node, int first) {
    for (int i = first; i < node->input_count; i++)
        if (node->inputs[i] >= 0 && !graph->values[node->inputs[i]].constant) return false;
    return true;
}

static bool follow_broadcast(const struct plait__graph *graph, const struct plait__node *node, int rank,
                             struct plait__follower *follower) {
    for (int i = 0; i < node->input_count; i++) {
        const plait_tensor *type = input_type(graph, node, i);
        if (type && type->rank == rank)
            follower->turned_inputs |= 1u << i;
        else if (!single(type))
            return false;
    }
    return true;
}

bool plait__layout_follow(const struct plait__graph *graph, const struct plait__node *node,
                          struct plait__follower *follower_out) {
    *follower_out = (struct plait__follower){.turned_outputs = true};
    for (int i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0 && !complete(type_of(graph, node->outputs[i]))) return false;
    if (node->output_count < 1 || node->outputs[0] < 0 || !complete(input_type(graph, node, 0))) return false;
    int rank = input_type(graph, node, 0)->rank, out_rank = type_of(graph, node->outputs[0])->rank;
    switch (manners[node->op]) {
    case POINTWISE:
        follower_out->turned_inputs = 1;
        for (int i = 1; i < node->input_count; i++)
            if (node->inputs[i] >= 0 && !single(input_type(graph, node, i))) return false;
        return true;
    case BROADCAST:
        return out_rank >= 3 && follow_broadcast(graph, node, out_rank, follower_out);
    case AXIS:
        if (node->op == PLAIT__OP_Concat)
            follower_out->turned_inputs = (1u << node->input_count) - 1;
        else
            follower_out->turned_inputs = 1;
        /* Before opset 13 softmax flattens all axes from one on. */
        return (node->op != PLAIT__OP_Softmax && node->op != PLAIT__OP_LogSoftmax) || node->opset >= 13;
    case REDUCTION:
        return follow_reduction(graph, node, rank, follower_out);
    case PADDING:
        follower_out->turned_inputs = 1;
        return constants(graph, node, 1) && !input_type(graph, node, 3);
    case SLICING:
        follower_out->turned_inputs = 1;
        return constants(graph, node, 1);
    case TRANSPOSE:
        follower_out->turned_inputs = 1;
        follower_out->turned_outputs = false;
        return true;
    case RESHAPE:
        return follow_reshape(graph, node, follower_out);
    default:
        return false;
    }
}

/* ---- rewriting: attributes and constants are replaced by copies, never changed, since other graphs borrow them ---- */

static enum plait_status set_ints(struct plait__graph *graph, struct plait__node *node, const char *name, const int64_t *ints,
                                  int count) {
    int64_t *copy = plait__arena_array(&graph->arena, (size_t)count + 1, sizeof *copy);
    int index = 0;
    while (index < node->attribute_count && strcmp(node->attributes[index].name, name) != 0) index++;
    if (index == node->attribute_count) {
        struct plait__attribute *more = plait__arena_array(&graph->arena, (size_t)index + 1, sizeof *more);
        if (!more) return PLAIT_MEMORY;
        if (index) memcpy(more, node->attributes, (size_t)index * sizeof *more);
        node->attributes = more;
        node->attribute_count++;
    }
    if (!copy) return PLAIT_MEMORY;
    if (count) memcpy(copy, ints, (size_t)count * sizeof *copy);
    node->attributes[index] =
        (struct plait__attribute){.name = name, .kind = PLAIT__ATTRIBUTE_INTS, .count = (size_t)count, .ints = copy};
    return PLAIT_OK;
}

static enum plait_status set_int(struct plait__graph *graph, struct plait__node *node, const char *name, int64_t value) {
    PLAIT__TRY(set_ints(graph, node, name, &value, 1));
    for (int i = 0; i < node->attribute_count; i++)
        if (strcmp(node->attributes[i].name, name) == 0)
            node->attributes[i] = (struct plait__attribute){.name = name, .kind = PLAIT__ATTRIBUTE_INT, .i = value};
    return PLAIT_OK;
}

/* A new constant [count] i64 in place of an input. */
static enum plait_status set_input(struct plait__graph *graph, struct plait__node *node, int index, const int64_t *ints,
                                   int count) {
    int64_t *copy = plait__arena_array(&graph->arena, (size_t)count + 1, sizeof *copy);
    int value = plait__graph_add_value(graph, node->name);
    if (!copy || value < 0) return PLAIT_MEMORY;
    memcpy(copy, ints, (size_t)count * sizeof *copy);
    graph->values[value].type = (plait_tensor){.dtype = PLAIT_I64, .rank = 1, .dims = {count}, .data = copy};
    graph->values[value].constant = true;
    node->inputs[index] = value;
    return PLAIT_OK;
}

static enum plait_status set_axes(struct plait__graph *graph, struct plait__node *node, int input, const int64_t *ints,
                                  int count) {
    if (input_type(graph, node, input)) return set_input(graph, node, input, ints, count);
    return set_ints(graph, node, "axes", ints, count);
}

static enum plait_status rewrite_axis(struct plait__graph *graph, struct plait__node *turned, int rank) {
    int64_t fallback = turned->op == PLAIT__OP_Softmax || turned->op == PLAIT__OP_LogSoftmax ? -1 : 0;
    return set_int(graph, turned, "axis", renumbered(plait__attribute_int(turned, "axis", fallback), rank));
}

static enum plait_status rewrite_reduction(struct plait__graph *graph, struct plait__node *turned, int rank) {
    int count;
    int64_t axes[PLAIT_MAX_RANK];
    const int64_t *given = reduction_axes(graph, turned, &count);
    for (int i = 0; i < count; i++) axes[i] = renumbered(given[i], rank);
    return set_axes(graph, turned, 1, axes, count);
}

static enum plait_status rewrite_padding(struct plait__graph *graph, struct plait__node *turned, int rank) {
    int count;
    int64_t pads[2 * PLAIT_MAX_RANK];
    const plait_tensor *input = input_type(graph, turned, 1);
    const int64_t *given = input ? input->data : plait__attribute_ints(turned, "pads", &count);
    for (int i = 0; i < rank; i++) {
        pads[renumbered(i, rank)] = given[i];
        pads[rank + renumbered(i, rank)] = given[rank + i];
    }
    return input ? set_input(graph, turned, 1, pads, 2 * rank) : set_ints(graph, turned, "pads", pads, 2 * rank);
}

/* Slice names its axes, or means the first ones. */
static enum plait_status rewrite_slicing(struct plait__graph *graph, struct plait__node *turned, int rank) {
    int64_t axes[PLAIT_MAX_RANK];
    int count = 0, starts = 0;
    const int64_t *given = plait__attribute_ints(turned, "axes", &count);
    const plait_tensor *input = input_type(graph, turned, 3), *first = input_type(graph, turned, 1);
    plait__attribute_ints(turned, "starts", &starts);
    if (first) starts = (int)plait_tensor_elements(first);
    if (starts > rank) return PLAIT_INVALID;
    for (int i = 0; i < starts; i++) {
        int64_t axis = i;
        if (input)
            axis = input->dtype == PLAIT_I32 ? ((const int32_t *)input->data)[i] : ((const int64_t *)input->data)[i];
        else if (i < count)
            axis = given[i];
        axes[i] = renumbered(axis, rank);
    }
    if (!first) return set_ints(graph, turned, "axes", axes, starts);
    if (turned->input_count < 4) {
        int *inputs = plait__arena_array(&graph->arena, 4, sizeof *inputs);
        if (!inputs) return PLAIT_MEMORY;
        memcpy(inputs, turned->inputs, (size_t)turned->input_count * sizeof *inputs);
        turned->inputs = inputs;
        turned->input_count = 4;
    }
    return set_input(graph, turned, 3, axes, starts);
}

static enum plait_status rewrite_transpose(struct plait__graph *graph, struct plait__node *turned, int rank) {
    int64_t permutation[PLAIT_MAX_RANK];
    int count;
    const int64_t *perm = plait__attribute_ints(turned, "perm", &count);
    for (int i = 0; i < rank; i++) permutation[i] = renumbered(count == rank ? perm[i] : rank - 1 - i, rank);
    return set_ints(graph, turned, "perm", permutation, rank);
}

/* Whatever it was, it says its whole new shape now. */
static enum plait_status rewrite_reshape(struct plait__graph *graph, struct plait__node *turned) {
    const plait_tensor to = graph->values[turned->outputs[0]].type;
    if (turned->input_count < 2) {
        int *inputs = plait__arena_array(&graph->arena, 2, sizeof *inputs);
        if (!inputs) return PLAIT_MEMORY;
        inputs[0] = turned->inputs[0];
        turned->inputs = inputs;
    }
    turned->op = PLAIT__OP_Reshape;
    turned->opset = graph->opset;
    turned->input_count = 2;
    turned->attribute_count = 0;
    return set_input(graph, turned, 1, to.dims, to.rank);
}

enum plait_status plait__layout_rewrite(struct plait__graph *graph, const struct plait__node *node,
                                        struct plait__node *turned) {
    int rank = input_type(graph, node, 0)->rank;
    switch (manners[node->op]) {
    case AXIS:
        return rewrite_axis(graph, turned, rank);
    case REDUCTION:
        return rewrite_reduction(graph, turned, rank);
    case PADDING:
        return rewrite_padding(graph, turned, rank);
    case SLICING:
        return rewrite_slicing(graph, turned, rank);
    case TRANSPOSE:
        return rewrite_transpose(graph, turned, rank);
    case RESHAPE:
        return rewrite_reshape(graph, turned);
    default:
        return PLAIT_OK;
    }
}
