/* Matrix products and attention, against sums written out here. */
#include "op.h"

TEST(products_broadcast_their_batches) {
    struct op op; /* [2, 1, 3, 4] by [5, 4, 2] */
    op_start(&op, PLAIT__OP_MatMul, 13);
    op_count_up(&op, PLAIT_I64, 4, (int64_t[]){2, 1, 3, 4});
    op_count_up(&op, PLAIT_I64, 3, (int64_t[]){5, 4, 2});
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "int64[2,5,3,2]");
    for (int64_t i = 0; i < 60; i++) {
        int64_t a = i / 30, b = i / 6 % 5, row = i / 2 % 3, column = i % 2, sum = 0;
        for (int64_t k = 0; k < 4; k++) sum += (a * 12 + row * 4 + k + 1) * (b * 8 + k * 2 + column + 1);
        CHECK_INT(plait__load_integer(op_output(&op, 0), i), sum);
    }
    op_end(&op);
}

static const char *product_type(int rank_a, const int64_t *a, int rank_b, const int64_t *b) {
    struct op op;
    op_start(&op, PLAIT__OP_MatMul, 13);
    op_count_up(&op, PLAIT_F32, rank_a, a);
    op_count_up(&op, PLAIT_F32, rank_b, b);
    const char *type = op_run(&op) == PLAIT_OK ? op_type(&op, 0) : "failed";
    op_end(&op);
    return type;
}

TEST(vectors_are_rows_and_columns) {
    CHECK_TEXT(product_type(1, (int64_t[]){4}, 1, (int64_t[]){4}), "float32[]");
    CHECK_TEXT(product_type(1, (int64_t[]){4}, 3, (int64_t[]){2, 4, 5}), "float32[2,5]");
    CHECK_TEXT(product_type(3, (int64_t[]){2, 3, 4}, 1, (int64_t[]){4}), "float32[2,3]");
    CHECK_TEXT(product_type(2, (int64_t[]){3, 0}, 2, (int64_t[]){0, 2}), "float32[3,2]");
    CHECK_TEXT(product_type(2, (int64_t[]){3, 4}, 2, (int64_t[]){3, 4}), "failed");
    CHECK_TEXT(product_type(0, NULL, 2, (int64_t[]){3, 4}), "failed");
}

TEST(a_fused_bias_is_added_to_every_row) {
    struct op op;
    op_start(&op, PLAIT__OP_MatMul, 13);
    op_input(&op, PLAIT_F32, 2, (int64_t[]){2, 1}, (float[]){1, 2});
    op_input(&op, PLAIT_F32, 2, (int64_t[]){1, 3}, (float[]){1, 2, 3});
    op_input(&op, PLAIT_F32, 1, (int64_t[]){3}, (float[]){10, 20, 30});
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[2,3]", 6, ((float[]){11, 22, 33, 12, 24, 36}), 0);
    op_end(&op);
}

TEST(gemm_turned_and_scaled) {
    for (int turn_a = 0; turn_a < 2; turn_a++)
        for (int turn_b = 0; turn_b < 2; turn_b++)
            for (int integers = 0; integers < 2; integers++) {
                struct op op;
                enum plait_dtype dtype = integers ? PLAIT_I32 : PLAIT_F32;
                op_start(&op, PLAIT__OP_Gemm, 13);
                op_count_up(&op, dtype, 2, turn_a ? (int64_t[]){3, 2} : (int64_t[]){2, 3});
                op_count_up(&op, dtype, 2, turn_b ? (int64_t[]){5, 3} : (int64_t[]){3, 5});
                op_count_up(&op, dtype, 2, (int64_t[]){2, 1});
                op_int(&op, "transA", turn_a);
                op_int(&op, "transB", turn_b);
                op_float(&op, "alpha", 2);
                op_float(&op, "beta", -3);
                CHECK_INT(op_run(&op), PLAIT_OK);
                for (int64_t i = 0; i < 10; i++) {
                    int64_t row = i / 5, column = i % 5, sum = 0;
                    for (int64_t k = 0; k < 3; k++)
                        sum += ((turn_a ? k * 2 + row : row * 3 + k) + 1) * ((turn_b ? column * 3 + k : k * 5 + column) + 1);
                    CHECK_NEAR(plait__load_real(op_output(&op, 0), i), (double)(2 * sum - 3 * (row + 1)), 0);
                }
                op_end(&op);
            }
}

