/* Every fusion: that the pattern is found, and that the outputs stay what they were.  Both graphs run on reference. */
#include "graph/fuse/fuse.h"

#include <stdlib.h>

#include "backend/reference/reference.h"
#include "onnx/onnx.h"
#include "onnx_writer.h"
#include "session/session.h"
#include "test.h"

enum { MOST = 1024 };

/* Runs with inputs of noise; the first output's elements. */
static int64_t run(plait_context *context, const struct plait__graph *graph, float *out) {
    static float data[4][MOST];
    plait_tensor inputs[4], output;
    uint32_t seed = 7;
    for (int i = 0; i < graph->input_count; i++) {
        inputs[i] = graph->values[graph->inputs[i]].type;
        inputs[i].data = data[i];
        for (int k = 0; k < MOST; k++) data[i][k] = 4.0f * noise(&seed);
    }
    CHECK_INT(plait__reference_run_graph(context, graph, inputs, &output), PLAIT_OK);
    if (!output.data) {
        fprintf(stderr, "%s\n", plait_context_error(context));
        return 0;
    }
    int64_t count = plait_tensor_elements(&output);
    CHECK(count > 0 && count <= MOST);
    memcpy(out, output.data, (size_t)count * sizeof *out);
    plait__release(context, output.data);
    return count;
}

static int count_op(const struct plait__graph *graph, enum plait__op op) {
    int count = 0;
    for (int n = 0; n < graph->node_count; n++) count += graph->nodes[n].op == op;
    return count;
}

/* The model, finished here, has `nodes` nodes when fused, one of which is `op`. */
static void check_fused(struct model *model, int opset, int nodes, enum plait__op op) {
    plait_context *context;
    struct plait__graph *graph = NULL, *fused = NULL;
    float before[MOST], after[MOST];
    model_output(model, "y");
    model_finish(model, opset);
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    CHECK_INT(plait__onnx_read(context, model->file.data, model->file.size, NULL, &graph), PLAIT_OK);
    if (!graph || plait__simplify(graph) != PLAIT_OK || plait__graph_clone(graph, &fused) != PLAIT_OK) {
        CHECK_TEXT(plait_context_error(context), "");
    } else {
        CHECK_INT(plait__fuse_graph(fused), PLAIT_OK);
        CHECK_INT(fused->node_count, nodes);
        CHECK_INT(count_op(fused, op), 1);
        int64_t count = run(context, graph, before);
        CHECK_INT(run(context, fused, after), count);
        /* Values are of the order of 1 to 10 and computed in double between roundings to float at each node. */
        for (int64_t i = 0; i < count; i++) CHECK_NEAR(after[i], before[i], 1e-5 * (1 + fabs((double)before[i])));
    }
    plait__graph_destroy(fused);
    plait__graph_destroy(graph);
    plait_context_destroy(context);
}

static void noise_constant(struct model *model, const char *name, int rank, const int64_t *dims, float offset) {
    static uint32_t seed = 99;
    float data[MOST];
    for (int i = 0; i < MOST; i++) data[i] = noise(&seed) + offset;
    model_constant(model, name, PLAIT_F32, rank, dims, data);
}

#define DIMS(...)       \
    (const int64_t[]) { \
        __VA_ARGS__     \
    }

TEST(batch_norm) {
    for (int transposed = 0; transposed < 2; transposed++)
        for (int biased = 0; biased < 2; biased++) {
            struct model model = {0};
            struct bytes grouped = {0};
            attribute_int(&grouped, "group", 2);
            model_input(&model, "x", PLAIT_F32, 4, DIMS(1, 4, 5, 3));
            noise_constant(&model, "w", 4, transposed ? DIMS(4, 3, 3, 2) : DIMS(6, 2, 3, 2), 0);
            noise_constant(&model, "b", 1, DIMS(6), 0);
            noise_constant(&model, "scale", 1, DIMS(6), 1);
            noise_constant(&model, "offset", 1, DIMS(6), 0);
            noise_constant(&model, "mean", 1, DIMS(6), 0);
            noise_constant(&model, "variance", 1, DIMS(6), 1.5f);
            model_node(&model, transposed ? "ConvTranspose" : "Conv", biased ? "x w b" : "x w", "c", &grouped);
            model_node(&model, "BatchNormalization", "c scale offset mean variance", "n", NULL);
            model_node(&model, "Relu", "n", "y", NULL);
            check_fused(&model, 13, 1, transposed ? PLAIT__OP_ConvTranspose : PLAIT__OP_Conv);
        }
}

