/* The production backend: XNNPACK's operators, and small kernels for what it lacks.  Here is which family has which operator.
 */
#include "backend/xnnpack/families.h"

static const struct plait__xnn_family attention = {plait__xnn_supports_attention, plait__xnn_define_attention, false, false};
static const struct plait__xnn_family average_pool = {plait__xnn_supports_average_pool, plait__xnn_define_average_pool, true,
                                                      true};
static const struct plait__xnn_family batch_normalisation = {plait__xnn_supports_batch_normalisation,
                                                             plait__xnn_define_batch_normalisation, false, false};
static const struct plait__xnn_family binary = {plait__xnn_supports_binary, plait__xnn_define_binary, false, false};
static const struct plait__xnn_family concat = {plait__xnn_supports_concat, plait__xnn_define_concat, false, false};
static const struct plait__xnn_family convolution = {plait__xnn_supports_convolution, plait__xnn_define_convolution, true,
                                                     true};
static const struct plait__xnn_family convolution_transpose = {plait__xnn_supports_convolution_transpose,
                                                               plait__xnn_define_convolution_transpose, true, true};
static const struct plait__xnn_family depth_to_space = {plait__xnn_supports_depth_to_space, plait__xnn_define_depth_to_space,
                                                        false, false};
static const struct plait__xnn_family expand = {plait__xnn_supports_expand, plait__xnn_define_expand, false, false};
static const struct plait__xnn_family gather = {plait__xnn_supports_gather, plait__xnn_define_gather, false, false};
static const struct plait__xnn_family gelu = {plait__xnn_supports_gelu, plait__xnn_define_gelu, false, false};
static const struct plait__xnn_family gemm = {plait__xnn_supports_gemm, plait__xnn_define_gemm, true, false};
static const struct plait__xnn_family global_pool = {plait__xnn_supports_global_pool, plait__xnn_define_global_pool, false,
                                                     false};
static const struct plait__xnn_family layer_normalisation = {plait__xnn_supports_layer_normalisation,
                                                             plait__xnn_define_layer_normalisation, false, false};
static const struct plait__xnn_family matmul = {plait__xnn_supports_matmul, plait__xnn_define_matmul, false, false};
static const struct plait__xnn_family max_pool = {plait__xnn_supports_max_pool, plait__xnn_define_max_pool, true, true};
static const struct plait__xnn_family pad = {plait__xnn_supports_pad, plait__xnn_define_pad, false, false};
static const struct plait__xnn_family reduce = {plait__xnn_supports_reduce, plait__xnn_define_reduce, false, false};
static const struct plait__xnn_family reshape = {plait__xnn_supports_reshape, plait__xnn_define_reshape, false, false};
static const struct plait__xnn_family resize = {plait__xnn_supports_resize, plait__xnn_define_resize, false, true};
static const struct plait__xnn_family scaled_sigmoid = {plait__xnn_supports_scaled_sigmoid, plait__xnn_define_scaled_sigmoid,
                                                        false, false};
static const struct plait__xnn_family slice = {plait__xnn_supports_slice, plait__xnn_define_slice, false, false};
static const struct plait__xnn_family softmax = {plait__xnn_supports_softmax, plait__xnn_define_softmax, false, false};
static const struct plait__xnn_family split = {plait__xnn_supports_split, plait__xnn_define_split, false, false};
static const struct plait__xnn_family transpose = {plait__xnn_supports_transpose, plait__xnn_define_transpose, false, false};
static const struct plait__xnn_family unary = {plait__xnn_supports_unary, plait__xnn_define_unary, false, false};

