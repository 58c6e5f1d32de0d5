/* Shapes drawn by chance, and the edges of what kernels take: against reference. */
#include "pair.h"

/* Sums of up to a few hundred products of floats in another order than reference, which sums in double. */
static const double SUM = 5e-6;

static uint32_t chance = 2026;
static int64_t between(int64_t least, int64_t most) {
    chance = chance * 1664525u + 1013904223u;
    return least + (int64_t)(chance >> 8) % (most - least + 1);
}

/* Groups, strides, dilations, paddings, and sizes around a tile of 64. */
static void convolution(bool transposed) {
    for (int i = 0; i < 60; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int64_t groups = between(0, 2) ? 1 : between(1, 5), in = between(1, 9),
                out = i % 9 == 0 ? between(63, 66) : between(1, 9);
        int64_t kernel[] = {between(1, 4), between(1, 4)}, dilation[] = {between(1, 2), between(1, 3)};
        int64_t stride[] = {between(1, 3), between(1, 3)}, size[] = {between(7, 12), between(9, 23)};
        int64_t pads[] = {between(0, 2), between(0, 2), between(0, 2), between(0, 2)};
        if (i % 7 == 0) in = 1; /* depthwise */
        int x = pair_input(&pair, DIMS(between(1, 3), in * groups, size[0], size[1]));
        const int64_t plain[] = {out * groups, in, kernel[0], kernel[1]}, turned[] = {in * groups, out, kernel[0], kernel[1]};
        plait_tensor weights = pair_floats(&pair, 4, transposed ? turned : plain, 1.0f, 0.0f);
        int w = i % 2 ? pair_constant_of(&pair, weights) : pair_input_of(&pair, weights),
            bias = pair_constant(&pair, DIMS(out * groups));
        int y =
            pair_node(&pair, transposed ? PLAIT__OP_ConvTranspose : PLAIT__OP_Conv, 2 + i % 2, (const int[]){x, w, bias}, 0);
        INTS("strides", stride[0], stride[1]);
        INTS("dilations", dilation[0], dilation[1]);
        INTS("pads", pads[0], pads[1], pads[2], pads[3]);
        pair_int(&pair, "group", groups);
        if (transposed && stride[0] > 1 && stride[1] > 1) INTS("output_padding", 1, 0);
        if (i % 3 == 0) pair.graph->nodes[0].clamp = (struct plait__clamp){.on = true, .low = -1.0f, .high = 2.0f};
        pair_check(&pair, y, SUM);
    }
}
TEST(convolutions) {
    convolution(false);
}
TEST(transposed_convolutions) {
    convolution(true);
}

TEST(pools) {
    static const enum plait__op ops[] = {PLAIT__OP_MaxPool, PLAIT__OP_AveragePool};
    for (int i = 0; i < 60; i++) {
        struct pair pair;
        pair_begin(&pair, 19);
        int64_t kernel[] = {between(2, 4), between(2, 4)}, before[] = {between(0, 1), between(0, 1)},
                after[] = {between(0, 1), between(0, 1)};
        int x = pair_input(&pair, DIMS(between(1, 2), between(1, 5), between(7, 12), between(7, 20)));
        int y = pair_node(&pair, ops[i % 2], INPUTS(x), 0);
        INTS("kernel_shape", kernel[0], kernel[1]);
        INTS("strides", between(1, 3), between(1, 3));
        INTS("dilations", between(1, 2), between(1, 2));
        INTS("pads", before[0], before[1], after[0], after[1]);
        pair_int(&pair, "ceil_mode", i % 3 == 0);
        if (i % 2) pair_int(&pair, "count_include_pad", i / 2 % 2);
        pair_check(&pair, y, SUM);
    }
}

/* Batches broadcast against each other, vectors, and sizes around a tile. */
TEST(products) {
    static const int64_t sizes[] = {1, 2, 15, 16, 17, 63, 64, 65, 130, 257};
    for (int i = 0; i < 60; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int64_t rows = sizes[between(0, 9)], depth = sizes[between(0, 8)], columns = sizes[between(0, 9)];
        int64_t one = between(1, 3), two = between(1, 4);
        int64_t a_dims[] = {i % 3 ? one : 1, i % 4 ? two : 1, rows, depth},
                b_dims[] = {i % 5 ? one : 1, i % 2 ? two : 1, depth, columns};
        int a_from = (int)between(0, 3), b_from = (int)between(0, 3);
        int a = pair_input(&pair, 4 - a_from, a_dims + a_from), b = pair_input(&pair, 4 - b_from, b_dims + b_from);
        if (b_from == 3 && columns != depth) { /* a vector has the depth */
            plait_tensor vector = pair_floats(&pair, DIMS(depth), 1.0f, 0.0f);
            b = pair_input_of(&pair, vector);
        } else if (b_from == 3) {
            b = pair_input(&pair, DIMS(depth));
        }
        pair_check(&pair, pair_node(&pair, PLAIT__OP_MatMul, INPUTS(a, b), 0), SUM);
    }
}