TEST(clamps) {
    struct model model = {0};
    model_input(&model, "x", PLAIT_F32, 2, DIMS(3, 7));
    model_scalar(&model, "low", -0.5f);
    model_scalar(&model, "high", 1.5f);
    model_node(&model, "Mul", "x x", "p", NULL);
    model_node(&model, "Clip", "p - high", "q", NULL);
    model_node(&model, "Clip", "q low", "y", NULL);
    check_fused(&model, 13, 1, PLAIT__OP_Mul);

    /* Somebody else reads the product: it must not be clamped. */
    struct model shared = {0};
    model_input(&shared, "x", PLAIT_F32, 2, DIMS(3, 7));
    model_node(&shared, "Mul", "x x", "p", NULL);
    model_node(&shared, "Relu", "p", "q", NULL);
    model_node(&shared, "Sub", "p q", "y", NULL);
    check_fused(&shared, 13, 3, PLAIT__OP_Relu);

    /* Before opset 11 the bounds are attributes. */
    struct model old = {0};
    struct bytes bounds = {0};
    attribute_float(&bounds, "min", 0.0f);
    attribute_float(&bounds, "max", 6.0f);
    model_input(&old, "x", PLAIT_F32, 2, DIMS(3, 7));
    model_node(&old, "Add", "x x", "p", NULL);
    model_node(&old, "Clip", "p", "y", &bounds);
    check_fused(&old, 9, 1, PLAIT__OP_Add);
}

/* As PyTorch 1.13 exports nn.LayerNorm at opset 11 to 16. */
TEST(layer_norm) {
    struct model model = {0};
    struct bytes last = {0};
    attribute_ints(&last, "axes", 1, DIMS(-1));
    model_input(&model, "x", PLAIT_F32, 3, DIMS(2, 3, 5));
    model_scalar(&model, "two", 2.0f);
    model_scalar(&model, "epsilon", 1e-5f);
    noise_constant(&model, "scale", 1, DIMS(5), 1);
    noise_constant(&model, "bias", 1, DIMS(5), 0);
    model_node(&model, "ReduceMean", "x", "mean", &last);
    model_node(&model, "Sub", "x mean", "d", NULL);
    model_node(&model, "Pow", "d two", "squares", NULL);
    model_node(&model, "ReduceMean", "squares", "variance", &last);
    model_node(&model, "Add", "variance epsilon", "sum", NULL);
    model_node(&model, "Sqrt", "sum", "spread", NULL);
    model_node(&model, "Div", "d spread", "n", NULL);
    model_node(&model, "Mul", "n scale", "s", NULL);
    model_node(&model, "Add", "s bias", "y", NULL);
    check_fused(&model, 13, 1, PLAIT__OP_LayerNormalization);
}

