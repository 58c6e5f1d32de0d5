/* Reduce*: every element of the input is folded into the output element of its place. */
#include "backend/reference/fold.h"

#include <math.h>

/* What is left of a sum of `count` reals in the end. */
typedef double (*finish_function)(double sum, double count);

static double mean_of(double sum, double count) {
    return sum / count;
}
static double root_of(double sum, double count) {
    return (void)count, sqrt(sum);
}
static double log_of(double sum, double count) {
    return (void)count, log(sum);
}

static void fold_all(const plait_tensor *input, const struct plait__reduce *reduce, enum plait__work work,
                     plait__fold_function fold, union plait__sum *sums) {
    int64_t strides[PLAIT_MAX_RANK];
    plait__fold_strides(input, reduce, strides);
    struct plait__walk walk;
    plait__walk_init(&walk, input->rank, input->dims);
    plait__walk_add(&walk, input);
    plait__walk_add_strides(&walk, 0, strides);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t done = 0; done < walk.count; done += PLAIT__BLOCK) {
            union plait__block x;
            int64_t count = plait__block_count(done, walk.count);
            plait__load(work, input, walk.at[0] + done * walk.step[0], walk.step[0], count, &x);
            fold(sums + walk.at[1] + done * walk.step[1], walk.step[1], &x, count);
        }
    }
}

/* With a function to finish them integers are folded as reals, but for means, which stay exact as long as they can. */
static enum plait_status reduce(struct plait__call *call, const struct plait__fold *fold, finish_function finish) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    struct plait__reduce reduce;
    PLAIT__TRY(plait__reduce_read(call, &reduce));
    bool mean = finish == mean_of;
    enum plait__work work = !fold->integer || (finish && !mean) ? PLAIT__WORK_REAL : plait__work_of(input->dtype);

    int64_t count = plait_tensor_elements(output);
    union plait__sum *sums = plait__scratch(call, count, sizeof *sums);
    if (!sums) return PLAIT_MEMORY;
    for (int64_t i = 0; i < count; i++) sums[i] = plait__fold_start(fold, work);
    fold_all(input, &reduce, work, plait__fold_of(fold, work), sums);

    int64_t each = 1; /* elements in a sum */
    for (int i = 0; i < input->rank; i++)
        if (reduce.folded[i]) each *= input->dims[i];
    for (int64_t i = 0; i < count && finish; i++) {
        if (work == PLAIT__WORK_REAL)
            sums[i].real = finish(sums[i].real, (double)each);
        else if (work == PLAIT__WORK_INTEGER && each > 0)
            sums[i].integer /= each;
        else if (each > 0)
            sums[i].natural /= (uint64_t)each;
    }
    plait__store(work, output, 0, 1, count, sums);
    return PLAIT_OK;
}

#define REDUCE(name, fold, finish)                                            \
    enum plait_status plait__kernel_reduce_##name(struct plait__call *call) { \
        return reduce(call, &plait__fold_##fold, finish);                     \
    }

REDUCE(sum, sum, NULL)
REDUCE(mean, sum, mean_of)
REDUCE(max, greatest, NULL)
REDUCE(min, least, NULL)
REDUCE(prod, product, NULL)
REDUCE(l1, magnitudes, NULL)
REDUCE(l2, squares, root_of)
REDUCE(log_sum, sum, log_of)
REDUCE(log_sum_exp, log_add, NULL)
REDUCE(sum_square, squares, NULL)