TEST(matrices_turned) {
    for (int i = 0; i < 32; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int64_t rows = between(1, 70), depth = between(1, 40), columns = between(1, 70);
        bool turn_a = i & 1, turn_b = i & 2;
        int a = pair_input(&pair, DIMS(turn_a ? depth : rows, turn_a ? rows : depth));
        int b = pair_input(&pair, DIMS(turn_b ? columns : depth, turn_b ? depth : columns));
        const int64_t shapes[4][2] = {{rows, columns}, {1, columns}, {rows, 1}, {1, 1}};
        int c = pair_input(&pair, 2, shapes[i / 4 % 4]);
        int y = pair_node(&pair, PLAIT__OP_Gemm, i < 16 ? 3 : 2, (const int[]){a, b, c}, 0);
        pair_int(&pair, "transA", turn_a);
        pair_int(&pair, "transB", turn_b);
        pair_float(&pair, "alpha", 0.5f);
        pair_float(&pair, "beta", 2.0f);
        pair_check(&pair, y, SUM);
    }
}

/* Any axes of up to five dims. */
TEST(reductions) {
    static const enum plait__op ops[] = {PLAIT__OP_ReduceSum,       PLAIT__OP_ReduceMean,      PLAIT__OP_ReduceMax,
                                         PLAIT__OP_ReduceMin,       PLAIT__OP_ReduceL1,        PLAIT__OP_ReduceL2,
                                         PLAIT__OP_ReduceSumSquare, PLAIT__OP_ReduceLogSumExp, PLAIT__OP_ReduceProd};
    for (int i = 0; i < 90; i++) {
        struct pair pair;
        pair_begin(&pair, 12);
        int64_t dims[5], axes[5];
        int rank = (int)between(1, 5), count = 0;
        for (int d = 0; d < rank; d++) dims[d] = i % 10 == 0 && d == rank - 1 ? between(255, 300) : between(1, 6);
        for (int d = 0; d < rank; d++)
            if (between(0, 1)) axes[count++] = d - (i % 2 ? rank : 0);
        int x = pair_input_of(&pair, pair_floats(&pair, rank, dims, i % 9 == 8 ? 0.1f : 3.0f, i % 9 == 8 ? 1.0f : 0.0f));
        int y = pair_node(&pair, ops[i % 9], INPUTS(x), 0);
        if (count) pair_ints(&pair, "axes", count, axes);
        pair_int(&pair, "keepdims", i % 4 > 1);
        pair_check(&pair, y, SUM);
    }
}

static plait_tensor pair_of(struct pair *pair, enum plait_dtype dtype, int rank, const int64_t *dims) {
    plait_tensor tensor = pair_tensor(pair, dtype, rank, dims);
    for (int64_t i = 0; i < plait_tensor_elements(&tensor); i++) {
        int64_t value = dtype == PLAIT_BOOL ? between(0, 1) : between(-2, 2);
        if (dtype == PLAIT_F32) ((float *)tensor.data)[i] = (float)value;
        if (dtype == PLAIT_I64) ((int64_t *)tensor.data)[i] = value;
        if (dtype == PLAIT_I32) ((int32_t *)tensor.data)[i] = (int32_t)value;
        if (dtype == PLAIT_BOOL || dtype == PLAIT_U8) ((uint8_t *)tensor.data)[i] = (uint8_t)value;
    }
    return tensor;
}

/* Comparisons, logic, choices and casts of every dtype they are taken for, broadcast. */
TEST(other_dtypes) {
    static const enum plait__op compare[] = {PLAIT__OP_Equal, PLAIT__OP_Greater, PLAIT__OP_GreaterOrEqual, PLAIT__OP_Less,
                                             PLAIT__OP_LessOrEqual};
    static const enum plait__op logic[] = {PLAIT__OP_And, PLAIT__OP_Or, PLAIT__OP_Xor};
    static const enum plait_dtype dtypes[] = {PLAIT_F32, PLAIT_I64, PLAIT_I32, PLAIT_U8, PLAIT_BOOL};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 5; k++) {
            struct pair pair;
            pair_begin(&pair, 19);
            int x = pair_input_of(&pair, pair_of(&pair, dtypes[k], DIMS(3, 1, 7))),
                y = pair_input_of(&pair, pair_of(&pair, dtypes[k], DIMS(5, 1)));
            int same = pair_node(&pair, compare[i], INPUTS(x, y), 0),
                chosen = pair_node(&pair, PLAIT__OP_Where, INPUTS(same, x, y), 0);
            (void)same;
            pair_check(&pair, chosen, 0);
            if (k > 0 && dtypes[i] == PLAIT_F32) continue;
            pair_begin(&pair, 19);
            x = pair_input_of(&pair, pair_of(&pair, dtypes[k], DIMS(4, 9)));
            y = pair_node(&pair, PLAIT__OP_Cast, INPUTS(x), 0);
            static const int64_t onnx[] = {1, 7, 6, 2, 9};
            if (dtypes[k] == PLAIT_F32 && i != 0 && i != 4) { /* the reference's */
                plait__graph_destroy(pair.graph);
                plait_context_destroy(pair.context);
                continue;
            }
            pair_int(&pair, "to", onnx[i]);
            pair_check(&pair, y, 0);
        }
    for (int i = 0; i < 3; i++) {
        struct pair pair;
        pair_begin(&pair, 19);
        int x = pair_input_of(&pair, pair_of(&pair, PLAIT_BOOL, DIMS(6, 1))),
            y = pair_input_of(&pair, pair_of(&pair, PLAIT_BOOL, DIMS(2, 1, 5)));
        int z = pair_node(&pair, logic[i], INPUTS(x, y), 0);
        pair_check(&pair, pair_node(&pair, PLAIT__OP_Not, INPUTS(z), 0), 0);
    }
}

