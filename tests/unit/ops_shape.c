/* Shape functions: what they say of inputs only half known, and that hostile numbers are refused with a sentence. */
#include "op.h"

/* ---- half known ---- */

#define CHECK_TYPE(op, index, type)           \
    do {                                      \
        CHECK_INT(op_infer(op), PLAIT_OK);    \
        CHECK_TEXT(op_type(op, index), type); \
        op_end(op);                           \
    } while (0)

static const int64_t some[3] = {-1, 3, 4}, *unknown = NULL;

TEST(views_half_known) {
    struct op op;
    op_start(&op, PLAIT__OP_Reshape, 13); /* the copied dim cancels, though it is not known */
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_list(&op, 2, (int64_t[]){0, -1});
    CHECK_TYPE(&op, 0, "float32[?,12]");
    op_start(&op, PLAIT__OP_Reshape, 13); /* only how many numbers */
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_list(&op, 4, NULL);
    CHECK_TYPE(&op, 0, "float32[?,?,?,?]");
    op_start(&op, PLAIT__OP_Reshape, 14);
    op_input(&op, PLAIT_F32, 2, (int64_t[]){0, 3}, NULL);
    op_list(&op, 2, (int64_t[]){0, 7});
    op_int(&op, "allowzero", 1);
    CHECK_TYPE(&op, 0, "float32[0,7]");
    op_start(&op, PLAIT__OP_Flatten, 13);
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_int(&op, "axis", -2);
    CHECK_TYPE(&op, 0, "float32[?,12]");
    op_start(&op, PLAIT__OP_Squeeze, 13); /* which dims are 1 is not known */
    op_input(&op, PLAIT_F32, 3, some, NULL);
    CHECK_TYPE(&op, 0, "float32 of unknown rank");
    op_start(&op, PLAIT__OP_Squeeze, 11);
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_ints(&op, "axes", 1, (int64_t[]){-3});
    CHECK_TYPE(&op, 0, "float32[3,4]");
    op_start(&op, PLAIT__OP_Unsqueeze, 13); /* where is not known, how many is */
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_list(&op, 2, NULL);
    CHECK_TYPE(&op, 0, "float32[?,?,?,?,?]");
}

TEST(rearranged_half_known) {
    struct op op;
    op_start(&op, PLAIT__OP_Transpose, 13);
    op_input(&op, PLAIT_DTYPE_NONE, -1, unknown, NULL);
    op_ints(&op, "perm", 3, (int64_t[]){0, 2, 1});
    CHECK_TYPE(&op, 0, "unknown[?,?,?]");
    op_start(&op, PLAIT__OP_Concat, 13); /* dims are joined, and a length is not known */
    op_int(&op, "axis", 1);
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_input(&op, PLAIT_F32, 3, (int64_t[]){2, -1, 4}, NULL);
    CHECK_TYPE(&op, 0, "float32[2,?,4]");
    op_start(&op, PLAIT__OP_Slice, 13); /* axes known, ends not */
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_list(&op, 1, (int64_t[]){0});
    op_list(&op, 1, NULL);
    op_list(&op, 1, (int64_t[]){2});
    CHECK_TYPE(&op, 0, "float32[?,3,?]");
    op_start(&op, PLAIT__OP_Split, 13); /* parts known, the whole not */
    op.node.output_count = 2;
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_list(&op, 2, (int64_t[]){5, 6});
    CHECK_TYPE(&op, 1, "float32[6,3,4]");
    op_start(&op, PLAIT__OP_Expand, 13);
    op_input(&op, PLAIT_F32, 3, (int64_t[]){-1, 3, 1}, NULL);
    op_list(&op, 3, (int64_t[]){1, 1, 9});
    CHECK_TYPE(&op, 0, "float32[?,3,9]");
    op_start(&op, PLAIT__OP_Tile, 13);
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_list(&op, 3, (int64_t[]){2, 2, 1});
    CHECK_TYPE(&op, 0, "float32[?,6,4]");
    op_start(&op, PLAIT__OP_Pad, 13);
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_list(&op, 6, (int64_t[]){0, 1, -1, 0, 1, -1});
    CHECK_TYPE(&op, 0, "float32[?,5,2]");
}

