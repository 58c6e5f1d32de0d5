/* What transformers are made of, on xnnpack against reference: products, softmax, softmax_of_one, attention, normalisation,
 * reductions. */
#include "pair.h"

static const double SUM = 3e-6; /* sums in another order: a few units in the last place of the largest */

static const int64_t sizes[][3] = {{1, 1, 1},    {1, 5, 3},   {7, 1, 9},     {16, 16, 16},
                                   {17, 33, 31}, {64, 65, 2}, {5, 128, 200}, {33, 257, 65}};

TEST(gemm) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int turned = 0; turned < 2; turned++)
            for (int int8 = 0; int8 < 2; int8++) {
                struct pair pair;
                pair_begin_threads(&pair, 13, 1 + turned);
                pair.int8 = int8;
                int64_t m = sizes[i][0], k = sizes[i][1], n = sizes[i][2];
                int x = pair_input(&pair, DIMS(m, k)), bias = pair_constant(&pair, DIMS(n));
                int weights = turned ? pair_constant(&pair, DIMS(n, k)) : pair_constant(&pair, DIMS(k, n));
                int y = pair_node(&pair, PLAIT__OP_Gemm, INPUTS(x, weights, bias), 0);
                pair_int(&pair, "transB", turned);
                /* In 8 bits: see xnnpack_picture.c. */
                pair_check(&pair, y, int8 ? 2e-2 : SUM);
            }
}

TEST(product_with_constant) {
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int biased = 0; biased < 2; biased++) {
            struct pair pair;
            pair_begin(&pair, 13);
            int64_t m = sizes[i][0], k = sizes[i][1], n = sizes[i][2];
            int x = pair_input(&pair, DIMS(2, m, k)), weights = pair_constant(&pair, DIMS(k, n)),
                bias = pair_constant(&pair, DIMS(n));
            pair_check(&pair, pair_node(&pair, PLAIT__OP_MatMul, 2 + biased, (const int[]){x, weights, bias}, 0), SUM);
        }
}

TEST(product_of_two) {
    static const int64_t batches[][2][2] = {{{2, 3}, {2, 3}}, {{1, 3}, {2, 3}}, {{2, 1}, {1, 3}}, {{2, 3}, {1, 1}}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t b = 0; b < 4; b++) {
            struct pair pair;
            pair_begin_threads(&pair, 13, 1 + (int)(b % 2));
            int64_t m = sizes[i][0], k = sizes[i][1], n = sizes[i][2];
            int x = pair_input(&pair, DIMS(batches[b][0][0], batches[b][0][1], m, k));
            int y = pair_input(&pair, DIMS(batches[b][1][0], batches[b][1][1], k, n));
            pair_check(&pair, pair_node(&pair, PLAIT__OP_MatMul, INPUTS(x, y), 0), SUM);
        }
}

TEST(product_of_vectors) {
    static const int64_t shapes[][2][3] = {
        {{0, 0, 9}, {0, 9, 5}}, {{0, 7, 9}, {0, 0, 9}}, {{2, 7, 9}, {0, 0, 9}}, {{0, 0, 9}, {0, 0, 9}}, {{0, 7, 9}, {2, 9, 3}}};
    for (size_t i = 0; i < 5; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int inputs[2];
        for (int k = 0; k < 2; k++) {
            int missing = shapes[i][k][0] ? 0 : shapes[i][k][1] ? 1 : 2;
            inputs[k] = pair_input(&pair, 3 - missing, shapes[i][k] + missing);
        }
        pair_check(&pair, pair_node(&pair, PLAIT__OP_MatMul, 2, inputs, 0), SUM);
    }
}

TEST(softmax) {
    for (int opset = 11; opset <= 13; opset += 2)
        for (int axis = -3; axis < 3; axis++) {
            struct pair pair;
            pair_begin_threads(&pair, opset, 2);
            int x = pair_input(&pair, DIMS(3, 17, 5));
            int y = pair_node(&pair, PLAIT__OP_Softmax, INPUTS(x), 0);
            pair_int(&pair, "axis", axis);
            pair_check(&pair, y, SUM);
        }
}

/* A transpose that moves nothing must not make the softmax write over its input. */
TEST(softmax_of_one) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 1, 5));
    int y = pair_node(&pair, PLAIT__OP_Softmax, INPUTS(x), 0);
    pair_int(&pair, "axis", 1);
    pair_check(&pair, pair_node(&pair, PLAIT__OP_Add, INPUTS(x, y), 0), SUM);
}

