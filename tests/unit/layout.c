/* The channels-last pass: the same numbers as without it, and no more transposes than a network needs. */
#include "pair.h"

static const double SUM = 3e-6; /* sums in another order than reference's */

static int convolution(struct pair *pair, int x, int64_t in, int64_t out, int64_t kernel) {
    int y = pair_node(pair, PLAIT__OP_Conv,
                      INPUTS(x, pair_constant(pair, DIMS(out, in, kernel, kernel)), pair_constant(pair, DIMS(out))), 0);
    const int64_t pads[] = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
    pair_ints(pair, "pads", 4, pads);
    return y;
}

/* Everything between two convolutions that may follow: one transpose in, one out. */
TEST(followers) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 3, 9, 7));
    int a = convolution(&pair, x, 3, 8, 3);
    int b = pair_node(&pair, PLAIT__OP_Sigmoid, INPUTS(a), 0);
    int c = pair_node(&pair, PLAIT__OP_Mul, INPUTS(a, b), 0);
    int d = pair_node(&pair, PLAIT__OP_Add, INPUTS(c, pair_constant(&pair, DIMS(1, 8, 1, 1))), 0);
    int e = pair_node(&pair, PLAIT__OP_Concat, INPUTS(d, a), 0);
    pair_int(&pair, "axis", 1);
    int f = pair_node(&pair, PLAIT__OP_Pad, INPUTS(e, pair_integers(&pair, DIMS(0, 1, 2, 0, 0, 0, 1, 3))), 0);
    int g = pair_node(
        &pair, PLAIT__OP_Slice,
        INPUTS(f, pair_integers(&pair, DIMS(1, 2)), pair_integers(&pair, DIMS(15, 9)), pair_integers(&pair, DIMS(-3, 2))), 0);
    int h = pair_node(&pair, PLAIT__OP_Split, INPUTS(g, pair_integers(&pair, DIMS(5, 9))), 2);
    pair_int(&pair, "axis", 1);
    int i = pair_node(&pair, PLAIT__OP_Softmax, INPUTS(h), 0);
    pair_int(&pair, "axis", -3);
    int j =
        pair_node(&pair, PLAIT__OP_Clip, INPUTS(h + 1, pair_constant_of(&pair, pair_floats(&pair, 0, NULL, 0.0f, -0.75f))), 0);
    int k = pair_node(&pair, PLAIT__OP_Concat, INPUTS(i, j), 0);
    pair_int(&pair, "axis", -3);
    pair_check(&pair, convolution(&pair, k, 14, 4, 1), SUM);
    CHECK_INT(pair.transposes, 2);
}

TEST(squeeze_and_excite) {
    struct pair pair;
    pair_begin(&pair, 12);
    int x = pair_input(&pair, DIMS(1, 4, 6, 5));
    int a = convolution(&pair, x, 4, 6, 3);
    int mean = pair_node(&pair, PLAIT__OP_ReduceMean, INPUTS(a), 0);
    INTS("axes", 2, 3);
    int gate = pair_node(&pair, PLAIT__OP_Sigmoid, INPUTS(convolution(&pair, mean, 6, 6, 1)), 0);
    pair_check(&pair, convolution(&pair, pair_node(&pair, PLAIT__OP_Mul, INPUTS(gate, a), 0), 6, 3, 1), SUM);
    CHECK_INT(pair.transposes, 2);
}

/* A mean without its axes, and what follows, are the same in both layouts. */
TEST(means_that_leave_no_space) {
    static const int64_t axes[][2] = {{2, 3}, {1, 2}, {1, 3}};
    static const int expected[] = {1, 1, 1};
    for (int i = 0; i < 3; i++) {
        struct pair pair;
        pair_begin(&pair, 12);
        int a = convolution(&pair, pair_input(&pair, DIMS(2, 3, 6, 5)), 3, 7, 3);
        int y = pair_node(&pair, PLAIT__OP_ReduceMean, INPUTS(a), 0);
        pair_ints(&pair, "axes", 2, axes[i]);
        pair_int(&pair, "keepdims", 0);
        pair_check(&pair, y, SUM);
        CHECK_INT(pair.transposes, expected[i]);
    }
}