TEST(picked_half_known) {
    struct op op;
    op_start(&op, PLAIT__OP_Gather, 13);
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_input(&op, PLAIT_I32, 2, (int64_t[]){-1, 7}, NULL);
    op_int(&op, "axis", 1);
    CHECK_TYPE(&op, 0, "float32[?,?,7,4]");
    op_start(&op, PLAIT__OP_Shape, 15); /* two of three, the last from the end */
    op_input(&op, PLAIT_F32, 3, some, NULL);
    op_int(&op, "start", -2);
    CHECK_TYPE(&op, 0, "int64[2]");
    op_start(&op, PLAIT__OP_NonZero, 13);
    op_input(&op, PLAIT_F32, 3, some, NULL);
    CHECK_TYPE(&op, 0, "int64[3,?]");
    op_start(&op, PLAIT__OP_OneHot, 11);
    op_input(&op, PLAIT_I64, 1, (int64_t[]){-1}, NULL);
    op_scalar(&op, NULL);
    op_input(&op, PLAIT_F16, 1, (int64_t[]){2}, NULL);
    CHECK_TYPE(&op, 0, "float16[?,?]");
    op_start(&op, PLAIT__OP_ConstantOfShape, 9);
    op_list(&op, 3, NULL);
    CHECK_TYPE(&op, 0, "float32[?,?,?]");
    op_start(&op, PLAIT__OP_Range, 11);
    for (int i = 0; i < 3; i++) op_scalar(&op, NULL);
    CHECK_TYPE(&op, 0, "int64[?]");
    op_start(&op, PLAIT__OP_Resize, 18);
    op_input(&op, PLAIT_F32, 4, (int64_t[]){-1, 3, 5, -1}, NULL);
    op_no_input(&op);
    op_input(&op, PLAIT_F32, 1, (int64_t[]){2}, (float[]){2, 1.5f});
    op_ints(&op, "axes", 2, (int64_t[]){3, 2});
    CHECK_TYPE(&op, 0, "float32[?,3,7,?]");
    op_start(&op, PLAIT__OP_NonMaxSuppression, 11);
    op_input(&op, PLAIT_F32, 3, (int64_t[]){1, -1, 4}, NULL);
    op_input(&op, PLAIT_F32, 3, (int64_t[]){1, 2, -1}, NULL);
    CHECK_TYPE(&op, 0, "int64[?,3]");
    op_start(&op, PLAIT__OP_STFT, 17);
    op_input(&op, PLAIT_F32, 3, (int64_t[]){-1, 128, 1}, NULL);
    op_scalar(&op, (int64_t[]){8});
    op_input(&op, PLAIT_F32, 1, (int64_t[]){16}, NULL);
    CHECK_TYPE(&op, 0, "float32[?,15,9,2]");
}

/* Every operator must stand inputs of which nothing at all is known: at load that is what they may get. */
TEST(nothing_known) {
    for (int kind = PLAIT__OP_NONE + 1; kind < PLAIT__OP_COUNT; kind++)
        for (int inputs = 0; inputs <= 6; inputs++)
            for (int opset = 7; opset <= 21; opset += 7) {
                struct op op;
                op_start(&op, (enum plait__op)kind, opset);
                for (int i = 0; i < inputs; i++) op_input(&op, PLAIT_DTYPE_NONE, -1, unknown, NULL);
                enum plait_status status = op_infer(&op);
                CHECK(status == PLAIT_OK || status == PLAIT_INVALID || status == PLAIT_UNSUPPORTED);
                CHECK(status == PLAIT_OK || plait_context_error(op.context)[0]);
                op_end(&op);
            }
}

/* ---- hostile ---- */

#define CHECK_REFUSED(it, status)                                                                  \
    do {                                                                                           \
        CHECK_INT(op_run(it), status);                                                             \
        CHECK(strncmp(plait_context_error((it)->context), plait__op_name((it)->node.op), 3) == 0); \
        op_end(it);                                                                                \
    } while (0)

static const int64_t huge = (int64_t)1 << 62;

static void start_list(struct op *op, enum plait__op kind, int opset, int count, const int64_t *numbers) {
    op_start(op, kind, opset);
    op_count_up(op, PLAIT_F32, 2, (int64_t[]){2, 3});
    op_list(op, count, numbers);
}

