/* Conv, ConvTranspose and the integer convolutions, in any number of dims. */
#include "backend/reference/product.h"
#include "backend/reference/quantise.h"

#include <string.h>

enum plait_status plait__convolution_read(struct plait__call *call, const plait_tensor *input, const plait_tensor *weights,
                                          struct plait__convolution *convolution_out) {
    PLAIT__TRY(plait__window_read(call, input, weights, &convolution_out->window));
    convolution_out->groups = plait__attribute_int(call->node, "group", 1);
    convolution_out->batch = input->dims[0];
    convolution_out->inputs = weights->dims[1];
    convolution_out->outputs = weights->dims[0] / convolution_out->groups;
    return PLAIT_OK;
}

/* What the window covers is laid out in one row, zeros for padding, for every output channel to multiply. */
enum plait_status plait__convolve(struct plait__call *call, const struct plait__convolution *convolution, const double *x,
                                  const double *weights, double *y) {
    const struct plait__window *window = &convolution->window;
    int64_t positions = plait__window_positions(window), covered = plait__window_covered(window);
    int64_t kernel = plait__window_kernel(window), depth = convolution->inputs * kernel;
    int64_t inputs = convolution->inputs, outputs = convolution->outputs;
    struct plait__taps taps;
    PLAIT__TRY(plait__taps_create(call, window, &taps));
    double *row = plait__scratch(call, depth, sizeof *row);
    if (!row) return PLAIT_MEMORY;
    for (int64_t position = 0; position < positions; position++) {
        plait__taps_at(window, position, &taps);
        memset(row, 0, (size_t)depth * sizeof *row);
        for (int64_t block = 0; block < convolution->batch * convolution->groups; block++) {
            for (int64_t c = 0; c < inputs; c++) {
                const double *channel = x + (block * inputs + c) * covered;
                for (int64_t t = 0; t < taps.count; t++) row[c * kernel + taps.tap[t]] = channel[taps.at[t]];
            }
            const double *group_weights = weights + block % convolution->groups * outputs * depth;
            for (int64_t c = 0; c < outputs; c++)
                y[(block * outputs + c) * positions + position] = plait__dot(row, group_weights + c * depth, depth);
        }
    }
    return PLAIT_OK;
}

/* y[batch, channels, size] += bias[channels] */
static enum plait_status add_bias(struct plait__call *call, const plait_tensor *bias, int64_t batch, int64_t size, double *y) {
    if (!bias) return PLAIT_OK;
    const double *values = plait__reals(call, bias);
    if (!values) return PLAIT_MEMORY;
    int64_t channels = bias->dims[0];
    for (int64_t row = 0; row < batch * channels; row++)
        for (int64_t i = 0; i < size; i++) y[row * size + i] += values[row % channels];
    return PLAIT_OK;
}

enum plait_status plait__kernel_conv(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    struct plait__convolution convolution;
    PLAIT__TRY(plait__convolution_read(call, input, call->inputs[1], &convolution));
    const double *x = plait__reals(call, input), *weights = plait__reals(call, call->inputs[1]);
    double *y = plait__scratch(call, plait_tensor_elements(output), sizeof *y);
    if (!x || !weights || !y) return PLAIT_MEMORY;
    PLAIT__TRY(plait__convolve(call, &convolution, x, weights, y));
    PLAIT__TRY(add_bias(call, plait__input(call, 2), convolution.batch, plait__window_positions(&convolution.window), y));
    plait__store_reals_all(output, y);
    return PLAIT_OK;
}

/* Every element of the input is spread over what the window covers there. */
enum plait_status plait__kernel_conv_transpose(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0], *weights = call->inputs[1];
    plait_tensor *output = call->outputs[0];
    struct plait__window window;
    PLAIT__TRY(plait__window_read_transposed(call, weights, &window));
    int64_t positions = plait__window_positions(&window), covered = plait__window_covered(&window);
    int64_t kernel = plait__window_kernel(&window), groups = plait__attribute_int(call->node, "group", 1);
    int64_t batch = input->dims[0], inputs = input->dims[1] / groups, outputs = weights->dims[1], width = outputs * kernel;
    const double *x = plait__reals(call, input), *w = plait__reals(call, weights);
    double *y = plait__scratch(call, plait_tensor_elements(output), sizeof *y);
    double *spread = plait__scratch(call, width, sizeof *spread);
    struct plait__taps taps;
    PLAIT__TRY(plait__taps_create(call, &window, &taps));
    if (!x || !w || !y || !spread) return PLAIT_MEMORY;
    for (int64_t position = 0; position < positions; position++) {
        plait__taps_at(&window, position, &taps);
        for (int64_t block = 0; block < batch * groups; block++) {
            memset(spread, 0, (size_t)width * sizeof *spread);
            for (int64_t c = 0; c < inputs; c++)
                plait__add_scaled(spread, x[(block * inputs + c) * positions + position],
                                  w + (block % groups * inputs + c) * width, width);
            for (int64_t c = 0; c < outputs; c++)
                for (int64_t t = 0; t < taps.count; t++)
                    y[(block * outputs + c) * covered + taps.at[t]] += spread[c * kernel + taps.tap[t]];
        }
    }
    PLAIT__TRY(add_bias(call, plait__input(call, 2), batch, covered, y));
    plait__store_reals_all(output, y);
    return PLAIT_OK;
}

/* ---- of quantised numbers: exact in double, for a product of bytes and words has 24 bits at most ---- */

static enum plait_status convolve_quantised(struct plait__call *call, const struct plait__quantised *input,
                                            const struct plait__quantised *weights, struct plait__convolution *convolution,
                                            double **y_out) {
    PLAIT__TRY(plait__convolution_read(call, input->tensor, weights->tensor, convolution));
    double *x = plait__centred(call, input), *w = plait__centred(call, weights);
    *y_out = plait__scratch(call, plait_tensor_elements(call->outputs[0]), sizeof **y_out);
    if (!x || !w || !*y_out) return PLAIT_MEMORY;
    return plait__convolve(call, convolution, x, w, *y_out);
}

enum plait_status plait__kernel_conv_integer(struct plait__call *call) {
    struct plait__quantised input = {.tensor = call->inputs[0], .zero = plait__input(call, 2)};
    struct plait__quantised weights = {.tensor = call->inputs[1], .zero = plait__input(call, 3)};
    struct plait__convolution convolution;
    double *y;
    PLAIT__TRY(convolve_quantised(call, &input, &weights, &convolution, &y));
    plait__store_reals_all(call->outputs[0], y);
    return PLAIT_OK;
}

enum plait_status plait__kernel_q_linear_conv(struct plait__call *call) {
    struct plait__quantised input = {call->inputs[0], call->inputs[1], call->inputs[2], 0};
    struct plait__quantised weights = {call->inputs[3], call->inputs[4], call->inputs[5], 0};
    struct plait__convolution convolution;
    double *y;
    PLAIT__TRY(convolve_quantised(call, &input, &weights, &convolution, &y));
    int64_t channels = call->outputs[0]->dims[1], size = plait__window_positions(&convolution.window);
    PLAIT__TRY(add_bias(call, plait__input(call, 8), convolution.batch, size, y));
    double input_scale = plait__scale_at(&input, 0);
    for (int64_t row = 0; row < convolution.batch * channels; row++) {
        double scale = input_scale * plait__scale_at(&weights, row % channels);
        for (int64_t i = 0; i < size; i++) y[row * size + i] *= scale;
    }
    plait__quantise_all(call, call->inputs[6], call->inputs[7], y);
    return PLAIT_OK;
}
