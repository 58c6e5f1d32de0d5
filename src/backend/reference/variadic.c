/* Min, Max, Sum and Mean of any number of inputs, broadcast against each other: folded input by input. */
#include "backend/reference/kernel.h"

/* Folds a row of x into a row of sums. */
struct fold {
    void (*real)(double *sums, const double *x, int64_t count);
    void (*integer)(int64_t *sums, const int64_t *x, int64_t count);
    void (*natural)(uint64_t *sums, const uint64_t *x, int64_t count);
};

#define FOLD(name, type, expression)                             \
    static void name(type *sums, const type *x, int64_t count) { \
        for (int64_t i = 0; i < count; i++) {                    \
            const type a = sums[i], b = x[i];                    \
            sums[i] = (expression);                              \
        }                                                        \
    }

/* NaN in either place gives NaN. */
FOLD(least_real, double, a != a || a < b ? a : b)
FOLD(least_integer, int64_t, a < b ? a : b)
FOLD(least_natural, uint64_t, a < b ? a : b)
FOLD(greatest_real, double, a != a || a > b ? a : b)
FOLD(greatest_integer, int64_t, a > b ? a : b)
FOLD(greatest_natural, uint64_t, a > b ? a : b)
FOLD(sum_real, double, a + b)

static enum plait_status fold_inputs(struct plait__call *call, const struct fold *fold, double divisor) {
    plait_tensor *output = call->outputs[0];
    enum plait__work work = plait__work_of(output->dtype);
    if (work != PLAIT__WORK_REAL && !fold->integer)
        return plait__call_fail(call, PLAIT_UNSUPPORTED, "dtype %s", plait_dtype_name(output->dtype));
    int64_t elements = plait_tensor_elements(output);
    double *reals = plait__scratch(call, elements, sizeof *reals);
    double *row = plait__scratch(call, elements, sizeof *row);
    if (!reals || !row) return PLAIT_MEMORY;
    int64_t *integers = (int64_t *)(void *)reals; /* 64 bits as well */

    for (int k = 0; k < call->input_count; k++) {
        const plait_tensor *input = call->inputs[k];
        struct plait__walk walk;
        plait__walk_init(&walk, output->rank, output->dims);
        plait__walk_add(&walk, output);
        plait__walk_add(&walk, input);
        for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
            int64_t first = walk.at[0];
            void *values = k == 0 ? (void *)(reals + first) : row;
            plait__load(work, input, walk.at[1], walk.step[1], walk.count, values);
            if (k == 0) continue;
            if (work == PLAIT__WORK_REAL)
                fold->real(reals + first, values, walk.count);
            else if (work == PLAIT__WORK_NATURAL)
                fold->natural((uint64_t *)integers + first, values, walk.count);
            else
                fold->integer(integers + first, values, walk.count);
        }
    }
    if (work != PLAIT__WORK_REAL) {
        plait__store_integers_all(output, integers);
        return PLAIT_OK;
    }
    for (int64_t i = 0; i < elements; i++) reals[i] /= divisor;
    plait__store_reals_all(output, reals);
    return PLAIT_OK;
}

enum plait_status plait__kernel_min(struct plait__call *call) {
    return fold_inputs(call, &(struct fold){least_real, least_integer, least_natural}, 1);
}

enum plait_status plait__kernel_max(struct plait__call *call) {
    return fold_inputs(call, &(struct fold){greatest_real, greatest_integer, greatest_natural}, 1);
}

enum plait_status plait__kernel_sum(struct plait__call *call) {
    return fold_inputs(call, &(struct fold){.real = sum_real}, 1);
}

enum plait_status plait__kernel_mean(struct plait__call *call) {
    return fold_inputs(call, &(struct fold){.real = sum_real}, call->input_count);
}
