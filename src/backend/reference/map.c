/* One function for every element: inputs are widened and broadcast a block at a time. */
#include "backend/reference/kernel.h"

enum { MOST_INPUTS = 3 };

static enum plait__work widest(const struct plait__call *call) {
    bool natural = false;
    for (int i = 0; i < call->input_count; i++) {
        enum plait__work work = plait__work_of(call->inputs[i]->dtype);
        if (work == PLAIT__WORK_REAL) return work;
        if (work == PLAIT__WORK_NATURAL) natural = true;
    }
    return natural ? PLAIT__WORK_NATURAL : PLAIT__WORK_INTEGER;
}

enum plait_status plait__map_elements(struct plait__call *call, const struct plait__maps *maps, const double *parameters) {
    enum plait__work work = widest(call);
    plait__map map = work == PLAIT__WORK_REAL ? maps->real : work == PLAIT__WORK_NATURAL ? maps->natural : maps->integer;
    if (!map || call->input_count > MOST_INPUTS)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "%d inputs of dtype %s", call->input_count,
                                plait_dtype_name(call->inputs[0]->dtype));
    enum plait__work work_out = maps->predicate ? PLAIT__WORK_INTEGER : work;
    union plait__block result, inputs[MOST_INPUTS];
    const void *in[MOST_INPUTS];
    for (int k = 0; k < call->input_count; k++) in[k] = &inputs[k];

    plait_tensor *output = call->outputs[0];
    struct plait__walk walk;
    plait__walk_init(&walk, output->rank, output->dims);
    plait__walk_add(&walk, output);
    for (int k = 0; k < call->input_count; k++) plait__walk_add(&walk, call->inputs[k]);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t done = 0; done < walk.count; done += PLAIT__BLOCK) {
            int64_t count = plait__block_count(done, walk.count);
            for (int k = 0; k < call->input_count; k++) {
                int64_t step = walk.step[k + 1];
                plait__load(work, call->inputs[k], walk.at[k + 1] + done * step, step, count, &inputs[k]);
            }
            map(&result, in, count, parameters);
            plait__store(work_out, output, walk.at[0] + done * walk.step[0], walk.step[0], count, &result);
        }
    }
    return PLAIT_OK;
}
