/* Min, Max, Sum and Mean of any number of inputs, broadcast against each other: folded input by input. */
#include "backend/reference/fold.h"

static enum plait_status fold_inputs(struct plait__call *call, const struct plait__fold *fold, double divisor) {
    plait_tensor *output = call->outputs[0];
    enum plait__work work = plait__work_of(output->dtype);
    int64_t elements = plait_tensor_elements(output);
    union plait__sum *sums = plait__scratch(call, elements, sizeof *sums);
    if (!sums) return PLAIT_MEMORY;
    for (int64_t i = 0; i < elements; i++) sums[i] = plait__fold_start(fold, work);
    for (int k = 0; k < call->input_count; k++) {
        const plait_tensor *input = call->inputs[k];
        struct plait__walk walk;
        plait__walk_init(&walk, output->rank, output->dims);
        plait__walk_add(&walk, output);
        plait__walk_add(&walk, input);
        for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
            for (int64_t done = 0; done < walk.count; done += PLAIT__BLOCK) {
                union plait__block x;
                int64_t count = plait__block_count(done, walk.count);
                plait__load(work, input, walk.at[1] + done * walk.step[1], walk.step[1], count, &x);
                plait__fold_of(fold, work)(sums + walk.at[0] + done * walk.step[0], walk.step[0], &x, count);
            }
        }
    }
    for (int64_t i = 0; i < elements && divisor != 1; i++) sums[i].real /= divisor;
    plait__store(work, output, 0, 1, elements, sums);
    return PLAIT_OK;
}

enum plait_status plait__kernel_min(struct plait__call *call) {
    return fold_inputs(call, &plait__fold_least, 1);
}
enum plait_status plait__kernel_max(struct plait__call *call) {
    return fold_inputs(call, &plait__fold_greatest, 1);
}
enum plait_status plait__kernel_sum(struct plait__call *call) {
    return fold_inputs(call, &plait__fold_sum, 1);
}
enum plait_status plait__kernel_mean(struct plait__call *call) {
    return fold_inputs(call, &plait__fold_sum, call->input_count);
}
