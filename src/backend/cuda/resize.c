/* Resize and Upsample, one axis after another: each output position is a weighted sum of input positions. */
#include "backend/cuda/families.h"
#include "graph/shape/parameters.h"

enum { TABLE_MOST = 1 << 26 }; /* entries of an axis's weights */

bool plait__cuda_supports_resize(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__resize resize;
    (void)graph;
    if (!plait__cuda_is_f32(call->inputs[0]) || plait__resize_read(call, &resize) != PLAIT_OK) return false;
    int64_t largest = 1; /* that an array may be on the way */
    for (int d = 0; d < call->inputs[0]->rank && largest <= INT32_MAX / 2; d++)
        largest *= resize.dims[d] > call->inputs[0]->dims[d] ? resize.dims[d] : call->inputs[0]->dims[d];
    return resize.coordinate != PLAIT__RESIZE_TF_CROP_AND_RESIZE && largest <= INT32_MAX / 2;
}

static enum plait_status resample(struct plait__cuda_segment *segment, const struct plait__resize_weights *weights,
                                  const plait_tensor *from, int axis, int64_t to, int read, int written) {
    int64_t entries = to * weights->taps;
    if (entries > TABLE_MOST)
        return plait__fail(segment->context, PLAIT_LIMIT, "%s '%s': %lld weights along an axis: expected at most %d",
                           plait__op_name(segment->node->op), segment->node->name, (long long)entries, TABLE_MOST);
    int *index = plait__arena_array(&segment->arena, (size_t)entries, sizeof *index);
    float *weight = plait__arena_array(&segment->arena, (size_t)entries, sizeof *weight);
    if (!index || !weight) return PLAIT_MEMORY;
    for (int64_t i = 0; i < entries; i++) {
        index[i] = (int)weights->index[i];
        weight[i] = (float)weights->weight[i];
    }
    int indices = plait__cuda_own_constant(segment, index, (size_t)entries * sizeof *index);
    int numbers = plait__cuda_own_constant(segment, weight, (size_t)entries * sizeof *weight);
    int64_t outer = plait__cuda_product(from, 0, axis), inner = plait__cuda_product(from, axis + 1, from->rank);
    struct plait__cuda_resample a = {.count = (int)(outer * to * inner),
                                     .from = (int)from->dims[axis],
                                     .to = (int)to,
                                     .inner = (int)inner,
                                     .taps = (int)weights->taps};
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(resample, x, read), PLAIT__CUDA_PLACE(resample, y, written),
                                               PLAIT__CUDA_PLACE(resample, index, indices),
                                               PLAIT__CUDA_PLACE(resample, weight, numbers)};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_resample, a.count, &a, sizeof a, 4, places);
}

/* An axis of which every position makes itself. */
static bool stays(const struct plait__resize *resize, const plait_tensor *from, int axis) {
    if (resize->coordinate == PLAIT__RESIZE_TF_HALF_PIXEL_FOR_NN && resize->mode == PLAIT__RESIZE_NEAREST) return false;
    return resize->dims[axis] == from->dims[axis] && resize->scale[axis] == 1;
}

enum plait_status plait__cuda_define_resize(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct plait__resize resize;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    PLAIT__TRY(plait__resize_read(&call, &resize));
    plait_tensor now = *call.inputs[0]; /* the shape so far */
    int slot = plait__cuda_read(segment, node->inputs[0]), written = plait__cuda_write(segment, node->outputs[0]), left = 0;
    for (int d = 0; d < now.rank; d++) left += !stays(&resize, &now, d);
    if (left == 0) return plait__cuda_alias(segment, slot, written);
    for (int d = 0; d < now.rank; d++) {
        struct plait__resize_weights weights;
        plait_tensor from = now;
        if (stays(&resize, &now, d)) continue;
        PLAIT__TRY(plait__resize_weigh(&call, &resize, d, &weights));
        now.dims[d] = resize.dims[d];
        int to = --left == 0 ? written : plait__cuda_scratch(segment, plait_tensor_bytes(&now));
        PLAIT__TRY(resample(segment, &weights, &from, d, now.dims[d], slot, to));
        slot = to;
    }
    return PLAIT_OK;
}
