#include "graph/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    plait__shape_function shape;
} operators[PLAIT__OP_COUNT] = {
#define OP(name, shape, kernel) [PLAIT__OP_##name] = {#name, plait__shape_##shape},
#include "graph/ops.def"
#undef OP
};

const char *plait__op_name(enum plait__op op) {
    return op > PLAIT__OP_NONE && op < PLAIT__OP_COUNT ? operators[op].name : "no operator";
}

enum plait__op plait__op_find(const char *name) {
    for (int op = PLAIT__OP_NONE + 1; op < PLAIT__OP_COUNT; op++)
        if (strcmp(operators[op].name, name) == 0) return (enum plait__op)op;
    return PLAIT__OP_NONE;
}

plait__shape_function plait__shape_of(enum plait__op op) {
    return op > PLAIT__OP_NONE && op < PLAIT__OP_COUNT ? operators[op].shape : plait__shape_none;
}

enum plait_status plait__shape_none(struct plait__call *call) {
    return plait__call_fail(call, PLAIT_UNSUPPORTED, "the operator is not implemented");
}

/* ---- attributes ---- */

const struct plait__attribute *plait__attribute(const struct plait__node *node, const char *name) {
    for (int i = 0; i < node->attribute_count; i++)
        if (strcmp(node->attributes[i].name, name) == 0) return &node->attributes[i];
    return NULL;
}

static const struct plait__attribute *attribute_of(const struct plait__node *node, const char *name,
                                                   enum plait__attribute_kind kind) {
    const struct plait__attribute *attribute = plait__attribute(node, name);
    return attribute && attribute->kind == kind ? attribute : NULL;
}

int64_t plait__attribute_int(const struct plait__node *node, const char *name, int64_t fallback) {
    const struct plait__attribute *attribute = attribute_of(node, name, PLAIT__ATTRIBUTE_INT);
    return attribute ? attribute->i : fallback;
}

float plait__attribute_float(const struct plait__node *node, const char *name, float fallback) {
    const struct plait__attribute *attribute = attribute_of(node, name, PLAIT__ATTRIBUTE_FLOAT);
    return attribute ? attribute->f : fallback;
}

const char *plait__attribute_string(const struct plait__node *node, const char *name, const char *fallback) {
    const struct plait__attribute *attribute = attribute_of(node, name, PLAIT__ATTRIBUTE_STRING);
    return attribute ? attribute->string : fallback;
}

const int64_t *plait__attribute_ints(const struct plait__node *node, const char *name, int *count_out) {
    const struct plait__attribute *attribute = attribute_of(node, name, PLAIT__ATTRIBUTE_INTS);
    *count_out = attribute ? (int)attribute->count : 0;
    return attribute ? attribute->ints : NULL;
}

const char *const *plait__attribute_strings(const struct plait__node *node, const char *name, int *count_out) {
    const struct plait__attribute *attribute = attribute_of(node, name, PLAIT__ATTRIBUTE_STRINGS);
    *count_out = attribute ? (int)attribute->count : 0;
    return attribute ? attribute->strings : NULL;
}

/* ---- helpers of shape functions and kernels ---- */

enum plait_status plait__call_fail(struct plait__call *call, enum plait_status status, const char *format, ...) {
    char sentence[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return plait__fail(call->context, status, "%s '%s': %s", plait__op_name(call->node->op), call->node->name, sentence);
}

bool plait__known_shape(const plait_tensor *tensor) {
    if (tensor->rank < 0) return false;
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->dims[i] < 0) return false;
    return true;
}

void plait__set_output(struct plait__call *call, int index, enum plait_dtype dtype, int rank, const int64_t *dims) {
    plait_tensor *output = plait__output(call, index);
    if (!output) return;
    output->dtype = dtype;
    output->rank = rank;
    for (int i = 0; i < rank; i++) output->dims[i] = dims[i];
}

enum plait_status plait__expect_inputs(struct plait__call *call, int required, int most) {
    if (call->input_count > most)
        return plait__call_fail(call, PLAIT_INVALID, "expected at most %d inputs, found %d", most, call->input_count);
    for (int i = 0; i < required; i++)
        if (!plait__input(call, i))
            return plait__call_fail(call, PLAIT_INVALID, "expected at least %d inputs, input %d is missing", required, i);
    return PLAIT_OK;
}

enum plait_status plait__broadcast(struct plait__call *call, const plait_tensor *a, const plait_tensor *b, int *rank_out,
                                   int64_t *dims_out) {
    if (!plait__known_rank(a) || !plait__known_rank(b)) {
        *rank_out = -1;
        return PLAIT_OK;
    }
    int rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < rank; i++) {
        int from_a = i - (rank - a->rank), from_b = i - (rank - b->rank);
        int64_t x = from_a < 0 ? 1 : a->dims[from_a], y = from_b < 0 ? 1 : b->dims[from_b];
        if (x == 1) {
            dims_out[i] = y;
        } else if (y == 1 || x == y) {
            dims_out[i] = x;
        } else if (x < 0 || y < 0) { /* an unknown one beside one that is not 1 can only turn out equal to it, or 1 */
            dims_out[i] = x < 0 ? y : x;
        } else {
            return plait__call_fail(call, PLAIT_INVALID, "dimension %d: %lld and %lld do not broadcast", i, (long long)x,
                                    (long long)y);
        }
    }
    *rank_out = rank;
    return PLAIT_OK;
}

enum plait_status plait__axis(struct plait__call *call, int64_t axis, int rank, int *axis_out) {
    if (axis < -rank || axis >= rank)
        return plait__call_fail(call, PLAIT_INVALID, "axis: expected %d..%d, found %lld", -rank, rank - 1, (long long)axis);
    *axis_out = (int)(axis < 0 ? axis + rank : axis);
    return PLAIT_OK;
}

enum plait_status plait__read_ints(struct plait__call *call, const plait_tensor *tensor, int64_t *out, int ceiling,
                                   int *count_out) {
    *count_out = -1;
    if (tensor->dtype == PLAIT_DTYPE_NONE) return PLAIT_OK;
    if (tensor->dtype != PLAIT_I32 && tensor->dtype != PLAIT_I64)
        return plait__call_fail(call, PLAIT_INVALID, "expected a list of int32 or int64, found %s",
                                plait_dtype_name(tensor->dtype));
    if (!plait__known_shape(tensor)) return PLAIT_OK;
    int64_t count = plait_tensor_elements(tensor);
    if (count > ceiling)
        return plait__call_fail(call, PLAIT_INVALID, "expected a list of at most %d numbers, found %lld", ceiling,
                                (long long)count);
    if (count > 0 && !tensor->data) return PLAIT_OK;
    for (int64_t i = 0; i < count; i++)
        out[i] = tensor->dtype == PLAIT_I64 ? ((const int64_t *)tensor->data)[i] : ((const int32_t *)tensor->data)[i];
    *count_out = (int)count;
    return PLAIT_OK;
}
