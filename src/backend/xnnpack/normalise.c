/* Layer and instance normalisation, as kernels of our own: made of XNNPACK's operators it would pass over the data eight times.
 * Batch normalisation that no convolution could take in, as a product and a sum. */
#include "backend/xnnpack/families.h"
#include "base/clones.h"

#include <math.h>
#include <stdlib.h>

/* ---- layer normalisation ---- */

struct layer_normalisation {
    size_t rows, width;
    float epsilon;
    bool shifted; /* has a bias */
};

struct layer_normalisation_run {
    const struct layer_normalisation *layer;
    const float *from, *scale, *bias;
    float *to;
};

enum { LANES = 16 }; /* independent sums, so that the compiler may use vectors without reordering additions */

static inline float total(const float *sums) {
    double sum = 0.0;
    for (int lane = 0; lane < LANES; lane++) sum += (double)sums[lane];
    return (float)sum;
}

/* Mean and 1 / sqrt(variance + epsilon) of a row. */
static inline void measure(const float *from, size_t width, float epsilon, float *mean_out, float *factor_out) {
    size_t whole = width - width % LANES;
    float sums[LANES] = {0}, squares[LANES] = {0};
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++) sums[lane] += from[i + lane];
    for (size_t i = whole; i < width; i++) sums[i - whole] += from[i];
    float mean = total(sums) / (float)width;
    /* The deviations in a second pass: the difference of two large squares would lose what matters. */
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            float deviation = from[i + lane] - mean;
            squares[lane] += deviation * deviation;
        }
    for (size_t i = whole; i < width; i++) squares[i - whole] += (from[i] - mean) * (from[i] - mean);
    *mean_out = mean;
    *factor_out = 1.0f / sqrtf(total(squares) / (float)width + epsilon);
}

PLAIT__CLONES
static void normalise_rows(const struct layer_normalisation_run *run, size_t start, size_t count) {
    size_t width = run->layer->width;
    for (size_t row = start; row < start + count; row++) {
        const float *from = run->from + row * width;
        float *to = run->to + row * width, mean, factor;
        measure(from, width, run->layer->epsilon, &mean, &factor);
        if (run->layer->shifted)
            for (size_t i = 0; i < width; i++) to[i] = (from[i] - mean) * factor * run->scale[i] + run->bias[i];
        else
            for (size_t i = 0; i < width; i++) to[i] = (from[i] - mean) * factor * run->scale[i];
    }
}

static void normalise_block(void *context, size_t start, size_t count) {
    normalise_rows(context, start, count);
}

static const char *layer_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    const struct layer_normalisation *layer = step->parameters;
    struct layer_normalisation_run run = {layer, step->places[0], step->places[2], layer->shifted ? step->places[3] : NULL,
                                          step->places[1]};
    pthreadpool_parallelize_1d_tile_1d(pool, normalise_block, &run, layer->rows, 4096 / layer->width + 1, 0);
    return NULL;
}

static bool read_layer(const struct plait__graph *graph, const struct plait__node *node, struct layer_normalisation *layer) {
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0), *scale = plait__xnn_input_type(graph, node, 1);
    const plait_tensor *bias = plait__xnn_input_type(graph, node, 2);
    int64_t axis = plait__attribute_int(node, "axis", -1);
    if (axis < 0) axis += data->rank;
    if (data->dtype != PLAIT_F32 || !scale || axis < 0 || axis >= data->rank) return false;
    if (plait__xnn_output_type(graph, node, 1) || plait__xnn_output_type(graph, node, 2)) return false;
    *layer = (struct layer_normalisation){.rows = plait__xnn_product(data->dims, 0, (int)axis),
                                          .width = plait__xnn_product(data->dims, (int)axis, data->rank),
                                          .epsilon = plait__attribute_float(node, "epsilon", 1e-5f),
                                          .shifted = bias != NULL};
    return scale->dtype == PLAIT_F32 && (size_t)plait_tensor_elements(scale) == layer->width &&
           (!bias || (bias->dtype == PLAIT_F32 && (size_t)plait_tensor_elements(bias) == layer->width));
}

bool plait__xnn_supports_layer_normalisation(const struct plait__graph *graph, const struct plait__node *node) {
    struct layer_normalisation layer;
    return read_layer(graph, node, &layer);
}

enum plait_status plait__xnn_define_layer_normalisation(struct plait__xnn_segment *segment, const struct plait__node *node) {
    struct layer_normalisation layer;
    if (!read_layer(segment->graph, node, &layer)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    int slots[4] = {plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]),
                    plait__xnn_read(segment, node->inputs[1])};
    if (layer.shifted) slots[3] = plait__xnn_read(segment, node->inputs[2]);
    struct plait__xnn_step *step =
        plait__xnn_kernel_step(segment, layer_kernel, &layer, sizeof layer, layer.shifted ? 4 : 3, slots);
    if (!step) return PLAIT_MEMORY;
    step->in_place = true; /* each row is read whole before it is written */
    return PLAIT_OK;
}

