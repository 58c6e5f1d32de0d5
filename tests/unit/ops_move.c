/* Operators that move elements, over every dtype: each is compared with index arithmetic written out here. */
#include "op.h"

static const enum plait_dtype dtypes[] = {
#define DTYPE(name, number, bytes, text) PLAIT_##name,
    PLAIT_DTYPE_MAP(DTYPE)
#undef DTYPE
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* The input is [2, 3, 5] counting up from 1; at(a, b, c) is its element as a number of that dtype. */
static const int64_t dims[3] = {2, 3, 5};
static double at(enum plait_dtype dtype, int64_t a, int64_t b, int64_t c) {
    int64_t value = (a * 3 + b) * 5 + c + 1;
    return (double)(dtype == PLAIT_BOOL ? value % 2 : value);
}

static double found(struct op *op, int output, int64_t index) {
    return plait__load_real(op_output(op, output), index);
}

#define FOR_EACH_DTYPE(kind, opset)  \
    for (int d = 0; d < DTYPES; d++) \
        for (int once = (op_start(&op, kind, opset), op_count_up(&op, dtypes[d], 3, dims), 1); once; once = (op_end(&op), 0))

TEST(transpose) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_Transpose, 13) {
        op_ints(&op, "perm", 3, (int64_t[]){2, 0, 1});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 30; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 3 % 2, i % 3, i / 6), 0);
    }
}

TEST(slice) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_Slice, 13) { /* the middle row, columns 4, 2, 0 */
        op_list(&op, 2, (int64_t[]){1, -1});
        op_list(&op, 2, (int64_t[]){2, INT64_MIN});
        op_list(&op, 2, (int64_t[]){1, -1});
        op_list(&op, 2, (int64_t[]){1, -2});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 6; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 3, 1, 4 - i % 3 * 2), 0);
    }
}

TEST(split_then_concat) {
    for (int d = 0; d < DTYPES; d++) {
        struct op split, concat;
        op_start(&split, PLAIT__OP_Split, 18);
        op_count_up(&split, dtypes[d], 3, dims);
        op_int(&split, "axis", 2);
        op_int(&split, "num_outputs", 3);
        split.node.output_count = 3; /* 2, 2 and what is left */
        CHECK_INT(op_run(&split), PLAIT_OK);
        CHECK_INT(op_output(&split, 2)->dims[2], 1);

        op_start(&concat, PLAIT__OP_Concat, 13);
        op_int(&concat, "axis", -1);
        for (int i = 0; i < 3; i++) op_input(&concat, dtypes[d], 3, op_output(&split, i)->dims, op_output(&split, i)->data);
        CHECK_INT(op_run(&concat), PLAIT_OK);
        for (int64_t i = 0; i < 30; i++) CHECK_NEAR(found(&concat, 0, i), at(dtypes[d], i / 15, i / 5 % 3, i % 5), 0);
        op_end(&split);
        op_end(&concat);
    }
}

TEST(expand_and_tile) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_Tile, 13) {
        op_list(&op, 3, (int64_t[]){2, 1, 2});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 120; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 30 % 2, i / 10 % 3, i % 10 % 5), 0);
    }
    for (int d = 0; d < DTYPES; d++) {
        op_start(&op, PLAIT__OP_Expand, 13);
        op_count_up(&op, dtypes[d], 2, (int64_t[]){3, 1});
        op_list(&op, 3, (int64_t[]){2, 1, 7});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 42; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], 0, 0, i / 7 % 3), 0);
        op_end(&op);
    }
}

