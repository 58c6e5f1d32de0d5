/* Elements of any type moved by a rule that shapes and attributes give. */
#include "backend/reference/copy.h"
#include "graph/shape/parameters.h"

#include <string.h>

enum plait_status plait__kernel_transpose(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    int permutation[PLAIT_MAX_RANK];
    int64_t strides[PLAIT_MAX_RANK], permuted[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__permutation_read(call, permutation));
    plait__strides(input->rank, input->dims, strides);
    for (int i = 0; i < input->rank; i++) permuted[i] = strides[permutation[i]];
    struct plait__walk walk;
    plait__walk_init(&walk, output->rank, output->dims);
    plait__walk_add(&walk, output);
    plait__walk_add_strides(&walk, 0, permuted);
    plait__copy_walked(&walk, output, input);
    return PLAIT_OK;
}

enum plait_status plait__kernel_slice(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    struct plait__slicing slice;
    int64_t strides[PLAIT_MAX_RANK], start = 0;
    PLAIT__TRY(plait__slice_read(call, &slice));
    plait__strides(input->rank, input->dims, strides);
    for (int i = 0; i < input->rank; i++) {
        start += slice.start[i] * strides[i];
        /* with at most one element the step is never taken, and it may be as large as 2^63 - 1 */
        strides[i] *= slice.count[i] > 1 ? slice.step[i] : 1;
    }
    struct plait__walk walk;
    plait__walk_init(&walk, output->rank, output->dims);
    plait__walk_add(&walk, output);
    plait__walk_add_strides(&walk, start, strides);
    plait__copy_walked(&walk, output, input);
    return PLAIT_OK;
}

/* A walk over the part of `whole` that `part` is, from `start` along the axis; operand 0 is `whole` when it is written. */
static void walk_part(struct plait__walk *walk, const plait_tensor *part, const plait_tensor *whole, int axis, int64_t start,
                      bool into_whole) {
    int64_t strides[PLAIT_MAX_RANK];
    plait__strides(whole->rank, whole->dims, strides);
    plait__walk_init(walk, part->rank, part->dims);
    if (!into_whole) plait__walk_add(walk, part);
    plait__walk_add_strides(walk, start * strides[axis], strides);
    if (into_whole) plait__walk_add(walk, part);
}

