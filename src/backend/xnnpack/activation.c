/* Functions of one number: XNNPACK's unary operators, and those it lacks made from them. */
#include "backend/xnnpack/families.h"

#include <math.h>
#include <string.h>

static enum xnn_status bind_unary(const struct plait__xnn_step *step) {
    return xnn_setup_unary_elementwise_nc(step->xnn, step->places[0], step->places[1]);
}

enum plait_status plait__xnn_unary_step(struct plait__xnn_segment *segment, enum xnn_unary_operator type,
                                        const union xnn_unary_params *params, size_t elements, int read, int written) {
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment,
                   xnn_create_unary_elementwise_nc(type, xnn_datatype_fp32, xnn_datatype_fp32, params, NULL, NULL, 0, &xnn));
    struct plait__xnn_step *step = plait__xnn_operator_step(segment, xnn, bind_unary, 2, (int[]){read, written});
    if (!step) return PLAIT_MEMORY;
    step->in_place = true;
    return plait__xnn_check(segment,
                            xnn_reshape_unary_elementwise_nc(xnn, 1, elements, elements, elements, plait__xnn_pool(segment)));
}

enum plait_status plait__xnn_clamp(struct plait__xnn_segment *segment, const struct plait__node *node, int value) {
    union xnn_unary_params params = {.clamp = {node->clamp.low, node->clamp.high}};
    int slot = plait__xnn_write(segment, value);
    size_t elements = (size_t)plait_tensor_elements(&segment->graph->values[value].type);
    return plait__xnn_unary_step(segment, xnn_unary_clamp, &params, elements, slot, slot);
}

static bool scalar(const struct plait__graph *graph, const struct plait__node *node, int index, float *value_out) {
    const plait_tensor *constant = plait__xnn_constant(graph, node, index);
    if (!constant || constant->dtype != PLAIT_F32 || plait_tensor_elements(constant) != 1) return false;
    *value_out = *(const float *)constant->data;
    return true;
}

/* Clip's bounds are attributes before opset 11 and optional inputs since; false when they are known only in the run. */
static bool clip_bounds(const struct plait__graph *graph, const struct plait__node *node, float *low_out, float *high_out) {
    *low_out = plait__attribute_float(node, "min", -INFINITY);
    *high_out = plait__attribute_float(node, "max", INFINITY);
    for (int i = 1; i <= 2; i++)
        if (plait__xnn_input_type(graph, node, i) && !scalar(graph, node, i, i == 1 ? low_out : high_out)) return false;
    return *low_out <= *high_out;
}

/* XNNPACK's operator for a node and its parameters; xnn_unary_invalid when it has none. */
static enum xnn_unary_operator unary_operator(const struct plait__graph *graph, const struct plait__node *node,
                                              union xnn_unary_params *params) {
    memset(params, 0, sizeof *params);
    switch (node->op) {
    case PLAIT__OP_Abs:
        return xnn_unary_abs;
    case PLAIT__OP_Ceil:
        return xnn_unary_ceiling;
    case PLAIT__OP_Clip:
        return clip_bounds(graph, node, &params->clamp.min, &params->clamp.max) ? xnn_unary_clamp : xnn_unary_invalid;
    case PLAIT__OP_Elu:
        params->elu.alpha = plait__attribute_float(node, "alpha", 1.0f);
        return xnn_unary_elu;
    case PLAIT__OP_Exp:
        return xnn_unary_exp;
    case PLAIT__OP_Floor:
        return xnn_unary_floor;
    case PLAIT__OP_HardSwish:
        return xnn_unary_hardswish;
    case PLAIT__OP_LeakyRelu:
        params->leaky_relu.negative_slope = plait__attribute_float(node, "alpha", 0.01f);
        return xnn_unary_leaky_relu;
    case PLAIT__OP_Neg:
        return xnn_unary_negate;
    case PLAIT__OP_Relu:
        params->clamp.max = INFINITY;
        return xnn_unary_clamp;
    case PLAIT__OP_Round:
        return xnn_unary_bankers_rounding;
    case PLAIT__OP_Sigmoid:
        return xnn_unary_sigmoid;
    case PLAIT__OP_Tanh:
        return xnn_unary_tanh;
    default:
        return xnn_unary_invalid;
    }
}

bool plait__xnn_supports_unary(const struct plait__graph *graph, const struct plait__node *node) {
    union xnn_unary_params params;
    if (plait__xnn_input_type(graph, node, 0)->dtype != PLAIT_F32) return false;
    return unary_operator(graph, node, &params) != xnn_unary_invalid;
}

enum plait_status plait__xnn_define_unary(struct plait__xnn_segment *segment, const struct plait__node *node) {
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    size_t elements = (size_t)plait_tensor_elements(plait__xnn_input_type(segment->graph, node, 0));
    union xnn_unary_params params;
    enum xnn_unary_operator type = unary_operator(segment->graph, node, &params);
    return plait__xnn_unary_step(segment, type, &params, elements, read, written);
}

/* ---- x times a sigmoid ---- */

bool plait__xnn_supports_scaled_sigmoid(const struct plait__graph *graph, const struct plait__node *node) {
    return plait__xnn_input_type(graph, node, 0)->dtype == PLAIT_F32;
}

enum plait_status plait__xnn_define_scaled_sigmoid(struct plait__xnn_segment *segment, const struct plait__node *node) {
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    size_t elements = (size_t)plait_tensor_elements(plait__xnn_input_type(segment->graph, node, 0));
    int gate = plait__xnn_scratch(segment, elements * sizeof(float));
    PLAIT__TRY(plait__xnn_unary_step(segment, xnn_unary_sigmoid, NULL, elements, read, gate));
    return plait__xnn_binary_step(segment, xnn_binary_multiply, 1, &elements, &elements, gate, read, written);
}

/* ---- GELU ---- */

bool plait__xnn_supports_gelu(const struct plait__graph *graph, const struct plait__node *node) {
    return plait__xnn_input_type(graph, node, 0)->dtype == PLAIT_F32;
}

enum plait_status plait__xnn_define_gelu(struct plait__xnn_segment *segment, const struct plait__node *node) {
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    size_t elements = (size_t)plait_tensor_elements(plait__xnn_input_type(segment->graph, node, 0));
    if (strcmp(plait__attribute_string(node, "approximate", "none"), "tanh") != 0)
        return plait__xnn_unary_step(segment, xnn_unary_gelu, NULL, elements, read, written);
    int gate = plait__xnn_scratch(segment, elements * sizeof(float));
    /* x * sigmoid(2 u) with u = sqrt(2/pi) (x + 0.044715 x^3), because (1 + tanh u) / 2 = sigmoid(2 u). */
    PLAIT__TRY(plait__xnn_gelu_argument_step(segment, elements, read, gate));
    PLAIT__TRY(plait__xnn_unary_step(segment, xnn_unary_sigmoid, NULL, elements, gate, gate));
    return plait__xnn_binary_step(segment, xnn_binary_multiply, 1, &elements, &elements, gate, read, written);
}
