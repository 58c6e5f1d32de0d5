/* The production backend: XNNPACK's operators, and small kernels for what it lacks.  Here is which family has which operator.
 */
#include "backend/xnnpack/families.h"

/* name, whether it clamps by itself, the layout it runs in */
#define FAMILY(name, clamps, layout)                                                                            \
    static const struct plait__xnn_family name = {plait__xnn_supports_##name, plait__xnn_define_##name, clamps, \
                                                  PLAIT__XNN_##layout};
FAMILY(attention, false, ONNX_LAYOUT)
FAMILY(average_pool, true, CHANNELS_LAST)
FAMILY(batch_normalisation, false, EITHER_LAYOUT)
FAMILY(binary, false, ONNX_LAYOUT)
FAMILY(cast, false, ONNX_LAYOUT)
FAMILY(concat, false, ONNX_LAYOUT)
FAMILY(convolution, true, CHANNELS_LAST)
FAMILY(convolution_transpose, true, CHANNELS_LAST)
FAMILY(depth_to_space, false, EITHER_LAYOUT)
FAMILY(expand, false, ONNX_LAYOUT)
FAMILY(function, false, ONNX_LAYOUT)
FAMILY(gather, false, ONNX_LAYOUT)
FAMILY(gelu, false, ONNX_LAYOUT)
FAMILY(gemm, true, ONNX_LAYOUT)
FAMILY(global_pool, false, EITHER_LAYOUT)
FAMILY(layer_normalisation, false, ONNX_LAYOUT)
FAMILY(instance_normalisation, false, ONNX_LAYOUT)
FAMILY(lstm, false, ONNX_LAYOUT)
FAMILY(matmul, false, ONNX_LAYOUT)
FAMILY(max_pool, true, CHANNELS_LAST)
FAMILY(pad, false, ONNX_LAYOUT)
FAMILY(reduce, false, ONNX_LAYOUT)
FAMILY(reshape, false, ONNX_LAYOUT)
FAMILY(resize, false, CHANNELS_LAST)
FAMILY(rows, false, ONNX_LAYOUT)
FAMILY(scaled_sigmoid, false, ONNX_LAYOUT)
FAMILY(select, false, ONNX_LAYOUT)
FAMILY(slice, false, ONNX_LAYOUT)
FAMILY(softmax, false, ONNX_LAYOUT)
FAMILY(split, false, ONNX_LAYOUT)
FAMILY(transpose, false, ONNX_LAYOUT)
FAMILY(unary, false, ONNX_LAYOUT)
#undef FAMILY

static const struct plait__xnn_family *const families[PLAIT__OP_COUNT] = {
    [PLAIT__OP_Abs] = &unary,
    [PLAIT__OP_Add] = &binary,
    [PLAIT__OP_And] = &select,
    [PLAIT__OP_ArgMax] = &rows,
    [PLAIT__OP_ArgMin] = &rows,
    [PLAIT__OP_Atan] = &function,
    [PLAIT__OP_Attention] = &attention,
    [PLAIT__OP_AveragePool] = &average_pool,
    [PLAIT__OP_BatchNormalization] = &batch_normalisation,
    [PLAIT__OP_Cast] = &cast,
    [PLAIT__OP_Ceil] = &unary,
    [PLAIT__OP_Celu] = &function,
    [PLAIT__OP_Clip] = &unary,
    [PLAIT__OP_Concat] = &concat,
    [PLAIT__OP_Conv] = &convolution,
    [PLAIT__OP_ConvTranspose] = &convolution_transpose,
    [PLAIT__OP_Cos] = &function,
    [PLAIT__OP_DepthToSpace] = &depth_to_space,
    [PLAIT__OP_Div] = &binary,
    [PLAIT__OP_Dropout] = &reshape,
    [PLAIT__OP_Elu] = &unary,
    [PLAIT__OP_Equal] = &select,
    [PLAIT__OP_Erf] = &function,
    [PLAIT__OP_Exp] = &unary,
    [PLAIT__OP_Expand] = &expand,
    [PLAIT__OP_Flatten] = &reshape,
    [PLAIT__OP_Floor] = &unary,
    [PLAIT__OP_Gather] = &gather,
    [PLAIT__OP_Gelu] = &gelu,
    [PLAIT__OP_Gemm] = &gemm,
    [PLAIT__OP_GlobalAveragePool] = &global_pool,
    [PLAIT__OP_Greater] = &select,
    [PLAIT__OP_GreaterOrEqual] = &select,
    [PLAIT__OP_HardSigmoid] = &function,
    [PLAIT__OP_HardSwish] = &unary,
    [PLAIT__OP_Identity] = &reshape,
    [PLAIT__OP_InstanceNormalization] = &instance_normalisation,
    [PLAIT__OP_LayerNormalization] = &layer_normalisation,
    [PLAIT__OP_LeakyRelu] = &unary,
    [PLAIT__OP_Less] = &select,
    [PLAIT__OP_LessOrEqual] = &select,
    [PLAIT__OP_Log] = &function,
    [PLAIT__OP_LSTM] = &lstm,
    [PLAIT__OP_LogSoftmax] = &rows,
    [PLAIT__OP_MatMul] = &matmul,
    [PLAIT__OP_Max] = &binary,
    [PLAIT__OP_MaxPool] = &max_pool,
    [PLAIT__OP_Min] = &binary,
    [PLAIT__OP_Mish] = &function,
    [PLAIT__OP_Mul] = &binary,
    [PLAIT__OP_Neg] = &unary,
    [PLAIT__OP_Or] = &select,
    [PLAIT__OP_PRelu] = &binary,
    [PLAIT__OP_Pad] = &pad,
    [PLAIT__OP_Pow] = &binary,
    [PLAIT__OP_Reciprocal] = &function,
    [PLAIT__OP_ReduceL1] = &rows,
    [PLAIT__OP_ReduceL2] = &rows,
    [PLAIT__OP_ReduceLogSum] = &rows,
    [PLAIT__OP_ReduceLogSumExp] = &rows,
    [PLAIT__OP_ReduceMax] = &rows,
    [PLAIT__OP_ReduceMean] = &reduce,
    [PLAIT__OP_ReduceMin] = &rows,
    [PLAIT__OP_ReduceProd] = &rows,
    [PLAIT__OP_ReduceSum] = &reduce,
    [PLAIT__OP_ReduceSumSquare] = &rows,
    [PLAIT__OP_Relu] = &unary,
    [PLAIT__OP_Reshape] = &reshape,
    [PLAIT__OP_Resize] = &resize,
    [PLAIT__OP_Round] = &unary,
    [PLAIT__OP_Selu] = &function,
    [PLAIT__OP_Sigmoid] = &unary,
    [PLAIT__OP_Sign] = &function,
    [PLAIT__OP_Silu] = &scaled_sigmoid,
    [PLAIT__OP_Sin] = &function,
    [PLAIT__OP_Slice] = &slice,
    [PLAIT__OP_Softmax] = &softmax,
    [PLAIT__OP_Softplus] = &function,
    [PLAIT__OP_Softsign] = &function,
    [PLAIT__OP_SpaceToDepth] = &depth_to_space,
    [PLAIT__OP_Split] = &split,
    [PLAIT__OP_Sqrt] = &function,
    [PLAIT__OP_Squeeze] = &reshape,
    [PLAIT__OP_Sub] = &binary,
    [PLAIT__OP_Tan] = &function,
    [PLAIT__OP_Tanh] = &unary,
    [PLAIT__OP_ThresholdedRelu] = &function,
    [PLAIT__OP_Transpose] = &transpose,
    [PLAIT__OP_Unsqueeze] = &reshape,
    [PLAIT__OP_Upsample] = &resize,
    [PLAIT__OP_Where] = &select,
    [PLAIT__OP_Xor] = &select,
};

const struct plait__xnn_family *plait__xnn_family(enum plait__op op) {
    return op > PLAIT__OP_NONE && op < PLAIT__OP_COUNT ? families[op] : NULL;
}

/* Steps count on whole, known, dense arrays of at most six dimensions.  A constant may be empty: so are parameters that do
 * not apply, as Resize's region. */
static bool usable(const plait_tensor *type, bool constant) {
    if (!type) return true;
    if (type->rank < 0 || type->rank > PLAIT__XNN_RANK || type->dtype == PLAIT_DTYPE_NONE) return false;
    for (int i = 0; i < type->rank; i++)
        if (type->dims[i] < (constant ? 0 : 1)) return false;
    return true;
}

static bool family_supports(const struct plait__xnn_family *family, const struct plait__graph *graph,
                            const struct plait__node *node) {
    for (int i = 0; i < node->input_count; i++)
        if (!usable(plait__xnn_input_type(graph, node, i), i > 0 && plait__xnn_constant(graph, node, i))) return false;
    for (int i = 0; i < node->output_count; i++)
        if (!usable(plait__xnn_output_type(graph, node, i), false)) return false;
    return family->supports(graph, node);
}

static bool supports(const struct plait__graph *graph, const struct plait__node *node, const plait_session_options *options) {
    (void)options;
    const struct plait__xnn_family *family = plait__xnn_family(node->op);
    if (!family || (family->layout == PLAIT__XNN_CHANNELS_LAST && node->layout == PLAIT__LAYOUT_ONNX)) return false;
    return family_supports(family, graph, node);
}

static bool prefers_channels_last(const struct plait__graph *graph, const struct plait__node *node) {
    const struct plait__xnn_family *family = plait__xnn_family(node->op);
    return family && family->layout != PLAIT__XNN_ONNX_LAYOUT && family_supports(family, graph, node);
}

const struct plait__backend plait__backend_xnnpack = {
    .name = "xnnpack",
    .supports = supports,
    .prefers_channels_last = prefers_channels_last,
    .smallest_segment = 1,
    .segment_create = plait__xnn_segment_create,
    .segment_run = plait__xnn_segment_run,
    .segment_destroy = plait__xnn_segment_destroy,
    .segment_scratch = plait__xnn_segment_scratch,
};