TEST(gelu) {
    struct model erf = {0};
    model_input(&erf, "x", PLAIT_F32, 2, DIMS(3, 11));
    model_scalar(&erf, "root", 1.41421354f);
    model_scalar(&erf, "one", 1.0f);
    model_scalar(&erf, "half", 0.5f);
    model_node(&erf, "Div", "x root", "a", NULL);
    model_node(&erf, "Erf", "a", "b", NULL);
    model_node(&erf, "Add", "b one", "c", NULL);
    model_node(&erf, "Mul", "x c", "d", NULL);
    model_node(&erf, "Mul", "d half", "y", NULL);
    check_fused(&erf, 13, 1, PLAIT__OP_Gelu);

    struct model tanh = {0};
    model_input(&tanh, "x", PLAIT_F32, 2, DIMS(3, 11));
    model_scalar(&tanh, "three", 3.0f);
    model_scalar(&tanh, "cubic", 0.044715f);
    model_scalar(&tanh, "slope", 0.7978845608f);
    model_scalar(&tanh, "one", 1.0f);
    model_scalar(&tanh, "half", 0.5f);
    model_node(&tanh, "Mul", "half x", "h", NULL);
    model_node(&tanh, "Pow", "x three", "a", NULL);
    model_node(&tanh, "Mul", "a cubic", "b", NULL);
    model_node(&tanh, "Add", "x b", "c", NULL);
    model_node(&tanh, "Mul", "c slope", "d", NULL);
    model_node(&tanh, "Tanh", "d", "e", NULL);
    model_node(&tanh, "Add", "e one", "f", NULL);
    model_node(&tanh, "Mul", "h f", "y", NULL);
    check_fused(&tanh, 13, 1, PLAIT__OP_Gelu);

    struct model squares = {0}; /* x (1 + 0.044715 x^2), and products instead of powers */
    model_input(&squares, "x", PLAIT_F32, 2, DIMS(3, 11));
    model_scalar(&squares, "cubic", 0.044715f);
    model_scalar(&squares, "slope", 0.7978845608f);
    model_scalar(&squares, "one", 1.0f);
    model_scalar(&squares, "half", 0.5f);
    model_node(&squares, "Mul", "x slope", "a", NULL);
    model_node(&squares, "Mul", "x cubic", "b", NULL);
    model_node(&squares, "Mul", "b x", "c", NULL);
    model_node(&squares, "Add", "one c", "d", NULL);
    model_node(&squares, "Mul", "a d", "e", NULL);
    model_node(&squares, "Tanh", "e", "f", NULL);
    model_node(&squares, "Add", "f one", "g", NULL);
    model_node(&squares, "Mul", "x g", "h", NULL);
    model_node(&squares, "Mul", "half h", "y", NULL);
    check_fused(&squares, 13, 1, PLAIT__OP_Gelu);
}

TEST(silu_and_hard_swish) {
    struct model silu = {0};
    model_input(&silu, "x", PLAIT_F32, 2, DIMS(3, 11));
    model_node(&silu, "Sigmoid", "x", "s", NULL);
    model_node(&silu, "Mul", "x s", "y", NULL);
    check_fused(&silu, 13, 1, PLAIT__OP_Silu);

    struct model sigmoid = {0};
    struct bytes sixth = {0};
    attribute_float(&sixth, "alpha", 1.0f / 6.0f);
    model_input(&sigmoid, "x", PLAIT_F32, 2, DIMS(3, 11));
    model_node(&sigmoid, "HardSigmoid", "x", "s", &sixth);
    model_node(&sigmoid, "Mul", "s x", "y", NULL);
    check_fused(&sigmoid, 13, 1, PLAIT__OP_HardSwish);

    for (int scaled_first = 0; scaled_first < 2; scaled_first++) {
        struct model relu6 = {0};
        model_input(&relu6, "x", PLAIT_F32, 2, DIMS(3, 11));
        model_scalar(&relu6, "zero", 0.0f);
        model_scalar(&relu6, "three", 3.0f);
        model_scalar(&relu6, "six", 6.0f);
        model_node(&relu6, "Add", "x three", "a", NULL);
        model_node(&relu6, "Clip", "a zero six", "b", NULL);
        model_node(&relu6, scaled_first ? "Div" : "Mul", scaled_first ? "b six" : "x b", "c", NULL);
        model_node(&relu6, scaled_first ? "Mul" : "Div", scaled_first ? "x c" : "c six", "y", NULL);
        check_fused(&relu6, 13, 1, PLAIT__OP_HardSwish);
    }
}

/* scale: 0 behind the product, 1 at q, 2 half at each, by multiplication. */
static void check_attention(int scale, bool masked) {
    struct model model = {0};
    struct bytes exchange = {0};
    attribute_ints(&exchange, "perm", 4, DIMS(0, 1, 3, 2));
    model_input(&model, "q", PLAIT_F32, 4, DIMS(2, 3, 5, 4));
    model_input(&model, "k", PLAIT_F32, 4, DIMS(2, 3, 7, 4));
    model_input(&model, "v", PLAIT_F32, 4, DIMS(2, 3, 7, 6));
    model_input(&model, "mask", PLAIT_F32, 4, DIMS(2, 1, 1, 7));
    model_scalar(&model, "two", 2.0f);
    model_scalar(&model, "part", 0.7071067811f);
    struct bytes last = {0};
    attribute_int(&last, "axis", 3);
    model_node(&model, "Transpose", "k", "kt", &exchange);
    if (scale == 1) model_node(&model, "Div", "q two", "qs", NULL);
    if (scale == 2) model_node(&model, "Mul", "q part", "qs", NULL);
    if (scale == 2) model_node(&model, "Mul", "kt part", "kts", NULL);
    model_node(&model, "MatMul", scale == 0 ? "q kt" : scale == 1 ? "qs kt" : "qs kts", "product", NULL);
    if (scale == 0) model_node(&model, "Div", "product two", "scores", NULL);
    const char *scores = scale == 0 ? "scores" : "product";
    if (masked) model_node(&model, "Add", scale == 0 ? "scores mask" : "product mask", "sum", NULL);
    model_node(&model, "Softmax", masked ? "sum" : scores, "p", &last);
    model_node(&model, "MatMul", "p v", "y", NULL);
    check_fused(&model, 13, 1, PLAIT__OP_Attention); /* the transposition of k, taken back, is none: swept */
}