/* Patches of a vision transformer: [1, C, H, W] to [1, H W, C] is no work at all channels-last. */
TEST(patches) {
    struct pair pair;
    pair_begin(&pair, 13);
    int a = convolution(&pair, pair_input(&pair, DIMS(1, 3, 6, 5)), 3, 7, 1);
    int flat = pair_node(&pair, PLAIT__OP_Reshape, INPUTS(a, pair_integers(&pair, DIMS(1, 7, 30))), 0);
    int tokens = pair_node(&pair, PLAIT__OP_Transpose, INPUTS(flat), 0);
    INTS("perm", 0, 2, 1);
    pair_check(&pair, pair_node(&pair, PLAIT__OP_MatMul, INPUTS(tokens, pair_constant(&pair, DIMS(7, 4))), 0), SUM);
    CHECK_INT(pair.transposes, 2); /* one in, and one that moves nothing */
}

/* A transpose in front of a convolution of one dimension and the one that it needs cancel. */
TEST(sequence_to_convolution) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 11, 5));
    int turned = pair_node(&pair, PLAIT__OP_Transpose, INPUTS(x), 0);
    INTS("perm", 0, 2, 1);
    int y = pair_node(&pair, PLAIT__OP_Conv, INPUTS(turned, pair_constant(&pair, DIMS(6, 5, 3))), 0);
    int back = pair_node(&pair, PLAIT__OP_Transpose, INPUTS(y), 0);
    INTS("perm", 0, 2, 1);
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Tanh, INPUTS(back), 0), SUM);
    CHECK_INT(pair.transposes, 2); /* both of which move nothing */
}

TEST(a_value_needed_both_ways) {
    struct pair pair;
    pair_begin(&pair, 13);
    int a = convolution(&pair, pair_input(&pair, DIMS(1, 3, 4, 5)), 3, 4, 3);
    int flat = pair_node(&pair, PLAIT__OP_Flatten, INPUTS(a), 0);
    int sum = pair_node(&pair, PLAIT__OP_MatMul, INPUTS(flat, pair_constant(&pair, DIMS(80, 80))), 0);
    int picture = pair_node(&pair, PLAIT__OP_Reshape, INPUTS(sum, pair_integers(&pair, DIMS(1, 4, 4, 5))), 0);
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Add, INPUTS(picture, a), 0), SUM);
}

TEST(blocks_to_space) {
    static const char *const modes[] = {"DCR", "CRD"};
    for (int mode = 0; mode < 2; mode++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int a = convolution(&pair, pair_input(&pair, DIMS(2, 3, 4, 5)), 3, 12, 1);
        int y = pair_node(&pair, PLAIT__OP_DepthToSpace, INPUTS(a), 0);
        pair_int(&pair, "blocksize", 2);
        pair_string(&pair, "mode", modes[mode]);
        pair_check(&pair, y, SUM);
        CHECK_INT(pair.transposes, 2);
    }
}

TEST(one_channel_and_one_pixel) {
    struct pair pair;
    pair_begin(&pair, 13);
    int a = convolution(&pair, pair_input(&pair, DIMS(3, 1, 8, 8)), 1, 5, 3);
    int pooled = pair_node(&pair, PLAIT__OP_GlobalAveragePool, INPUTS(a), 0);
    int flat = pair_node(&pair, PLAIT__OP_Flatten, INPUTS(pooled), 0);
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Neg, INPUTS(flat), 0), SUM);
}

TEST_MAIN(followers, squeeze_and_excite, means_that_leave_no_space, patches, sequence_to_convolution, a_value_needed_both_ways,
          blocks_to_space, one_channel_and_one_pixel)
