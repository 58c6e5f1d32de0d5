/* Functions of two numbers, broadcast as NumPy does. */
#include "backend/xnnpack/families.h"

#include <string.h>

void plait__xnn_shape(const plait_tensor *type, int rank, size_t *shape_out) {
    for (int i = 0; i < rank; i++) {
        int from = i - (rank - type->rank);
        shape_out[i] = from < 0 ? 1 : (size_t)type->dims[from];
    }
}

static enum xnn_status bind_binary(const struct plait__xnn_step *step) {
    /* The first slot is the one whose memory the result may take; the others are the operands in their order. */
    return xnn_setup_binary_elementwise_nd(step->xnn, step->places[2], step->places[3], step->places[1]);
}

enum plait_status plait__xnn_binary_step(struct plait__xnn_segment *segment, enum xnn_binary_operator type, int rank,
                                         const size_t *shape_a, const size_t *shape_b, int a, int b, int written) {
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_binary_elementwise_nd(type, xnn_datatype_fp32, NULL, NULL, NULL, 0, &xnn));
    bool whole_a = true, whole_b = true;
    for (int i = 0; i < rank; i++) {
        whole_a = whole_a && shape_a[i] >= shape_b[i];
        whole_b = whole_b && shape_b[i] >= shape_a[i];
    }
    bool last_b = b >= 0 && segment->slots[b].kind == PLAIT__XNN_INTERIOR && whole_b && !whole_a;
    struct plait__xnn_step *step =
        plait__xnn_operator_step(segment, xnn, bind_binary, 4, (int[]){last_b ? b : a, written, a, b});
    if (!step) return PLAIT_MEMORY;
    step->in_place = whole_a || whole_b;
    return plait__xnn_check(segment, xnn_reshape_binary_elementwise_nd(xnn, (size_t)rank, shape_a, (size_t)rank, shape_b,
                                                                       plait__xnn_pool(segment)));
}

static enum xnn_binary_operator binary_operator(enum plait__op op) {
    switch (op) {
    case PLAIT__OP_Add:
        return xnn_binary_add;
    case PLAIT__OP_Sub:
        return xnn_binary_subtract;
    case PLAIT__OP_Mul:
        return xnn_binary_multiply;
    case PLAIT__OP_Div:
        return xnn_binary_divide;
    case PLAIT__OP_Max:
        return xnn_binary_maximum;
    case PLAIT__OP_Min:
        return xnn_binary_minimum;
    case PLAIT__OP_PRelu:
        return xnn_binary_prelu;
    case PLAIT__OP_Pow:
        return xnn_binary_pow;
    default:
        return xnn_binary_invalid;
    }
}

/* A constant exponent that has an operator of its own. */
static enum xnn_unary_operator power(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *exponent = plait__xnn_constant(graph, node, 1);
    if (node->op != PLAIT__OP_Pow || !exponent || exponent->dtype != PLAIT_F32 || plait_tensor_elements(exponent) != 1)
        return xnn_unary_invalid;
    if (plait_tensor_elements(plait__xnn_input_type(graph, node, 0)) !=
        plait_tensor_elements(plait__xnn_output_type(graph, node, 0)))
        return xnn_unary_invalid;
    float value = *(const float *)exponent->data;
    return value == 2.0f ? xnn_unary_square : xnn_unary_invalid;
}

bool plait__xnn_supports_binary(const struct plait__graph *graph, const struct plait__node *node) {
    if (node->input_count != 2) return false; /* Max and Min of one, or of many */
    if (node->opset < 7) return false;        /* broadcast in a way of its own */
    for (int i = 0; i < 2; i++)
        if (plait__xnn_input_type(graph, node, i)->dtype != PLAIT_F32) return false;
    return true;
}

enum plait_status plait__xnn_define_binary(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *type_a = plait__xnn_input_type(segment->graph, node, 0),
                       *type_b = plait__xnn_input_type(segment->graph, node, 1);
    int a = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    enum xnn_unary_operator alone = power(segment->graph, node);
    if (alone != xnn_unary_invalid)
        return plait__xnn_unary_step(segment, alone, NULL, (size_t)plait_tensor_elements(type_a), a, written);
    int rank = type_a->rank > type_b->rank ? type_a->rank : type_b->rank;
    size_t shape_a[PLAIT__XNN_RANK], shape_b[PLAIT__XNN_RANK];
    plait__xnn_shape(type_a, rank, shape_a);
    plait__xnn_shape(type_b, rank, shape_b);
    return plait__xnn_binary_step(segment, binary_operator(node->op), rank, shape_a, shape_b, a,
                                  plait__xnn_read(segment, node->inputs[1]), written);
}
