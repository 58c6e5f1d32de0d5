/* Functions of single elements. */
#include "graph/shape/elementwise.h"
#include "backend/cuda/families.h"

#include <math.h>
#include <string.h>

/* ---- one input ---- */

struct function {
    int number;
    float alpha, beta;
};

/* A bound of Clip: an input since opset 11, an attribute before. */
static bool bound(const struct plait__graph *graph, const struct plait__node *node, int input, const char *attribute,
                  float *bound) {
    if (node->opset < 11) {
        *bound = plait__attribute_float(node, attribute, *bound);
        return true;
    }
    if (!plait__cuda_input_type(graph, node, input)) return true;
    const plait_tensor *constant = plait__cuda_constant_of(graph, node, input);
    if (!plait__cuda_is_f32(constant) || plait_tensor_elements(constant) != 1) return false;
    *bound = *(const float *)constant->data;
    return true;
}

/* An exponent that is a constant, as it nearly always is. */
static bool read_power(const struct plait__graph *graph, const struct plait__node *node, struct function *f) {
    const plait_tensor *constant = plait__cuda_constant_of(graph, node, 1);
    if (!plait__cuda_is_f32(constant) || plait_tensor_elements(constant) != 1 ||
        constant->rank > plait__cuda_input_type(graph, node, 0)->rank)
        return false;
    f->alpha = *(const float *)constant->data;
    bool whole = f->alpha == truncf(f->alpha), small = fabsf(f->alpha) <= 16.0f;
    f->number = f->alpha == 0.5f || whole ? PLAIT__CUDA_WHOLE_POWER : PLAIT__CUDA_POWER;
    return small;
}

static bool read_function(const struct plait__graph *graph, const struct plait__node *node, struct function *f) {
#define PLAIN(op, name)                 \
    case PLAIT__OP_##op:                \
        f->number = PLAIT__CUDA_##name; \
        return true;
#define WITH(op, name, alpha_default, beta_name, beta_default)                                           \
    case PLAIT__OP_##op:                                                                                 \
        *f = (struct function){PLAIT__CUDA_##name, plait__attribute_float(node, "alpha", alpha_default), \
                               plait__attribute_float(node, beta_name, beta_default)};                   \
        return true;
    *f = (struct function){0};
    switch (node->op) {
        PLAIN(Abs, ABS)
        PLAIN(Neg, NEG)
        PLAIN(Sign, SIGN)
        PLAIN(Reciprocal, RECIPROCAL)
        PLAIN(Sqrt, SQRT)
        PLAIN(Exp, EXP)
        PLAIN(Log, LOG)
        PLAIN(Erf, ERF)
        PLAIN(Sin, SIN)
        PLAIN(Cos, COS)
        PLAIN(Tan, TAN)
        PLAIN(Atan, ATAN)
        PLAIN(Tanh, TANH)
        PLAIN(Floor, FLOOR)
        PLAIN(Ceil, CEIL)
        PLAIN(Round, ROUND)
        PLAIN(Softplus, SOFTPLUS)
        PLAIN(Softsign, SOFTSIGN)
        PLAIN(Sigmoid, SIGMOID)
        PLAIN(HardSwish, HARD_SWISH)
        PLAIN(Silu, SILU)
        PLAIN(Mish, MISH)
        WITH(LeakyRelu, LEAKY_RELU, 0.01f, "", 0.0f)
        WITH(ThresholdedRelu, THRESHOLDED_RELU, 1.0f, "", 0.0f)
        WITH(Elu, ELU, 1.0f, "", 0.0f)
        WITH(Celu, CELU, 1.0f, "", 0.0f)
        WITH(Selu, SELU, 1.67326319217681884765625f, "gamma", 1.05070102214813232421875f)
        WITH(HardSigmoid, HARD_SIGMOID, 0.2f, "beta", 0.5f)
    case PLAIT__OP_Relu:
        *f = (struct function){PLAIT__CUDA_CLIP, 0.0f, INFINITY};
        return true;
    case PLAIT__OP_Gelu:
        f->number = strcmp(plait__attribute_string(node, "approximate", "none"), "tanh") == 0 ? PLAIT__CUDA_GELU_TANH
                                                                                              : PLAIT__CUDA_GELU;
        return true;
    case PLAIT__OP_Clip:
        *f = (struct function){PLAIT__CUDA_CLIP, -INFINITY, INFINITY};
        return bound(graph, node, 1, "min", &f->alpha) && bound(graph, node, 2, "max", &f->beta);
    case PLAIT__OP_Pow:
        return read_power(graph, node, f);
    default:
        return false;
    }
#undef PLAIN
#undef WITH
}

