/* Transposed convolution of one and two dimensions, in any grouping. */
#include "backend/xnnpack/convolution.h"
#include "backend/xnnpack/families.h"
#include "backend/xnnpack/packing.h"

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

static bool read_transposed(const struct plait__graph *graph, const struct plait__node *node,
                            struct plait__xnn_convolution *c) {
    if (!plait__xnn_convolution_parameters(graph, node, c)) return false;
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
    struct plait__xnn_convolution c;
    return read_transposed(graph, node, &c);
}

static enum xnn_status bind_transposed(const struct plait__xnn_step *step) {
    return xnn_setup_deconvolution2d_nhwc_f32(step->xnn, step->places[0], step->places[1]);
}

/* ONNX has [groups * in, out, taps], XNNPACK takes [groups * out, taps, in]. */
static enum plait_status reorder_transposed(struct plait__xnn_packing *packing, const struct plait__xnn_convolution *c) {
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
    struct plait__xnn_convolution c;
    if (!read_transposed(segment->graph, node, &c)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    const struct plait__xnn_window *w = &c.window;
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    size_t numbers[] = {node->op,  c.groups,         c.group_input,      c.group_output,   w->height,
                        w->width,  w->stride_height, w->stride_width,    w->top,           w->left,
                        w->bottom, w->right,         w->dilation_height, w->dilation_width};
    struct plait__xnn_packing packing;
    plait__xnn_packing_begin(&packing, segment, numbers, sizeof numbers / sizeof *numbers, c.weights, c.biases);
    /* XNNPACK packs these before it looks whether they are known, so that they are prepared every time. */
    packing.known = false;
    plait__xnn_packing_ready(&packing);
    xnn_operator_t xnn = NULL;
    enum xnn_status created = xnn_status_out_of_memory;
    if (reorder_transposed(&packing, &c) == PLAIT_OK)
        created = xnn_create_deconvolution2d_nhwc_f32(
            w->top, w->right, w->bottom, w->left, w->height, w->width, w->stride_height, w->stride_width, w->dilation_height,
            w->dilation_width, (uint32_t)c.groups, c.group_input, c.group_output, c.input.channels, c.output.channels,
            packing.floats, c.bias, c.low, c.high, 0, NULL, &segment->cache->provider, &xnn);
    enum plait_status status = plait__xnn_packing_keep(&packing, created);
    plait__xnn_packing_end(&packing);
    PLAIT__TRY(status);
    if (!plait__xnn_operator_step(segment, xnn, bind_transposed, 2, (int[]){read, written})) return PLAIT_MEMORY;
    size_t height, width;
    PLAIT__XNN_TRY(segment,
                   xnn_reshape_deconvolution2d_nhwc_f32(xnn, c.input.batch, c.input.height, c.input.width, c.adjust_height,
                                                        c.adjust_width, &height, &width, plait__xnn_pool(segment)));
    return plait__xnn_check(segment, height == c.output.height && width == c.output.width ? xnn_status_success
                                                                                          : xnn_status_invalid_state);
}
