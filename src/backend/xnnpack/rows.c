/* Each row becomes one number (the reductions that XNNPACK lacks), the place of one (ArgMax, ArgMin), or a row (LogSoftmax).
 * What is not a row yet, because the reduced axes are not the last ones, is transposed first. */
#include "backend/xnnpack/families.h"
#include "base/clones.h"

#include <math.h>

struct rows {
    size_t count, width;
    bool last; /* of equal extremes take the last */
};

struct rows_run {
    const struct rows *rows;
    const float *from;
    void *to;
};

/* A row `x` of `width` numbers is folded into `y`, which begins as `start`, and ends as `end`. */
#define ROW(name, start, fold, end)                                                   \
    PLAIT__CLONES                                                                     \
    static void name##_loop(const struct rows_run *run, size_t first, size_t count) { \
        size_t width = run->rows->width;                                              \
        for (size_t row = first; row < first + count; row++) {                        \
            const float *x = run->from + row * width;                                 \
            double y = (start);                                                       \
            for (size_t i = 0; i < width; i++) y = (fold);                            \
            ((float *)run->to)[row] = (float)(end);                                   \
        }                                                                             \
    }                                                                                 \
    static void name(void *run, size_t first, size_t count) {                         \
        name##_loop(run, first, count);                                               \
    }

/* Not a number, once met, stays. */
ROW(greatest, x[0], x[i] > y || x[i] != x[i] ? (double)x[i] : y, y)
ROW(least, x[0], x[i] < y || x[i] != x[i] ? (double)x[i] : y, y)
ROW(product, 1.0, y *(double)x[i], y)
ROW(magnitude, 0.0, y + fabs((double)x[i]), y)
ROW(square, 0.0, y + (double)x[i] * (double)x[i], y)
ROW(length, 0.0, y + (double)x[i] * (double)x[i], sqrt(y))
ROW(log_sum, x[0], i ? y + (double)x[i] : y, log(y))

static float greatest_of(const float *x, size_t width) {
    float greatest = x[0];
    for (size_t i = 1; i < width; i++) greatest = x[i] > greatest || x[i] != x[i] ? x[i] : greatest;
    return greatest;
}

/* log(sum(exp x)), of numbers whose exponentials may overflow. */
static double log_sum_of(const float *x, size_t width) {
    double greatest = (double)greatest_of(x, width), sum = 0.0;
    if (isinf(greatest)) return greatest;
    for (size_t i = 0; i < width; i++) sum += (double)expf((float)((double)x[i] - greatest));
    return greatest + log(sum);
}

static void log_sum_exp(void *context, size_t first, size_t count) {
    const struct rows_run *run = context;
    for (size_t row = first; row < first + count; row++)
        ((float *)run->to)[row] = (float)log_sum_of(run->from + row * run->rows->width, run->rows->width);
}

static void log_softmax(void *context, size_t first, size_t count) {
    const struct rows_run *run = context;
    for (size_t row = first; row < first + count; row++) {
        const float *from = run->from + row * run->rows->width;
        float *to = (float *)run->to + row * run->rows->width;
        double sum = log_sum_of(from, run->rows->width);
        for (size_t i = 0; i < run->rows->width; i++) to[i] = (float)((double)from[i] - sum);
    }
}

/* `sign` 1 finds the greatest, -1 the least. */
static void place_of_extreme(const struct rows_run *run, size_t first, size_t count, float sign) {
    for (size_t row = first; row < first + count; row++) {
        const float *x = run->from + row * run->rows->width;
        size_t place = 0;
        for (size_t i = 1; i < run->rows->width; i++)
            if (sign * x[i] > sign * x[place] || (run->rows->last && x[i] == x[place])) place = i;
        ((int64_t *)run->to)[row] = (int64_t)place;
    }
}
static void place_of_greatest(void *run, size_t first, size_t count) {
    place_of_extreme(run, first, count, 1.0f);
}
static void place_of_least(void *run, size_t first, size_t count) {
    place_of_extreme(run, first, count, -1.0f);
}

static pthreadpool_task_1d_tile_1d_t loop_of(enum plait__op op) {
    switch (op) {
    case PLAIT__OP_ArgMax:
        return place_of_greatest;
    case PLAIT__OP_ArgMin:
        return place_of_least;
    case PLAIT__OP_LogSoftmax:
        return log_softmax;
    case PLAIT__OP_ReduceL1:
        return magnitude;
    case PLAIT__OP_ReduceL2:
        return length;
    case PLAIT__OP_ReduceLogSum:
        return log_sum;
    case PLAIT__OP_ReduceLogSumExp:
        return log_sum_exp;
    case PLAIT__OP_ReduceMax:
        return greatest;
    case PLAIT__OP_ReduceMin:
        return least;
    case PLAIT__OP_ReduceProd:
        return product;
    case PLAIT__OP_ReduceSumSquare:
        return square;
    default:
        return NULL;
    }
}

