/* Convolution and transposed convolution, of one and two dimensions, in any grouping. */
#include "backend/xnnpack/families.h"
#include "backend/xnnpack/packing.h"
#include "backend/xnnpack/picture.h"

/* Everything about one convolution that does not change in a run. */
struct convolution {
    struct plait__xnn_picture input, output;
    struct plait__xnn_window window;
    const plait_tensor *weights, *bias; /* bias may be NULL */
    size_t groups, group_input, group_output;
    uint32_t adjust_height, adjust_width; /* of a transposed one: rows and columns after the last window */
    float low, high;
};

static bool constant_parameters(const struct plait__graph *graph, const struct plait__node *node, struct convolution *c) {
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0);
    c->weights = plait__xnn_constant(graph, node, 1);
    c->bias = plait__xnn_constant(graph, node, 2);
    if (!c->weights || c->weights->dtype != PLAIT_F32 || c->weights->rank != data->rank) return false;
    if (plait__xnn_input_type(graph, node, 2) && (!c->bias || c->bias->dtype != PLAIT_F32)) return false;
    c->groups = (size_t)plait__attribute_int(node, "group", 1);
    plait__xnn_bounds(node, &c->low, &c->high);
    return plait__xnn_picture(data, node->layout, &c->input) &&
           plait__xnn_picture(plait__xnn_output_type(graph, node, 0), node->layout, &c->output) && c->groups >= 1 &&
           c->input.channels % c->groups == 0 && c->output.channels % c->groups == 0 && c->low < c->high;
}

static bool read_convolution(const struct plait__graph *graph, const struct plait__node *node, struct convolution *c) {
    *c = (struct convolution){0};
    if (!constant_parameters(graph, node, c)) return false;
    c->group_input = c->input.channels / c->groups;
    c->group_output = c->output.channels / c->groups;
    return (size_t)c->weights->dims[1] == c->group_input &&
           plait__xnn_window(node, &c->input, &c->output, c->weights->dims + 2, c->weights->rank - 2, &c->window);
}

bool plait__xnn_supports_convolution(const struct plait__graph *graph, const struct plait__node *node) {
    struct convolution c;
    return read_convolution(graph, node, &c);
}

static enum xnn_status bind_f32(const struct plait__xnn_step *step) {
    return xnn_setup_convolution2d_nhwc_f32(step->operator, step->places[2], step->places[0], step->places[1]);
}

static enum xnn_status bind_int8(const struct plait__xnn_step *step) {
    return xnn_setup_convolution2d_nhwc_qd8_f32_qc8w(step->operator, step->places[2], step->places[0], step->places[1],
                                                     step->places[3]);
}

/* Dynamic int8 pays where there is depth to sum over; XNNPACK has no depthwise kernel of that kind. */
static bool worth_int8(const struct plait__xnn_segment *segment, const struct convolution *c) {
    return segment->int8 && c->groups == 1 && c->group_input * c->window.height * c->window.width >= 32;
}

static const float *bias_of(const struct convolution *c) {
    return c->bias ? c->bias->data : NULL;
}

static enum plait_status create_operator(struct plait__xnn_segment *segment, const struct convolution *c, bool int8,
                                         xnn_operator_t *operator_out) {
    const struct plait__xnn_window *w = &c->window;
    size_t taps = (size_t)w->height * w->width, rows = c->groups * c->group_output;
    size_t numbers[] = {segment->node->op, int8,      c->groups,        c->group_input,  c->group_output,
                        w->height,         w->width,  w->stride_height, w->stride_width, w->top,
                        w->left,           w->bottom, w->right};
    const float *weights = c->weights->data;
    struct plait__xnn_packing packing;
    plait__xnn_packing_begin(&packing, segment, numbers, sizeof numbers / sizeof *numbers, c->weights, c->bias);
    enum plait_status status = plait__xnn_packing_channels_last(&packing, weights, rows, c->group_input, taps);
    if (packing.floats) weights = packing.floats;
    if (status == PLAIT_OK && int8)
        status = plait__xnn_packing_quantise(&packing, weights, rows, taps * c->group_input, taps * c->group_input, 1);
    enum xnn_status created = xnn_status_out_of_memory;
    if (status == PLAIT_OK && int8)
        created = xnn_create_convolution2d_nhwc_qd8_f32_qc8w(
            w->top, w->right, w->bottom, w->left, w->height, w->width, w->stride_height, w->stride_width, w->dilation_height,
            w->dilation_width, (uint32_t)c->groups, c->group_input, c->group_output, c->input.channels, c->output.channels,
            packing.scales, packing.bytes, bias_of(c), c->low, c->high, 0, NULL, &segment->cache->provider, operator_out);
    else if (status == PLAIT_OK)
        created = xnn_create_convolution2d_nhwc_f32(
            w->top, w->right, w->bottom, w->left, w->height, w->width, w->stride_height, w->stride_width, w->dilation_height,
            w->dilation_width, (uint32_t)c->groups, c->group_input, c->group_output, c->input.channels, c->output.channels,
            weights, bias_of(c), c->low, c->high, 0, NULL, &segment->cache->provider, operator_out);
    return plait__xnn_packing_end(&packing, created);
}

