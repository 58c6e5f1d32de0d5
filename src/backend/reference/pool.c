/* Pools: what a window covers becomes one element. */
#include "backend/reference/taps.h"

#include <math.h>

/* One element of `count` taps on `channel`. */
typedef double (*pool_function)(const double *channel, const struct plait__taps *taps, double parameter);

static double mean_of_covered(const double *channel, const struct plait__taps *taps, double parameter) {
    double sum = 0;
    for (int64_t t = 0; t < taps->count; t++) sum += channel[taps->at[t]];
    (void)parameter;
    return sum / (double)taps->count;
}

/* Padding counts as zeros. */
static double mean_of_padded(const double *channel, const struct plait__taps *taps, double parameter) {
    return mean_of_covered(channel, taps, parameter) * (double)taps->count / (double)taps->padded;
}

static double norm(const double *channel, const struct plait__taps *taps, double order) {
    double sum = 0;
    for (int64_t t = 0; t < taps->count; t++) sum += pow(fabs(channel[taps->at[t]]), order);
    return pow(sum, 1 / order);
}

/* Which tap is on the greatest element: the first of equal ones; a NaN is greater than all. */
static int64_t greatest_tap(const double *channel, const struct plait__taps *taps) {
    int64_t best = 0;
    for (int64_t t = 1; t < taps->count && channel[taps->at[best]] == channel[taps->at[best]]; t++)
        if (!(channel[taps->at[t]] <= channel[taps->at[best]])) best = t;
    return best;
}

static double greatest(const double *channel, const struct plait__taps *taps, double parameter) {
    (void)parameter;
    return taps->count > 0 ? channel[taps->at[greatest_tap(channel, taps)]] : -INFINITY;
}

static enum plait_status pool(struct plait__call *call, const struct plait__window *window, pool_function function,
                              double parameter) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    int64_t channels = input->dims[0] * input->dims[1];
    int64_t positions = plait__window_positions(window), covered = plait__window_covered(window);
    const double *x = plait__reals(call, input);
    double *y = plait__scratch(call, channels * positions, sizeof *y);
    struct plait__taps taps;
    PLAIT__TRY(plait__taps_create(call, window, &taps));
    if (!x || !y) return PLAIT_MEMORY;
    for (int64_t position = 0; position < positions; position++) {
        plait__taps_at(window, position, &taps);
        for (int64_t c = 0; c < channels; c++) y[c * positions + position] = function(x + c * covered, &taps, parameter);
    }
    plait__store_reals_all(output, y);
    return PLAIT_OK;
}

enum plait_status plait__kernel_average_pool(struct plait__call *call) {
    struct plait__window window;
    PLAIT__TRY(plait__window_read(call, call->inputs[0], NULL, &window));
    bool padded = plait__attribute_int(call->node, "count_include_pad", 0) != 0;
    return pool(call, &window, padded ? mean_of_padded : mean_of_covered, 0);
}

enum plait_status plait__kernel_lp_pool(struct plait__call *call) {
    struct plait__window window;
    PLAIT__TRY(plait__window_read(call, call->inputs[0], NULL, &window));
    return pool(call, &window, norm, (double)plait__attribute_int(call->node, "p", 2));
}

/* ---- global ones: one window over everything ---- */

static enum plait_status pool_all(struct plait__call *call, pool_function function, double parameter) {
    const plait_tensor *input = call->inputs[0];
    struct plait__window window = {.rank = 1, .stride = {1}, .dilation = {1}, .positions = {1}};
    window.kernel[0] = window.covered[0] = plait__split_at(input, 1).inner;
    return pool(call, &window, function, parameter);
}

enum plait_status plait__kernel_global_average_pool(struct plait__call *call) {
    return pool_all(call, mean_of_covered, 0);
}
enum plait_status plait__kernel_global_max_pool(struct plait__call *call) {
    return pool_all(call, greatest, 0);
}
enum plait_status plait__kernel_global_lp_pool(struct plait__call *call) {
    return pool_all(call, norm, (double)plait__attribute_int(call->node, "p", 2));
}

/* ---- MaxPool, and where it found them ---- */

/* An index in row-major order counted in column-major order instead: the first dim fastest. */
static int64_t column_major(int64_t at, const struct plait__window *window) {
    int64_t index = 0, stride = plait__window_covered(window);
    for (int i = window->rank - 1; i >= 0; i--) {
        stride /= window->covered[i];
        index += at % window->covered[i] * stride;
        at /= window->covered[i];
    }
    return index;
}

static enum plait_status find_greatest(struct plait__call *call, const struct plait__window *window, int64_t *indices) {
    const plait_tensor *input = call->inputs[0];
    bool by_columns = plait__attribute_int(call->node, "storage_order", 0) != 0;
    int64_t channels = input->dims[0] * input->dims[1];
    int64_t positions = plait__window_positions(window), covered = plait__window_covered(window);
    const double *x = plait__reals(call, input);
    struct plait__taps taps;
    PLAIT__TRY(plait__taps_create(call, window, &taps));
    if (!x) return PLAIT_MEMORY;
    for (int64_t position = 0; position < positions; position++) {
        plait__taps_at(window, position, &taps);
        for (int64_t c = 0; c < channels; c++) {
            int64_t at = 0;
            if (taps.count > 0) at = taps.at[greatest_tap(x + c * covered, &taps)];
            if (taps.count > 0 && by_columns) at = column_major(at, window);
            indices[c * positions + position] = c * covered + at;
        }
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_max_pool(struct plait__call *call) {
    struct plait__window window;
    PLAIT__TRY(plait__window_read(call, call->inputs[0], NULL, &window));
    if (plait__output(call, 1)) PLAIT__TRY(find_greatest(call, &window, call->outputs[1]->data));
    return pool(call, &window, greatest, 0);
}

/* The indices count elements of the output that the attributes alone say; a larger one may be asked for. */
enum plait_status plait__kernel_max_unpool(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    const int64_t *indices = call->inputs[1]->data;
    plait_tensor *output = call->outputs[0];
    struct plait__window window;
    PLAIT__TRY(plait__window_read_transposed(call, NULL, &window));
    int64_t channels = input->dims[0] * input->dims[1], covered = plait__window_covered(&window);
    double *y = plait__scratch(call, plait_tensor_elements(output), sizeof *y);
    if (!y) return PLAIT_MEMORY;
    int64_t strides[PLAIT_MAX_RANK];
    plait__strides(output->rank, output->dims, strides);
    for (int64_t i = 0; i < plait_tensor_elements(input); i++) {
        int64_t at = indices[i], to;
        if (at < 0 || at >= channels * covered)
            return plait__call_fail(call, PLAIT_INVALID, "index: expected 0..%lld, found %lld",
                                    (long long)(channels * covered - 1), (long long)at);
        to = at / covered * strides[1];
        at %= covered;
        for (int d = window.rank - 1; d >= 0; d--) {
            to += at % window.covered[d] * strides[d + 2];
            at /= window.covered[d];
        }
        y[to] = plait__load_real(input, i);
    }
    plait__store_reals_all(output, y);
    return PLAIT_OK;
}
