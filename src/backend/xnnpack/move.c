/* Operators that move numbers and compute none: reshapes, transposes, and everything that takes from each axis of its input
 * a list of places (slices, paddings, repetitions, nearest neighbours). */
#include "backend/xnnpack/families.h"
#include "backend/xnnpack/places.h"

#include <math.h>
#include <string.h>

/* ---- reshape: the same bytes under other dims ---- */

/* Dropout does nothing unless it is told, since opset 12 by its third input, to train. */
static bool is_inference(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *training = plait__xnn_constant(graph, node, 2);
    if (plait__xnn_output_type(graph, node, 1)) return false;
    return !plait__xnn_input_type(graph, node, 2) || (training && !*(const bool *)training->data);
}

bool plait__xnn_supports_reshape(const struct plait__graph *graph, const struct plait__node *node) {
    if (node->op == PLAIT__OP_Dropout && !is_inference(graph, node)) return false;
    return !node->clamp.on && plait_tensor_elements(plait__xnn_input_type(graph, node, 0)) ==
                                  plait_tensor_elements(plait__xnn_output_type(graph, node, 0));
}

enum plait_status plait__xnn_define_reshape(struct plait__xnn_segment *segment, const struct plait__node *node) {
    return plait__xnn_alias(segment, plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]));
}

/* ---- transpose ---- */

static enum xnn_status bind_x8(const struct plait__xnn_step *step) {
    return xnn_setup_transpose_nd_x8(step->xnn, step->places[0], step->places[1]);
}
static enum xnn_status bind_x16(const struct plait__xnn_step *step) {
    return xnn_setup_transpose_nd_x16(step->xnn, step->places[0], step->places[1]);
}
static enum xnn_status bind_x32(const struct plait__xnn_step *step) {
    return xnn_setup_transpose_nd_x32(step->xnn, step->places[0], step->places[1]);
}
static enum xnn_status bind_x64(const struct plait__xnn_step *step) {
    return xnn_setup_transpose_nd_x64(step->xnn, step->places[0], step->places[1]);
}

static const struct {
    enum xnn_status (*create)(uint32_t flags, xnn_operator_t *operator_out);
    enum xnn_status (*reshape)(xnn_operator_t xnn, size_t rank, const size_t *shape, const size_t *permutation,
                               pthreadpool_t pool);
    enum xnn_status (*bind)(const struct plait__xnn_step *step);
} transposes[] = {
    {xnn_create_transpose_nd_x8, xnn_reshape_transpose_nd_x8, bind_x8},
    {xnn_create_transpose_nd_x16, xnn_reshape_transpose_nd_x16, bind_x16},
    {xnn_create_transpose_nd_x32, xnn_reshape_transpose_nd_x32, bind_x32},
    {xnn_create_transpose_nd_x64, xnn_reshape_transpose_nd_x64, bind_x64},
};

/* Whether the axes longer than one keep their order: then nothing moves. */
static bool keeps_order(int rank, const size_t *shape, const size_t *permutation) {
    size_t last = 0;
    for (int i = 0; i < rank; i++) {
        if (shape[permutation[i]] == 1) continue;
        if (permutation[i] < last) return false;
        last = permutation[i];
    }
    return true;
}

enum plait_status plait__xnn_transpose_step(struct plait__xnn_segment *segment, size_t element_bytes, int rank,
                                            const size_t *shape, const size_t *permutation, int read, int written) {
    if (keeps_order(rank, shape, permutation)) return plait__xnn_alias(segment, read, written);
    int kind = element_bytes == 1 ? 0 : element_bytes == 2 ? 1 : element_bytes == 4 ? 2 : 3;
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, transposes[kind].create(0, &xnn));
    if (!plait__xnn_operator_step(segment, xnn, transposes[kind].bind, 2, (int[]){read, written})) return PLAIT_MEMORY;
    return plait__xnn_check(segment, transposes[kind].reshape(xnn, (size_t)rank, shape, permutation, plait__xnn_pool(segment)));
}

bool plait__xnn_supports_transpose(const struct plait__graph *graph, const struct plait__node *node) {
    (void)graph;
    return !node->clamp.on;
}

enum plait_status plait__xnn_define_transpose(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__xnn_input_type(segment->graph, node, 0);
    size_t shape[PLAIT__XNN_RANK], permutation[PLAIT__XNN_RANK];
    int count;
    const int64_t *perm = plait__attribute_ints(node, "perm", &count);
    for (int i = 0; i < type->rank; i++) permutation[i] = count == type->rank ? (size_t)perm[i] : (size_t)(type->rank - 1 - i);
    plait__xnn_shape(type, type->rank, shape);
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    return plait__xnn_transpose_step(segment, plait_dtype_bytes(type->dtype), type->rank, shape, permutation, read, written);
}