TEST(pad) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_Pad, 19) { /* wrapped in columns; axes, version 18 */
        op_list(&op, 2, (int64_t[]){6, 2});
        op_no_input(&op);
        op_list(&op, 1, (int64_t[]){-1});
        op_text(&op, "mode", "wrap");
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 78; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 39, i / 13 % 3, (i % 13 + 4) % 5), 0);
    }
    FOR_EACH_DTYPE(PLAIT__OP_Pad, 10) { /* a column of 1 before, the last column away; attributes */
        op_ints(&op, "pads", 6, (int64_t[]){0, 0, 1, 0, 0, -1});
        op_float(&op, "value", 1);
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 30; i++)
            CHECK_NEAR(found(&op, 0, i), i % 5 ? at(dtypes[d], i / 15, i / 5 % 3, i % 5 - 1) : 1, 0);
    }
}

TEST(center_crop_pad) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_CenterCropPad, 18) { /* columns 1 to 3 of 5; a row of zeros on either side of 3 */
        op_list(&op, 2, (int64_t[]){5, 3});
        op_ints(&op, "axes", 2, (int64_t[]){1, 2});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 30; i++) {
            int64_t row = i / 3 % 5 - 1;
            CHECK_NEAR(found(&op, 0, i), row < 0 || row > 2 ? 0 : at(dtypes[d], i / 15, row, i % 3 + 1), 0);
        }
    }
}

TEST(gather_and_scatter) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_Gather, 13) {
        op_int(&op, "axis", 1);
        op_list(&op, 2, (int64_t[]){-1, 0});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 20; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 10, i / 5 % 2 ? 0 : 2, i % 5), 0);
    }
    FOR_EACH_DTYPE(PLAIT__OP_GatherND, 13) {
        op_int(&op, "batch_dims", 1);
        op_input(&op, PLAIT_I64, 2, (int64_t[]){2, 1}, (int64_t[]){2, -3});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 10; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 5, i / 5 ? 0 : 2, i % 5), 0);
    }
    FOR_EACH_DTYPE(PLAIT__OP_ScatterND, 18) { /* row (1, 0) is added to itself, or with it for bool */
        op_text(&op, "reduction", "add");
        op_input(&op, PLAIT_I64, 2, (int64_t[]){1, 2}, (int64_t[]){1, -3});
        op_count_up(&op, dtypes[d], 2, (int64_t[]){1, 5});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 30; i++) {
            double sum = at(dtypes[d], i / 15, i / 5 % 3, i % 5) + (i / 5 == 3 ? at(dtypes[d], 0, 0, i % 5) : 0);
            CHECK_NEAR(found(&op, 0, i), dtypes[d] == PLAIT_BOOL ? sum != 0 : sum, 0);
        }
    }
}

/* Minimum and maximum where the sign decides: as a number without one, -1 would be the largest. */
TEST(scatter_reductions) {
    static const char *const names[] = {"none", "add", "mul", "min", "max"};
    static const double expected[2][5] = {{3, 5, 6, 2, 3},
                                          {(double)UINT64_MAX, 1, (double)(UINT64_MAX - 1), 2, (double)UINT64_MAX}};
    for (int signless = 0; signless < 2; signless++)
        for (int r = 0; r < 5; r++) {
            struct op op;
            const int64_t update = signless ? -1 : 3;
            op_start(&op, PLAIT__OP_ScatterElements, 18);
            op_input(&op, signless ? PLAIT_U64 : PLAIT_I64, 1, (int64_t[]){1}, (int64_t[]){2});
            op_list(&op, 1, (int64_t[]){0});
            op_input(&op, signless ? PLAIT_U64 : PLAIT_I64, 1, (int64_t[]){1}, &update);
            op_text(&op, "reduction", names[r]);
            CHECK_INT(op_run(&op), PLAIT_OK);
            CHECK_NEAR(found(&op, 0, 0), expected[signless][r], 0);
            op_end(&op);
        }
}

