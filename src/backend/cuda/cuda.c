/* The GPU's backend: here is which family has which operator. */
#include "backend/cuda/families.h"

#define FAMILY(name) static const struct plait__cuda_family name = {plait__cuda_supports_##name, plait__cuda_define_##name};
PLAIT__CUDA_FAMILY_MAP(FAMILY)
#undef FAMILY

static const struct plait__cuda_family *const families[PLAIT__OP_COUNT] = {
    [PLAIT__OP_Abs] = &unary,
    [PLAIT__OP_Add] = &binary,
    [PLAIT__OP_And] = &logic,
    [PLAIT__OP_ArgMax] = &choose_row,
    [PLAIT__OP_ArgMin] = &choose_row,
    [PLAIT__OP_Atan] = &unary,
    [PLAIT__OP_Attention] = &attention,
    [PLAIT__OP_AveragePool] = &pool,
    [PLAIT__OP_BatchNormalization] = &batch_normalisation,
    [PLAIT__OP_Cast] = &cast,
    [PLAIT__OP_Ceil] = &unary,
    [PLAIT__OP_Celu] = &unary,
    [PLAIT__OP_Clip] = &unary,
    [PLAIT__OP_Concat] = &concat,
    [PLAIT__OP_Conv] = &convolution,
    [PLAIT__OP_ConvTranspose] = &convolution_transposed,
    [PLAIT__OP_Cos] = &unary,
    [PLAIT__OP_DepthToSpace] = &depth_to_space,
    [PLAIT__OP_Div] = &binary,
    [PLAIT__OP_Dropout] = &reshape,
    [PLAIT__OP_Elu] = &unary,
    [PLAIT__OP_Equal] = &compare,
    [PLAIT__OP_Erf] = &unary,
    [PLAIT__OP_Exp] = &unary,
    [PLAIT__OP_Expand] = &expand,
    [PLAIT__OP_Flatten] = &reshape,
    [PLAIT__OP_Floor] = &unary,
    [PLAIT__OP_Gather] = &gather,
    [PLAIT__OP_Gelu] = &unary,
    [PLAIT__OP_Gemm] = &gemm,
    [PLAIT__OP_GlobalAveragePool] = &global_pool,
    [PLAIT__OP_GlobalMaxPool] = &global_pool,
    [PLAIT__OP_Greater] = &compare,
    [PLAIT__OP_GreaterOrEqual] = &compare,
    [PLAIT__OP_GroupNormalization] = &group_normalisation,
    [PLAIT__OP_HardSigmoid] = &unary,
    [PLAIT__OP_HardSwish] = &unary,
    [PLAIT__OP_Identity] = &reshape,
    [PLAIT__OP_InstanceNormalization] = &group_normalisation,
    [PLAIT__OP_LSTM] = &lstm,
    [PLAIT__OP_LayerNormalization] = &layer_normalisation,
    [PLAIT__OP_LeakyRelu] = &unary,
    [PLAIT__OP_Less] = &compare,
    [PLAIT__OP_LessOrEqual] = &compare,
    [PLAIT__OP_Log] = &unary,
    [PLAIT__OP_LogSoftmax] = &softmax,
    [PLAIT__OP_MatMul] = &matmul,
    [PLAIT__OP_Max] = &binary,
    [PLAIT__OP_MaxPool] = &pool,
    [PLAIT__OP_Min] = &binary,
    [PLAIT__OP_Mish] = &unary,
    [PLAIT__OP_Mul] = &binary,
    [PLAIT__OP_Neg] = &unary,
    [PLAIT__OP_Not] = &logic,
    [PLAIT__OP_Or] = &logic,
    [PLAIT__OP_PRelu] = &binary,
    [PLAIT__OP_Pad] = &pad,
    [PLAIT__OP_Pow] = &unary,
    [PLAIT__OP_Reciprocal] = &unary,
    [PLAIT__OP_ReduceL1] = &reduce,
    [PLAIT__OP_ReduceL2] = &reduce,
    [PLAIT__OP_ReduceLogSum] = &reduce,
    [PLAIT__OP_ReduceLogSumExp] = &reduce,
    [PLAIT__OP_ReduceMax] = &reduce,
    [PLAIT__OP_ReduceMean] = &reduce,
    [PLAIT__OP_ReduceMin] = &reduce,
    [PLAIT__OP_ReduceProd] = &reduce,
    [PLAIT__OP_ReduceSum] = &reduce,
    [PLAIT__OP_ReduceSumSquare] = &reduce,
    [PLAIT__OP_Relu] = &unary,
    [PLAIT__OP_Reshape] = &reshape,
    [PLAIT__OP_Resize] = &resize,
    [PLAIT__OP_Round] = &unary,
    [PLAIT__OP_Selu] = &unary,
    [PLAIT__OP_Sigmoid] = &unary,
    [PLAIT__OP_Sign] = &unary,
    [PLAIT__OP_Silu] = &unary,
    [PLAIT__OP_Sin] = &unary,
    [PLAIT__OP_Slice] = &slice,
    [PLAIT__OP_Softmax] = &softmax,
    [PLAIT__OP_Softplus] = &unary,
    [PLAIT__OP_Softsign] = &unary,
    [PLAIT__OP_SpaceToDepth] = &depth_to_space,
    [PLAIT__OP_Split] = &split,
    [PLAIT__OP_Sqrt] = &unary,
    [PLAIT__OP_Squeeze] = &reshape,
    [PLAIT__OP_Sub] = &binary,
    [PLAIT__OP_Sum] = &binary,
    [PLAIT__OP_Tan] = &unary,
    [PLAIT__OP_Tanh] = &unary,
    [PLAIT__OP_ThresholdedRelu] = &unary,
    [PLAIT__OP_Transpose] = &transpose,
    [PLAIT__OP_Unsqueeze] = &reshape,
    [PLAIT__OP_Upsample] = &resize,
    [PLAIT__OP_Where] = &where,
    [PLAIT__OP_Xor] = &logic,
};