/* ---- instance normalisation: a row is a channel of a picture, and has one scale and one bias ---- */

struct instances {
    size_t rows, channels, width;
    float epsilon;
};

struct instances_run {
    const struct instances *instances;
    const float *from, *scale, *bias;
    float *to;
};

PLAIT__CLONES
static void normalise_instances(const struct instances_run *run, size_t start, size_t count) {
    const struct instances *n = run->instances;
    for (size_t row = start; row < start + count; row++) {
        const float *from = run->from + row * n->width;
        float *to = run->to + row * n->width, mean, factor;
        measure(from, n->width, n->epsilon, &mean, &factor);
        factor *= run->scale[row % n->channels];
        for (size_t i = 0; i < n->width; i++) to[i] = (from[i] - mean) * factor + run->bias[row % n->channels];
    }
}

static void instances_block(void *context, size_t start, size_t count) {
    normalise_instances(context, start, count);
}

static const char *instances_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    struct instances_run run = {step->parameters, step->places[0], step->places[2], step->places[3], step->places[1]};
    pthreadpool_parallelize_1d_tile_1d(pool, instances_block, &run, run.instances->rows, 4096 / run.instances->width + 1, 0);
    return NULL;
}

bool plait__xnn_supports_instance_normalisation(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0);
    if (data->dtype != PLAIT_F32 || data->rank < 3) return false;
    for (int i = 1; i <= 2; i++) {
        const plait_tensor *parameter = plait__xnn_input_type(graph, node, i);
        if (!parameter || parameter->dtype != PLAIT_F32 || plait_tensor_elements(parameter) != data->dims[1]) return false;
    }
    return true;
}

enum plait_status plait__xnn_define_instance_normalisation(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *data = plait__xnn_input_type(segment->graph, node, 0);
    struct instances instances = {.rows = plait__xnn_product(data->dims, 0, 2),
                                  .channels = (size_t)data->dims[1],
                                  .width = plait__xnn_product(data->dims, 2, data->rank),
                                  .epsilon = plait__attribute_float(node, "epsilon", 1e-5f)};
    int slots[] = {plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]),
                   plait__xnn_read(segment, node->inputs[1]), plait__xnn_read(segment, node->inputs[2])};
    struct plait__xnn_step *step = plait__xnn_kernel_step(segment, instances_kernel, &instances, sizeof instances, 4, slots);
    if (!step) return PLAIT_MEMORY;
    step->in_place = true;
    return PLAIT_OK;
}

/* ---- batch normalisation ---- */

bool plait__xnn_supports_batch_normalisation(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *data = plait__xnn_input_type(graph, node, 0);
    if (data->dtype != PLAIT_F32 || data->rank < 2 || plait__attribute_int(node, "training_mode", 0) ||
        plait__xnn_output_type(graph, node, 1))
        return false;
    int64_t channels = data->dims[node->layout == PLAIT__LAYOUT_CHANNELS_LAST ? data->rank - 1 : 1];
    for (int i = 1; i <= 4; i++) {
        const plait_tensor *parameter = plait__xnn_constant(graph, node, i);
        if (!parameter || parameter->dtype != PLAIT_F32 || plait_tensor_elements(parameter) != channels) return false;
    }
    return true;
}

enum plait_status plait__xnn_define_batch_normalisation(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *data = plait__xnn_input_type(segment->graph, node, 0);
    const float *parameters[4]; /* scale, bias, mean, variance */
    for (int i = 0; i < 4; i++) parameters[i] = plait__xnn_constant(segment->graph, node, i + 1)->data;
    int axis = node->layout == PLAIT__LAYOUT_CHANNELS_LAST ? data->rank - 1 : 1;
    size_t channels = (size_t)data->dims[axis], shape[PLAIT__XNN_RANK], line[PLAIT__XNN_RANK];
    plait__xnn_shape(data, data->rank, shape);
    for (int i = 0; i < data->rank; i++) line[i] = i == axis ? channels : 1;
    float *factor, *offset;
    int factors = plait__xnn_own_constant(segment, channels * sizeof(float), (void **)&factor);
    int offsets = plait__xnn_own_constant(segment, channels * sizeof(float), (void **)&offset);
    if (factors < 0 || offsets < 0) return PLAIT_MEMORY;
    float epsilon = plait__attribute_float(node, "epsilon", 1e-5f);
    for (size_t i = 0; i < channels; i++) {
        factor[i] = parameters[0][i] / sqrtf(parameters[3][i] + epsilon);
        offset[i] = parameters[1][i] - parameters[2][i] * factor[i];
    }
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    PLAIT__TRY(plait__xnn_binary_step(segment, xnn_binary_multiply, data->rank, shape, line, read, factors, written));
    return plait__xnn_binary_step(segment, xnn_binary_add, data->rank, shape, line, written, offsets, written);
}