enum plait_status plait__xnn_define_convolution(struct plait__xnn_segment *segment, const struct plait__node *node) {
    struct convolution c;
    if (!read_convolution(segment->graph, node, &c)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    bool int8 = worth_int8(segment, &c);
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]),
        parameters = -1;
    if (int8)
        PLAIT__TRY(plait__xnn_quantise_step(segment, c.input.batch, c.input.height * c.input.width * c.input.channels, &read,
                                            &parameters));
    xnn_operator_t operator= NULL;
    PLAIT__TRY(create_operator(segment, &c, int8, &operator));
    size_t workspace = 0, alignment = 0, height = 0, width = 0;
    enum xnn_status shaped =
        (int8 ? xnn_reshape_convolution2d_nhwc_qd8_f32_qc8w
              : xnn_reshape_convolution2d_nhwc_f32)(operator, c.input.batch, c.input.height, c.input.width, &workspace,
                                                    &alignment, &height, &width, plait__xnn_pool(segment));
    int slots[] = {read, written, plait__xnn_scratch(segment, workspace), parameters};
    if (!plait__xnn_operator_step(segment, operator, int8 ? bind_int8 : bind_f32, int8 ? 4 : 3, slots)) return PLAIT_MEMORY;
    PLAIT__XNN_TRY(segment, shaped);
    return plait__xnn_check(segment, height == c.output.height && width == c.output.width ? xnn_status_success
                                                                                          : xnn_status_invalid_state);
}

/* ---- transposed ---- */

/* Output = (input - 1) * stride + reach - padding + adjustment; padding and adjustment are found from the output's size. */
static bool transposed_axis(int64_t input, int64_t output, int64_t kernel, int64_t stride, int64_t dilation, int64_t before,
                            uint32_t *before_out, uint32_t *after_out, uint32_t *adjust_out) {
    int64_t full = (input - 1) * stride + (kernel - 1) * dilation + 1;
    int64_t after = full - before - output;
    if (before < 0 || before > INT32_MAX || after > INT32_MAX || -after >= stride) return false;
    *before_out = (uint32_t)before;
    *after_out = after > 0 ? (uint32_t)after : 0;
    *adjust_out = after < 0 ? (uint32_t)-after : 0;
    return true;
}

static bool read_transposed(const struct plait__graph *graph, const struct plait__node *node, struct convolution *c) {
    *c = (struct convolution){0};
    if (!constant_parameters(graph, node, c)) return false;
    c->group_input = c->input.channels / c->groups;
    c->group_output = c->output.channels / c->groups;
    int kernel_rank = c->weights->rank - 2, stride_count, dilation_count, pad_count;
    const int64_t *strides = plait__attribute_ints(node, "strides", &stride_count);
    const int64_t *dilations = plait__attribute_ints(node, "dilations", &dilation_count);
    const int64_t *pads = plait__attribute_ints(node, "pads", &pad_count);
    /* Where the padding is given by auto_pad or output_shape, ONNX has rules of its own: leave them to the reference. */
    if (plait__attribute(node, "auto_pad") || plait__attribute(node, "output_shape")) return false;
    if ((size_t)c->weights->dims[0] != c->input.channels || (size_t)c->weights->dims[1] != c->group_output) return false;
    int64_t axes[2][4] = {{1, 1, 1, 0}, {1, 1, 1, 0}}; /* kernel, stride, dilation, padding before */
    for (int i = 0; i < kernel_rank; i++) {
        int64_t *axis = axes[2 - kernel_rank + i];
        axis[0] = c->weights->dims[2 + i];
        if (i < stride_count) axis[1] = strides[i];
        if (i < dilation_count) axis[2] = dilations[i];
        if (pad_count == 2 * kernel_rank) axis[3] = pads[i];
        if (axis[1] < 1 || axis[2] < 1 || axis[1] > 1 << 20 || axis[2] > 1 << 20) return false;
    }
    struct plait__xnn_window *w = &c->window;
    *w = (struct plait__xnn_window){.height = (uint32_t)axes[0][0],
                                    .width = (uint32_t)axes[1][0],
                                    .stride_height = (uint32_t)axes[0][1],
                                    .stride_width = (uint32_t)axes[1][1],
                                    .dilation_height = (uint32_t)axes[0][2],
                                    .dilation_width = (uint32_t)axes[1][2]};
    return transposed_axis((int64_t)c->input.height, (int64_t)c->output.height, axes[0][0], axes[0][1], axes[0][2], axes[0][3],
                           &w->top, &w->bottom, &c->adjust_height) &&
           transposed_axis((int64_t)c->input.width, (int64_t)c->output.width, axes[1][0], axes[1][1], axes[1][2], axes[1][3],
                           &w->left, &w->right, &c->adjust_width);
}