TEST(hostile_lists) {
    static const struct {
        enum plait__op kind;
        int count;
        int64_t numbers[10];
        enum plait_status status;
    } cases[] = {
        {PLAIT__OP_Reshape, 2, {4, -1}, PLAIT_INVALID},
        {PLAIT__OP_Reshape, 2, {-1, -1}, PLAIT_INVALID},
        {PLAIT__OP_Reshape, 2, {-2, 3}, PLAIT_INVALID},
        {PLAIT__OP_Reshape, 3, {1, 1, 0}, PLAIT_INVALID},
        {PLAIT__OP_Reshape, 2, {(int64_t)1 << 32, (int64_t)1 << 32}, PLAIT_LIMIT},
        {PLAIT__OP_Reshape, 10, {1, 1, 1, 1, 1, 1, 1, 1, 1, 6}, PLAIT_UNSUPPORTED},
        {PLAIT__OP_Squeeze, 1, {1}, PLAIT_INVALID},
        {PLAIT__OP_Squeeze, 1, {INT64_MIN}, PLAIT_INVALID},
        {PLAIT__OP_Unsqueeze, 2, {0, -4}, PLAIT_INVALID},
        {PLAIT__OP_Unsqueeze, 7, {0, 1, 2, 3, 4, 5, 6}, PLAIT_UNSUPPORTED},
        {PLAIT__OP_Split, 1, {3}, PLAIT_INVALID},
        {PLAIT__OP_Split, 1, {-2}, PLAIT_INVALID},
        {PLAIT__OP_Split, 2, {1, 1}, PLAIT_INVALID},
        {PLAIT__OP_Expand, 2, {2, 4}, PLAIT_INVALID},
        {PLAIT__OP_Expand, 2, {-2, 3}, PLAIT_INVALID},
        {PLAIT__OP_Expand, 3, {(int64_t)1 << 60, 2, 3}, PLAIT_LIMIT},
        {PLAIT__OP_Tile, 2, {(int64_t)1 << 62, 2}, PLAIT_LIMIT},
        {PLAIT__OP_Tile, 2, {-1, 2}, PLAIT_INVALID},
        {PLAIT__OP_Tile, 1, {2}, PLAIT_INVALID},
        {PLAIT__OP_Pad, 4, {INT64_MAX, 0, INT64_MAX, 0}, PLAIT_LIMIT},
        {PLAIT__OP_Pad, 4, {INT64_MIN, 0, 0, 0}, PLAIT_LIMIT},
        {PLAIT__OP_Pad, 4, {-1, 0, -2, 0}, PLAIT_INVALID},
        {PLAIT__OP_Pad, 3, {0, 0, 0}, PLAIT_INVALID},
        {PLAIT__OP_CenterCropPad, 2, {-1, 1}, PLAIT_INVALID},
        {PLAIT__OP_CenterCropPad, 2, {(int64_t)1 << 62, 1}, PLAIT_LIMIT},
        {PLAIT__OP_Gather, 1, {2}, PLAIT_INVALID},
        {PLAIT__OP_Gather, 1, {-3}, PLAIT_INVALID},
        {PLAIT__OP_GatherND, 1, {INT64_MIN}, PLAIT_INVALID},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct op op;
        start_list(&op, cases[c].kind, 18, cases[c].count, cases[c].numbers);
        CHECK_REFUSED(&op, cases[c].status);
    }
}

