/* Operators that only say where elements go. */
#include "backend/cuda/families.h"
#include "graph/shape/parameters.h"

#include <string.h>

static bool is_movable(const plait_tensor *type) {
    size_t bytes = plait_dtype_bytes(type->dtype);
    return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

/* ---- one shape to another ---- */

/* Dropout's mask is not made, nor is anything dropped in training. */
bool plait__cuda_supports_reshape(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return !plait__output(call, 1) && (call->node->op != PLAIT__OP_Dropout || !plait__input(call, 2));
}

enum plait_status plait__cuda_define_reshape(struct plait__cuda_segment *segment, const struct plait__node *node) {
    return plait__cuda_alias(segment, plait__cuda_read(segment, node->inputs[0]), plait__cuda_write(segment, node->outputs[0]));
}

/* ---- by steps ---- */

/* Axes that go together on both sides become one. */
static enum plait_status move(struct plait__cuda_segment *segment, const struct plait__cuda_move *given, int read,
                              int written) {
    struct plait__cuda_move a = *given;
    a.rank = 0;
    a.count = 1;
    for (int d = 0; d < given->rank; d++) {
        int size = given->dims[d], last = a.rank - 1;
        a.count *= size;
        if (size == 1) continue;
        bool joins =
            a.rank > 0 && a.from_steps[last] == given->from_steps[d] * size && a.to_steps[last] == given->to_steps[d] * size;
        int at = joins ? last : a.rank++;
        a.dims[at] = (joins ? a.dims[at] : 1) * size;
        a.from_steps[at] = given->from_steps[d];
        a.to_steps[at] = given->to_steps[d];
    }
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(move, from, read), PLAIT__CUDA_PLACE(move, to, written)};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_move, a.count, &a, sizeof a, 2, places);
}

enum plait_status plait__cuda_copy(struct plait__cuda_segment *segment, int64_t count, size_t bytes, int read,
                                   int64_t from_place, int written, int64_t to_place) {
    struct plait__cuda_move a = {.from_place = from_place, .to_place = to_place, .bytes = (int)bytes, .rank = 1};
    a.dims[0] = (int)count;
    a.from_steps[0] = a.to_steps[0] = 1;
    return move(segment, &a, read, written);
}

static void steps_of(const plait_tensor *type, int *steps) {
    int64_t step = 1;
    for (int d = type->rank - 1; d >= 0; d--) {
        steps[d] = (int)step;
        step *= type->dims[d];
    }
}

/* All of `to`, in its order; where its elements come from is to be added. */
static struct plait__cuda_move move_to(const plait_tensor *to) {
    struct plait__cuda_move a = {.bytes = (int)plait_dtype_bytes(to->dtype), .rank = to->rank};
    for (int d = 0; d < to->rank; d++) a.dims[d] = (int)to->dims[d];
    steps_of(to, a.to_steps);
    return a;
}

static enum plait_status move_node(struct plait__cuda_segment *segment, const struct plait__node *node,
                                   const struct plait__cuda_move *a) {
    return move(segment, a, plait__cuda_read(segment, node->inputs[0]), plait__cuda_write(segment, node->outputs[0]));
}

bool plait__cuda_supports_transpose(const struct plait__graph *graph, struct plait__call *call) {
    int permutation[PLAIT_MAX_RANK];
    (void)graph;
    return is_movable(call->inputs[0]) && plait__permutation_read(call, permutation) == PLAIT_OK;
}