/* Two inputs counting up, [2, 3] and [3, 2] or what `second` says; the sum of what comes out. */
static enum plait_status einsum(const char *equation, const char *type, int count, const double *expected) {
    struct op op;
    op_start(&op, PLAIT__OP_Einsum, 12);
    op_count_up(&op, PLAIT_F64, 2, (int64_t[]){2, 3});
    if (strchr(equation, ',')) op_count_up(&op, PLAIT_F64, 2, (int64_t[]){3, 3});
    op_text(&op, "equation", equation);
    enum plait_status status = op_run(&op);
    if (status == PLAIT_OK) CHECK_OUTPUT(&op, 0, type, count, expected, 0);
    op_end(&op);
    return status;
}

TEST(equations) {
    CHECK_INT(einsum("ij->ji", "float64[3,2]", 6, (double[]){1, 4, 2, 5, 3, 6}), PLAIT_OK);
    CHECK_INT(einsum("ij->", "float64[]", 1, (double[]){21}), PLAIT_OK);
    CHECK_INT(einsum("ij, jk -> ik", "float64[2,3]", 6, (double[]){30, 36, 42, 66, 81, 96}), PLAIT_OK);
    CHECK_INT(einsum("ij,jk", "float64[2,3]", 6, (double[]){30, 36, 42, 66, 81, 96}), PLAIT_OK);
    CHECK_INT(einsum("ij,jj->i", "float64[2]", 2, (double[]){38, 83}), PLAIT_OK); /* a diagonal */
    CHECK_INT(einsum("i...,jk->...i", "float64[3,2]", 2, (double[]){45, 180}), PLAIT_OK);
    CHECK_INT(einsum("ij->k", "", 0, NULL), PLAIT_INVALID);
    CHECK_INT(einsum("ij->ii", "", 0, NULL), PLAIT_INVALID);
    CHECK_INT(einsum("ijk->k", "", 0, NULL), PLAIT_INVALID);
    CHECK_INT(einsum("ij,jk,kl->il", "", 0, NULL), PLAIT_INVALID);
    CHECK_INT(einsum("ij-", "", 0, NULL), PLAIT_INVALID);
    CHECK_INT(einsum("......ij->ij", "", 0, NULL), PLAIT_INVALID);
    CHECK_INT(einsum("", "", 0, NULL), PLAIT_INVALID);
}

TEST(attention_weighs_values_by_their_keys) {
    /* Two queries, three keys; the second query's mask leaves the last key alone. */
    const double q[] = {1, 0, 0, 2}, k[] = {1, 0, 0, 1, 1, 1}, v[] = {1, 10, 100};
    const double mask[] = {0, 0, 0, -INFINITY, -INFINITY, 0}, e = exp(0.5);
    struct op op;
    op_start(&op, PLAIT__OP_Attention, 1);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 2, 2}, q);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 3, 2}, k);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 3, 1}, v);
    op_input(&op, PLAIT_F64, 2, (int64_t[]){2, 3}, mask);
    op_float(&op, "scale", 0.5F);
    CHECK_INT(op_run(&op), PLAIT_OK);
    const double expected[] = {(e * 1 + 10 + e * 100) / (2 * e + 1), 100};
    CHECK_OUTPUT(&op, 0, "float64[1,2,1]", 2, expected, 1e-13); /* sums to 100 in double */
    op_end(&op);
}

TEST_MAIN(products_broadcast_their_batches, vectors_are_rows_and_columns, a_fused_bias_is_added_to_every_row,
          gemm_turned_and_scaled, equations, attention_weighs_values_by_their_keys)