TEST(many_inputs) {
    static const enum plait__op ops[] = {PLAIT__OP_Sum, PLAIT__OP_Min, PLAIT__OP_Max};
    for (int i = 0; i < 3; i++)
        for (int count = 1; count < 5; count++) {
            struct pair pair;
            pair_begin(&pair, 13);
            int inputs[] = {pair_input(&pair, DIMS(3, 1, 5)), pair_input(&pair, DIMS(4, 1)), pair_input(&pair, DIMS(5)),
                            pair_input(&pair, DIMS(3, 4, 1))};
            pair_check(&pair, pair_node(&pair, ops[i], count, inputs, 0), 3e-7);
        }
}

TEST(groups_normalised) {
    for (int i = 0; i < 12; i++) {
        struct pair pair;
        pair_begin(&pair, 21);
        int64_t groups = between(1, 3), each = between(1, 4), channels = groups * each;
        int x = pair_input(&pair, DIMS(between(1, 3), channels, between(2, 9), between(2, 40)));
        int scale = pair_constant(&pair, DIMS(channels)), bias = pair_constant(&pair, DIMS(channels));
        int y = pair_node(&pair, PLAIT__OP_GroupNormalization, INPUTS(x, scale, bias), 0);
        pair_int(&pair, "num_groups", groups);
        pair_check(&pair, y, 1e-5); /* a mean and a spread of sums */
    }
}

TEST(resizes) {
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const ways[] = {"half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                       "align_corners", "asymmetric",           "tf_half_pixel_for_nn"};
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    for (int mode = 0; mode < 3; mode++)
        for (int way = 0; way < 6; way++)
            for (int i = 0; i < 4; i++) {
                struct pair pair;
                pair_begin(&pair, 19);
                int x = pair_input(&pair, DIMS(2, 3, between(3, 8), between(3, 8)));
                int sizes = pair_integers(&pair, DIMS(2, 3, between(2, 14), between(2, 14)));
                int y = pair_node(&pair, PLAIT__OP_Resize, INPUTS(x, -1, -1, sizes), 0);
                pair_string(&pair, "mode", modes[mode]);
                pair_string(&pair, "coordinate_transformation_mode", ways[way]);
                if (mode == 0) pair_string(&pair, "nearest_mode", roundings[i]);
                if (mode > 0) pair_int(&pair, "antialias", i % 2);
                if (mode == 2) pair_int(&pair, "exclude_outside", i / 2);
                pair_check(&pair, y, SUM);
            }
}

/* NaN and infinities come out as they do of reference. */
TEST(what_is_no_number) {
    static const enum plait__op ops[] = {PLAIT__OP_Relu,        PLAIT__OP_Sigmoid,   PLAIT__OP_Tanh,   PLAIT__OP_Exp,
                                         PLAIT__OP_Softmax,     PLAIT__OP_ReduceMax, PLAIT__OP_ArgMax, PLAIT__OP_ArgMin,
                                         PLAIT__OP_HardSigmoid, PLAIT__OP_LeakyRelu, PLAIT__OP_Erf,    PLAIT__OP_Gelu,
                                         PLAIT__OP_Softplus};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        for (int which = 0; which < 3; which++) {
            struct pair pair;
            pair_begin(&pair, 20);
            plait_tensor tensor = pair_floats(&pair, DIMS(3, 9), 1.0f, 0.0f);
            ((float *)tensor.data)[13] = which == 0 ? NAN : which == 1 ? INFINITY : -INFINITY;
            int x = pair_input_of(&pair, tensor), y = pair_node(&pair, ops[i], INPUTS(x), 0);
            if (ops[i] == PLAIT__OP_ArgMax || ops[i] == PLAIT__OP_ArgMin) pair_int(&pair, "axis", 1);
            int odd = pair_node(&pair, PLAIT__OP_Equal, INPUTS(y, y), 0); /* not NaN */
            pair_check(&pair, odd, 0);
        }
}

TEST_MAIN(convolutions, transposed_convolutions, pools, products, matrices_turned, reductions, other_dtypes, many_inputs,
          groups_normalised, resizes, what_is_no_number)
