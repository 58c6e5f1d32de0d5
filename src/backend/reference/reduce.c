/* Reduce*: every element of the input is folded into the output element of its place. */
#include "graph/shape/reduce.h"
#include "backend/reference/kernel.h"

#include <math.h>

/* Folds elements x[0..count) into sums[0], sums[step], sums[2 * step], ... */
typedef void (*fold_function)(void *sums, int64_t step, const void *x, int64_t count);

/* What is left of a sum of `count` elements in the end. */
typedef double (*finish_function)(double sum, double count);

struct reduction {
    fold_function real, integer, natural; /* integers without a fold of their own are folded as reals */
    double start;                         /* of a sum; an infinity is the end of the work type */
    finish_function finish;               /* NULL: the sum itself */
    bool mean;                            /* of integers, too */
};

#define FOLD(name, type, expression)                                           \
    static void name(void *sums, int64_t step, const void *x, int64_t count) { \
        type *sum = sums;                                                      \
        for (int64_t i = 0; i < count; i++, sum += step) {                     \
            const type a = *sum, b = ((const type *)x)[i];                     \
            *sum = (expression);                                               \
        }                                                                      \
    }

/* log(exp a + exp b) that does not overflow. */
static double log_add(double a, double b) {
    double greater = a > b ? a : b, less = a > b ? b : a;
    return isinf(greater) ? greater : greater + log1p(exp(less - greater));
}

/* Sums, products and squares of int64 wrap as those of uint64 do.  NaN in either place gives NaN. */
FOLD(sum_real, double, a + b)
FOLD(sum_integer, uint64_t, a + b)
FOLD(product_real, double, a *b)
FOLD(product_integer, uint64_t, a *b)
FOLD(square_real, double, a + b * b)
FOLD(square_integer, uint64_t, a + b * b)
FOLD(magnitude_real, double, a + fabs(b))
FOLD(magnitude_integer, int64_t, (int64_t)((uint64_t)a + (b < 0 ? 0 - (uint64_t)b : (uint64_t)b)))
FOLD(least_real, double, a != a || a < b ? a : b)
FOLD(least_integer, int64_t, a < b ? a : b)
FOLD(least_natural, uint64_t, a < b ? a : b)
FOLD(greatest_real, double, a != a || a > b ? a : b)
FOLD(greatest_integer, int64_t, a > b ? a : b)
FOLD(greatest_natural, uint64_t, a > b ? a : b)
FOLD(log_add_real, double, log_add(a, b))

static double mean_of(double sum, double count) {
    return sum / count;
}
static double root_of(double sum, double count) {
    return (void)count, sqrt(sum);
}
static double log_of(double sum, double count) {
    return (void)count, log(sum);
}

/* Strides of the sums seen from the input's dims: 0 along the folded ones. */
static void sum_strides(const plait_tensor *input, const struct plait__reduce *reduce, int64_t *strides_out) {
    int64_t dims[PLAIT_MAX_RANK];
    for (int i = 0; i < input->rank; i++) dims[i] = reduce->folded[i] ? 1 : input->dims[i];
    plait__strides(input->rank, dims, strides_out);
    for (int i = 0; i < input->rank; i++)
        if (reduce->folded[i]) strides_out[i] = 0;
}

static void fold_all(const plait_tensor *input, const struct plait__reduce *reduce, enum plait__work work, fold_function fold,
                     void *sums) {
    int64_t strides[PLAIT_MAX_RANK];
    sum_strides(input, reduce, strides);
    struct plait__walk walk;
    plait__walk_init(&walk, input->rank, input->dims);
    plait__walk_add(&walk, input);
    plait__walk_add_strides(&walk, 0, strides);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t done = 0; done < walk.count; done += PLAIT__BLOCK) {
            union plait__block x;
            int64_t count = plait__block_count(done, walk.count);
            plait__load(work, input, walk.at[0] + done * walk.step[0], walk.step[0], count, &x);
            fold((uint64_t *)sums + walk.at[1] + done * walk.step[1], walk.step[1], &x, count);
        }
    }
}

static enum plait_status reduce(struct plait__call *call, const struct reduction *reduction) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    struct plait__reduce reduce;
    PLAIT__TRY(plait__reduce_read(call, &reduce));
    enum plait__work work = plait__work_of(input->dtype);
    if (!reduction->integer) work = PLAIT__WORK_REAL;

    int64_t sum_count = plait_tensor_elements(output);
    union {
        double real;
        int64_t integer;
        uint64_t natural;
    } *sums = plait__scratch(call, sum_count, sizeof *sums);
    if (!sums) return PLAIT_MEMORY;
    for (int64_t i = 0; i < sum_count; i++) {
        if (work == PLAIT__WORK_REAL)
            sums[i].real = reduction->start;
        else if (!isinf(reduction->start))
            sums[i].integer = (int64_t)reduction->start;
        else if (work == PLAIT__WORK_NATURAL)
            sums[i].natural = reduction->start < 0 ? 0 : UINT64_MAX;
        else
            sums[i].integer = reduction->start < 0 ? INT64_MIN : INT64_MAX;
    }

    fold_all(input, &reduce, work,
             work == PLAIT__WORK_REAL      ? reduction->real
             : work == PLAIT__WORK_NATURAL ? reduction->natural
                                           : reduction->integer,
             sums);

    int64_t each = 1; /* elements in a sum */
    for (int i = 0; i < input->rank; i++)
        if (reduce.folded[i]) each *= input->dims[i];
    for (int64_t i = 0; i < sum_count; i++) {
        if (work == PLAIT__WORK_REAL && reduction->finish)
            sums[i].real = reduction->finish(sums[i].real, (double)each);
        else if (reduction->mean && work == PLAIT__WORK_INTEGER && each > 0)
            sums[i].integer /= each;
        else if (reduction->mean && work == PLAIT__WORK_NATURAL && each > 0)
            sums[i].natural /= (uint64_t)each;
    }
    plait__store(work, output, 0, 1, sum_count, sums);
    return PLAIT_OK;
}

#define REDUCE(name, real, integer, natural, start, finish, mean)                              \
    enum plait_status plait__kernel_reduce_##name(struct plait__call *call) {                  \
        return reduce(call, &(struct reduction){real, integer, natural, start, finish, mean}); \
    }

REDUCE(sum, sum_real, sum_integer, sum_integer, 0, NULL, false)
REDUCE(mean, sum_real, sum_integer, sum_integer, 0, mean_of, true)
REDUCE(max, greatest_real, greatest_integer, greatest_natural, -INFINITY, NULL, false)
REDUCE(min, least_real, least_integer, least_natural, INFINITY, NULL, false)
REDUCE(prod, product_real, product_integer, product_integer, 1, NULL, false)
REDUCE(l1, magnitude_real, magnitude_integer, sum_integer, 0, NULL, false)
REDUCE(l2, square_real, NULL, NULL, 0, root_of, false)
REDUCE(log_sum, sum_real, NULL, NULL, 0, log_of, false)
REDUCE(log_sum_exp, log_add_real, NULL, NULL, -INFINITY, NULL, false)
REDUCE(sum_square, square_real, square_integer, square_integer, 0, NULL, false)