/* Which axes are in the rows; false when that is known only in the run, or what ONNX means is not a row. */
static bool read_axes(const struct plait__graph *graph, const struct plait__node *node, bool reduced[PLAIT__XNN_RANK]) {
    int rank = plait__xnn_input_type(graph, node, 0)->rank, count = 0;
    int64_t axes[PLAIT__XNN_RANK];
    if (node->op == PLAIT__OP_ArgMax || node->op == PLAIT__OP_ArgMin || node->op == PLAIT__OP_LogSoftmax) {
        if (node->op == PLAIT__OP_LogSoftmax && node->opset < 13) return false; /* flattens */
        axes[count++] = plait__attribute_int(node, "axis", node->op == PLAIT__OP_LogSoftmax ? -1 : 0);
    } else if (!plait__xnn_reduced_axes(graph, node, axes, &count)) {
        return false;
    }
    for (int i = 0; i < rank; i++) reduced[i] = false;
    for (int i = 0; i < count; i++) {
        int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank) return false;
        reduced[axis] = true;
    }
    return count > 0;
}

bool plait__xnn_supports_rows(const struct plait__graph *graph, const struct plait__node *node) {
    bool reduced[PLAIT__XNN_RANK];
    return plait__xnn_input_type(graph, node, 0)->dtype == PLAIT_F32 && read_axes(graph, node, reduced);
}

struct rows_step {
    struct rows rows;
    pthreadpool_task_1d_tile_1d_t loop;
};

static const char *rows_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    const struct rows_step *parameters = step->parameters;
    struct rows_run run = {&parameters->rows, step->places[0], step->places[1]};
    pthreadpool_parallelize_1d_tile_1d(pool, parameters->loop, &run, run.rows->count, 4096 / run.rows->width + 1, 0);
    return NULL;
}

/* Kept axes first, rows last; `back` undoes it. */
static void order_axes(int rank, const bool reduced[PLAIT__XNN_RANK], size_t order[PLAIT__XNN_RANK],
                       size_t back[PLAIT__XNN_RANK]) {
    int count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int axis = 0; axis < rank; axis++)
            if (reduced[axis] == (pass == 1)) order[count++] = (size_t)axis;
    for (int i = 0; i < rank; i++) back[order[i]] = (size_t)i;
}

enum plait_status plait__xnn_define_rows(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *type = plait__xnn_input_type(segment->graph, node, 0);
    bool reduced[PLAIT__XNN_RANK];
    size_t shape[PLAIT__XNN_RANK], turned_shape[PLAIT__XNN_RANK], order[PLAIT__XNN_RANK], back[PLAIT__XNN_RANK];
    if (!read_axes(segment->graph, node, reduced)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    struct rows_step step = {.rows = {.count = 1, .width = 1}, .loop = loop_of(node->op)};
    step.rows.last = plait__attribute_int(node, "select_last_index", 0) != 0;
    plait__xnn_shape(type, type->rank, shape);
    order_axes(type->rank, reduced, order, back);
    for (int i = 0; i < type->rank; i++) {
        turned_shape[i] = shape[order[i]];
        if (reduced[i])
            step.rows.width *= shape[i];
        else
            step.rows.count *= shape[i];
    }
    bool whole = node->op == PLAIT__OP_LogSoftmax; /* what comes out has the rows still */
    int written = plait__xnn_write(segment, node->outputs[0]);
    int turned = plait__xnn_scratch(segment, plait_tensor_bytes(type)),
        made = whole ? plait__xnn_scratch(segment, plait_tensor_bytes(type)) : written;
    PLAIT__TRY(plait__xnn_transpose_step(segment, sizeof(float), type->rank, shape, order,
                                         plait__xnn_read(segment, node->inputs[0]), turned));
    if (!plait__xnn_kernel_step(segment, rows_kernel, &step, sizeof step, 2, (int[]){turned, made})) return PLAIT_MEMORY;
    return whole ? plait__xnn_transpose_step(segment, sizeof(float), type->rank, turned_shape, back, made, written) : PLAIT_OK;
}
