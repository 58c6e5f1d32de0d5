/* Numbers brought to a mean and a spread, then scaled and shifted. */
#include "backend/reference/fold.h"

#include <math.h>

/* The mean and 1 / sqrt(variance + epsilon) of a row. */
struct moments {
    double mean, inverse;
};

static struct moments moments_of(const double *row, int64_t count, double epsilon) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) sum += row[i];
    double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) squares += (row[i] - mean) * (row[i] - mean);
    return (struct moments){mean, 1 / sqrt(squares / (double)count + epsilon)};
}

/* Every row of [rows, size] normalised by itself; `moments_out` may be NULL. */
static void normalise_rows(double *y, const double *x, int64_t rows, int64_t size, double epsilon,
                           struct moments *moments_out) {
    for (int64_t row = 0; row < rows; row++) {
        struct moments moments = moments_of(x + row * size, size, epsilon);
        for (int64_t i = 0; i < size; i++) y[row * size + i] = (x[row * size + i] - moments.mean) * moments.inverse;
        if (moments_out) moments_out[row] = moments;
    }
}

/* y[outer, channels, inner] is scaled and shifted by lists that have a number for each run of channels. */
static void scale_and_shift(double *y, int64_t elements, int64_t channels, int64_t inner, const plait_tensor *scale,
                            const plait_tensor *bias) {
    int64_t run = channels / plait_tensor_elements(scale);
    for (int64_t i = 0; i < elements; i++) {
        int64_t at = i / inner % channels / run;
        y[i] = y[i] * plait__load_real(scale, at) + (bias ? plait__load_real(bias, at) : 0);
    }
}

/* [rows, size] by itself, then by a scale and a bias that repeat every `channels * inner` elements. */
static enum plait_status normalise(struct plait__call *call, int64_t rows, int64_t channels, int64_t inner,
                                   struct moments *moments_out) {
    const plait_tensor *input = call->inputs[0];
    int64_t elements = plait_tensor_elements(input);
    if (elements == 0) return PLAIT_OK;
    const double *x = plait__reals(call, input);
    double *y = plait__scratch(call, elements, sizeof *y);
    if (!x || !y) return PLAIT_MEMORY;
    normalise_rows(y, x, rows, elements / rows, plait__attribute_float(call->node, "epsilon", 1e-5F), moments_out);
    scale_and_shift(y, elements, channels, inner, call->inputs[1], plait__input(call, 2));
    plait__store_reals_all(call->outputs[0], y);
    return PLAIT_OK;
}

enum plait_status plait__kernel_layer_normalization(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", -1), input->rank, &axis));
    struct plait__split split = plait__split_at(input, axis);
    struct moments *moments = plait__scratch(call, split.outer, sizeof *moments);
    if (!moments) return PLAIT_MEMORY;
    PLAIT__TRY(normalise(call, split.outer, split.axis * split.inner, 1, moments));
    for (int64_t row = 0; row < split.outer; row++) {
        if (plait__output(call, 1)) plait__store_reals(call->outputs[1], row, 0, 1, &moments[row].mean);
        if (plait__output(call, 2)) plait__store_reals(call->outputs[2], row, 0, 1, &moments[row].inverse);
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_instance_normalization(struct plait__call *call) {
    struct plait__split split = plait__split_at(call->inputs[0], 1);
    return normalise(call, split.outer * split.axis, split.axis, split.inner, NULL);
}

enum plait_status plait__kernel_group_normalization(struct plait__call *call) {
    struct plait__split split = plait__split_at(call->inputs[0], 1);
    return normalise(call, split.outer * plait__attribute_int(call->node, "num_groups", 1), split.axis, split.inner, NULL);
}

/* ---- BatchNormalization ---- */

/* The moments of each channel, over all of the batch. */
static void batch_moments(const double *x, struct plait__split split, double *mean, double *variance) {
    double count = (double)(split.outer * split.inner);
    for (int64_t c = 0; c < split.axis; c++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < split.outer * split.inner; i++)
            sum += x[(i / split.inner * split.axis + c) * split.inner + i % split.inner];
        mean[c] = sum / count;
        for (int64_t i = 0; i < split.outer * split.inner; i++) {
            double apart = x[(i / split.inner * split.axis + c) * split.inner + i % split.inner] - mean[c];
            squares += apart * apart;
        }
        variance[c] = squares / count;
    }
}

/* At inference by the statistics given.  In training by those of this batch, which the further outputs mix into the given. */
enum plait_status plait__kernel_batch_normalization(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0], *mean_given = call->inputs[3], *variance_given = call->inputs[4];
    struct plait__split split = plait__split_at(input, 1);
    bool training = plait__attribute_int(call->node, "training_mode", 0) != 0;
    double epsilon = plait__attribute_float(call->node, "epsilon", 1e-5F);
    double momentum = training ? plait__attribute_float(call->node, "momentum", 0.9F) : 1;
    int64_t elements = plait_tensor_elements(input);
    const double *x = plait__reals(call, input);
    double *y = plait__scratch(call, elements, sizeof *y);
    double *mean = plait__scratch(call, split.axis, sizeof *mean),
           *variance = plait__scratch(call, split.axis, sizeof *variance);
    if (!x || !y || !mean || !variance) return PLAIT_MEMORY;
    plait__load_reals(mean_given, 0, 1, split.axis, mean);
    plait__load_reals(variance_given, 0, 1, split.axis, variance);
    if (training) batch_moments(x, split, mean, variance);
    for (int64_t i = 0; i < elements; i++) {
        int64_t c = i / split.inner % split.axis;
        y[i] = (x[i] - mean[c]) / sqrt(variance[c] + epsilon);
    }
    if (elements > 0) scale_and_shift(y, elements, split.axis, split.inner, call->inputs[1], call->inputs[2]);
    plait__store_reals_all(call->outputs[0], y);
    for (int64_t c = 0; c < split.axis; c++) {
        double running_mean = momentum * plait__load_real(mean_given, c) + (1 - momentum) * mean[c];
        double running_variance = momentum * plait__load_real(variance_given, c) + (1 - momentum) * variance[c];
        for (int i = 1; i < call->output_count; i++)
            if (call->outputs[i]) plait__store_reals(call->outputs[i], c, 0, 1, i % 2 == 1 ? &running_mean : &running_variance);
    }
    return PLAIT_OK;
}

