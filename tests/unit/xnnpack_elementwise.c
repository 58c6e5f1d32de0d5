/* Functions of one and two numbers on xnnpack against reference. */
#include "pair.h"

/* XNNPACK's functions are polynomials and rational functions good to a few units in the last place of a float; after the
 * division by the largest output 2e-6 leaves room for three or four of them. */
static const double FUNCTION = 2e-6;
static const int64_t sizes[] = {1, 2, 15, 16, 17, 31, 64, 127, 4099};

TEST(unary) {
    static const enum plait__op ops[] = {PLAIT__OP_Abs,       PLAIT__OP_Ceil,        PLAIT__OP_Exp,      PLAIT__OP_Floor,
                                         PLAIT__OP_HardSwish, PLAIT__OP_HardSigmoid, PLAIT__OP_Neg,      PLAIT__OP_Relu,
                                         PLAIT__OP_Elu,       PLAIT__OP_Round,       PLAIT__OP_Sigmoid,  PLAIT__OP_Tanh,
                                         PLAIT__OP_Gelu,      PLAIT__OP_Silu,        PLAIT__OP_LeakyRelu};
    for (size_t op = 0; op < sizeof ops / sizeof *ops; op++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct pair pair;
            pair_begin_threads(&pair, 20, 1 + (int)(i % 2));
            int x = pair_input(&pair, DIMS(sizes[i]));
            int y = pair_node(&pair, ops[op], INPUTS(x), 0);
            pair_check(&pair, y, FUNCTION);
        }
}

TEST(functions) {
    static const enum plait__op ops[] = {
        PLAIT__OP_Erf,  PLAIT__OP_Reciprocal, PLAIT__OP_Sin,     PLAIT__OP_Cos,  PLAIT__OP_Tan,
        PLAIT__OP_Atan, PLAIT__OP_Sign,       PLAIT__OP_Selu,    PLAIT__OP_Celu, PLAIT__OP_ThresholdedRelu,
        PLAIT__OP_Mish, PLAIT__OP_Softplus,   PLAIT__OP_Softsign};
    for (size_t op = 0; op < sizeof ops / sizeof *ops; op++) {
        struct pair pair;
        pair_begin_threads(&pair, 18, 1 + (int)(op % 2));
        int x = pair_input(&pair, DIMS(3, 3001));
        int y = pair_node(&pair, ops[op], INPUTS(x), 0);
        pair_check(&pair, y, FUNCTION);
    }
}

TEST(positive) {
    static const enum plait__op ops[] = {PLAIT__OP_Sqrt, PLAIT__OP_Log};
    for (size_t op = 0; op < 2; op++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct pair pair;
            pair_begin(&pair, 13);
            int x = pair_input_of(&pair, pair_floats(&pair, DIMS(sizes[i]), 1.0f, 1.001f));
            int y = pair_node(&pair, ops[op], INPUTS(x), 0);
            pair_check(&pair, y, FUNCTION);
        }
}

/* Numbers up to the ends of the type, and what is no number. */
TEST(extremes) {
    static const enum plait__op ops[] = {PLAIT__OP_Sqrt, PLAIT__OP_Log};
    static const float numbers[] = {1e-30f, 1.0f, 2.8e38f, 3.4e38f};
    for (int op = 0; op < 2; op++) {
        struct pair pair;
        pair_begin(&pair, 13);
        plait_tensor tensor = pair_tensor(&pair, PLAIT_F32, DIMS(4));
        memcpy(tensor.data, numbers, sizeof numbers);
        pair_check(&pair, pair_node(&pair, ops[op], INPUTS(pair_input_of(&pair, tensor)), 0), 1e-7);
    }
}

TEST(gelu_by_tanh) {
    struct pair pair;
    pair_begin(&pair, 20);
    int x = pair_input(&pair, DIMS(3, 1001));
    int y = pair_node(&pair, PLAIT__OP_Gelu, INPUTS(x), 0);
    pair_string(&pair, "approximate", "tanh");
    pair_check(&pair, y, FUNCTION);
}

TEST(clip) {
    for (int opset = 6; opset <= 13; opset += 7) {
        struct pair pair;
        pair_begin(&pair, opset);
        int x = pair_input(&pair, DIMS(7, 11)), y;
        if (opset < 11) {
            y = pair_node(&pair, PLAIT__OP_Clip, INPUTS(x), 0);
            pair_float(&pair, "min", -0.5f);
            pair_float(&pair, "max", 1.25f);
        } else {
            int low = pair_constant_of(&pair, pair_floats(&pair, 0, NULL, 0.0f, -0.5f));
            y = pair_node(&pair, PLAIT__OP_Clip, INPUTS(x, low), 0);
        }
        pair_check(&pair, y, 0.0);
    }
}

