/* Batch normalisation at inference is a factor and an offset for each channel: they go into the weights before it. */
#include <math.h>
#include <string.h>

#include "graph/fuse/fuse.h"

struct affine { /* y = x * factor + offset, by channel */
    int64_t channels;
    const float *scale, *bias, *mean, *variance;
    float epsilon;
};

static bool is_list_of(const struct plait__fuse *fuse, int value, int64_t channels, const float **floats_out) {
    *floats_out = plait__constant_floats(fuse, value);
    return *floats_out && plait__type(fuse, value)->rank == 1 && plait__type(fuse, value)->dims[0] == channels;
}

static bool read_affine(const struct plait__fuse *fuse, const struct plait__node *node, int64_t channels,
                        struct affine *affine) {
    if (plait__attribute_int(node, "training_mode", 0) || !plait__attribute_int(node, "spatial", 1) || node->input_count != 5)
        return false;
    for (int i = 1; i < node->output_count; i++)
        if (node->outputs[i] >= 0 && fuse->uses[node->outputs[i]]) return false;
    affine->channels = channels;
    affine->epsilon = plait__attribute_float(node, "epsilon", 1e-5f);
    return is_list_of(fuse, node->inputs[1], channels, &affine->scale) &&
           is_list_of(fuse, node->inputs[2], channels, &affine->bias) &&
           is_list_of(fuse, node->inputs[3], channels, &affine->mean) &&
           is_list_of(fuse, node->inputs[4], channels, &affine->variance);
}

static double factor_of(const struct affine *affine, int64_t channel) {
    return (double)affine->scale[channel] / sqrt((double)affine->variance[channel] + (double)affine->epsilon);
}

/* Weights are [out, in/groups, kernel...], of a transposed convolution [in, out/groups, kernel...]. */
static void scale_weights(const struct affine *affine, const plait_tensor *weights, bool transposed, int64_t groups,
                          float *out) {
    const float *in = weights->data;
    int64_t kernel = 1;
    for (int i = 2; i < weights->rank; i++) kernel *= weights->dims[i];
    for (int64_t a = 0; a < weights->dims[0]; a++)
        for (int64_t b = 0; b < weights->dims[1]; b++) {
            int64_t channel = transposed ? a / (weights->dims[0] / groups) * weights->dims[1] + b : a;
            double factor = factor_of(affine, channel);
            for (int64_t k = 0; k < kernel; k++, in++) *out++ = (float)((double)*in * factor);
        }
}

enum plait_status plait__fuse_batch_norm(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if (node->op != PLAIT__OP_BatchNormalization || node->clamp.on) return PLAIT_OK;
    struct plait__node *conv = plait__made_for(fuse, plait__in(node, 0), PLAIT__OP_Conv);
    bool transposed = conv == NULL;
    if (transposed) conv = plait__made_for(fuse, plait__in(node, 0), PLAIT__OP_ConvTranspose);
    if (!conv || !plait__constant_floats(fuse, plait__in(conv, 1))) return PLAIT_OK;
    plait_tensor weights = *plait__type(fuse, conv->inputs[1]);
    int64_t groups = plait__attribute_int(conv, "group", 1);
    if (weights.rank < 3 || groups < 1 || (transposed && weights.dims[0] % groups)) return PLAIT_OK;
    struct affine affine;
    const float *bias = NULL;
    int64_t channels = transposed ? weights.dims[1] * groups : weights.dims[0];
    if (!read_affine(fuse, node, channels, &affine)) return PLAIT_OK;
    if (plait__in(conv, 2) >= 0 && !is_list_of(fuse, conv->inputs[2], channels, &bias)) return PLAIT_OK;

    float *scaled, *shifted;
    int scaled_value = plait__add_floats(fuse, conv->name, weights.rank, weights.dims, &scaled);
    int shifted_value = plait__add_floats(fuse, conv->name, 1, &channels, &shifted);
    int *inputs = plait__arena_array(&fuse->graph->arena, 3, sizeof *inputs);
    if (scaled_value < 0 || shifted_value < 0 || !inputs) return PLAIT_MEMORY;
    scale_weights(&affine, &weights, transposed, groups, scaled);
    for (int64_t c = 0; c < channels; c++)
        shifted[c] =
            (float)(((bias ? (double)bias[c] : 0.0) - (double)affine.mean[c]) * factor_of(&affine, c) + (double)affine.bias[c]);
    inputs[0] = conv->inputs[0];
    inputs[1] = scaled_value;
    inputs[2] = shifted_value;
    conv->inputs = inputs;
    conv->input_count = 3;
    plait__absorb(conv, node);
    *changed = true;
    return PLAIT_OK;
}