TEST(attention) {
    static const int64_t shapes[][5] = {{1, 1, 1, 1, 1}, {2, 7, 7, 16, 16}, {3, 13, 29, 8, 5}, {1, 197, 197, 64, 64}};
    for (size_t i = 0; i < 4; i++)
        for (int masked = 0; masked < 3; masked++) {
            struct pair pair;
            pair_begin(&pair, 13);
            const int64_t *s = shapes[i];
            int q = pair_input(&pair, DIMS(2, s[0], s[1], s[3])), k = pair_input(&pair, DIMS(2, s[0], s[2], s[3])),
                v = pair_input(&pair, DIMS(2, s[0], s[2], s[4]));
            int mask = masked == 2 ? pair_input(&pair, DIMS(2, 1, 1, s[2])) : pair_input(&pair, DIMS(s[1], s[2]));
            int y = pair_node(&pair, PLAIT__OP_Attention, masked ? 4 : 3, (const int[]){q, k, v, mask}, 0);
            pair_float(&pair, "scale", 0.25f);
            /* Scores of up to 100 go through an exponential: an error of a few 1e-6 in them is one of that share in the
             * weights. */
            pair_check(&pair, y, 3e-5);
        }
}

TEST(layer_normalisation) {
    static const int64_t widths[] = {1, 2, 15, 16, 17, 192, 1001};
    for (size_t i = 0; i < 7; i++)
        for (int biased = 0; biased < 2; biased++) {
            struct pair pair;
            pair_begin_threads(&pair, 17, 1 + biased);
            /* Far from zero: the variance must not be the difference of two large squares. */
            int x = pair_input_of(&pair, pair_floats(&pair, DIMS(3, 5, widths[i]), 1.0f, 100.0f));
            int scale = pair_constant(&pair, DIMS(widths[i])), bias = pair_constant(&pair, DIMS(widths[i]));
            int y = pair_node(&pair, PLAIT__OP_LayerNormalization, biased ? 3 : 2, (const int[]){x, scale, bias}, 0);
            /* The mean of numbers around 100 is good to 8e-6, so that deviations of about 0.6 are off by a few 1e-5. */
            pair_check(&pair, y, 4e-5);
        }
}

TEST(reduction) {
    static const int64_t axes[][3] = {{3}, {0}, {1}, {2, 3}, {1, 2}, {0, 3}, {0, 2}, {0, 1, 2}, {1, 3}};
    static const int counts[] = {1, 1, 1, 2, 2, 2, 2, 3, 2};
    for (size_t i = 0; i < 9; i++)
        for (int keep = 0; keep < 2; keep++)
            for (int mean = 0; mean < 2; mean++) {
                struct pair pair;
                pair_begin_threads(&pair, 12, 1 + keep);
                int x = pair_input(&pair, DIMS(3, 5, 7, 19));
                int y = pair_node(&pair, mean ? PLAIT__OP_ReduceMean : PLAIT__OP_ReduceSum, INPUTS(x), 0);
                pair_ints(&pair, "axes", counts[i], axes[i]);
                pair_int(&pair, "keepdims", keep);
                pair_check(&pair, y, SUM);
            }
}

TEST(rows) {
    static const enum plait__op ops[] = {PLAIT__OP_ReduceMax, PLAIT__OP_ReduceMin,       PLAIT__OP_ReduceL1,
                                         PLAIT__OP_ReduceL2,  PLAIT__OP_ReduceSumSquare, PLAIT__OP_ReduceLogSumExp};
    static const int64_t axes[][3] = {{3}, {0}, {1, 2}, {0, 2}, {0, 1, 3}};
    static const int counts[] = {1, 1, 2, 2, 3};
    for (size_t op = 0; op < sizeof ops / sizeof *ops; op++)
        for (int i = 0; i < 5; i++) {
            struct pair pair;
            pair_begin_threads(&pair, 13, 1 + i % 2);
            int x = pair_input(&pair, DIMS(3, 5, 7, 19));
            int y = pair_node(&pair, ops[op], INPUTS(x), 0);
            pair_ints(&pair, "axes", counts[i], axes[i]);
            pair_int(&pair, "keepdims", i % 2);
            pair_check(&pair, y, SUM);
        }
}

TEST(log_of_sums) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input_of(&pair, pair_floats(&pair, DIMS(3, 7, 5), 1.0f, 1.5f));
    int y = pair_node(&pair, PLAIT__OP_ReduceLogSum, INPUTS(x), 0);
    INTS("axes", 1);
    pair_check(&pair, y, SUM);
}

