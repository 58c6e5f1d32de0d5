/* Convolution of one and two dimensions, in any grouping.
 *
 * XNNPACK keeps a pointer for each pixel and tap of a window.  For a large picture that is more memory than the picture, and
 * more to read in a run, so that a large picture is convolved in bands of rows: all bands in the middle share one operator
 * and its few pointers, the first and the last have one each for their padding. */
#include "backend/xnnpack/convolution.h"

#include "backend/xnnpack/families.h"
#include "backend/xnnpack/packing.h"

bool plait__xnn_convolution_parameters(const struct plait__graph *graph, const struct plait__node *node,
                                       struct plait__xnn_convolution *c) {
    *c = (struct plait__xnn_convolution){0};
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0);
    c->weights = plait__xnn_constant(graph, node, 1);
    c->biases = plait__xnn_constant(graph, node, 2);
    if (!c->weights || c->weights->dtype != PLAIT_F32 || c->weights->rank != data->rank) return false;
    if (plait__xnn_input_type(graph, node, 2) && (!c->biases || c->biases->dtype != PLAIT_F32)) return false;
    c->bias = c->biases ? c->biases->data : NULL;
    c->groups = (size_t)plait__attribute_int(node, "group", 1);
    plait__xnn_bounds(node, &c->low, &c->high);
    if (!plait__xnn_picture(data, node->layout, &c->input) ||
        !plait__xnn_picture(plait__xnn_output_type(graph, node, 0), node->layout, &c->output))
        return false;
    if (c->groups < 1 || c->input.channels % c->groups || c->output.channels % c->groups || !(c->low < c->high)) return false;
    c->group_input = c->input.channels / c->groups;
    c->group_output = c->output.channels / c->groups;
    return true;
}

static bool read_convolution(const struct plait__graph *graph, const struct plait__node *node,
                             struct plait__xnn_convolution *c) {
    return plait__xnn_convolution_parameters(graph, node, c) && (size_t)c->weights->dims[1] == c->group_input &&
           plait__xnn_window(node, &c->input, &c->output, c->weights->dims + 2, c->weights->rank - 2, &c->window);
}

bool plait__xnn_supports_convolution(const struct plait__graph *graph, const struct plait__node *node) {
    struct plait__xnn_convolution c;
    return read_convolution(graph, node, &c);
}

static enum xnn_status bind_f32(const struct plait__xnn_step *step) {
    return xnn_setup_convolution2d_nhwc_f32(step->xnn, step->places[2], step->places[0], step->places[1]);
}

static enum xnn_status bind_int8(const struct plait__xnn_step *step) {
    return xnn_setup_convolution2d_nhwc_qd8_f32_qc8w(step->xnn, step->places[2], step->places[0], step->places[1],
                                                     step->places[3]);
}

/* Dynamic int8 pays where there is depth to sum over; XNNPACK has no depthwise kernel of that kind. */
static bool worth_int8(const struct plait__xnn_segment *segment, const struct plait__xnn_convolution *c) {
    return segment->int8 && c->groups == 1 && c->group_input * c->window.height * c->window.width >= 32;
}

/* Whether XNNPACK takes the picture's pixels as the rows of a matrix, without pointers. */
static bool is_product(const struct plait__xnn_window *w) {
    return w->height * w->width * w->stride_height * w->stride_width == 1 && !(w->top | w->left | w->bottom | w->right);
}

/* A convolution on its way into steps. */
struct making {
    struct plait__xnn_segment *segment;
    const struct plait__xnn_convolution *convolution;
    bool int8;
    const float *weights; /* in XNNPACK's order */
    struct plait__xnn_packing packing;
    int read, written, parameters; /* slots; the last of int8 only */
};

static enum plait_status begin(struct making *making, const struct plait__node *node) {
    const struct plait__xnn_convolution *c = making->convolution;
    const struct plait__xnn_window *w = &c->window;
    struct plait__xnn_segment *segment = making->segment;
    size_t taps = (size_t)w->height * w->width, rows = c->groups * c->group_output, depth = taps * c->group_input;
    size_t numbers[] = {node->op, making->int8, c->groups, c->group_input, c->group_output, w->height, w->width, is_product(w)};
    making->weights = c->weights->data;
    making->written = plait__xnn_write(segment, node->outputs[0]);
    making->read = plait__xnn_read(segment, node->inputs[0]);
    if (making->int8)
        PLAIT__TRY(plait__xnn_quantise_step(segment, c->input.batch, c->input.height * c->input.width * c->input.channels,
                                            &making->read, &making->parameters));
    plait__xnn_packing_begin(&making->packing, segment, numbers, sizeof numbers / sizeof *numbers, c->weights, c->biases);
    PLAIT__TRY(plait__xnn_packing_channels_last(&making->packing, making->weights, rows, c->group_input, taps));
    if (making->packing.floats) making->weights = making->packing.floats;
    return making->int8 ? plait__xnn_packing_quantise(&making->packing, making->weights, rows, depth, depth, 1) : PLAIT_OK;
}

