/* GridSample and AffineGrid, over any number of spatial dims. */
#include "backend/reference/kernel.h"

#include <math.h>
#include <string.h>

enum { MOST_DIMS = PLAIT_MAX_RANK - 2, MOST_TAPS = 4 };
enum sample { SAMPLE_NEAREST, SAMPLE_LINEAR, SAMPLE_CUBIC };
enum padding { PADDING_ZEROS, PADDING_BORDER, PADDING_REFLECTION };

struct sampler {
    enum sample mode;
    enum padding padding;
    bool align_corners;
    int dims;                                     /* spatial ones */
    int64_t sizes[MOST_DIMS], strides[MOST_DIMS]; /* of the input */
};

/* What one dim contributes to one output element: input elements (-1: a zero beyond the input) and their weights. */
struct taps {
    int count;
    int64_t index[MOST_TAPS];
    double weight[MOST_TAPS];
};

static struct sampler read_sampler(const struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    const char *mode = plait__attribute_string(call->node, "mode", "linear");
    const char *padding = plait__attribute_string(call->node, "padding_mode", "zeros");
    int64_t strides[PLAIT_MAX_RANK];
    struct sampler sampler = {.mode = strcmp(mode, "nearest") == 0 ? SAMPLE_NEAREST
                                      : strstr(mode, "cubic")      ? SAMPLE_CUBIC
                                                                   : SAMPLE_LINEAR,
                              .padding = strcmp(padding, "border") == 0       ? PADDING_BORDER
                                         : strcmp(padding, "reflection") == 0 ? PADDING_REFLECTION
                                                                              : PADDING_ZEROS,
                              .align_corners = plait__attribute_int(call->node, "align_corners", 0) != 0,
                              .dims = input->rank - 2};
    plait__strides(input->rank, input->dims, strides);
    memcpy(sampler.sizes, input->dims + 2, (size_t)sampler.dims * sizeof(int64_t));
    memcpy(sampler.strides, strides + 2, (size_t)sampler.dims * sizeof(int64_t));
    return sampler;
}

/* Mirrors `x` at both ends until it lies between them. */
static double reflect(double x, double low, double high) {
    double range = high - low;
    if (!(range > 0)) return low;
    double along = fmod(fabs(x - low), 2 * range);
    return along <= range ? low + along : high - (along - range);
}

/* Where the pixel of position `x` is taken from along a dim of `size`; -1 for a zero. */
static int64_t pixel(const struct sampler *sampler, double x, int64_t size) {
    double last = (double)size - 1, edge = sampler->align_corners ? 0 : 0.5;
    if (x >= 0 && x <= last) return (int64_t)x;
    if (sampler->padding == PADDING_ZEROS) return -1;
    if (sampler->padding == PADDING_REFLECTION) x = reflect(x, -edge, last + edge);
    return x > 0 ? (x < last ? (int64_t)x : size - 1) : 0;
}

/* Keys' cubic convolution kernel (IEEE ASSP 29, 1981) with a = -0.75, at distance x below 2. */
static double cubic(double x) {
    const double a = -0.75;
    x = fabs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

/* The taps at `normal`, which goes from -1 to 1 over the dim. */
static struct taps find_taps(const struct sampler *sampler, double normal, int64_t size) {
    double last = (double)size - 1, edge = sampler->align_corners ? 0 : 0.5;
    double x = sampler->align_corners ? (normal + 1) / 2 * last : ((normal + 1) * (double)size - 1) / 2;
    if (!isfinite(x)) x = -1e9; /* far beyond, as anything else that is not on the grid */
    if (x < -edge || x > last + edge) {
        if (sampler->padding == PADDING_BORDER) x = x < 0 ? 0 : last;
        if (sampler->padding == PADDING_REFLECTION) x = reflect(x, -edge, last + edge);
    }
    struct taps taps = {.count = sampler->mode == SAMPLE_NEAREST ? 1 : sampler->mode == SAMPLE_LINEAR ? 2 : 4};
    double first = sampler->mode == SAMPLE_NEAREST ? rint(x) : floor(x) - (double)(taps.count / 2 - 1);
    for (int k = 0; k < taps.count; k++) {
        double distance = fabs(first + (double)k - x);
        taps.index[k] = pixel(sampler, first + (double)k, size);
        taps.weight[k] = sampler->mode == SAMPLE_NEAREST ? 1 : sampler->mode == SAMPLE_LINEAR ? 1 - distance : cubic(distance);
    }
    return taps;
}

/* The weighted sum over the dims from `dim` on, around the input element `at`. */
static double sample(const struct sampler *sampler, const plait_tensor *input, const struct taps *taps, int dim, int64_t at) {
    if (dim == sampler->dims) return plait__load_real(input, at);
    double sum = 0;
    for (int k = 0; k < taps[dim].count; k++)
        if (taps[dim].index[k] >= 0)
            sum += taps[dim].weight[k] * sample(sampler, input, taps, dim + 1, at + taps[dim].index[k] * sampler->strides[dim]);
    return sum;
}

/* input [N, C, spatial...], grid [N, output spatial..., coordinates: the last dim first] */
enum plait_status plait__kernel_grid_sample(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0], *grid = call->inputs[1];
    plait_tensor *output = call->outputs[0];
    struct sampler sampler = read_sampler(call);
    int64_t batches = output->dims[0], channels = output->dims[1], points = 1, image = 1;
    if (plait_tensor_elements(output) == 0) return PLAIT_OK;
    for (int d = 0; d < sampler.dims; d++) {
        points *= output->dims[2 + d];
        image *= sampler.sizes[d];
        if (sampler.sizes[d] == 0)
            return plait__call_fail(call, PLAIT_INVALID, "dimension %d: there is nothing to sample", 2 + d);
    }
    for (int64_t b = 0; b < batches; b++)
        for (int64_t p = 0; p < points; p++) {
            struct taps taps[MOST_DIMS];
            for (int d = 0; d < sampler.dims; d++) {
                double normal = plait__load_real(grid, (b * points + p) * sampler.dims + sampler.dims - 1 - d);
                taps[d] = find_taps(&sampler, normal, sampler.sizes[d]);
            }
            for (int64_t c = 0; c < channels; c++) {
                double value = sample(&sampler, input, taps, 0, (b * channels + c) * image);
                plait__store_reals(output, (b * channels + c) * points + p, 1, 1, &value);
            }
        }
    return PLAIT_OK;
}

/* theta [N, d, d + 1] applied to every point of the regular grid from -1 to 1; output [N, spatial..., d] */
enum plait_status plait__kernel_affine_grid(struct plait__call *call) {
    const plait_tensor *theta = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    int dims = output->rank - 2;
    bool align_corners = plait__attribute_int(call->node, "align_corners", 0) != 0;
    int64_t elements = plait_tensor_elements(output), points = elements > 0 ? elements / output->dims[0] / dims : 0;
    for (int64_t i = 0; i < elements; i++) {
        int64_t row = i % dims, rest = i / dims % points, batch = i / dims / points;
        double value = plait__load_real(theta, (batch * dims + row) * (dims + 1) + dims);
        for (int k = 0; k < dims; k++) { /* coordinate k is that of the k-th dim from the last */
            int64_t size = output->dims[dims - k], position = rest % size;
            double normal = !align_corners ? (2 * (double)position + 1) / (double)size - 1
                            : size > 1     ? 2 * (double)position / (double)(size - 1) - 1
                                           : -1;
            value += normal * plait__load_real(theta, (batch * dims + row) * (dims + 1) + k);
            rest /= size;
        }
        plait__store_reals(output, i, 1, 1, &value);
    }
    return PLAIT_OK;
}
