/* Resize and Upsample: the weights with which positions of the input make one of the output, a dim at a time. */
#include "graph/shape/parameters.h"

#include <math.h>

/* The input position that stands at output position `o`; ONNX, Resize, coordinate_transformation_mode. */
static double coordinate(const struct plait__resize *resize, int d, double o, int64_t size) {
    double scale = resize->scale[d], length = resize->length[d], last = (double)size - 1;
    switch (resize->coordinate) {
    case PLAIT__RESIZE_ALIGN_CORNERS:
        return length == 1 ? 0 : o * last / (length - 1);
    case PLAIT__RESIZE_ASYMMETRIC:
        return o / scale;
    case PLAIT__RESIZE_TF_HALF_PIXEL_FOR_NN:
        return (o + 0.5) / scale;
    case PLAIT__RESIZE_PYTORCH_HALF_PIXEL:
        return length > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case PLAIT__RESIZE_HALF_PIXEL_SYMMETRIC: {
        double cut = (double)resize->dims[d] / length; /* keeps the centre where it was when the length was rounded */
        return (double)size / 2 * (1 - cut) + (o + 0.5) / scale - 0.5;
    }
    case PLAIT__RESIZE_TF_CROP_AND_RESIZE: {
        double start = resize->roi_start[d] * last, end = resize->roi_end[d] * last;
        return resize->dims[d] > 1 ? start + o * (end - start) / ((double)resize->dims[d] - 1) : (start + end) / 2;
    }
    default:
        return (o + 0.5) / scale - 0.5;
    }
}

static double nearest(enum plait__resize_nearest mode, double x) {
    switch (mode) {
    case PLAIT__NEAREST_ROUND_PREFER_CEIL:
        return floor(x + 0.5);
    case PLAIT__NEAREST_FLOOR:
        return floor(x);
    case PLAIT__NEAREST_CEIL:
        return ceil(x);
    default:
        return ceil(x - 0.5);
    }
}

/* Keys' cubic convolution kernel (IEEE ASSP 29, 1981) at distance x. */
static double cubic(double a, double x) {
    x = fabs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/* The weight of an input position at distance `x`, in units of the filter's own width. */
static double filter(const struct plait__resize *resize, double x) {
    switch (resize->mode) {
    case PLAIT__RESIZE_CUBIC:
        return cubic(resize->cubic_a, x);
    case PLAIT__RESIZE_LINEAR:
        return fabs(x) < 1 ? 1 - fabs(x) : 0;
    default:
        return 1;
    }
}

static int64_t clamp(double position, int64_t size) {
    return (int64_t)fmin(fmax(position, 0), (double)(size - 1));
}

/* The taps of output position `o`. */
static void weigh(const struct plait__resize *resize, int d, int64_t o, int64_t size, double stretch,
                  struct plait__resize_weights *weights) {
    double x = coordinate(resize, d, (double)o, size), sum = 0;
    int64_t *index = weights->index + o * weights->taps;
    double *weight = weights->weight + o * weights->taps;
    weights->outside[o] = resize->coordinate == PLAIT__RESIZE_TF_CROP_AND_RESIZE && !(x >= 0 && x <= (double)(size - 1));
    if (resize->mode == PLAIT__RESIZE_NEAREST) {
        index[0] = clamp(nearest(resize->nearest, x), size);
        weight[0] = 1;
        return;
    }
    double first = floor(x) - (double)(weights->taps / 2 - 1);
    for (int64_t k = 0; k < weights->taps; k++) {
        double position = first + (double)k;
        bool beyond = position < 0 || position > (double)(size - 1);
        index[k] = clamp(position, size);
        weight[k] = beyond && resize->exclude_outside ? 0 : filter(resize, (position - x) * stretch);
        sum += weight[k];
    }
    for (int64_t k = 0; k < weights->taps && sum != 0; k++) weight[k] /= sum;
}

enum plait_status plait__resize_weigh(struct plait__call *call, const struct plait__resize *resize, int d,
                                      struct plait__resize_weights *weights) {
    int64_t size = call->inputs[0]->dims[d], count = resize->dims[d];
    int64_t reach = resize->mode == PLAIT__RESIZE_CUBIC ? 2 : 1; /* of the filter, in input positions on either side */
    double stretch = resize->antialias && resize->scale[d] < 1 ? resize->scale[d] : 1;
    if (stretch < 1) {
        double wide = ceil((double)reach / stretch);
        reach = wide < (double)size + 2 ? (int64_t)wide : size + 2; /* further out all are the same edge */
    }
    weights->taps = resize->mode == PLAIT__RESIZE_NEAREST ? 1 : 2 * reach;
    if (weights->taps > INT64_MAX / 64 / (count + 1))
        return plait__call_fail(call, PLAIT_LIMIT, "%lld taps for each of %lld positions", (long long)weights->taps,
                                (long long)count);
    weights->index = plait__arena_array(call->scratch, plait__arena_count(count * weights->taps), sizeof *weights->index);
    weights->weight = plait__arena_array(call->scratch, plait__arena_count(count * weights->taps), sizeof *weights->weight);
    weights->outside = plait__arena_array(call->scratch, plait__arena_count(count), sizeof *weights->outside);
    if (!weights->index || !weights->weight || !weights->outside) return PLAIT_MEMORY;
    for (int64_t o = 0; o < count; o++) weigh(resize, d, o, size, stretch, weights);
    return PLAIT_OK;
}