enum plait_status plait__cuda_define_transpose(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    int permutation[PLAIT_MAX_RANK], steps[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    PLAIT__TRY(plait__permutation_read(&call, permutation));
    struct plait__cuda_move a = move_to(call.outputs[0]);
    steps_of(call.inputs[0], steps);
    for (int d = 0; d < a.rank; d++) a.from_steps[d] = steps[permutation[d]];
    return move_node(segment, node, &a);
}

bool plait__cuda_supports_slice(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__slicing slicing;
    (void)graph;
    return is_movable(call->inputs[0]) && plait__slice_read(call, &slicing) == PLAIT_OK &&
           (call->inputs[0]->rank == 0 || slicing.count[0] >= 0);
}

enum plait_status plait__cuda_define_slice(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct plait__slicing slicing;
    int steps[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    PLAIT__TRY(plait__slice_read(&call, &slicing));
    struct plait__cuda_move a = move_to(call.outputs[0]);
    steps_of(call.inputs[0], steps);
    for (int d = 0; d < a.rank; d++) {
        a.from_place += slicing.start[d] * steps[d];
        a.from_steps[d] = a.dims[d] > 1 ? (int)(slicing.step[d] * steps[d]) : 0;
    }
    return move_node(segment, node, &a);
}

bool plait__cuda_supports_expand(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return is_movable(call->inputs[0]);
}

enum plait_status plait__cuda_define_expand(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *to = plait__cuda_output_type(segment->graph, node, 0);
    const plait_tensor *from = plait__cuda_input_type(segment->graph, node, 0);
    struct plait__cuda_spread spread;
    plait__cuda_spread_of(to, 1, &from, &spread);
    struct plait__cuda_move a = {.bytes = (int)plait_dtype_bytes(to->dtype), .rank = spread.rank};
    for (int d = spread.rank - 1, step = 1; d >= 0; step *= spread.dims[d--]) {
        a.dims[d] = spread.dims[d];
        a.from_steps[d] = spread.steps[0][d];
        a.to_steps[d] = step;
    }
    return move_node(segment, node, &a);
}

bool plait__cuda_supports_depth_to_space(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return is_movable(call->inputs[0]) && call->inputs[0]->rank == 4;
}

/* A transposition of six axes, of which blocks are two. */
enum plait_status plait__cuda_define_depth_to_space(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__cuda_input_type(segment->graph, node, 0);
    const plait_tensor *to = plait__cuda_output_type(segment->graph, node, 0);
    int64_t block = plait__attribute_int(node, "blocksize", 1);
    bool to_depth = node->op == PLAIT__OP_SpaceToDepth;
    bool columns = strcmp(plait__attribute_string(node, "mode", "DCR"), "CRD") == 0;
    static const int orders[3][6] = {{0, 3, 4, 1, 5, 2}, {0, 1, 4, 2, 5, 3}, {0, 3, 5, 1, 2, 4}};
    const int64_t *d = from->dims, c = to_depth ? d[1] : to->dims[1];
    plait_tensor split = {.dtype = from->dtype, .rank = 6}, made = split;
    const int64_t dims[3][6] = {{d[0], block, block, c, d[2], d[3]},
                                {d[0], c, block, block, d[2], d[3]},
                                {d[0], c, d[2] / block, block, d[3] / block, block}};
    int which = to_depth ? 2 : columns ? 1 : 0, steps[6];
    for (int i = 0; i < 6; i++) split.dims[i] = dims[which][i];
    for (int i = 0; i < 6; i++) made.dims[i] = split.dims[orders[which][i]];
    struct plait__cuda_move a = move_to(&made);
    steps_of(&split, steps);
    for (int i = 0; i < 6; i++) a.from_steps[i] = steps[orders[which][i]];
    return move_node(segment, node, &a);
}

/* ---- several into one, one into several ---- */

static int axis_of(const struct plait__node *node, int rank, int64_t fallback) {
    int64_t axis = plait__attribute_int(node, "axis", fallback);
    return (int)(axis < 0 ? axis + rank : axis);
}

bool plait__cuda_supports_concat(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return is_movable(call->outputs[0]);
}

enum plait_status plait__cuda_define_concat(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *to = plait__cuda_output_type(segment->graph, node, 0);
    int axis = axis_of(node, to->rank, 0), steps[PLAIT_MAX_RANK];
    int64_t place = 0;
    steps_of(to, steps);
    for (int i = 0; i < node->input_count; i++) {
        const plait_tensor *from = plait__cuda_input_type(segment->graph, node, i);
        struct plait__cuda_move a = move_to(from);
        memcpy(a.from_steps, a.to_steps, sizeof a.from_steps);
        for (int d = 0; d < a.rank; d++) a.to_steps[d] = steps[d];
        a.to_place = place;
        place += from->dims[axis] * steps[axis];
        PLAIT__TRY(move(segment, &a, plait__cuda_read(segment, node->inputs[i]), plait__cuda_write(segment, node->outputs[0])));
    }
    return PLAIT_OK;
}

bool plait__cuda_supports_split(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    for (int i = 0; i < call->output_count; i++)
        if (!call->outputs[i]) return false;
    return is_movable(call->inputs[0]);
}

enum plait_status plait__cuda_define_split(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__cuda_input_type(segment->graph, node, 0);
    int axis = axis_of(node, from->rank, 0), steps[PLAIT_MAX_RANK];
    int64_t place = 0;
    steps_of(from, steps);
    for (int i = 0; i < node->output_count; i++) {
        const plait_tensor *to = plait__cuda_output_type(segment->graph, node, i);
        struct plait__cuda_move a = move_to(to);
        for (int d = 0; d < a.rank; d++) a.from_steps[d] = steps[d];
        a.from_place = place;
        place += to->dims[axis] * steps[axis];
        PLAIT__TRY(move(segment, &a, plait__cuda_read(segment, node->inputs[0]), plait__cuda_write(segment, node->outputs[i])));
    }
    return PLAIT_OK;
}

/* ---- Pad ---- */

/* The element that padding is made of: an input since opset 11, an attribute before. */
static bool fill_of(const struct plait__graph *graph, const struct plait__node *node, enum plait_dtype dtype,
                    uint64_t *fill_out) {
    *fill_out = 0;
    if (node->opset < 11) {
        float value = plait__attribute_float(node, "value", 0.0f);
        memcpy(fill_out, &value, sizeof value);
        return dtype == PLAIT_F32;
    }
    if (!plait__cuda_input_type(graph, node, 2)) return true;
    const plait_tensor *constant = plait__cuda_constant_of(graph, node, 2);
    if (!constant || constant->dtype != dtype || plait_tensor_elements(constant) != 1) return false;
    memcpy(fill_out, constant->data, plait_dtype_bytes(dtype));
    return true;
}

/* What reflects what was taken away is the reference's to say. */
bool plait__cuda_supports_pad(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__pad pad;
    uint64_t fill;
    const plait_tensor *from = call->inputs[0];
    if (!is_movable(from) || plait__pad_read(call, &pad) != PLAIT_OK || !pad.known) return false;
    for (int d = 0; d < from->rank; d++)
        if (pad.mode != PLAIT__PAD_CONSTANT && (pad.before[d] < 0 || pad.after[d] < 0)) return false;
    return fill_of(graph, call->node, from->dtype, &fill);
}

enum plait_status plait__cuda_define_pad(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct plait__pad pad;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    PLAIT__TRY(plait__pad_read(&call, &pad));
    const plait_tensor *from = call.inputs[0], *to = call.outputs[0];
    struct plait__cuda_pad a = {.count = (int)plait_tensor_elements(to),
                                .bytes = (int)plait_dtype_bytes(to->dtype),
                                .mode = pad.mode,
                                .rank = to->rank};
    fill_of(segment->graph, node, from->dtype, &a.fill);
    for (int d = 0; d < to->rank; d++) {
        a.dims[d] = (int)to->dims[d];
        a.sizes[d] = (int)from->dims[d];
        a.before[d] = (int)pad.before[d];
    }
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(pad, from, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(pad, to, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_pad, a.count, &a, sizeof a, 2, places);
}

/* ---- Gather ---- */

bool plait__cuda_supports_gather(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return is_movable(call->inputs[0]) && (call->inputs[1]->dtype == PLAIT_I64 || call->inputs[1]->dtype == PLAIT_I32);
}

enum plait_status plait__cuda_define_gather(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__cuda_input_type(segment->graph, node, 0);
    const plait_tensor *indices = plait__cuda_input_type(segment->graph, node, 1);
    const plait_tensor *to = plait__cuda_output_type(segment->graph, node, 0);
    int axis = axis_of(node, from->rank, 0);
    struct plait__cuda_gather a = {.count = (int)plait_tensor_elements(to),
                                   .bytes = (int)plait_dtype_bytes(from->dtype),
                                   .index_bytes = (int)plait_dtype_bytes(indices->dtype),
                                   .size = (int)from->dims[axis],
                                   .index_count = (int)plait_tensor_elements(indices),
                                   .inner = (int)plait__cuda_product(from, axis + 1, from->rank)};
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(gather, from, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(gather, indices, plait__cuda_read(segment, node->inputs[1])),
                                               PLAIT__CUDA_PLACE(gather, fault, plait__cuda_fault(segment)),
                                               PLAIT__CUDA_PLACE(gather, to, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_gather, a.count, &a, sizeof a, 4, places);
}