bool plait__xnn_supports_convolution_transpose(const struct plait__graph *graph, const struct plait__node *node) {
    struct convolution c;
    return read_transposed(graph, node, &c);
}

static enum xnn_status bind_transposed(const struct plait__xnn_step *step) {
    return xnn_setup_deconvolution2d_nhwc_f32(step->operator, step->places[0], step->places[1]);
}

/* ONNX has [groups * in, out, taps], XNNPACK takes [groups * out, taps, in]. */
static enum plait_status reorder_transposed(struct plait__xnn_packing *packing, const struct convolution *c) {
    size_t taps = (size_t)c->window.height * c->window.width;
    const float *from = c->weights->data;
    if (packing->known) return PLAIT_OK;
    packing->floats = plait__allocate(packing->segment->context, plait_tensor_bytes(c->weights));
    if (!packing->floats) return PLAIT_MEMORY;
    for (size_t group = 0; group < c->groups; group++)
        for (size_t in = 0; in < c->group_input; in++)
            for (size_t out = 0; out < c->group_output; out++)
                for (size_t tap = 0; tap < taps; tap++)
                    packing->floats[((group * c->group_output + out) * taps + tap) * c->group_input + in] =
                        from[((group * c->group_input + in) * c->group_output + out) * taps + tap];
    return PLAIT_OK;
}

enum plait_status plait__xnn_define_convolution_transpose(struct plait__xnn_segment *segment, const struct plait__node *node) {
    struct convolution c;
    if (!read_transposed(segment->graph, node, &c)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    const struct plait__xnn_window *w = &c.window;
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    size_t numbers[] = {node->op,  c.groups,         c.group_input,      c.group_output,   w->height,
                        w->width,  w->stride_height, w->stride_width,    w->top,           w->left,
                        w->bottom, w->right,         w->dilation_height, w->dilation_width};
    struct plait__xnn_packing packing;
    plait__xnn_packing_begin(&packing, segment, numbers, sizeof numbers / sizeof *numbers, c.weights, c.bias);
    /* XNNPACK packs these before it looks whether they are known, so that they are prepared every time. */
    packing.known = false;
    xnn_operator_t operator= NULL;
    enum xnn_status created = xnn_status_out_of_memory;
    if (reorder_transposed(&packing, &c) == PLAIT_OK)
        created = xnn_create_deconvolution2d_nhwc_f32(
            w->top, w->right, w->bottom, w->left, w->height, w->width, w->stride_height, w->stride_width, w->dilation_height,
            w->dilation_width, (uint32_t)c.groups, c.group_input, c.group_output, c.input.channels, c.output.channels,
            packing.floats, bias_of(&c), c.low, c.high, 0, NULL, &segment->cache->provider, &operator);
    PLAIT__TRY(plait__xnn_packing_end(&packing, created));
    if (!plait__xnn_operator_step(segment, operator, bind_transposed, 2, (int[]){read, written})) return PLAIT_MEMORY;
    size_t height, width;
    PLAIT__XNN_TRY(segment,
                   xnn_reshape_deconvolution2d_nhwc_f32(operator, c.input.batch, c.input.height, c.input.width, c.adjust_height,
                                                        c.adjust_width, &height, &width, plait__xnn_pool(segment)));
    return plait__xnn_check(segment, height == c.output.height && width == c.output.width ? xnn_status_success
                                                                                          : xnn_status_invalid_state);
}