/* ---- MeanVarianceNormalization ---- */

/* What the elements that are brought to one mean have in common. */
struct statistics {
    double sum, count, squares; /* of distances from the mean */
};

enum plait_status plait__kernel_mean_variance_normalization(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    struct plait__reduce reduce;
    PLAIT__TRY(plait__mean_variance_axes(call, &reduce));
    int64_t elements = plait_tensor_elements(input), strides[PLAIT_MAX_RANK];
    plait__fold_strides(input, &reduce, strides);
    const double *x = plait__reals(call, input);
    double *y = plait__scratch(call, elements, sizeof *y);
    struct statistics *statistics = plait__scratch(call, elements, sizeof *statistics);
    if (!x || !y || !statistics) return PLAIT_MEMORY;
    for (int pass = 0; pass < 3; pass++) {
        struct plait__walk walk;
        plait__walk_init(&walk, input->rank, input->dims);
        plait__walk_add(&walk, input);
        plait__walk_add_strides(&walk, 0, strides);
        for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
            for (int64_t i = 0; i < walk.count; i++) {
                int64_t at = walk.at[0] + i * walk.step[0];
                struct statistics *mine = &statistics[walk.at[1] + i * walk.step[1]];
                double apart = pass == 0 ? 0 : x[at] - mine->sum / mine->count;
                if (pass == 0) {
                    mine->sum += x[at];
                    mine->count++;
                } else if (pass == 1) {
                    mine->squares += apart * apart;
                } else {
                    y[at] = apart / (sqrt(mine->squares / mine->count) + 1e-9); /* ONNX's own guard against a division by 0 */
                }
            }
        }
    }
    plait__store_reals_all(call->outputs[0], y);
    return PLAIT_OK;
}

/* ---- LRN: Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", 2012, section 3.3 ---- */

enum plait_status plait__kernel_lrn(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    struct plait__split split = plait__split_at(input, 1);
    int64_t size = plait__attribute_int(call->node, "size", 1), elements = plait_tensor_elements(input);
    double alpha = plait__attribute_float(call->node, "alpha", 0.0001F),
           beta = plait__attribute_float(call->node, "beta", 0.75F);
    double bias = plait__attribute_float(call->node, "bias", 1);
    const double *x = plait__reals(call, input);
    double *y = plait__scratch(call, elements, sizeof *y);
    if (!x || !y) return PLAIT_MEMORY;
    for (int64_t i = 0; i < elements; i++) {
        int64_t c = i / split.inner % split.axis, first = c - (size - 1) / 2, last = c + size / 2;
        double squares = 0;
        for (int64_t other = first < 0 ? 0 : first; other <= last && other < split.axis; other++) {
            double neighbour = x[i + (other - c) * split.inner];
            squares += neighbour * neighbour;
        }
        y[i] = x[i] / pow(bias + alpha / (double)size * squares, beta);
    }
    plait__store_reals_all(call->outputs[0], y);
    return PLAIT_OK;
}