/* Numbers at the ends of 64 bits are ordinary in Slice: to the end, and one step. */
TEST(slice_ends) {
    static const int64_t cases[][4] = {
        /* start, end, step, expected count of 3 */
        {INT64_MIN, INT64_MAX, 1, 3},
        {INT64_MAX, INT64_MIN, -1, 3},
        {INT64_MAX, INT64_MIN, INT64_MIN, 1},
        {0, INT64_MAX, INT64_MAX, 1},
        {2, 1, 1, 0},
        {INT64_MIN, INT64_MAX, -1, 0},
        {-1, -4, -2, 2},
        {-1, -3, -2, 1},
        {3, 9, 1, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct op op;
        start_list(&op, PLAIT__OP_Slice, 13, 1, &cases[c][0]);
        op_list(&op, 1, &cases[c][1]);
        op_list(&op, 1, (int64_t[]){1});
        op_list(&op, 1, &cases[c][2]);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_INT(op_output(&op, 0)->dims[1], cases[c][3]);
        op_end(&op);
    }
    struct op op;
    start_list(&op, PLAIT__OP_Slice, 13, 1, (int64_t[]){0});
    op_list(&op, 1, (int64_t[]){1});
    op_list(&op, 1, (int64_t[]){0});
    op_list(&op, 1, (int64_t[]){0});
    CHECK_REFUSED(&op, PLAIT_INVALID);
}

TEST(hostile_sizes) {
    struct op op;
    op_start(&op, PLAIT__OP_ConstantOfShape, 9);
    op_list(&op, 2, (int64_t[]){huge, 4});
    CHECK_REFUSED(&op, PLAIT_LIMIT);
    op_start(&op, PLAIT__OP_ConstantOfShape, 9);
    op_list(&op, 1, (int64_t[]){-1});
    CHECK_REFUSED(&op, PLAIT_INVALID);
    op_start(&op, PLAIT__OP_OneHot, 11);
    op_list(&op, 1, (int64_t[]){0});
    op_input(&op, PLAIT_F32, 0, NULL, (float[]){-1});
    op_input(&op, PLAIT_F32, 1, (int64_t[]){2}, (float[]){0, 1});
    CHECK_REFUSED(&op, PLAIT_INVALID);
    op_start(&op, PLAIT__OP_DepthToSpace, 13);
    op_count_up(&op, PLAIT_F32, 4, (int64_t[]){1, 4, 1, 1});
    op_int(&op, "blocksize", 0);
    CHECK_REFUSED(&op, PLAIT_INVALID);
    op_start(&op, PLAIT__OP_SpaceToDepth, 13);
    op_count_up(&op, PLAIT_F32, 4, (int64_t[]){1, 4, 2, 3});
    op_int(&op, "blocksize", 2);
    CHECK_REFUSED(&op, PLAIT_INVALID);
    op_start(&op, PLAIT__OP_Resize, 13);
    op_count_up(&op, PLAIT_F32, 1, (int64_t[]){3});
    op_no_input(&op);
    op_input(&op, PLAIT_F32, 1, (int64_t[]){1}, (float[]){3e38f});
    CHECK_REFUSED(&op, PLAIT_LIMIT);
    op_start(&op, PLAIT__OP_Resize, 13);
    op_count_up(&op, PLAIT_F32, 1, (int64_t[]){3});
    op_no_input(&op);
    op_input(&op, PLAIT_F32, 1, (int64_t[]){1}, (float[]){NAN});
    CHECK_REFUSED(&op, PLAIT_INVALID);
    op_start(&op, PLAIT__OP_ReverseSequence, 10);
    op_count_up(&op, PLAIT_F32, 2, (int64_t[]){2, 1});
    op_list(&op, 1, (int64_t[]){3});
    CHECK_REFUSED(&op, PLAIT_INVALID);
    op_start(&op, PLAIT__OP_HannWindow, 17);
    op_scalar(&op, &huge);
    CHECK_REFUSED(&op, PLAIT_LIMIT);
    op_start(&op, PLAIT__OP_MelWeightMatrix, 17);
    static const int64_t nothing = 0; /* samples a second */
    static const float edge = 0;
    for (int i = 0; i < 3; i++) op_scalar(&op, &nothing);
    for (int i = 0; i < 2; i++) op_input(&op, PLAIT_F32, 0, NULL, &edge);
    CHECK_REFUSED(&op, PLAIT_INVALID);
}

TEST(range) {
    static const struct {
        int64_t start, limit, delta;
        enum plait_status status;
        int64_t count;
    } cases[] = {
        {3, 10, 4, PLAIT_OK, 2},
        {10, 3, -7, PLAIT_OK, 1},
        {3, 10, -1, PLAIT_OK, 0},
        {INT64_MIN, INT64_MAX, INT64_MAX, PLAIT_OK, 3},
        {INT64_MAX, INT64_MIN, INT64_MIN, PLAIT_OK, 2},
        {0, 1, 0, PLAIT_INVALID, 0},
        {INT64_MIN, INT64_MAX, 1, PLAIT_LIMIT, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct op op;
        op_start(&op, PLAIT__OP_Range, 11);
        op_scalar(&op, &cases[c].start);
        op_scalar(&op, &cases[c].limit);
        op_scalar(&op, &cases[c].delta);
        CHECK_INT(op_run(&op), cases[c].status);
        if (cases[c].status == PLAIT_OK) CHECK_INT(op_output(&op, 0)->dims[0], cases[c].count);
        op_end(&op);
    }
    static const float floats[][3] = {{0, 1, 0}, {0, INFINITY, 1}, {NAN, 1, 1}};
    for (int c = 0; c < 3; c++) {
        struct op op;
        op_start(&op, PLAIT__OP_Range, 11);
        for (int i = 0; i < 3; i++) op_input(&op, PLAIT_F32, 0, NULL, &floats[c][i]);
        CHECK_REFUSED(&op, PLAIT_LIMIT);
    }
}

TEST_MAIN(views_half_known, rearranged_half_known, picked_half_known, nothing_known, hostile_lists, slice_ends, hostile_sizes,
          range)