/* ---- depth to space and back: a transpose of six axes ---- */

bool plait__xnn_supports_depth_to_space(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *type = plait__xnn_input_type(graph, node, 0);
    return !node->clamp.on && type->rank == 4 && plait__attribute_int(node, "blocksize", 0) > 0;
}

/* How the six axes are called in each layout and mode; the picture's own are N, H, W and D (what is left of the depth),
 * the block's are Y and X.  The transpose takes the axes from where they are to where they should be. */
static const char *depth_axes(const struct plait__node *node) {
    bool last = node->layout == PLAIT__LAYOUT_CHANNELS_LAST;
    bool depth_first = strcmp(plait__attribute_string(node, "mode", "DCR"), "CRD") == 0;
    if (depth_first) return last ? "NHWDYX" : "NDYXHW";
    return last ? "NHWYXD" : "NYXDHW";
}

enum plait_status plait__xnn_define_depth_to_space(struct plait__xnn_segment *segment, const struct plait__node *node) {
    bool to_depth = node->op == PLAIT__OP_SpaceToDepth, last = node->layout == PLAIT__LAYOUT_CHANNELS_LAST;
    const plait_tensor *deep =
        to_depth ? plait__xnn_output_type(segment->graph, node, 0) : plait__xnn_input_type(segment->graph, node, 0);
    size_t block = (size_t)plait__attribute_int(node, "blocksize", 1), shape[6], permutation[6];
    const char *depth = depth_axes(node), *space = last ? "NHYWXD" : "NDHYWX";
    const char *from = to_depth ? space : depth, *to = to_depth ? depth : space;
    for (int i = 0; i < 6; i++) {
        permutation[i] = (size_t)(strchr(from, to[i]) - from);
        switch (from[i]) {
        case 'N':
            shape[i] = (size_t)deep->dims[0];
            break;
        case 'H':
            shape[i] = (size_t)deep->dims[last ? 1 : 2];
            break;
        case 'W':
            shape[i] = (size_t)deep->dims[last ? 2 : 3];
            break;
        case 'D':
            shape[i] = (size_t)deep->dims[last ? 3 : 1] / (block * block);
            break;
        default:
            shape[i] = block;
        }
    }
    return plait__xnn_transpose_step(segment, plait_dtype_bytes(deep->dtype), 6, shape, permutation,
                                     plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]));
}

/* ---- concatenation: a strip of each row comes from each input ---- */

struct strips {
    size_t bytes, from_step, to_step, to_offset; /* of a strip; from one row to the next */
    size_t rows;
};

struct strips_run {
    const struct strips *strips;
    const char *from;
    char *to;
};

static void copy_strips(void *context, size_t start, size_t count) {
    const struct strips_run *run = context;
    const struct strips *s = run->strips;
    for (size_t row = start; row < start + count; row++)
        memcpy(run->to + row * s->to_step + s->to_offset, run->from + row * s->from_step, s->bytes);
}

static const char *strips_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    struct strips_run run = {step->parameters, step->places[0], step->places[1]};
    size_t tile = 65536 / (run.strips->bytes + 1) + 1;
    pthreadpool_parallelize_1d_tile_1d(pool, copy_strips, &run, run.strips->rows, tile, 0);
    return NULL;
}

static int axis_of(const struct plait__node *node, int rank, int fallback) {
    int64_t axis = plait__attribute_int(node, "axis", fallback);
    return (int)(axis < 0 ? axis + rank : axis);
}

bool plait__xnn_supports_concat(const struct plait__graph *graph, const struct plait__node *node) {
    (void)graph;
    return !node->clamp.on;
}

enum plait_status plait__xnn_define_concat(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *whole = plait__xnn_output_type(segment->graph, node, 0);
    int axis = axis_of(node, whole->rank, 0), written = plait__xnn_write(segment, node->outputs[0]);
    struct strips strips = {.rows = plait__xnn_product(whole->dims, 0, axis)};
    strips.to_step = plait__xnn_product(whole->dims, axis, whole->rank) * plait_dtype_bytes(whole->dtype);
    for (int i = 0; i < node->input_count; i++) {
        const plait_tensor *part = plait__xnn_input_type(segment->graph, node, i);
        if (plait_tensor_elements(part) == 0) continue;
        strips.bytes = strips.from_step = plait__xnn_product(part->dims, axis, part->rank) * plait_dtype_bytes(part->dtype);
        int slots[] = {plait__xnn_read(segment, node->inputs[i]), written};
        if (!plait__xnn_kernel_step(segment, strips_kernel, &strips, sizeof strips, 2, slots)) return PLAIT_MEMORY;
        strips.to_offset += strips.bytes;
    }
    return PLAIT_OK;
}

