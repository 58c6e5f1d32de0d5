/* Lines of a tensor, one along the axis at a time: CumSum, Softmax, LogSoftmax, Hardmax, LpNormalization. */
#include "backend/reference/kernel.h"

#include <math.h>
#include <string.h>

/* ---- lines of reals ---- */

typedef void (*line_function)(double *line, int64_t count, const double *parameters);

static enum plait_status each_line(struct plait__call *call, struct plait__split split, line_function function,
                                   const double *parameters) {
    const plait_tensor *input = call->inputs[0];
    double *line = plait__scratch(call, split.axis, sizeof *line);
    if (!line) return PLAIT_MEMORY;
    for (int64_t outer = 0; outer < split.outer; outer++) {
        for (int64_t inner = 0; inner < split.inner; inner++) {
            int64_t first = outer * split.axis * split.inner + inner;
            plait__load_reals(input, first, split.inner, split.axis, line);
            function(line, split.axis, parameters);
            plait__store_reals(call->outputs[0], first, split.inner, split.axis, line);
        }
    }
    return PLAIT_OK;
}

static double greatest(const double *line, int64_t count) {
    double greatest = -INFINITY;
    for (int64_t i = 0; i < count; i++)
        if (!(line[i] <= greatest)) greatest = line[i]; /* a NaN is taken, and stays */
    return greatest;
}

/* The greatest is subtracted first, so that nothing overflows. */
static void softmax(double *line, int64_t count, const double *parameters) {
    (void)parameters;
    double top = greatest(line, count), sum = 0;
    for (int64_t i = 0; i < count; i++) sum += line[i] = exp(line[i] - top);
    for (int64_t i = 0; i < count; i++) line[i] /= sum;
}

static void log_softmax(double *line, int64_t count, const double *parameters) {
    (void)parameters;
    double top = greatest(line, count), sum = 0;
    for (int64_t i = 0; i < count; i++) sum += exp(line[i] - top);
    for (int64_t i = 0; i < count; i++) line[i] -= top + log(sum);
}

/* 1 at the first of the greatest, 0 elsewhere. */
static void hardmax(double *line, int64_t count, const double *parameters) {
    (void)parameters;
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++)
        if (line[i] > line[best]) best = i;
    for (int64_t i = 0; i < count; i++) line[i] = i == best;
}

/* Divided by the norm of order 1 or 2; a line of zeros stays as it is. */
static void lp_normalise(double *line, int64_t count, const double *parameters) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += parameters[0] == 1 ? fabs(line[i]) : line[i] * line[i];
    double norm = parameters[0] == 1 ? sum : sqrt(sum);
    for (int64_t i = 0; norm != 0 && i < count; i++) line[i] /= norm;
}

/* Before version 13 a line is everything from the axis on. */
static enum plait_status softmax_lines(struct plait__call *call, line_function function) {
    const plait_tensor *input = call->inputs[0];
    bool matrix = call->node->opset < 13;
    int64_t axis = plait__attribute_int(call->node, "axis", matrix ? 1 : -1);
    if (axis < 0) axis += input->rank;
    struct plait__split split = plait__split_at(input, (int)axis);
    if (matrix) {
        split.axis *= split.inner;
        split.inner = 1;
    }
    return each_line(call, split, function, NULL);
}

enum plait_status plait__kernel_softmax(struct plait__call *call) {
    return softmax_lines(call, softmax);
}
enum plait_status plait__kernel_log_softmax(struct plait__call *call) {
    return softmax_lines(call, log_softmax);
}
enum plait_status plait__kernel_hardmax(struct plait__call *call) {
    return softmax_lines(call, hardmax);
}

enum plait_status plait__kernel_lp_normalization(struct plait__call *call) {
    const double order[] = {(double)plait__attribute_int(call->node, "p", 2)};
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", -1), call->inputs[0]->rank, &axis));
    return each_line(call, plait__split_at(call->inputs[0], axis), lp_normalise, order);
}

/* ---- CumSum ---- */

enum plait_status plait__kernel_cum_sum(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    bool exclusive = plait__attribute_int(call->node, "exclusive", 0) != 0;
    bool reverse = plait__attribute_int(call->node, "reverse", 0) != 0;
    enum plait__work work = plait__work_of(input->dtype);
    int axis;
    PLAIT__TRY(plait__axis(call, plait__load_integer(call->inputs[1], 0), input->rank, &axis));
    struct plait__split split = plait__split_at(input, axis);
    for (int64_t outer = 0; outer < split.outer; outer++) {
        for (int64_t inner = 0; inner < split.inner; inner++) {
            int64_t first = outer * split.axis * split.inner + inner;
            double real = 0;
            uint64_t natural = 0;
            for (int64_t i = 0; i < split.axis; i++) {
                int64_t at = first + (reverse ? split.axis - 1 - i : i) * split.inner;
                double real_before = real;
                uint64_t natural_before = natural;
                real += plait__load_real(input, at);
                natural += (uint64_t)plait__load_integer(input, at);
                plait__store(work, call->outputs[0], at, 0, 1,
                             work == PLAIT__WORK_REAL ? (void *)(exclusive ? &real_before : &real)
                                                      : (void *)(exclusive ? &natural_before : &natural));
            }
        }
    }
    return PLAIT_OK;
}
