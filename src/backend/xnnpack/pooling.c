/* Pools over a window. */
#include "backend/xnnpack/families.h"
#include "backend/xnnpack/picture.h"

struct pool {
    struct plait__xnn_picture input, output;
    struct plait__xnn_window window;
    float low, high;
};

static bool read_pool(const struct plait__graph *graph, const struct plait__node *node, struct pool *p) {
    int kernel_rank;
    const int64_t *kernel = plait__attribute_ints(node, "kernel_shape", &kernel_rank);
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0);
    plait__xnn_bounds(node, &p->low, &p->high);
    if (!plait__xnn_picture(data, node->layout, &p->input) ||
        !plait__xnn_picture(plait__xnn_output_type(graph, node, 0), node->layout, &p->output))
        return false;
    if (kernel_rank != data->rank - 2 || !plait__xnn_window(node, &p->input, &p->output, kernel, kernel_rank, &p->window))
        return false;
    const struct plait__xnn_window *w = &p->window;
    /* A window of one pixel XNNPACK refuses; one that may lie in the padding alone has no answer there. */
    return w->height * w->width > 1 && w->top < w->height && w->bottom < w->height && w->left < w->width &&
           w->right < w->width && p->low < p->high;
}

/* ---- maximum ---- */

bool plait__xnn_supports_max_pool(const struct plait__graph *graph, const struct plait__node *node) {
    struct pool p;
    if (plait__xnn_output_type(graph, node, 1) || !read_pool(graph, node, &p)) return false;
    if (p.window.stride_height > p.window.height || p.window.stride_width > p.window.width) return false; /* not XNNPACK's */
    /* For a dilated window XNNPACK replaces padding by a pixel that is in the window only when the padding is small. */
    const struct plait__xnn_window *w = &p.window;
    bool dilated = w->dilation_height > 1 || w->dilation_width > 1;
    return !dilated || (w->top < w->dilation_height && w->bottom < w->dilation_height && w->left < w->dilation_width &&
                        w->right < w->dilation_width);
}

static enum xnn_status bind_max(const struct plait__xnn_step *step) {
    return xnn_setup_max_pooling2d_nhwc_f32(step->xnn, step->places[0], step->places[1]);
}

enum plait_status plait__xnn_define_max_pool(struct plait__xnn_segment *segment, const struct plait__node *node) {
    struct pool p;
    if (!read_pool(segment->graph, node, &p)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    const struct plait__xnn_window *w = &p.window;
    int slots[] = {plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0])};
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_max_pooling2d_nhwc_f32(w->top, w->right, w->bottom, w->left, w->height, w->width,
                                                              w->stride_height, w->stride_width, w->dilation_height,
                                                              w->dilation_width, p.low, p.high, 0, &xnn));
    if (!plait__xnn_operator_step(segment, xnn, bind_max, 2, slots)) return PLAIT_MEMORY;
    size_t height, width;
    PLAIT__XNN_TRY(segment, xnn_reshape_max_pooling2d_nhwc_f32(xnn, p.input.batch, p.input.height, p.input.width,
                                                               p.input.channels, p.input.channels, p.input.channels, &height,
                                                               &width, plait__xnn_pool(segment)));
    return plait__xnn_check(segment, height == p.output.height && width == p.output.width ? xnn_status_success
                                                                                          : xnn_status_invalid_state);
}

/* ---- average ---- */

/* XNNPACK divides by the pixels that are really there.  Where ONNX counts the padding too, the picture is padded first. */
static bool counts_padding(const struct plait__node *node, const struct plait__xnn_window *window) {
    return window->padded && plait__attribute_int(node, "count_include_pad", 0) != 0;
}

bool plait__xnn_supports_average_pool(const struct plait__graph *graph, const struct plait__node *node) {
    struct pool p;
    if (!read_pool(graph, node, &p) || p.window.dilation_height > 1 || p.window.dilation_width > 1) return false;
    /* With ceil_mode the last window may reach past the padding, and what is there is not counted. */
    return !counts_padding(node, &p.window) || plait__attribute_int(node, "ceil_mode", 0) == 0;
}

static enum xnn_status bind_average(const struct plait__xnn_step *step) {
    return xnn_setup_average_pooling2d_nhwc_f32(step->xnn, step->places[2], step->places[0], step->places[1]);
}

static enum xnn_status bind_pad(const struct plait__xnn_step *step) {
    return xnn_setup_constant_pad_nd_x32(step->xnn, step->places[0], step->places[1]);
}

static enum plait_status pad(struct plait__xnn_segment *segment, struct pool *p, int *slot) {
    struct plait__xnn_window *w = &p->window;
    const size_t shape[] = {p->input.batch, p->input.height, p->input.width, p->input.channels};
    const size_t before[] = {0, w->top, w->left, 0}, after[] = {0, w->bottom, w->right, 0};
    p->input.height += w->top + w->bottom;
    p->input.width += w->left + w->right;
    w->top = w->bottom = w->left = w->right = 0;
    int padded =
        plait__xnn_scratch(segment, p->input.batch * p->input.height * p->input.width * p->input.channels * sizeof(float));
    const float zero = 0.0f;
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_constant_pad_nd_x32(&zero, 0, &xnn));
    if (!plait__xnn_operator_step(segment, xnn, bind_pad, 2, (int[]){*slot, padded})) return PLAIT_MEMORY;
    *slot = padded;
    return plait__xnn_check(segment, xnn_reshape_constant_pad_nd_x32(xnn, 4, shape, before, after, plait__xnn_pool(segment)));
}

enum plait_status plait__xnn_define_average_pool(struct plait__xnn_segment *segment, const struct plait__node *node) {
    struct pool p;
    if (!read_pool(segment->graph, node, &p)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    if (counts_padding(node, &p.window)) PLAIT__TRY(pad(segment, &p, &read));
    const struct plait__xnn_window *w = &p.window;
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_average_pooling2d_nhwc_f32(w->top, w->right, w->bottom, w->left, w->height, w->width,
                                                                  w->stride_height, w->stride_width, p.low, p.high, 0, &xnn));
    size_t workspace = 0, alignment, height = 0, width = 0;
    enum xnn_status shaped = xnn_reshape_average_pooling2d_nhwc_f32(
        xnn, p.input.batch, p.input.height, p.input.width, p.input.channels, p.input.channels, p.input.channels, &workspace,
        &alignment, &height, &width, plait__xnn_pool(segment));
    int slots[] = {read, written, plait__xnn_scratch(segment, workspace)};
    if (!plait__xnn_operator_step(segment, xnn, bind_average, 3, slots)) return PLAIT_MEMORY;
    PLAIT__XNN_TRY(segment, shaped);
    return plait__xnn_check(segment, height == p.output.height && width == p.output.width ? xnn_status_success
                                                                                          : xnn_status_invalid_state);
}