const struct plait__cuda_family *plait__cuda_family(enum plait__op op) {
    return op > PLAIT__OP_NONE && op < PLAIT__OP_COUNT ? families[op] : NULL;
}

enum { ELEMENTS_MOST = 1 << 30 }; /* so that indices of elements are ints */

/* Kernels count on whole, known arrays that are not empty.  A constant may be: so are parameters that do not apply, as Resize's
 * region. */
static bool usable(const plait_tensor *type, bool constant) {
    if (!type) return true;
    if (type->rank < 0 || type->dtype == PLAIT_DTYPE_NONE || plait_dtype_bytes(type->dtype) == 0) return false;
    int64_t elements = 1;
    for (int i = 0; i < type->rank; i++) {
        if (type->dims[i] < (constant ? 0 : 1) || type->dims[i] > ELEMENTS_MOST) return false;
        elements *= type->dims[i];
        if (elements > ELEMENTS_MOST) return false;
    }
    return true;
}

static bool supports(const struct plait__graph *graph, const struct plait__node *node, const plait_session_options *options) {
    (void)options; /* int8 is f32 here */
    const struct plait__cuda_family *family = plait__cuda_family(node->op);
    if (!family || node->input_count < 1 || node->inputs[0] < 0 || node->output_count < 1 || node->outputs[0] < 0) return false;
    for (int i = 0; i < node->input_count; i++)
        if (!usable(plait__cuda_input_type(graph, node, i), i > 0 && plait__cuda_constant_of(graph, node, i))) return false;
    for (int i = 0; i < node->output_count; i++)
        if (!usable(plait__cuda_output_type(graph, node, i), false)) return false;
    struct plait__arena arena;
    struct plait__call call;
    plait__arena_init(&arena, graph->context);
    bool can = plait__cuda_call_of(graph, node, &arena, &call) == PLAIT_OK && family->supports(graph, &call);
    plait__arena_end(&arena);
    return can;
}

static enum plait_status begin(plait_context *context) {
    struct plait__cuda_device *device;
    return plait__cuda_device_get(context, &device);
}

const struct plait__backend plait__backend_cuda = {
    .name = "cuda",
    .begin = begin,
    .supports = supports,
    .wide = true,
    .smallest_segment = 1,
    .segment_create = plait__cuda_segment_create,
    .segment_run = plait__cuda_segment_run,
    .segment_destroy = plait__cuda_segment_destroy,
};
