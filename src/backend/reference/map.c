/* One function for every element: inputs are widened and broadcast a block at a time. */
#include "backend/reference/kernel.h"

enum { BLOCK = 512, MOST_INPUTS = PLAIT__WALK_OPERANDS - 1 };

union block {
    double real[BLOCK];
    int64_t integer[BLOCK];
};

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
    bool reals_out = work == PLAIT__WORK_REAL && !maps->predicate;
    union block result, inputs[MOST_INPUTS];
    const void *in[MOST_INPUTS];
    for (int k = 0; k < call->input_count; k++) in[k] = &inputs[k];

    plait_tensor *output = call->outputs[0];
    struct plait__walk walk;
    plait__walk_init(&walk, output->rank, output->dims);
    plait__walk_add(&walk, output);
    for (int k = 0; k < call->input_count; k++) plait__walk_add(&walk, call->inputs[k]);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t done = 0; done < walk.count; done += BLOCK) {
            int64_t count = walk.count - done < BLOCK ? walk.count - done : BLOCK;
            for (int k = 0; k < call->input_count; k++) {
                int64_t step = walk.step[k + 1], first = walk.at[k + 1] + done * step;
                if (work == PLAIT__WORK_REAL)
                    plait__load_reals(call->inputs[k], first, step, count, inputs[k].real);
                else
                    plait__load_integers(call->inputs[k], first, step, count, inputs[k].integer);
            }
            map(&result, in, count, parameters);
            int64_t step = walk.step[0], first = walk.at[0] + done * step;
            if (reals_out)
                plait__store_reals(output, first, step, count, result.real);
            else
                plait__store_integers(output, first, step, count, result.integer);
        }
    }
    return PLAIT_OK;
}