bool plait__cuda_supports_unary(const struct plait__graph *graph, struct plait__call *call) {
    struct function f;
    return plait__cuda_is_f32(call->inputs[0]) && plait__cuda_is_f32(call->outputs[0]) && read_function(graph, call->node, &f);
}

enum plait_status plait__cuda_apply(struct plait__cuda_segment *segment, int function, float alpha, float beta, int64_t count,
                                    int read, int written) {
    struct plait__cuda_unary a = {.count = (int)count, .function = function, .alpha = alpha, .beta = beta};
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(unary, x, read), PLAIT__CUDA_PLACE(unary, y, written)};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_unary, count, &a, sizeof a, 2, places);
}

enum plait_status plait__cuda_define_unary(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct function f;
    read_function(segment->graph, node, &f);
    return plait__cuda_apply(segment, f.number, f.alpha, f.beta,
                             plait_tensor_elements(plait__cuda_output_type(segment->graph, node, 0)),
                             plait__cuda_read(segment, node->inputs[0]), plait__cuda_write(segment, node->outputs[0]));
}

/* ---- several inputs ---- */

void plait__cuda_spread_of(const plait_tensor *to, int input_count, const plait_tensor *const *inputs,
                           struct plait__cuda_spread *spread) {
    int steps[3][PLAIT_MAX_RANK] = {{0}};
    for (int k = 0; k < input_count; k++) {
        int64_t step = 1;
        for (int d = to->rank - 1, own = inputs[k]->rank - 1; d >= 0 && own >= 0; d--, own--) {
            steps[k][d] = inputs[k]->dims[own] == 1 ? 0 : (int)step;
            step *= inputs[k]->dims[own];
        }
    }
    *spread = (struct plait__cuda_spread){0};
    for (int d = 0; d < to->rank; d++) {
        if (to->dims[d] == 1) continue;
        bool joins = spread->rank > 0;
        for (int k = 0; k < input_count && joins; k++)
            joins = spread->steps[k][spread->rank - 1] == steps[k][d] * (int)to->dims[d];
        int at = joins ? spread->rank - 1 : spread->rank++;
        spread->dims[at] = (joins ? spread->dims[at] : 1) * (int)to->dims[d];
        for (int k = 0; k < input_count; k++) spread->steps[k][at] = steps[k][d];
    }
}

enum plait_status plait__cuda_combine(struct plait__cuda_segment *segment, int function, float low, float high,
                                      const plait_tensor *to, const plait_tensor *x_type, const plait_tensor *y_type, int x,
                                      int y, int written) {
    struct plait__cuda_binary a = {.count = (int)plait_tensor_elements(to), .function = function, .low = low, .high = high};
    plait__cuda_spread_of(to, 2, (const plait_tensor *const[]){x_type, y_type}, &a.spread);
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(binary, x, x), PLAIT__CUDA_PLACE(binary, y, y),
                                               PLAIT__CUDA_PLACE(binary, out, written)};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_binary, a.count, &a, sizeof a, 3, places);
}

static int binary_function(enum plait__op op) {
    switch (op) {
    case PLAIT__OP_Add:
    case PLAIT__OP_Sum:
        return PLAIT__CUDA_ADD;
    case PLAIT__OP_Sub:
        return PLAIT__CUDA_SUB;
    case PLAIT__OP_Mul:
        return PLAIT__CUDA_MUL;
    case PLAIT__OP_Div:
        return PLAIT__CUDA_DIV;
    case PLAIT__OP_Min:
        return PLAIT__CUDA_MIN;
    case PLAIT__OP_Max:
        return PLAIT__CUDA_MAX;
    default:
        return PLAIT__CUDA_PRELU;
    }
}

