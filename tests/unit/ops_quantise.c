/* Quantised numbers: rounding and its ends, which scale an element has, and products against the reals they stand for. */
#include "op.h"

TEST(rounding_and_saturation) {
    const float x[] = {-1000, -2.5F, -1.5F, 0.5F, 1.5F, 2.5F, 1000, NAN};
    struct op op;
    op_start(&op, PLAIT__OP_QuantizeLinear, 13);
    op_input(&op, PLAIT_F32, 1, (int64_t[]){8}, x);
    op_input(&op, PLAIT_F32, 0, NULL, &(float){1});
    op_input(&op, PLAIT_I8, 0, NULL, &(int8_t){1});
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "int8[8]", 8, ((int8_t[]){-128, -1, -1, 1, 3, 3, 127, 1}), 0);
    op_end(&op);

    op_start(&op, PLAIT__OP_QuantizeLinear, 21); /* a type without a zero point */
    op_input(&op, PLAIT_F32, 1, (int64_t[]){8}, x);
    op_input(&op, PLAIT_F32, 0, NULL, &(float){0.01F});
    op_int(&op, "output_dtype", PLAIT_I16);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "int16[8]", 2, ((int16_t[]){-32768, -250}), 0);
    op_end(&op);
}

/* x is [2, 4, 3] of 1..24; scales along dim 1 are 1, 2, 3, 4 or, in blocks of 2, 1..12 as [2, 2, 3]. */
TEST(scales_along_an_axis_and_in_blocks) {
    for (int blocks = 0; blocks < 2; blocks++) {
        struct op op;
        op_start(&op, PLAIT__OP_DequantizeLinear, 21);
        op_count_up(&op, PLAIT_I8, 3, (int64_t[]){2, 4, 3});
        if (blocks)
            op_count_up(&op, PLAIT_F32, 3, (int64_t[]){2, 2, 3});
        else
            op_count_up(&op, PLAIT_F32, 1, (int64_t[]){4});
        op_int(&op, "axis", -2);
        if (blocks) op_int(&op, "block_size", 2);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_TEXT(op_type(&op, 0), "float32[2,4,3]");
        for (int i = 0; i < 24; i++) {
            int scale = blocks ? i / 12 * 6 + i / 6 % 2 * 3 + i % 3 + 1 : i / 3 % 4 + 1;
            CHECK_NEAR(plait__load_real(op_output(&op, 0), i), (double)(i + 1) * scale, 0);
        }
        op_end(&op);
    }
    struct op op; /* scales for another size */
    op_start(&op, PLAIT__OP_DequantizeLinear, 13);
    op_count_up(&op, PLAIT_I8, 3, (int64_t[]){2, 4, 3});
    op_count_up(&op, PLAIT_F32, 1, (int64_t[]){3});
    CHECK_INT(op_run(&op), PLAIT_INVALID);
    op_end(&op);
}

TEST(the_range_is_measured) {
    struct op op;
    op_start(&op, PLAIT__OP_DynamicQuantizeLinear, 11);
    op_input(&op, PLAIT_F32, 1, (int64_t[]){4}, (float[]){-1, 0, 1, 4.1F});
    op.node.output_count = 3;
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "uint8[4]", 4, ((uint8_t[]){0, 50, 100, 255}), 0);
    CHECK_OUTPUT(&op, 1, "float32[]", 1, ((float[]){5.1F / 255}), 1e-9);
    CHECK_OUTPUT(&op, 2, "uint8[]", 1, ((uint8_t[]){50}), 0);
    op_end(&op);

    op_start(&op, PLAIT__OP_DynamicQuantizeLinear, 11); /* nothing but zeros */
    op_input(&op, PLAIT_F32, 1, (int64_t[]){1}, (float[]){0});
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "uint8[1]", 1, ((uint8_t[]){0}), 0);
    op_end(&op);
}

TEST(products_of_integers) {
    struct op op; /* a zero point for each row, and one for each column */
    op_start(&op, PLAIT__OP_MatMulInteger, 10);
    op_input(&op, PLAIT_U8, 2, (int64_t[]){2, 2}, (uint8_t[]){255, 0, 1, 2});
    op_input(&op, PLAIT_I8, 2, (int64_t[]){2, 2}, (int8_t[]){-128, 127, 3, 4});
    op_input(&op, PLAIT_U8, 1, (int64_t[]){2}, (uint8_t[]){5, 1});
    op_input(&op, PLAIT_I8, 1, (int64_t[]){2}, (int8_t[]){0, 4});
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "int32[2,2]", 4, ((int32_t[]){250 * -128 - 15, 250 * 123, 3, 0}), 0);
    op_end(&op);
}

/* One channel in, two out, 1 by 2: every output channel has its scale. */
TEST(convolution_with_a_scale_a_channel) {
    struct op op;
    op_start(&op, PLAIT__OP_QLinearConv, 10);
    op_input(&op, PLAIT_U8, 3, (int64_t[]){1, 1, 3}, (uint8_t[]){10, 20, 252});
    op_input(&op, PLAIT_F32, 0, NULL, &(float){0.5F});
    op_input(&op, PLAIT_U8, 0, NULL, &(uint8_t){10});
    op_input(&op, PLAIT_I8, 3, (int64_t[]){2, 1, 2}, (int8_t[]){1, 2, -1, 1});
    op_input(&op, PLAIT_F32, 1, (int64_t[]){2}, (float[]){0.2F, 0.4F});
    op_input(&op, PLAIT_I8, 0, NULL, &(int8_t){0});
    op_input(&op, PLAIT_F32, 0, NULL, &(float){2});
    op_input(&op, PLAIT_I8, 0, NULL, &(int8_t){3});
    op_input(&op, PLAIT_I32, 1, (int64_t[]){2}, (int32_t[]){0, 10});
    CHECK_INT(op_run(&op), PLAIT_OK);
    /* sums 20, 494 times 0.05; with the bias 20, 242 times 0.1 */
    CHECK_OUTPUT(&op, 0, "int8[1,2,2]", 4, ((int8_t[]){4, 28, 5, 27}), 0);
    op_end(&op);
}

TEST_MAIN(rounding_and_saturation, scales_along_an_axis_and_in_blocks, the_range_is_measured, products_of_integers,
          convolution_with_a_scale_a_channel)