/* ---- split: the other way round ---- */

bool plait__xnn_supports_split(const struct plait__graph *graph, const struct plait__node *node) {
    (void)graph;
    return !node->clamp.on;
}

enum plait_status plait__xnn_define_split(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *whole = plait__xnn_input_type(segment->graph, node, 0);
    int axis = axis_of(node, whole->rank, 0), read = plait__xnn_read(segment, node->inputs[0]);
    int64_t offset = 0;
    for (int i = 0; i < node->output_count; i++) {
        const plait_tensor *part = plait__xnn_output_type(segment->graph, node, i);
        if (!part) return plait__xnn_check(segment, xnn_status_invalid_parameter);
        struct plait__xnn_places places;
        PLAIT__TRY(plait__xnn_places_begin(&places, segment, whole, part));
        for (int64_t at = 0; at < part->dims[axis]; at++) places.axes[axis][at] = (int32_t)(offset + at);
        offset += part->dims[axis];
        PLAIT__TRY(plait__xnn_places_step(&places, read, plait__xnn_write(segment, node->outputs[i])));
    }
    return PLAIT_OK;
}

/* ---- expand ---- */

bool plait__xnn_supports_expand(const struct plait__graph *graph, const struct plait__node *node) {
    (void)graph;
    return !node->clamp.on;
}

enum plait_status plait__xnn_define_expand(struct plait__xnn_segment *segment, const struct plait__node *node) {
    plait_tensor from = *plait__xnn_input_type(segment->graph, node, 0);
    const plait_tensor *to = plait__xnn_output_type(segment->graph, node, 0);
    int missing = to->rank - from.rank;
    for (int i = to->rank - 1; i >= 0; i--) from.dims[i] = i < missing ? 1 : from.dims[i - missing];
    from.rank = to->rank;
    struct plait__xnn_places places;
    PLAIT__TRY(plait__xnn_places_begin(&places, segment, &from, to));
    for (int axis = 0; axis < to->rank; axis++)
        if (from.dims[axis] == 1) memset(places.axes[axis], 0, (size_t)to->dims[axis] * sizeof(int32_t));
    return plait__xnn_places_step(&places, plait__xnn_read(segment, node->inputs[0]),
                                  plait__xnn_write(segment, node->outputs[0]));
}

/* ---- slice ---- */

struct slice {
    int64_t start[PLAIT__XNN_RANK], step[PLAIT__XNN_RANK];
};

/* One list of Slice's: an attribute before opset 10, an input since.  The count, or -1 when it is known only in the run. */
static int read_list(const struct plait__graph *graph, const struct plait__node *node, const char *name, int index,
                     int64_t out[PLAIT__XNN_RANK]) {
    int count = 0;
    const int64_t *given = plait__attribute_ints(node, name, &count);
    const plait_tensor *input = plait__xnn_input_type(graph, node, index);
    if (node->opset >= 10) count = input ? (int)plait_tensor_elements(input) : 0;
    if (count > PLAIT__XNN_RANK) return -1;
    if (node->opset >= 10 && input &&
        (!plait__xnn_constant(graph, node, index) || (input->dtype != PLAIT_I64 && input->dtype != PLAIT_I32)))
        return -1;
    for (int i = 0; i < count; i++) {
        if (node->opset < 10)
            out[i] = given[i];
        else
            out[i] = input->dtype == PLAIT_I64 ? ((const int64_t *)input->data)[i] : ((const int32_t *)input->data)[i];
    }
    return count;
}

static bool read_slice(const struct plait__graph *graph, const struct plait__node *node, struct slice *slice) {
    const plait_tensor *type = plait__xnn_input_type(graph, node, 0);
    int64_t starts[PLAIT__XNN_RANK], axes[PLAIT__XNN_RANK], steps[PLAIT__XNN_RANK];
    int count = read_list(graph, node, "starts", 1, starts);
    int axis_count = read_list(graph, node, "axes", 3, axes), step_count = read_list(graph, node, "steps", 4, steps);
    if (count < 0 || axis_count < 0 || step_count < 0 || (axis_count && axis_count != count) ||
        (step_count && step_count != count))
        return false;
    for (int i = 0; i < type->rank; i++) slice->start[i] = 0, slice->step[i] = 1;
    for (int i = 0; i < count; i++) {
        int64_t axis = axis_count ? axes[i] : i, step = step_count ? steps[i] : 1, start = starts[i];
        if (axis < 0) axis += type->rank;
        if (axis < 0 || axis >= type->rank || step == 0) return false;
        int64_t dim = type->dims[axis];
        if (start < 0) start += dim;
        int64_t highest = step > 0 ? dim : dim - 1;
        slice->start[axis] = start < 0 ? 0 : start > highest ? highest : start;
        slice->step[axis] = step;
    }
    return true;
}