bool plait__cuda_supports_binary(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    for (int i = 0; i < call->input_count; i++)
        if (!plait__cuda_is_f32(call->inputs[i])) return false;
    return plait__cuda_is_f32(call->outputs[0]) && call->input_count >= 1;
}

/* Inputs beyond the second, of Min, Max and Sum, are combined with what the others came to. */
enum plait_status plait__cuda_define_binary(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const struct plait__graph *graph = segment->graph;
    const plait_tensor *to = plait__cuda_output_type(graph, node, 0), *x_type = plait__cuda_input_type(graph, node, 0);
    int function = binary_function(node->op), x = plait__cuda_read(segment, node->inputs[0]);
    int written = plait__cuda_write(segment, node->outputs[0]);
    float low, high;
    plait__cuda_bounds(node, &low, &high);
    if (node->input_count == 1) return plait__cuda_alias(segment, x, written);
    for (int i = 1; i < node->input_count; i++) {
        plait_tensor y_type = *plait__cuda_input_type(graph, node, i);
        if (node->op == PLAIT__OP_PRelu) {
            struct plait__call call;
            PLAIT__TRY(plait__cuda_call_of(graph, node, &segment->arena, &call));
            y_type = plait__prelu_slope(&call);
        }
        PLAIT__TRY(plait__cuda_combine(segment, function, low, high, to, x_type, &y_type, x,
                                       plait__cuda_read(segment, node->inputs[i]), written));
        x = written;
        x_type = to;
    }
    return PLAIT_OK;
}

/* Bytes of an integer that is compared; 0: f32; -1: none of them. */
static int compared_bytes(enum plait_dtype dtype) {
    switch (dtype) {
    case PLAIT_F32:
        return 0;
    case PLAIT_I64:
        return 8;
    case PLAIT_I32:
        return 4;
    case PLAIT_U8:
    case PLAIT_BOOL:
        return 1;
    default:
        return -1;
    }
}

bool plait__cuda_supports_compare(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    return call->input_count == 2 && call->inputs[0] && call->inputs[1] && call->inputs[0]->dtype == call->inputs[1]->dtype &&
           compared_bytes(call->inputs[0]->dtype) >= 0;
}

