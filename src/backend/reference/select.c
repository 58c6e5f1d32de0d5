/* Elements chosen, bounded, converted or kept. */
#include "backend/reference/kernel.h"

#include <math.h>
#include <string.h>

enum plait_status plait__kernel_where(struct plait__call *call) {
    plait_tensor *output = call->outputs[0];
    size_t bytes = plait_dtype_bytes(output->dtype);
    const uint8_t *condition = call->inputs[0]->data;
    const char *choice[2] = {call->inputs[2]->data, call->inputs[1]->data};
    char *to = output->data;
    struct plait__walk walk;
    plait__walk_init(&walk, output->rank, output->dims);
    plait__walk_add(&walk, output);
    for (int k = 0; k < 3; k++) plait__walk_add(&walk, call->inputs[k]);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t i = 0; i < walk.count; i++) {
            int yes = condition[walk.at[1] + i * walk.step[1]] != 0;
            int operand = yes ? 2 : 3;
            memcpy(to + (size_t)(walk.at[0] + i * walk.step[0]) * bytes,
                   choice[yes] + (size_t)(walk.at[operand] + i * walk.step[operand]) * bytes, bytes);
        }
    }
    return PLAIT_OK;
}

/* ---- Clip: the least of the upper bound and the greatest of the lower bound and x, also where the bounds cross ---- */

#define CLIP(name, type)                                                                        \
    static void clip_##name(void *out, const void *const *in, int64_t count, const double *p) { \
        (void)p;                                                                                \
        const type *x = in[0], *low = in[1], *high = in[2];                                     \
        for (int64_t i = 0; i < count; i++) {                                                   \
            type least = x[i] < low[i] ? low[i] : x[i];                                         \
            ((type *)out)[i] = least > high[i] ? high[i] : least;                               \
        }                                                                                       \
    }
CLIP(real, double)
CLIP(integer, int64_t)
CLIP(natural, uint64_t)

/* An omitted bound is the end of the work type. */
enum plait_status plait__kernel_clip(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    enum plait__work work = plait__work_of(input->dtype);
    static const int64_t integer_ends[2] = {INT64_MIN, INT64_MAX};
    static const uint64_t natural_ends[2] = {0, UINT64_MAX};
    const char *names[2] = {"min", "max"};
    float attributes[2] = {-INFINITY, INFINITY};
    plait_tensor bounds[2];
    const plait_tensor *inputs[3] = {input, &bounds[0], &bounds[1]};
    for (int i = 0; i < 2; i++) {
        const plait_tensor *given = plait__input(call, i + 1);
        if (given) {
            bounds[i] = (plait_tensor){.dtype = given->dtype, .data = given->data};
        } else if (work == PLAIT__WORK_REAL) {
            if (call->node->opset < 11) attributes[i] = plait__attribute_float(call->node, names[i], attributes[i]);
            bounds[i] = (plait_tensor){.dtype = PLAIT_F32, .data = &attributes[i]};
        } else if (work == PLAIT__WORK_NATURAL) {
            bounds[i] = (plait_tensor){.dtype = PLAIT_U64, .data = (void *)(uintptr_t)&natural_ends[i]};
        } else {
            bounds[i] = (plait_tensor){.dtype = PLAIT_I64, .data = (void *)(uintptr_t)&integer_ends[i]};
        }
    }
    struct plait__call bounded = *call;
    bounded.inputs = inputs;
    bounded.input_count = 3;
    return plait__map_elements(&bounded, &(struct plait__maps){clip_real, clip_integer, clip_natural, false}, NULL);
}

/* ---- Cast, CastLike ---- */

enum plait_status plait__kernel_cast(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    /* A uint64 becomes a float by its value, and another integer by its bits. */
    bool through_real = plait__is_float(input->dtype) || (input->dtype == PLAIT_U64 && plait__is_float(output->dtype));
    enum plait__work work = through_real ? PLAIT__WORK_REAL : PLAIT__WORK_INTEGER;
    int64_t elements = plait_tensor_elements(input);
    for (int64_t done = 0; done < elements; done += PLAIT__BLOCK) {
        union plait__block values;
        int64_t count = plait__block_count(done, elements);
        plait__load(work, input, done, 1, count, &values);
        plait__store(work, output, done, 1, count, &values);
    }
    return PLAIT_OK;
}

/* ---- Dropout ----
 * At inference everything is kept.  Training drops at random, which no two implementations do alike. */
enum plait_status plait__kernel_dropout(struct plait__call *call) {
    const plait_tensor *ratio = plait__input(call, 1), *training = plait__input(call, 2);
    double share = ratio ? plait__load_real(ratio, 0) : 0.5;
    if (training && plait__load_integer(training, 0) != 0 && share != 0)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "training with a ratio of %g", share);
    PLAIT__TRY(plait__kernel_copy(call));
    plait_tensor *mask = plait__output(call, 1);
    int64_t kept = 1;
    for (int64_t i = 0; mask && i < plait_tensor_elements(mask); i++) plait__store_integers(mask, i, 0, 1, &kept);
    return PLAIT_OK;
}