static const struct plait__xnn_family *const families[PLAIT__OP_COUNT] = {
    [PLAIT__OP_Abs] = &unary,
    [PLAIT__OP_Add] = &binary,
    [PLAIT__OP_Attention] = &attention,
    [PLAIT__OP_AveragePool] = &average_pool,
    [PLAIT__OP_BatchNormalization] = &batch_normalisation,
    [PLAIT__OP_Ceil] = &unary,
    [PLAIT__OP_Clip] = &unary,
    [PLAIT__OP_Concat] = &concat,
    [PLAIT__OP_Conv] = &convolution,
    [PLAIT__OP_ConvTranspose] = &convolution_transpose,
    [PLAIT__OP_DepthToSpace] = &depth_to_space,
    [PLAIT__OP_Div] = &binary,
    [PLAIT__OP_Dropout] = &reshape,
    [PLAIT__OP_Elu] = &unary,
    [PLAIT__OP_Exp] = &unary,
    [PLAIT__OP_Expand] = &expand,
    [PLAIT__OP_Flatten] = &reshape,
    [PLAIT__OP_Floor] = &unary,
    [PLAIT__OP_Gather] = &gather,
    [PLAIT__OP_Gelu] = &gelu,
    [PLAIT__OP_Gemm] = &gemm,
    [PLAIT__OP_GlobalAveragePool] = &global_pool,
    [PLAIT__OP_HardSigmoid] = &unary,
    [PLAIT__OP_HardSwish] = &unary,
    [PLAIT__OP_Identity] = &reshape,
    [PLAIT__OP_LayerNormalization] = &layer_normalisation,
    [PLAIT__OP_LeakyRelu] = &unary,
    [PLAIT__OP_Log] = &unary,
    [PLAIT__OP_MatMul] = &matmul,
    [PLAIT__OP_Max] = &binary,
    [PLAIT__OP_MaxPool] = &max_pool,
    [PLAIT__OP_Min] = &binary,
    [PLAIT__OP_Mul] = &binary,
    [PLAIT__OP_Neg] = &unary,
    [PLAIT__OP_PRelu] = &binary,
    [PLAIT__OP_Pad] = &pad,
    [PLAIT__OP_Pow] = &binary,
    [PLAIT__OP_ReduceMean] = &reduce,
    [PLAIT__OP_ReduceSum] = &reduce,
    [PLAIT__OP_Relu] = &unary,
    [PLAIT__OP_Reshape] = &reshape,
    [PLAIT__OP_Resize] = &resize,
    [PLAIT__OP_Round] = &unary,
    [PLAIT__OP_Sigmoid] = &unary,
    [PLAIT__OP_Silu] = &scaled_sigmoid,
    [PLAIT__OP_Slice] = &slice,
    [PLAIT__OP_Softmax] = &softmax,
    [PLAIT__OP_Split] = &split,
    [PLAIT__OP_Sqrt] = &unary,
    [PLAIT__OP_Squeeze] = &reshape,
    [PLAIT__OP_Sub] = &binary,
    [PLAIT__OP_Tanh] = &unary,
    [PLAIT__OP_Transpose] = &transpose,
    [PLAIT__OP_Unsqueeze] = &reshape,
    [PLAIT__OP_Upsample] = &resize,
};

const struct plait__xnn_family *plait__xnn_family(enum plait__op op) {
    return op > PLAIT__OP_NONE && op < PLAIT__OP_COUNT ? families[op] : NULL;
}

/* Steps count on whole, known, dense arrays of at most six dimensions. */
static bool usable(const plait_tensor *type) {
    if (!type) return true;
    if (type->rank < 0 || type->rank > PLAIT__XNN_RANK || type->dtype == PLAIT_DTYPE_NONE) return false;
    for (int i = 0; i < type->rank; i++)
        if (type->dims[i] <= 0) return false;
    return true;
}

static bool family_supports(const struct plait__xnn_family *family, const struct plait__graph *graph,
                            const struct plait__node *node) {
    for (int i = 0; i < node->input_count; i++)
        if (!usable(plait__xnn_input_type(graph, node, i))) return false;
    for (int i = 0; i < node->output_count; i++)
        if (!usable(plait__xnn_output_type(graph, node, i))) return false;
    return family->supports(graph, node);
}

static bool supports(const struct plait__graph *graph, const struct plait__node *node, const plait_session_options *options) {
    (void)options;
    const struct plait__xnn_family *family = plait__xnn_family(node->op);
    if (!family || (family->channels_last && node->layout != PLAIT__LAYOUT_CHANNELS_LAST)) return false;
    return family_supports(family, graph, node);
}

static bool prefers_channels_last(const struct plait__graph *graph, const struct plait__node *node) {
    const struct plait__xnn_family *family = plait__xnn_family(node->op);
    return family && family->channels_last && family_supports(family, graph, node);
}

const struct plait__backend plait__backend_xnnpack = {
    .name = "xnnpack",
    .supports = supports,
    .prefers_channels_last = prefers_channels_last,
    .smallest_segment = 1,
    .segment_create = plait__xnn_segment_create,
    .segment_run = plait__xnn_segment_run,
    .segment_destroy = plait__xnn_segment_destroy,
};