TEST(attention) {
    for (int scale = 0; scale < 3; scale++)
        for (int masked = 0; masked < 2; masked++) check_attention(scale, masked);
}

/* masked_fill with a constant mask, low numbers in either place of Where. */
TEST(constant_mask) {
    for (int flipped = 0; flipped < 2; flipped++) {
        struct model model = {0};
        struct bytes exchange = {0}, last = {0};
        uint8_t hidden[15] = {0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1};
        for (int i = 0; i < 15; i++) hidden[i] ^= (uint8_t)flipped;
        attribute_ints(&exchange, "perm", 3, DIMS(0, 2, 1));
        attribute_int(&last, "axis", -1);
        model_input(&model, "q", PLAIT_F32, 3, DIMS(2, 3, 4));
        model_input(&model, "k", PLAIT_F32, 3, DIMS(2, 5, 4));
        model_input(&model, "v", PLAIT_F32, 3, DIMS(2, 5, 6));
        model_constant(&model, "hidden", PLAIT_BOOL, 2, DIMS(3, 5), hidden);
        model_scalar(&model, "low", -INFINITY);
        model_node(&model, "Transpose", "k", "kt", &exchange);
        model_node(&model, "MatMul", "q kt", "scores", NULL);
        model_node(&model, "Where", flipped ? "hidden scores low" : "hidden low scores", "masked", NULL);
        model_node(&model, "Softmax", "masked", "p", &last);
        model_node(&model, "MatMul", "p v", "y", NULL);
        check_fused(&model, 13, 1, PLAIT__OP_Attention);
    }
}

TEST(bias) {
    struct model model = {0};
    model_input(&model, "x", PLAIT_F32, 3, DIMS(2, 3, 5));
    noise_constant(&model, "w", 2, DIMS(5, 7), 0);
    noise_constant(&model, "b", 2, DIMS(1, 7), 0);
    model_node(&model, "MatMul", "x w", "p", NULL);
    model_node(&model, "Add", "b p", "s", NULL);
    model_node(&model, "Relu", "s", "y", NULL);
    check_fused(&model, 13, 1, PLAIT__OP_MatMul);
}

TEST(moves) {
    struct model model = {0};
    struct bytes turn = {0}, back = {0};
    attribute_ints(&turn, "perm", 3, DIMS(1, 2, 0));
    attribute_ints(&back, "perm", 3, DIMS(2, 0, 1));
    model_input(&model, "x", PLAIT_F32, 3, DIMS(2, 3, 5));
    model_constant(&model, "flat", PLAIT_I64, 1, DIMS(1), DIMS(-1));
    model_constant(&model, "shape", PLAIT_I64, 2 - 1, DIMS(2), DIMS(6, 5));
    model_node(&model, "Transpose", "x", "a", &turn);
    model_node(&model, "Identity", "a", "b", NULL);
    model_node(&model, "Transpose", "b", "c", &back);
    model_node(&model, "Reshape", "c flat", "d", NULL);
    model_node(&model, "Dropout", "d", "e", NULL);
    model_node(&model, "Reshape", "e shape", "y", NULL);
    check_fused(&model, 13, 1, PLAIT__OP_Reshape);
}

TEST_MAIN(batch_norm, clamps, layer_norm, gelu, silu_and_hard_swish, attention, constant_mask, bias, moves)