bool plait__xnn_supports_slice(const struct plait__graph *graph, const struct plait__node *node) {
    struct slice slice;
    return !node->clamp.on && read_slice(graph, node, &slice);
}

enum plait_status plait__xnn_define_slice(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__xnn_input_type(segment->graph, node, 0),
                       *to = plait__xnn_output_type(segment->graph, node, 0);
    struct slice slice;
    if (!read_slice(segment->graph, node, &slice)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    struct plait__xnn_places places;
    PLAIT__TRY(plait__xnn_places_begin(&places, segment, from, to));
    for (int axis = 0; axis < to->rank; axis++)
        for (int64_t at = 0; at < to->dims[axis]; at++)
            places.axes[axis][at] = (int32_t)(slice.start[axis] + at * slice.step[axis]);
    return plait__xnn_places_step(&places, plait__xnn_read(segment, node->inputs[0]),
                                  plait__xnn_write(segment, node->outputs[0]));
}

/* ---- pad ---- */

struct padding {
    int64_t before[PLAIT__XNN_RANK];
    float value;
    enum { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_WRAP } mode;
};

static bool read_padding(const struct plait__graph *graph, const struct plait__node *node, struct padding *padding) {
    const plait_tensor *type = plait__xnn_input_type(graph, node, 0), *pads_input = plait__xnn_constant(graph, node, 1);
    const char *mode = plait__attribute_string(node, "mode", "constant");
    int count = 0;
    const int64_t *pads = plait__attribute_ints(node, "pads", &count);
    *padding = (struct padding){.value = plait__attribute_float(node, "value", 0.0f)};
    if (node->opset >= 11) {
        if (!pads_input || pads_input->dtype != PLAIT_I64 || plait__xnn_input_type(graph, node, 3)) return false;
        pads = pads_input->data;
        count = (int)plait_tensor_elements(pads_input);
        padding->value = 0.0f;
        if (plait__xnn_input_type(graph, node, 2)) {
            const plait_tensor *value = plait__xnn_constant(graph, node, 2);
            if (!value || value->dtype != PLAIT_F32) return false;
            padding->value = *(const float *)value->data;
        }
    }
    if (type->dtype != PLAIT_F32 || count != 2 * type->rank) return false;
    for (int i = 0; i < type->rank; i++) padding->before[i] = pads[i];
    static const char *const names[] = {"constant", "edge", "reflect", "wrap"};
    for (int i = 0; i < 4; i++)
        if (strcmp(mode, names[i]) == 0) {
            padding->mode = i;
            return true;
        }
    return false;
}

bool plait__xnn_supports_pad(const struct plait__graph *graph, const struct plait__node *node) {
    struct padding padding;
    return !node->clamp.on && read_padding(graph, node, &padding);
}

/* Where a padded position comes from; PLAIT__XNN_NOWHERE for the constant. */
static int32_t padded_from(const struct padding *padding, int64_t at, int64_t dim) {
    if (at >= 0 && at < dim) return (int32_t)at;
    switch (padding->mode) {
    case PAD_EDGE:
        return (int32_t)(at < 0 ? 0 : dim - 1);
    case PAD_WRAP:
        return (int32_t)((at % dim + dim) % dim);
    case PAD_REFLECT: {
        int64_t period = dim > 1 ? 2 * (dim - 1) : 1;
        int64_t place = (at % period + period) % period;
        return (int32_t)(place < dim ? place : period - place);
    }
    default:
        return PLAIT__XNN_NOWHERE;
    }
}

enum plait_status plait__xnn_define_pad(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__xnn_input_type(segment->graph, node, 0),
                       *to = plait__xnn_output_type(segment->graph, node, 0);
    struct padding padding;
    if (!read_padding(segment->graph, node, &padding)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    struct plait__xnn_places places;
    PLAIT__TRY(plait__xnn_places_begin(&places, segment, from, to));
    places.fill = padding.value;
    for (int axis = 0; axis < to->rank; axis++)
        for (int64_t at = 0; at < to->dims[axis]; at++)
            places.axes[axis][at] = padded_from(&padding, at - padding.before[axis], from->dims[axis]);
    return plait__xnn_places_step(&places, plait__xnn_read(segment, node->inputs[0]),
                                  plait__xnn_write(segment, node->outputs[0]));
}