enum plait_status plait__cuda_define_compare(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const struct plait__graph *graph = segment->graph;
    const plait_tensor *to = plait__cuda_output_type(graph, node, 0);
    const plait_tensor *inputs[] = {plait__cuda_input_type(graph, node, 0), plait__cuda_input_type(graph, node, 1)};
    struct plait__cuda_compare a = {.count = (int)plait_tensor_elements(to), .bytes = compared_bytes(inputs[0]->dtype)};
    switch (node->op) {
    case PLAIT__OP_Equal:
        a.function = PLAIT__CUDA_EQUAL;
        break;
    case PLAIT__OP_Greater:
        a.function = PLAIT__CUDA_GREATER;
        break;
    case PLAIT__OP_GreaterOrEqual:
        a.function = PLAIT__CUDA_GREATER_OR_EQUAL;
        break;
    case PLAIT__OP_Less:
        a.function = PLAIT__CUDA_LESS;
        break;
    default:
        a.function = PLAIT__CUDA_LESS_OR_EQUAL;
    }
    plait__cuda_spread_of(to, 2, inputs, &a.spread);
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(compare, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(compare, y, plait__cuda_read(segment, node->inputs[1])),
                                               PLAIT__CUDA_PLACE(compare, out, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_compare, a.count, &a, sizeof a, 3, places);
}

bool plait__cuda_supports_logic(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    for (int i = 0; i < call->input_count; i++)
        if (!call->inputs[i] || call->inputs[i]->dtype != PLAIT_BOOL) return false;
    return call->outputs[0]->dtype == PLAIT_BOOL;
}

enum plait_status plait__cuda_define_logic(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const struct plait__graph *graph = segment->graph;
    const plait_tensor *to = plait__cuda_output_type(graph, node, 0);
    int second = node->op == PLAIT__OP_Not ? 0 : 1;
    const plait_tensor *inputs[] = {plait__cuda_input_type(graph, node, 0), plait__cuda_input_type(graph, node, second)};
    struct plait__cuda_logic a = {.count = (int)plait_tensor_elements(to),
                                  .function = node->op == PLAIT__OP_And   ? PLAIT__CUDA_AND
                                              : node->op == PLAIT__OP_Or  ? PLAIT__CUDA_OR
                                              : node->op == PLAIT__OP_Xor ? PLAIT__CUDA_XOR
                                                                          : PLAIT__CUDA_NOT};
    plait__cuda_spread_of(to, 2, inputs, &a.spread);
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(logic, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(logic, y, plait__cuda_read(segment, node->inputs[second])),
                                               PLAIT__CUDA_PLACE(logic, out, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_logic, a.count, &a, sizeof a, 3, places);
}

bool plait__cuda_supports_where(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    size_t bytes = plait_dtype_bytes(call->outputs[0]->dtype);
    return call->input_count == 3 && call->inputs[0]->dtype == PLAIT_BOOL && (bytes == 1 || bytes == 4 || bytes == 8);
}

enum plait_status plait__cuda_define_where(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const struct plait__graph *graph = segment->graph;
    const plait_tensor *to = plait__cuda_output_type(graph, node, 0), *inputs[3];
    for (int i = 0; i < 3; i++) inputs[i] = plait__cuda_input_type(graph, node, i);
    struct plait__cuda_choose a = {.count = (int)plait_tensor_elements(to), .bytes = (int)plait_dtype_bytes(to->dtype)};
    plait__cuda_spread_of(to, 3, inputs, &a.spread);
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(choose, condition, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(choose, x, plait__cuda_read(segment, node->inputs[1])),
                                               PLAIT__CUDA_PLACE(choose, y, plait__cuda_read(segment, node->inputs[2])),
                                               PLAIT__CUDA_PLACE(choose, out, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_choose, a.count, &a, sizeof a, 4, places);
}

/* ---- Cast ---- */

static int cast_kind(enum plait_dtype dtype) {
    switch (dtype) {
    case PLAIT_F32:
        return PLAIT__CUDA_F32;
    case PLAIT_I32:
        return PLAIT__CUDA_I32;
    case PLAIT_I64:
        return PLAIT__CUDA_I64;
    case PLAIT_U8:
        return PLAIT__CUDA_U8;
    case PLAIT_BOOL:
        return PLAIT__CUDA_BOOL;
    default:
        return -1;
    }
}

/* What a float outside of an integer's range becomes is the reference's to say. */
bool plait__cuda_supports_cast(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    int from = cast_kind(call->inputs[0]->dtype), to = cast_kind(call->outputs[0]->dtype);
    return from >= 0 && to >= 0 && (from != PLAIT__CUDA_F32 || to == PLAIT__CUDA_F32 || to == PLAIT__CUDA_BOOL);
}

enum plait_status plait__cuda_define_cast(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *from = plait__cuda_input_type(segment->graph, node, 0);
    const plait_tensor *to = plait__cuda_output_type(segment->graph, node, 0);
    struct plait__cuda_cast a = {
        .count = (int)plait_tensor_elements(to), .from = cast_kind(from->dtype), .to = cast_kind(to->dtype)};
    const struct plait__cuda_place places[] = {PLAIT__CUDA_PLACE(cast, x, plait__cuda_read(segment, node->inputs[0])),
                                               PLAIT__CUDA_PLACE(cast, y, plait__cuda_write(segment, node->outputs[0]))};
    return plait__cuda_launch_elements(segment, PLAIT__CUDA_KERNEL_cast, a.count, &a, sizeof a, 2, places);
}