static enum xnn_status create(const struct making *making, const struct plait__xnn_band *band, xnn_operator_t *operator_out) {
    const struct plait__xnn_convolution *c = making->convolution;
    const struct plait__xnn_window *w = &c->window;
    xnn_weights_cache_t cache = &making->segment->cache->provider;
    if (making->int8)
        return xnn_create_convolution2d_nhwc_qd8_f32_qc8w(
            band->top, w->right, band->bottom, w->left, w->height, w->width, w->stride_height, w->stride_width,
            w->dilation_height, w->dilation_width, (uint32_t)c->groups, c->group_input, c->group_output, c->input.channels,
            c->output.channels, making->packing.scales, making->packing.bytes, c->bias, c->low, c->high, 0, NULL, cache,
            operator_out);
    return xnn_create_convolution2d_nhwc_f32(band->top, w->right, band->bottom, w->left, w->height, w->width, w->stride_height,
                                             w->stride_width, w->dilation_height, w->dilation_width, (uint32_t)c->groups,
                                             c->group_input, c->group_output, c->input.channels, c->output.channels,
                                             making->weights, c->bias, c->low, c->high, 0, NULL, cache, operator_out);
}

/* The first step for bands like this one, over `batch` pictures at once. */
static enum plait_status add_step(struct making *making, const struct plait__xnn_band *band, size_t batch,
                                  struct plait__xnn_step **step_out) {
    struct plait__xnn_segment *segment = making->segment;
    const struct plait__xnn_convolution *c = making->convolution;
    xnn_operator_t xnn = NULL;
    plait__xnn_packing_ready(&making->packing);
    PLAIT__TRY(plait__xnn_packing_keep(&making->packing, create(making, band, &xnn)));
    size_t workspace = 0, alignment = 0, height = 0, width = 0;
    enum xnn_status shaped = (making->int8 ? xnn_reshape_convolution2d_nhwc_qd8_f32_qc8w : xnn_reshape_convolution2d_nhwc_f32)(
        xnn, batch, band->input_rows, c->input.width, &workspace, &alignment, &height, &width, plait__xnn_pool(segment));
    int slots[] = {making->read, making->written, plait__xnn_scratch(segment, workspace), making->parameters};
    *step_out = plait__xnn_operator_step(segment, xnn, making->int8 ? bind_int8 : bind_f32, making->int8 ? 4 : 3, slots);
    if (!*step_out) return PLAIT_MEMORY;
    double row = (double)plait_tensor_elements(c->weights); /* that each pixel of the output meets, in all its channels */
    plait__xnn_set_work(*step_out, 2.0 * row * (double)(c->output.height * c->output.width), row * sizeof(float));
    PLAIT__XNN_TRY(segment, shaped);
    bool fits = height == band->output_rows && width == c->output.width;
    return plait__xnn_check(segment, fits ? xnn_status_success : xnn_status_invalid_state);
}

/* Bands of the same height and padding share an operator. */
static enum plait_status add_bands(struct making *making, size_t rows) {
    const struct plait__xnn_convolution *c = making->convolution;
    size_t input_row = c->input.width * c->input.channels * (making->int8 ? 1 : sizeof(float));
    size_t output_row = c->output.width * c->output.channels * sizeof(float);
    struct plait__xnn_band known[4];
    struct plait__xnn_step *steps[4];
    int known_count = 0;
    for (size_t picture = 0; picture < c->input.batch; picture++)
        for (size_t row = 0; row < c->output.height; row += rows) {
            struct plait__xnn_band band = plait__xnn_band(&c->window, &c->input, &c->output, row, rows);
            int like = 0;
            while (like < known_count && !plait__xnn_same_band(&known[like], &band)) like++;
            struct plait__xnn_step *step;
            if (like < known_count) {
                step = plait__xnn_repeat_step(making->segment, steps[like]);
                if (!step) return PLAIT_MEMORY;
            } else {
                PLAIT__TRY(add_step(making, &band, 1, &step));
                if (known_count < 4) known[known_count] = band, steps[known_count++] = step;
            }
            step->offsets[0] = (picture * c->input.height + band.input_row) * input_row;
            step->offsets[1] = (picture * c->output.height + band.output_row) * output_row;
            step->offsets[3] = making->int8 ? picture * sizeof(struct xnn_quantization_params) : 0;
        }
    return PLAIT_OK;
}

enum plait_status plait__xnn_define_convolution(struct plait__xnn_segment *segment, const struct plait__node *node) {
    struct plait__xnn_convolution c;
    if (!read_convolution(segment->graph, node, &c)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    struct making making = {.segment = segment, .convolution = &c, .int8 = worth_int8(segment, &c), .parameters = -1};
    enum plait_status status = begin(&making, node);
    size_t threads = pthreadpool_get_threads_count(plait__xnn_pool(segment));
    size_t rows = is_product(&c.window) ? c.output.height : plait__xnn_band_rows(&c.window, &c.input, &c.output, threads);
    if (status == PLAIT_OK && rows < c.output.height) {
        status = add_bands(&making, rows);
    } else if (status == PLAIT_OK) {
        struct plait__xnn_step *step;
        struct plait__xnn_band whole = plait__xnn_band(&c.window, &c.input, &c.output, 0, c.output.height);
        whole.input_rows = c.input.height;
        status = add_step(&making, &whole, c.input.batch, &step);
    }
    plait__xnn_packing_end(&making.packing);
    return status;
}
