/* Resizing: bilinear where XNNPACK's three ways to place pixels are the asked one, nearest in all of ONNX's ways. */
#include "backend/xnnpack/families.h"
#include "backend/xnnpack/picture.h"
#include "backend/xnnpack/places.h"

#include <math.h>
#include <string.h>

struct resize {
    bool linear;
    const char *coordinates, *rounding;
    double scales[PLAIT__XNN_RANK]; /* output over input, by axis of the value as it is laid out */
};

/* ONNX's axis of axis `i` of a value in the node's layout. */
static int onnx_axis(const struct plait__node *node, int rank, int i) {
    if (node->layout == PLAIT__LAYOUT_ONNX || i == 0) return i;
    return i == rank - 1 ? 1 : i + 1;
}

/* The scales: Upsample's attribute before opset 9, an input since.  NULL where sizes are given: then they are the ratios. */
static bool read_scales(const struct plait__graph *graph, const struct plait__node *node, int rank, const float **scales_out) {
    const struct plait__attribute *attribute = plait__attribute(node, "scales");
    int index = node->op == PLAIT__OP_Resize && node->opset >= 11 ? 2 : 1;
    const plait_tensor *input = plait__xnn_input_type(graph, node, index);
    *scales_out = NULL;
    if (attribute) {
        *scales_out = attribute->floats;
        return attribute->kind == PLAIT__ATTRIBUTE_FLOATS && attribute->count == (size_t)rank;
    }
    if (!input || plait_tensor_elements(input) == 0) return node->op == PLAIT__OP_Resize && node->opset >= 11;
    if (!plait__xnn_constant(graph, node, index) || input->dtype != PLAIT_F32) return false;
    *scales_out = input->data;
    return plait_tensor_elements(input) == rank;
}

/* Upsample, and Resize before opset 11, place pixels without an offset. */
static bool read_resize(const struct plait__graph *graph, const struct plait__node *node, struct resize *resize) {
    const plait_tensor *from = plait__xnn_input_type(graph, node, 0), *to = plait__xnn_output_type(graph, node, 0);
    const char *mode = plait__attribute_string(node, "mode", "nearest");
    bool old = node->op == PLAIT__OP_Upsample || node->opset < 11;
    resize->linear = strcmp(mode, "linear") == 0;
    resize->coordinates = old ? "asymmetric" : plait__attribute_string(node, "coordinate_transformation_mode", "half_pixel");
    resize->rounding = old ? "floor" : plait__attribute_string(node, "nearest_mode", "round_prefer_floor");
    if (!resize->linear && strcmp(mode, "nearest") != 0) return false;
    if (plait__attribute_int(node, "antialias", 0) || plait__attribute(node, "axes")) return false;
    static const char *const known[] = {"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) found = found || strcmp(resize->coordinates, known[i]) == 0;
    if (!found || from->dtype != PLAIT_F32) return false;
    if (strcmp(plait__attribute_string(node, "keep_aspect_ratio_policy", "stretch"), "stretch") != 0) return false;
    const float *scales;
    if (!read_scales(graph, node, from->rank, &scales)) return false;
    for (int i = 0; i < from->rank; i++) {
        double ratio = (double)to->dims[i] / (double)from->dims[i];
        resize->scales[i] = scales ? (double)scales[onnx_axis(node, from->rank, i)] : ratio;
        /* XNNPACK knows the ratio of the sizes alone. */
        if (resize->linear && fabs(resize->scales[i] - ratio) > 1e-6 * ratio) return false;
    }
    return true;
}

static bool is(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

bool plait__xnn_supports_resize(const struct plait__graph *graph, const struct plait__node *node) {
    struct resize resize;
    struct plait__xnn_picture input, output;
    if (!read_resize(graph, node, &resize)) return false;
    if (!plait__xnn_picture(plait__xnn_input_type(graph, node, 0), node->layout, &input) ||
        !plait__xnn_picture(plait__xnn_output_type(graph, node, 0), node->layout, &output))
        return false;
    if (!resize.linear) return true;
    /* PyTorch's half pixels differ for an output of one pixel. */
    if (is(resize.coordinates, "pytorch_half_pixel") && (output.height == 1 || output.width == 1)) return false;
    return input.batch == output.batch && input.channels == output.channels;
}

static enum xnn_status bind_bilinear(const struct plait__xnn_step *step) {
    return xnn_setup_resize_bilinear2d_nhwc_f32(step->xnn, step->places[2], step->places[0], step->places[1]);
}

static enum plait_status define_bilinear(struct plait__xnn_segment *segment, const struct plait__node *node,
                                         const struct resize *resize) {
    struct plait__xnn_picture input, output;
    plait__xnn_picture(plait__xnn_input_type(segment->graph, node, 0), node->layout, &input);
    plait__xnn_picture(plait__xnn_output_type(segment->graph, node, 0), node->layout, &output);
    uint32_t flags = is(resize->coordinates, "asymmetric")      ? XNN_FLAG_TENSORFLOW_LEGACY_MODE
                     : is(resize->coordinates, "align_corners") ? XNN_FLAG_ALIGN_CORNERS
                                                                : 0;
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_resize_bilinear2d_nhwc_f32(output.height, output.width, flags, &xnn));
    size_t workspace = 0, alignment;
    enum xnn_status shaped =
        xnn_reshape_resize_bilinear2d_nhwc_f32(xnn, input.batch, input.height, input.width, input.channels, input.channels,
                                               input.channels, &workspace, &alignment, plait__xnn_pool(segment));
    int slots[] = {plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]),
                   plait__xnn_scratch(segment, workspace)};
    if (!plait__xnn_operator_step(segment, xnn, bind_bilinear, 3, slots)) return PLAIT_MEMORY;
    return plait__xnn_check(segment, shaped);
}

static int32_t nearest(const struct resize *resize, int64_t at, int64_t from, double scale) {
    double x, length = scale * (double)from; /* of the output, not rounded yet */
    if (is(resize->coordinates, "asymmetric"))
        x = (double)at / scale;
    else if (is(resize->coordinates, "align_corners"))
        x = length == 1.0 ? 0.0 : (double)at * (double)(from - 1) / (length - 1.0);
    else
        x = is(resize->coordinates, "pytorch_half_pixel") && length <= 1.0 ? 0.0 : ((double)at + 0.5) / scale - 0.5;
    if (is(resize->rounding, "floor"))
        x = floor(x);
    else if (is(resize->rounding, "ceil"))
        x = ceil(x);
    else if (is(resize->rounding, "round_prefer_ceil"))
        x = floor(x + 0.5);
    else
        x = ceil(x - 0.5);
    return (int32_t)fmin(fmax(x, 0), (double)(from - 1));
}

enum plait_status plait__xnn_define_resize(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__xnn_input_type(segment->graph, node, 0),
                       *to = plait__xnn_output_type(segment->graph, node, 0);
    struct resize resize;
    if (!read_resize(segment->graph, node, &resize)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    if (resize.linear) return define_bilinear(segment, node, &resize);
    struct plait__xnn_places places;
    PLAIT__TRY(plait__xnn_places_begin(&places, segment, from, to));
    for (int axis = 0; axis < to->rank; axis++)
        for (int64_t at = 0; at < to->dims[axis]; at++)
            places.axes[axis][at] = nearest(&resize, at, from->dims[axis], resize.scales[axis]);
    return plait__xnn_places_step(&places, plait__xnn_read(segment, node->inputs[0]),
                                  plait__xnn_write(segment, node->outputs[0]));
}
