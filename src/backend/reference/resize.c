/* Resize and Upsample, one dim after the other: every output position of a dim is a weighted sum of input positions. */
#include "backend/reference/copy.h"
#include "graph/shape/parameters.h"

#include <math.h>

/* One dim of [outer, size, inner] resized to [outer, count, inner]. */
static void resize_dim(const struct plait__resize_weights *weights, const struct plait__split *from, int64_t count,
                       const double *in, double *out) {
    for (int64_t o = 0; o < from->outer; o++)
        for (int64_t y = 0; y < count; y++)
            for (int64_t i = 0; i < from->inner; i++) {
                double sum = 0;
                for (int64_t k = y * weights->taps; k < (y + 1) * weights->taps; k++)
                    sum += weights->weight[k] * in[(o * from->axis + weights->index[k]) * from->inner + i];
                *out++ = sum;
            }
}

/* crop_and_resize: whatever lies outside in any dim has one value. */
static void extrapolate(plait_tensor *output, const struct plait__resize_weights *weights, double value) {
    int64_t elements = plait_tensor_elements(output);
    for (int64_t e = 0; e < elements; e++) {
        int64_t rest = e;
        bool outside = false;
        for (int d = output->rank - 1; d >= 0; d--) {
            outside = outside || weights[d].outside[rest % output->dims[d]];
            rest /= output->dims[d];
        }
        if (outside) plait__store_reals(output, e, 1, 1, &value);
    }
}

static enum plait_status interpolate(struct plait__call *call, const struct plait__resize *resize,
                                     const struct plait__resize_weights *weights) {
    plait_tensor now = *call->inputs[0]; /* the shape so far */
    const double *values = plait__reals(call, &now);
    for (int d = 0; d < now.rank && values; d++) {
        if (resize->dims[d] == now.dims[d] && resize->scale[d] == 1 && resize->coordinate != PLAIT__RESIZE_TF_CROP_AND_RESIZE)
            continue;
        struct plait__split from = plait__split_at(&now, d);
        now.dims[d] = resize->dims[d];
        double *resized = plait__scratch(call, plait_tensor_elements(&now), sizeof *resized);
        if (resized) resize_dim(&weights[d], &from, resize->dims[d], values, resized);
        values = resized;
    }
    if (!values) return PLAIT_MEMORY;
    plait__store_reals_all(call->outputs[0], values);
    if (resize->coordinate == PLAIT__RESIZE_TF_CROP_AND_RESIZE) extrapolate(call->outputs[0], weights, resize->extrapolation);
    return PLAIT_OK;
}

enum plait_status plait__kernel_resize(struct plait__call *call) {
    struct plait__resize resize;
    struct plait__resize_weights weights[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__resize_read(call, &resize));
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    if (plait_tensor_elements(output) == 0) return PLAIT_OK;
    for (int d = 0; d < input->rank; d++) PLAIT__TRY(plait__resize_weigh(call, &resize, d, &weights[d]));
    if (resize.mode != PLAIT__RESIZE_NEAREST) return interpolate(call, &resize, weights);

    int64_t *tables[PLAIT_MAX_RANK];
    uint64_t element = 0;
    double value = resize.extrapolation;
    plait_tensor fill = {.dtype = input->dtype, .data = &element};
    plait__store_reals(&fill, 0, 1, 1, &value);
    for (int d = 0; d < input->rank; d++) {
        tables[d] = weights[d].index;
        for (int64_t o = 0; o < output->dims[d]; o++)
            if (weights[d].outside[o]) tables[d][o] = PLAIT__OUTSIDE;
    }
    plait__copy_tables(input, output, tables, &element);
    return PLAIT_OK;
}
