/* Operators that fold, choose along or run along dims. */
#include "op.h"

/* [2, 3, 5] counting up from 1. */
static const int64_t dims[3] = {2, 3, 5};

/* The sum over the dims marked in `folded`, at an index of the kept ones, by going over everything. */
static double sum_at(unsigned folded, int64_t index) {
    double sum = 0;
    for (int64_t i = 0; i < 30; i++) {
        int64_t at[3] = {i / 15, i / 5 % 3, i % 5}, kept = 0;
        for (int d = 0; d < 3; d++)
            if (!(folded >> d & 1)) kept = kept * dims[d] + at[d];
        if (kept == index) sum += (double)(i + 1);
    }
    return sum;
}

TEST(sums_over_any_axes) {
    for (unsigned folded = 1; folded < 8; folded++) /* no axes at all means all of them: see below */
        for (int version = 11; version <= 13; version += 2) {
            int64_t axes[3], kept = 1;
            int count = 0;
            for (int d = 0; d < 3; d++)
                if (folded >> d & 1)
                    axes[count++] = d - (d == 1 ? 3 : 0); /* one of them counted from the end */
                else
                    kept *= dims[d];
            struct op op;
            op_start(&op, PLAIT__OP_ReduceSum, version);
            op_count_up(&op, PLAIT_I32, 3, dims);
            if (version < 13)
                op_ints(&op, "axes", count, axes);
            else
                op_list(&op, count, axes);
            op_int(&op, "keepdims", 0);
            CHECK_INT(op_run(&op), PLAIT_OK);
            CHECK_INT(op_output(&op, 0)->rank, 3 - count);
            CHECK_INT(plait_tensor_elements(op_output(&op, 0)), kept);
            for (int64_t i = 0; i < kept; i++) CHECK_NEAR(plait__load_real(op_output(&op, 0), i), sum_at(folded, i), 0);
            op_end(&op);
        }
}

TEST(without_axes_all_or_none) {
    struct op op;
    op_start(&op, PLAIT__OP_ReduceMean, 18);
    op_count_up(&op, PLAIT_F32, 3, dims);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[1,1,1]", 1, ((float[]){15.5F}), 0);
    op_end(&op);

    op_start(&op, PLAIT__OP_ReduceMean, 18);
    op_count_up(&op, PLAIT_F32, 3, dims);
    op_int(&op, "noop_with_empty_axes", 1);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[2,3,5]", 3, ((float[]){1, 2, 3}), 0);
    op_end(&op);
}

static double reduce_pair(enum plait__op kind, enum plait_dtype dtype, double a, double b) {
    struct op op;
    double values[2] = {a, b};
    op_start(&op, kind, 18);
    op_count_up(&op, dtype, 1, (int64_t[]){2});
    plait__store_reals(&op.values[0], 0, 1, 2, values);
    CHECK_INT(op_run(&op), PLAIT_OK);
    double found = plait__load_real(op_output(&op, 0), 0);
    op_end(&op);
    return found;
}

TEST(each_reduction) {
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceL1, PLAIT_F64, -3, 4), 7, 0);
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceL2, PLAIT_F64, -3, 4), 5, 1e-15);
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceSumSquare, PLAIT_I32, -3, 4), 25, 0);
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceProd, PLAIT_I64, -3, 4), -12, 0);
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceMax, PLAIT_I8, -3, -4), -3, 0);
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceMin, PLAIT_U8, 3, 200), 3, 0);
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceLogSum, PLAIT_F64, 3, 4), log(7), 1e-15);
    /* exp(1000) alone would overflow */
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceLogSumExp, PLAIT_F64, 1000, 1000), 1000 + log(2), 1e-12);
    CHECK_NEAR(reduce_pair(PLAIT__OP_ReduceMean, PLAIT_I32, -3, -4), -3, 0); /* -3.5, the fraction cut off */
    CHECK(isnan(reduce_pair(PLAIT__OP_ReduceMax, PLAIT_F32, NAN, 1)));
}

TEST(nothing_to_fold) {
    const enum plait__op kinds[] = {PLAIT__OP_ReduceSum, PLAIT__OP_ReduceProd, PLAIT__OP_ReduceMax, PLAIT__OP_ReduceMin};
    const double expected[] = {0, 1, -INFINITY, INFINITY};
    for (int k = 0; k < 4; k++) {
        struct op op;
        op_start(&op, kinds[k], 20);
        op_count_up(&op, PLAIT_F32, 2, (int64_t[]){2, 0});
        op_list(&op, 1, (int64_t[]){1});
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_TEXT(op_type(&op, 0), "float32[2,1]");
        CHECK(plait__load_real(op_output(&op, 0), 1) == expected[k]);
        op_end(&op);
    }
}