TEST(rows_along_one_axis) {
    static const enum plait__op ops[] = {PLAIT__OP_ArgMax, PLAIT__OP_ArgMin, PLAIT__OP_LogSoftmax};
    for (int op = 0; op < 3; op++)
        for (int axis = -2; axis < 3; axis++)
            for (int last = 0; last < (op < 2 ? 2 : 1); last++) {
                struct pair pair;
                pair_begin(&pair, 13);
                int x = pair_input(&pair, DIMS(5, 33, 4));
                for (int i = 0; i < 660; i++)
                    ((float *)pair.inputs[0].data)[i] = roundf(((float *)pair.inputs[0].data)[i]); /* ties */
                int y = pair_node(&pair, ops[op], INPUTS(x), 0);
                pair_int(&pair, "axis", axis);
                if (op < 2) pair_int(&pair, "select_last_index", last);
                pair_check(&pair, y, SUM);
            }
}

TEST(instance_normalisation) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 5, 7, 9)), scale = pair_constant(&pair, DIMS(5)), bias = pair_constant(&pair, DIMS(5));
    pair_check(&pair, pair_node(&pair, PLAIT__OP_InstanceNormalization, INPUTS(x, scale, bias), 0), SUM);
}

TEST(comparison) {
    static const enum plait__op ops[] = {PLAIT__OP_Equal, PLAIT__OP_Greater, PLAIT__OP_GreaterOrEqual, PLAIT__OP_Less,
                                         PLAIT__OP_LessOrEqual};
    for (int op = 0; op < 5; op++)
        for (int whole = 0; whole < 2; whole++) {
            struct pair pair;
            pair_begin_threads(&pair, 16, 1 + whole);
            int inputs[2];
            for (int i = 0; i < 2; i++) {
                plait_tensor numbers = i ? pair_tensor(&pair, whole ? PLAIT_I64 : PLAIT_F32, DIMS(3, 1, 7))
                                         : pair_tensor(&pair, whole ? PLAIT_I64 : PLAIT_F32, DIMS(4, 1));
                for (int64_t k = 0; k < plait_tensor_elements(&numbers); k++) {
                    float number = roundf(2.0f * pair_random(&pair));
                    if (whole)
                        ((int64_t *)numbers.data)[k] = (int64_t)number;
                    else
                        ((float *)numbers.data)[k] = number;
                }
                inputs[i] = pair_input_of(&pair, numbers);
            }
            pair_check(&pair, pair_node(&pair, ops[op], 2, inputs, 0), 0.0);
        }
}

TEST(choice) {
    static const int64_t shapes[][3] = {{2, 1, 5}, {1, 3, 1}, {1, 1, 1}};
    for (int i = 0; i < 3; i++) {
        struct pair pair;
        pair_begin(&pair, 16);
        int x = pair_input(&pair, 3, shapes[i]), y = pair_input(&pair, 3, shapes[(i + 1) % 3]),
            z = pair_input(&pair, DIMS(3, 5));
        int condition = pair_node(&pair, PLAIT__OP_Less, INPUTS(x, y), 0);
        pair_check(&pair, pair_node(&pair, PLAIT__OP_Where, INPUTS(condition, z, x), 0), 0.0);
    }
}

TEST(cast) {
    static const enum plait_dtype dtypes[] = {PLAIT_I64, PLAIT_I32, PLAIT_U8, PLAIT_BOOL};
    for (int i = 0; i < 4; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        plait_tensor numbers = pair_tensor(&pair, dtypes[i], DIMS(3, 5));
        for (size_t byte = 0; byte < plait_tensor_bytes(&numbers); byte++)
            ((uint8_t *)numbers.data)[byte] = byte % plait_dtype_bytes(dtypes[i]) ? 0 : byte % 3 == 0;
        int x = pair_input_of(&pair, numbers);
        int y = pair_node(&pair, PLAIT__OP_Cast, INPUTS(x), 0);
        pair_int(&pair, "to", PLAIT_F32);
        pair_check(&pair, y, 0.0);
    }
}

TEST_MAIN(gemm, product_with_constant, product_of_two, product_of_vectors, softmax, softmax_of_one, attention,
          layer_normalisation, reduction, rows, log_of_sums, rows_along_one_axis, instance_normalisation, comparison, choice,
          cast)