enum plait_status plait__kernel_concat(struct plait__call *call) {
    plait_tensor *output = call->outputs[0];
    int axis;
    int64_t start = 0;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), output->rank, &axis));
    for (int i = 0; i < call->input_count; i++) {
        struct plait__walk walk;
        walk_part(&walk, call->inputs[i], output, axis, start, true);
        plait__copy_walked(&walk, output, call->inputs[i]);
        start += call->inputs[i]->dims[axis];
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_split(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), input->rank, &axis));
    int64_t *parts = plait__scratch(call, call->output_count, sizeof *parts), start = 0;
    if (!parts) return PLAIT_MEMORY;
    PLAIT__TRY(plait__split_read(call, axis, parts));
    for (int i = 0; i < call->output_count; i++) {
        if (call->outputs[i]) {
            struct plait__walk walk;
            walk_part(&walk, call->outputs[i], input, axis, start, false);
            plait__copy_walked(&walk, call->outputs[i], input);
        }
        start += parts[i]; /* also of a part nobody wants */
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_expand(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    struct plait__walk walk;
    plait__walk_init(&walk, output->rank, output->dims);
    plait__walk_add(&walk, output);
    plait__walk_add(&walk, input);
    plait__copy_walked(&walk, output, input);
    return PLAIT_OK;
}

/* Every dim becomes two: which repetition, and where in it. */
enum plait_status plait__kernel_tile(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    if (plait_tensor_elements(output) == 0) return PLAIT_OK; /* so that no dim divides by 0 */
    int64_t dims[PLAIT__WALK_RANK], to[PLAIT__WALK_RANK], from[PLAIT__WALK_RANK];
    int64_t input_strides[PLAIT_MAX_RANK], output_strides[PLAIT_MAX_RANK];
    plait__strides(input->rank, input->dims, input_strides);
    plait__strides(output->rank, output->dims, output_strides);
    for (int i = 0; i < input->rank; i++) {
        dims[2 * i] = output->dims[i] / input->dims[i];
        to[2 * i] = output_strides[i] * input->dims[i];
        from[2 * i] = 0;
        dims[2 * i + 1] = input->dims[i];
        to[2 * i + 1] = output_strides[i];
        from[2 * i + 1] = input_strides[i];
    }
    struct plait__walk walk;
    plait__walk_init(&walk, 2 * input->rank, dims);
    plait__walk_add_strides(&walk, 0, to);
    plait__walk_add_strides(&walk, 0, from);
    plait__copy_walked(&walk, output, input);
    return PLAIT_OK;
}

/* Both directions are one rearrangement, read from one side or the other: the deep array is [N, block, block, C, H, W] (or
 * [N, C, block, block, H, W] in mode CRD), the wide one [N, C, H, block, W, block]. */
enum plait_status plait__kernel_depth_space(struct plait__call *call) {
    bool to_space = call->node->op == PLAIT__OP_DepthToSpace;
    const plait_tensor *deep = to_space ? call->inputs[0] : call->outputs[0];
    const plait_tensor *wide = to_space ? call->outputs[0] : call->inputs[0];
    int64_t block = plait__attribute_int(call->node, "blocksize", 1), blocks = block * block;
    bool channels_first = strcmp(plait__attribute_string(call->node, "mode", "DCR"), "CRD") == 0;
    int64_t channels = wide->dims[1], height = deep->dims[2], width = deep->dims[3], area = height * width;
    int64_t channel_step = channels_first ? blocks * area : area, block_step = channels_first ? area : channels * area;

    int64_t dims[6] = {wide->dims[0], channels, height, block, width, block}; /* in the wide side's order */
    int64_t wide_strides[6],
        deep_strides[6] = {channels * blocks * area, channel_step, width, block * block_step, 1, block_step};
    plait__strides(6, dims, wide_strides);
    struct plait__walk walk;
    plait__walk_init(&walk, 6, dims);
    plait__walk_add_strides(&walk, 0, to_space ? wide_strides : deep_strides);
    plait__walk_add_strides(&walk, 0, to_space ? deep_strides : wide_strides);
    plait__copy_walked(&walk, call->outputs[0], call->inputs[0]);
    return PLAIT_OK;
}

enum plait_status plait__kernel_trilu(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    bool upper = plait__attribute_int(call->node, "upper", 1) != 0;
    int64_t diagonal = plait__input(call, 1) ? plait__load_integer(call->inputs[1], 0) : 0;
    int64_t rows = input->dims[input->rank - 2], columns = input->dims[input->rank - 1], count = plait_tensor_elements(input);
    size_t bytes = plait_dtype_bytes(input->dtype);
    for (int64_t i = 0; i < count; i++) {
        int64_t distance = i % columns - i / columns % rows; /* columns right of the main diagonal */
        bool keep = upper ? distance >= diagonal : distance <= diagonal;
        if (keep)
            memcpy(plait__at(output->data, i, bytes), plait__at(input->data, i, bytes), bytes);
        else
            memset(plait__at(output->data, i, bytes), 0, bytes);
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_reverse_sequence(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0], *lengths = call->inputs[1];
    bool batch_first = plait__attribute_int(call->node, "batch_axis", 1) == 0;
    int64_t batches = input->dims[batch_first ? 0 : 1], times = input->dims[batch_first ? 1 : 0];
    size_t bytes = (size_t)plait__split_at(input, 1).inner * plait_dtype_bytes(input->dtype); /* of one step of one sequence */
    for (int64_t b = 0; b < batches; b++) {
        int64_t length = plait__load_integer(lengths, b);
        if (length < 0 || length > times)
            return plait__call_fail(call, PLAIT_INVALID, "sequence_lens[%lld]: expected 0..%lld, found %lld", (long long)b,
                                    (long long)times, (long long)length);
        for (int64_t t = 0; t < times && bytes > 0; t++) {
            int64_t from = t < length ? length - 1 - t : t;
            int64_t to_row = batch_first ? b * times + t : t * batches + b;
            int64_t from_row = batch_first ? b * times + from : from * batches + b;
            memcpy(plait__at(call->outputs[0]->data, to_row, bytes), plait__at(input->data, from_row, bytes), bytes);
        }
    }
    return PLAIT_OK;
}