/* Pairs of shapes, with rank 0 and leading ones missing; 0 ends a shape. */
static const int64_t shapes[][2][7] = {
    {{5, 0}, {5, 0}},
    {{1, 0}, {7, 0}},
    {{0}, {3, 4, 0}},
    {{3, 4, 0}, {0}},
    {{2, 3, 4, 0}, {4, 0}},
    {{4, 0}, {2, 3, 4, 0}},
    {{2, 3, 4, 0}, {3, 1, 0}},
    {{2, 1, 4, 0}, {1, 3, 1, 0}},
    {{2, 3, 5, 7, 0}, {1, 3, 1, 1, 0}},
    {{2, 3, 5, 7, 0}, {2, 1, 5, 1, 0}},
    {{1, 1, 0}, {1, 0}},
    {{2, 1, 3, 1, 5, 1, 0}, {1, 2, 1, 4, 1, 3, 0}},
    {{17, 129, 0}, {129, 0}},
    {{17, 129, 0}, {17, 1, 0}},
};

static int rank_of(const int64_t *dims) {
    int rank = 0;
    while (dims[rank]) rank++;
    return rank;
}

TEST(binary) {
    static const enum plait__op ops[] = {PLAIT__OP_Add, PLAIT__OP_Sub, PLAIT__OP_Mul,
                                         PLAIT__OP_Div, PLAIT__OP_Max, PLAIT__OP_Min};
    for (size_t op = 0; op < sizeof ops / sizeof *ops; op++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (int constant = 0; constant < 2; constant++) {
                struct pair pair;
                pair_begin_threads(&pair, 13, 1 + constant);
                int x = pair_input(&pair, rank_of(shapes[i][0]), shapes[i][0]);
                plait_tensor other = pair_floats(&pair, rank_of(shapes[i][1]), shapes[i][1], 1.0f, 2.0f);
                int y = constant ? pair_constant_of(&pair, other) : pair_input_of(&pair, other);
                /* An addition before gives the node a value that it may overwrite. */
                int z = pair_node(&pair, PLAIT__OP_Add, INPUTS(x, x), 0);
                /* One rounding each. */
                pair_check(&pair, pair_node(&pair, ops[op], INPUTS(z, y), 0), 3e-7);
            }
}

TEST(broadcast_both_ways_in_place) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(4, 1)), y = pair_input(&pair, DIMS(4, 6));
    int small = pair_node(&pair, PLAIT__OP_Neg, INPUTS(x), 0), large = pair_node(&pair, PLAIT__OP_Neg, INPUTS(y), 0);
    int sum = pair_node(&pair, PLAIT__OP_Sub, INPUTS(small, large), 0);
    int again = pair_node(&pair, PLAIT__OP_Add, INPUTS(sum, sum), 0);
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Mul, INPUTS(again, large), 0), 3e-7);
}

TEST(power) {
    static const float exponents[] = {2.0f, 0.5f, 1.7f};
    for (int i = 0; i < 3; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int x = pair_input_of(&pair, pair_floats(&pair, DIMS(5, 13), 1.0f, 1.5f));
        int exponent = pair_constant_of(&pair, pair_floats(&pair, 0, NULL, 0.0f, exponents[i]));
        pair_check(&pair, pair_node(&pair, PLAIT__OP_Pow, INPUTS(x, exponent), 0), FUNCTION);
    }
}

TEST(prelu) {
    struct pair pair;
    pair_begin(&pair, 16);
    int x = pair_input(&pair, DIMS(2, 5, 3, 7)), slope = pair_constant(&pair, DIMS(5, 1, 1));
    pair_check(&pair, pair_node(&pair, PLAIT__OP_PRelu, INPUTS(x, slope), 0), 3e-7);
}

TEST(clamped) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(3, 19)), y = pair_input(&pair, DIMS(19));
    int z = pair_node(&pair, PLAIT__OP_Add, INPUTS(x, y), 0);
    pair.graph->nodes[0].clamp = (struct plait__clamp){.on = true, .low = 0.0f, .high = 2.0f};
    pair_check(&pair, z, 3e-7);
}

TEST_MAIN(unary, functions, positive, extremes, gelu_by_tanh, clip, binary, broadcast_both_ways_in_place, power, prelu, clamped)