TEST(depth_and_space) {
    for (int d = 0; d < DTYPES; d++)
        for (int crd = 0; crd < 2; crd++) {
            struct op op;
            op_start(&op, PLAIT__OP_DepthToSpace, 13);
            op_count_up(&op, dtypes[d], 4, (int64_t[]){1, 8, 1, 3});
            op_int(&op, "blocksize", 2);
            op_text(&op, "mode", crd ? "CRD" : "DCR");
            CHECK_INT(op_run(&op), PLAIT_OK);
            for (int64_t i = 0; i < 24; i++) { /* output [1, 2, 2, 6] */
                int64_t c = i / 12, y = i / 6 % 2, x = i % 6, block = y * 2 + x % 2;
                int64_t value = (crd ? c * 4 + block : block * 2 + c) * 3 + x / 2 + 1;
                CHECK_NEAR(found(&op, 0, i), (double)(dtypes[d] == PLAIT_BOOL ? value % 2 : value), 0);
            }
            op_end(&op);
        }
}

TEST(trilu_and_reverse_sequence) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_Trilu, 14) {
        op_scalar(&op, (int64_t[]){1});
        op_int(&op, "upper", 0);
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 30; i++)
            CHECK_NEAR(found(&op, 0, i), i % 5 <= i / 5 % 3 + 1 ? at(dtypes[d], i / 15, i / 5 % 3, i % 5) : 0, 0);
    }
    FOR_EACH_DTYPE(PLAIT__OP_ReverseSequence, 10) {
        op_int(&op, "batch_axis", 0);
        op_int(&op, "time_axis", 1);
        op_list(&op, 2, (int64_t[]){2, 0});
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 30; i++) {
            int64_t t = i / 5 % 3;
            CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 15, i < 15 && t < 2 ? 1 - t : t, i % 5), 0);
        }
    }
}

TEST(unique_and_compress) {
    struct op op;
    FOR_EACH_DTYPE(PLAIT__OP_Compress, 11) {
        op_input(&op, PLAIT_BOOL, 1, (int64_t[]){2}, (uint8_t[]){0, 1});
        op_int(&op, "axis", 1);
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int64_t i = 0; i < 10; i++) CHECK_NEAR(found(&op, 0, i), at(dtypes[d], i / 5, 1, i % 5), 0);
    }
    op_start(&op, PLAIT__OP_Unique, 11); /* NaNs are one value, the last; without sorting the first ones decide */
    op_input(&op, PLAIT_F32, 1, (int64_t[]){7}, (float[]){3, NAN, -1, 3, NAN, -1, 0});
    op.node.output_count = 4;
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "float32[4]");
    CHECK_NEAR(found(&op, 0, 0), -1, 0);
    CHECK(isnan(found(&op, 0, 3)));
    CHECK_OUTPUT(&op, 1, "int64[4]", 4, ((int[]){2, 6, 0, 1}), 0);
    CHECK_OUTPUT(&op, 2, "int64[7]", 7, ((int[]){2, 3, 0, 2, 3, 0, 1}), 0);
    CHECK_OUTPUT(&op, 3, "int64[4]", 4, ((int[]){2, 1, 2, 2}), 0);
    op_int(&op, "sorted", 0);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 1, "int64[4]", 4, ((int[]){0, 1, 2, 6}), 0);
    CHECK_OUTPUT(&op, 2, "int64[7]", 7, ((int[]){0, 1, 2, 0, 1, 2, 3}), 0);
    op_end(&op);
}

/* Nothing in, nothing out, and nothing read. */
TEST(empty) {
    static const enum plait__op kinds[] = {PLAIT__OP_Transpose, PLAIT__OP_Flatten, PLAIT__OP_NonZero, PLAIT__OP_Unique,
                                           PLAIT__OP_Trilu};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct op op;
        op_start(&op, kinds[k], 14);
        op_input(&op, PLAIT_F32, 3, (int64_t[]){2, 0, 7}, NULL);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_INT(plait_tensor_elements(op_output(&op, 0)), 0);
        op_end(&op);
    }
}

TEST_MAIN(transpose, slice, split_then_concat, expand_and_tile, pad, center_crop_pad, gather_and_scatter, scatter_reductions,
          depth_and_space, trilu_and_reverse_sequence, unique_and_compress, empty)
