/* Elements of any type picked by indices: Gather, GatherElements, GatherND, Compress. */
#include "backend/reference/copy.h"

#include <string.h>

enum plait_status plait__kernel_gather(struct plait__call *call) {
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1];
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
    struct plait__split split = plait__split_at(data, axis);
    int64_t count = plait_tensor_elements(indices);
    size_t bytes = (size_t)split.inner * plait_dtype_bytes(data->dtype);
    for (int64_t i = 0; i < count; i++) {
        int64_t position;
        PLAIT__TRY(plait__position(call, indices, i, split.axis, &position));
        for (int64_t o = 0; o < split.outer && bytes > 0; o++)
            memcpy(plait__at(call->outputs[0]->data, o * count + i, bytes),
                   plait__at(data->data, o * split.axis + position, bytes), bytes);
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_gather_elements(struct plait__call *call) {
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1];
    plait_tensor *output = call->outputs[0];
    int axis;
    int64_t strides[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
    plait__strides(data->rank, data->dims, strides);
    int64_t along = strides[axis];
    strides[axis] = 0; /* the index takes the place of the position */
    size_t bytes = plait_dtype_bytes(data->dtype);
    struct plait__walk walk;
    plait__walk_init(&walk, output->rank, output->dims);
    plait__walk_add(&walk, output);
    plait__walk_add_strides(&walk, 0, strides);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk))
        for (int64_t i = 0; i < walk.count; i++) {
            int64_t to = walk.at[0] + i * walk.step[0], position;
            PLAIT__TRY(plait__position(call, indices, to, data->dims[axis], &position));
            memcpy(plait__at(output->data, to, bytes),
                   plait__at(data->data, walk.at[1] + i * walk.step[1] + position * along, bytes), bytes);
        }
    return PLAIT_OK;
}

enum plait_status plait__kernel_gather_nd(struct plait__call *call) {
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1];
    int batch = (int)plait__attribute_int(call->node, "batch_dims", 0);
    int depth = (int)indices->dims[indices->rank - 1];
    int64_t strides[PLAIT_MAX_RANK], batches = 1;
    plait__strides(data->rank, data->dims, strides);
    for (int i = 0; i < batch; i++) batches *= data->dims[i];
    int64_t inner = strides[batch + depth - 1]; /* elements behind one index */
    int64_t rows = plait_tensor_elements(indices) / depth, batch_stride = batch > 0 ? strides[batch - 1] : 0;
    size_t bytes = plait_dtype_bytes(data->dtype);
    for (int64_t r = 0; r < rows; r++) {
        int64_t from = r / (rows / batches) * batch_stride;
        for (int k = 0; k < depth; k++) {
            int64_t position;
            PLAIT__TRY(plait__position(call, indices, r * depth + k, data->dims[batch + k], &position));
            from += position * strides[batch + k];
        }
        if (inner > 0)
            memcpy(plait__at(call->outputs[0]->data, r * inner, bytes), plait__at(data->data, from, bytes),
                   (size_t)inner * bytes);
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_compress(struct plait__call *call) {
    const plait_tensor *data = call->inputs[0], *condition = call->inputs[1];
    plait_tensor flat = {.dtype = data->dtype, .rank = 1, .dims = {plait_tensor_elements(data)}, .data = data->data};
    int axis = 0;
    if (plait__attribute(call->node, "axis")) {
        PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
    } else {
        data = &flat;
    }
    struct plait__split split = plait__split_at(data, axis);
    int64_t length = condition->dims[0] < split.axis ? condition->dims[0] : split.axis, to = 0;
    size_t bytes = (size_t)split.inner * plait_dtype_bytes(data->dtype);
    for (int64_t o = 0; o < split.outer && bytes > 0; o++)
        for (int64_t i = 0; i < length; i++)
            if (plait__load_integer(condition, i))
                memcpy(plait__at(call->outputs[0]->data, to++, bytes), plait__at(data->data, o * split.axis + i, bytes), bytes);
    return PLAIT_OK;
}