TEST(the_first_or_the_last_of_equals) {
    const float x[2][4] = {{1, 5, 5, 0}, {NAN, 2, 2, 2}};
    const int64_t expected[2][2] = {{1, 0}, {2, 0}}; /* NaN is greater than all */
    for (int last = 0; last < 2; last++) {
        struct op op;
        op_start(&op, PLAIT__OP_ArgMax, 12);
        op_input(&op, PLAIT_F32, 2, (int64_t[]){2, 4}, x);
        op_int(&op, "axis", -1);
        op_int(&op, "keepdims", 0);
        op_int(&op, "select_last_index", last);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_OUTPUT(&op, 0, "int64[2]", 2, expected[last], 0);
        op_end(&op);
    }
}

TEST(top_k_along_the_first_dim) {
    const int8_t x[5][2] = {{-1, 7}, {4, 7}, {-128, 0}, {4, 9}, {127, -3}};
    struct op op;
    op_start(&op, PLAIT__OP_TopK, 11);
    op_input(&op, PLAIT_I8, 2, (int64_t[]){5, 2}, x);
    op_list(&op, 1, (int64_t[]){3});
    op_int(&op, "axis", 0);
    op.node.output_count = 2;
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "int8[3,2]", 6, ((int8_t[]){127, 9, 4, 7, 4, 7}), 0);
    CHECK_OUTPUT(&op, 1, "int64[3,2]", 6, ((int64_t[]){4, 3, 1, 0, 3, 1}), 0);
    op_end(&op);

    op_start(&op, PLAIT__OP_TopK, 11); /* how many is not known yet */
    op_input(&op, PLAIT_F32, 2, (int64_t[]){-1, 9}, NULL);
    op_input(&op, PLAIT_I64, 1, (int64_t[]){1}, NULL);
    CHECK_INT(op_infer(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "float32[?,?]");
    op_end(&op);
}

TEST(running_sums) {
    const double expected[2][2][3] = {{{1, 3, 6}, {6, 5, 3}}, {{0, 1, 3}, {5, 3, 0}}};
    for (int exclusive = 0; exclusive < 2; exclusive++)
        for (int reverse = 0; reverse < 2; reverse++) {
            struct op op;
            op_start(&op, PLAIT__OP_CumSum, 14);
            op_count_up(&op, PLAIT_I32, 1, (int64_t[]){3});
            op_scalar(&op, &(int64_t){-1});
            op_int(&op, "exclusive", exclusive);
            op_int(&op, "reverse", reverse);
            CHECK_INT(op_run(&op), PLAIT_OK);
            CHECK_OUTPUT(&op, 0, "int32[3]", 3, expected[exclusive][reverse], 0);
            op_end(&op);
        }
}

/* Over one axis since version 13, over all from the axis on before. */
TEST(softmax_in_its_versions) {
    for (int version = 12; version <= 13; version++) {
        struct op op;
        op_start(&op, PLAIT__OP_Softmax, version);
        op_count_up(&op, PLAIT_F64, 3, dims);
        op_int(&op, "axis", 1);
        CHECK_INT(op_run(&op), PLAIT_OK);
        double sum = 0, column = 0;
        for (int64_t i = 0; i < 15; i++) sum += plait__load_real(op_output(&op, 0), i);
        for (int64_t i = 0; i < 15; i += 5) column += plait__load_real(op_output(&op, 0), i);
        CHECK_NEAR(sum, version < 13 ? 1 : 5, 1e-14);
        if (version == 13) CHECK_NEAR(column, 1, 1e-15);
        double ratio = plait__load_real(op_output(&op, 0), 5) / plait__load_real(op_output(&op, 0), 0);
        CHECK_NEAR(ratio, exp(5), 1e-11);
        op_end(&op);
    }
}

TEST(softmax_of_large_numbers) {
    const float x[] = {1000, 1000, -INFINITY};
    const double expected[2][3] = {{0.5, 0.5, 0}, {-0.69314718, -0.69314718, -INFINITY}};
    for (int log = 0; log < 2; log++) {
        struct op op;
        op_start(&op, log ? PLAIT__OP_LogSoftmax : PLAIT__OP_Softmax, 13);
        op_input(&op, PLAIT_F32, 1, (int64_t[]){3}, x);
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int i = 0; i < 2; i++)
            CHECK_NEAR(plait__load_real(op_output(&op, 0), i), expected[log][i], 1e-7); /* float's last bit */
        CHECK(plait__load_real(op_output(&op, 0), 2) == expected[log][2]);
        op_end(&op);
    }
}

TEST_MAIN(sums_over_any_axes, without_axes_all_or_none, each_reduction, nothing_to_fold, the_first_or_the_last_of_equals,
          top_k_along_the_first_dim, running_sums, softmax_in_its_versions, softmax_of_large_numbers)
