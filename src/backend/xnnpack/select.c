/* Comparisons, logic and Where, broadcast: what encoders make their masks with. */
#include "backend/xnnpack/families.h"

#include <string.h>

enum { OPERANDS = 3 };

/* A loop over the last axis; `step` is 0 for an operand that stays in place, 1 for one that moves on. */
typedef void (*select_loop)(void *to, const void *const from[OPERANDS], const size_t step[OPERANDS], size_t count);

#define LOOP(name, in_type, out_type, expression)                                                             \
    static void name(void *to, const void *const from[OPERANDS], const size_t step[OPERANDS], size_t count) { \
        const in_type *a = from[0], *b = from[1];                                                             \
        out_type *out = to;                                                                                   \
        for (size_t i = 0; i < count; i++, a += step[0], b += step[1]) out[i] = (expression);                 \
    }

#define COMPARISONS(suffix, type)               \
    LOOP(equal_##suffix, type, bool, *a == *b)  \
    LOOP(greater_##suffix, type, bool, *a > *b) \
    LOOP(greater_or_equal_##suffix, type, bool, *a >= *b)

COMPARISONS(f32, float)
COMPARISONS(i64, int64_t)
COMPARISONS(i32, int32_t)
LOOP(equal_bool, bool, bool, *a == *b)
LOOP(both, bool, bool, *a && *b)
LOOP(either, bool, bool, *a || *b)
LOOP(one, bool, bool, *a != *b)

/* Where chooses bytes, whatever they mean. */
#define WHERE(name, type)                                                                                                   \
    static void name(void *to, const void *const from[OPERANDS], const size_t step[OPERANDS], size_t count) {               \
        const bool *condition = from[0];                                                                                    \
        const type *a = from[1], *b = from[2];                                                                              \
        type *out = to;                                                                                                     \
        for (size_t i = 0; i < count; i++, condition += step[0], a += step[1], b += step[2]) out[i] = *condition ? *a : *b; \
    }

WHERE(where_8, uint8_t)
WHERE(where_32, uint32_t)
WHERE(where_64, uint64_t)

static select_loop comparison(enum plait__op op, enum plait_dtype dtype) {
    static const select_loop loops[3][3] = {{equal_f32, greater_f32, greater_or_equal_f32},
                                            {equal_i64, greater_i64, greater_or_equal_i64},
                                            {equal_i32, greater_i32, greater_or_equal_i32}};
    int which = op == PLAIT__OP_Equal ? 0 : op == PLAIT__OP_Greater || op == PLAIT__OP_Less ? 1 : 2;
    switch (dtype) {
    case PLAIT_F32:
        return loops[0][which];
    case PLAIT_I64:
        return loops[1][which];
    case PLAIT_I32:
        return loops[2][which];
    case PLAIT_BOOL:
        return which == 0 ? equal_bool : NULL;
    default:
        return NULL;
    }
}

static select_loop loop_of(const struct plait__graph *graph, const struct plait__node *node) {
    size_t bytes;
    switch (node->op) {
    case PLAIT__OP_And:
        return both;
    case PLAIT__OP_Or:
        return either;
    case PLAIT__OP_Xor:
        return one;
    case PLAIT__OP_Where:
        bytes = plait_dtype_bytes(plait__xnn_input_type(graph, node, 1)->dtype);
        return bytes == 1 ? where_8 : bytes == 4 ? where_32 : bytes == 8 ? where_64 : NULL;
    default:
        return comparison(node->op, plait__xnn_input_type(graph, node, 0)->dtype);
    }
}

bool plait__xnn_supports_select(const struct plait__graph *graph, const struct plait__node *node) {
    return !node->clamp.on && node->opset >= 7 && loop_of(graph, node);
}

struct select {
    select_loop loop;
    int rank; /* of the output, 1 or more */
    size_t dims[PLAIT__XNN_RANK];
    size_t bytes[OPERANDS + 1];                /* of an element of each operand, and of the output */
    size_t strides[OPERANDS][PLAIT__XNN_RANK]; /* bytes; 0 where an operand is broadcast */
};

struct select_run {
    const struct select *select;
    const char *from[OPERANDS];
    char *to;
};

static void select_rows(void *context, size_t start, size_t count) {
    const struct select_run *run = context;
    const struct select *s = run->select;
    size_t width = s->dims[s->rank - 1], step[OPERANDS];
    for (int k = 0; k < OPERANDS; k++) step[k] = s->strides[k][s->rank - 1] != 0;
    for (size_t row = start; row < start + count; row++) {
        const void *from[OPERANDS];
        size_t offset[OPERANDS] = {0}, rest = row;
        for (int axis = s->rank - 2; axis >= 0; axis--) {
            for (int k = 0; k < OPERANDS; k++) offset[k] += rest % s->dims[axis] * s->strides[k][axis];
            rest /= s->dims[axis];
        }
        for (int k = 0; k < OPERANDS; k++) from[k] = run->from[k] + offset[k];
        s->loop(run->to + row * width * s->bytes[OPERANDS], from, step, width);
    }
}

static const char *select_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    const struct select *s = step->parameters;
    struct select_run run = {.select = s, .to = step->places[0]};
    for (int k = 0; k < OPERANDS; k++) run.from[k] = step->places[k + 1 < step->slot_count ? k + 1 : 1];
    size_t rows = 1, width = s->dims[s->rank - 1];
    for (int axis = 0; axis < s->rank - 1; axis++) rows *= s->dims[axis];
    pthreadpool_parallelize_1d_tile_1d(pool, select_rows, &run, rows, 8192 / width + 1, 0);
    return NULL;
}

enum plait_status plait__xnn_define_select(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *to = plait__xnn_output_type(segment->graph, node, 0);
    struct select select = {.loop = loop_of(segment->graph, node), .rank = to->rank > 0 ? to->rank : 1};
    bool turned = node->op == PLAIT__OP_Less || node->op == PLAIT__OP_LessOrEqual; /* a < b is b > a */
    int slots[OPERANDS + 1] = {plait__xnn_write(segment, node->outputs[0])};
    plait__xnn_shape(to, select.rank, select.dims);
    select.bytes[OPERANDS] = plait_dtype_bytes(to->dtype);
    for (int k = 0; k < node->input_count; k++) {
        int input = turned ? 1 - k : k;
        const plait_tensor *from = plait__xnn_input_type(segment->graph, node, input);
        size_t shape[PLAIT__XNN_RANK];
        plait__xnn_shape(from, select.rank, shape);
        select.bytes[k] = plait_dtype_bytes(from->dtype);
        for (size_t axis = (size_t)select.rank, stride = select.bytes[k]; axis-- > 0; stride *= shape[axis])
            select.strides[k][axis] = shape[axis] == 1 ? 0 : stride;
        slots[k + 1] = plait__xnn_read(segment, node->inputs[input]);
    }
    return plait__xnn_kernel_step(segment, select_kernel, &select, sizeof select, 1 + node->input_count, slots) ? PLAIT_OK
                                                                                                                : PLAIT_MEMORY;
}
