/* Vision and signal operators where ONNX's tests do not reach: later versions, more dims.  Expected numbers were computed with
 * PyTorch 1.13 and NumPy from the same inputs, in float: hence the tolerance, a few units in the last place of 30. */
#include "op.h"

static const double tolerance = 2e-5;

static const float powers[7] = {1, 2.8284271f, 5.1961524f, 8, 11.18034f, 14.696938f, 18.520260f}; /* i^1.5 */
static const int64_t last[1] = {-1};

static void start_resize(struct op *op, const char *mode) {
    op_start(op, PLAIT__OP_Resize, 19);
    op_input(op, PLAIT_F32, 3, (int64_t[]){1, 1, 7}, powers);
    op_no_input(op);
    op_ints(op, "axes", 1, last);
    op_text(op, "mode", mode);
}

TEST(resize_antialias) {
    struct op op;
    static const int64_t three = 3;
    start_resize(&op, "linear");
    op_no_input(&op);
    op_list(&op, 1, &three);
    op_int(&op, "antialias", 1);
    op_int(&op, "exclude_outside", 1);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[1,1,3]", 3, ((double[]){2.682786941, 8.178314209, 15.30885315}), tolerance);
    op_end(&op);
    start_resize(&op, "cubic");
    op_no_input(&op);
    op_list(&op, 1, &three);
    op_int(&op, "antialias", 1);
    op_int(&op, "exclude_outside", 1);
    op_float(&op, "cubic_coeff_a", -0.5f);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[1,1,3]", 3, ((double[]){2.316754341, 8.065347672, 15.76431942}), tolerance);
    op_end(&op);
}

/* Half pixels, but the centre stays where it is when 7 * 0.5 is cut to 3. */
TEST(resize_symmetric) {
    struct op op;
    static const float half = 0.5f;
    start_resize(&op, "linear");
    op_input(&op, PLAIT_F32, 1, (int64_t[]){1}, &half);
    op_text(&op, "coordinate_transformation_mode", "half_pixel_symmetric");
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[1,1,3]", 3, ((double[]){powers[1], powers[3], powers[5]}), tolerance);
    op_end(&op);
}

TEST(resize_policy) {
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller"};
    static const char *const types[] = {"uint8[1,12,5]", "uint8[1,3,5]", "uint8[1,12,21]"};
    for (int p = 0; p < 3; p++) {
        struct op op;
        op_start(&op, PLAIT__OP_Resize, 18);
        op_count_up(&op, PLAIT_U8, 3, (int64_t[]){1, 4, 7});
        op_no_input(&op);
        op_no_input(&op);
        op_list(&op, 2, (int64_t[]){5, 12});
        op_ints(&op, "axes", 2, (int64_t[]){2, 1});
        op_text(&op, "keep_aspect_ratio_policy", policies[p]);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_TEXT(op_type(&op, 0), types[p]);
        CHECK_NEAR(plait__load_real(op_output(&op, 0), 0), 1, 0);
        op_end(&op);
    }
}

/* Nearest moves elements of any type, whole: 2^53 + 1 is not a double. */
TEST(resize_nearest_moves) {
    struct op op;
    static const int64_t odd[2] = {((int64_t)1 << 53) + 1, -((int64_t)1 << 53) - 1};
    op_start(&op, PLAIT__OP_Resize, 13);
    op_input(&op, PLAIT_I64, 1, (int64_t[]){2}, odd);
    op_no_input(&op);
    op_no_input(&op);
    op_list(&op, 1, (int64_t[]){5});
    CHECK_INT(op_run(&op), PLAIT_OK);
    const int64_t *out = op_output(&op, 0)->data;
    for (int i = 0; i < 5; i++) CHECK_INT(out[i], odd[i > 2]);
    op_end(&op);
}

TEST(grid_sample_of_volumes) {
    static const float grid[9] = {-1.3f, 0.2f, 0.9f, 0.1f, -0.4f, 0.55f, 0.95f, 1.4f, -0.7f};
    static const struct {
        const char *padding, *mode;
        int align_corners;
        double expected[3];
    } cases[] = {
        {"zeros", "linear", 0, {0, 15.485, 0}},
        {"zeros", "linear", 1, {9.460000992, 14.35, 8.234998703}},
        {"zeros", "nearest", 0, {0, 15, 0}},
        {"zeros", "nearest", 1, {17, 19, 12}},
        {"border", "linear", 0, {18.2, 16.3, 12}},
        {"border", "linear", 1, {17.2, 14.35, 13.725}},
        {"border", "nearest", 0, {17, 15, 12}},
        {"reflection", "linear", 0, {18.3, 16.3, 11.6}},
        {"reflection", "linear", 1, {17.65, 14.35, 12.125}},
        {"reflection", "nearest", 1, {17, 19, 12}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct op op;
        op_start(&op, PLAIT__OP_GridSample, 20);
        op_count_up(&op, PLAIT_F32, 5, (int64_t[]){1, 1, 2, 3, 4});
        op_input(&op, PLAIT_F32, 5, (int64_t[]){1, 1, 1, 3, 3}, grid);
        op_text(&op, "mode", cases[c].mode);
        op_text(&op, "padding_mode", cases[c].padding);
        op_int(&op, "align_corners", cases[c].align_corners);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_OUTPUT(&op, 0, "float32[1,1,1,1,3]", 3, cases[c].expected, tolerance);
        op_end(&op);
    }
}

/* Border with aligned corners is left out: there ONNX moves the point to the edge before it interpolates, and PyTorch does not.
 */
TEST(grid_sample_cubic) {
    static const float grid[8] = {-1.3f, 0.2f, 0.1f, -0.45f, 0.95f, 1.4f, -2.7f, 3.1f};
    static const struct {
        const char *padding;
        int align_corners;
        double expected[4];
    } cases[] = {
        {"zeros", 0, {-0.7473381758, 5.926623344, -0.957973659, 0}},
        {"zeros", 1, {5.786988258, 7.306979179, 17.29927063, 0}},
        {"border", 0, {11.47981167, 5.531817913, 25.58131981, 17.39864159}},
        {"reflection", 0, {11.65628147, 5.531817913, 24.98212242, 4.412741661}},
        {"reflection", 1, {11.23362064, 6.333305359, 23.00447464, 5.675668240}},
    };
    float image[12];
    for (int i = 0; i < 12; i++) image[i] = powf((float)i + 1, 1.3f);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct op op;
        op_start(&op, PLAIT__OP_GridSample, 16);
        op_input(&op, PLAIT_F32, 4, (int64_t[]){1, 1, 3, 4}, image);
        op_input(&op, PLAIT_F32, 4, (int64_t[]){1, 1, 4, 2}, grid);
        op_text(&op, "mode", "bicubic");
        op_text(&op, "padding_mode", cases[c].padding);
        op_int(&op, "align_corners", cases[c].align_corners);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_OUTPUT(&op, 0, "float32[1,1,1,4]", 4, cases[c].expected, tolerance);
        op_end(&op);
    }
}

/* What is no number, or far beyond any image, is padding like the rest. */
TEST(grid_sample_hostile) {
    static const float grid[6] = {NAN, 0, INFINITY, -INFINITY, 3e38f, -3e38f};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    for (int p = 0; p < 3; p++)
        for (int align_corners = 0; align_corners < 2; align_corners++) {
            struct op op;
            op_start(&op, PLAIT__OP_GridSample, 16);
            op_count_up(&op, PLAIT_F32, 4, (int64_t[]){1, 1, 2, 1});
            op_input(&op, PLAIT_F32, 4, (int64_t[]){1, 1, 3, 2}, grid);
            op_text(&op, "mode", "bicubic");
            op_text(&op, "padding_mode", paddings[p]);
            op_int(&op, "align_corners", align_corners);
            CHECK_INT(op_run(&op), PLAIT_OK);
            for (int i = 0; i < 3; i++) CHECK(isfinite(plait__load_real(op_output(&op, 0), i)));
            op_end(&op);
        }
}

TEST(affine_grid) {
    static const float flat[6] = {1, 0.2f, -0.3f, 0.1f, 0.8f, 0.5f};
    static const float deep[12] = {1, 0.2f, -0.3f, 0.1f, 0.1f, 0.8f, 0.5f, 0.2f, 0.3f, 0.4f, 1.2f, -0.3f};
    static const double expected[3][12] = {
        {-1.066666723, 0.03333333135, -0.400000006, 0.099999994, 0.2666666508, 0.1666666567, -0.8666666746, 0.8333333731,
         -0.2000000179, 0.8999999762, 0.4666666985, 0.9666666985},
        {-1.5, -0.4, -0.5, -0.3, 0.5, -0.2, -1.1, 1.2, -0.1, 1.3, 0.9, 1.4},
        {-0.25, -0.1, -1.05, 0.75, 0, -0.75, -0.55, 0.4, 0.15, 0.45, 0.5, 0.45},
    };
    for (int c = 0; c < 3; c++) {
        struct op op;
        bool is_deep = c == 2;
        op_start(&op, PLAIT__OP_AffineGrid, 20);
        op_input(&op, PLAIT_F32, 3, is_deep ? (int64_t[]){1, 3, 4} : (int64_t[]){1, 2, 3}, is_deep ? deep : flat);
        op_list(&op, is_deep ? 5 : 4, is_deep ? (int64_t[]){1, 1, 2, 1, 2} : (int64_t[]){1, 1, 2, 3});
        op_int(&op, "align_corners", c == 1);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_OUTPUT(&op, 0, is_deep ? "float32[1,2,1,2,3]" : "float32[1,2,3,2]", 12, expected[c], tolerance);
        op_end(&op);
    }
}

TEST(roi_hostile) {
    static const float image[4] = {1, 2, 3, 4};
    static const float boxes[2][4] = {{0, 0, 3e38f, 1}, {0, 0, NAN, 1}};
    static const int64_t here = 0, elsewhere = 1;
    for (int c = 0; c < 3; c++) { /* too many samples, no number, no such batch */
        struct op op;
        op_start(&op, PLAIT__OP_RoiAlign, 16);
        op_input(&op, PLAIT_F32, 4, (int64_t[]){1, 1, 2, 2}, image);
        op_input(&op, PLAIT_F32, 2, (int64_t[]){1, 4}, boxes[c % 2]);
        op_list(&op, 1, c == 2 ? &elsewhere : &here);
        CHECK_INT(op_run(&op), c == 2 ? PLAIT_INVALID : PLAIT_LIMIT);
        op_end(&op);
    }
}

/* Every corner of 2 x 2 blocks of a 3 x 3 image: the middle is under all four. */
TEST(col2im) {
    struct op op;
    op_start(&op, PLAIT__OP_Col2Im, 18);
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){1, 4, 4});
    op_list(&op, 2, (int64_t[]){3, 3});
    op_list(&op, 2, (int64_t[]){2, 2});
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[1,1,3,3]", 9, ((double[]){1, 2 + 5, 6, 3 + 9, 4 + 7 + 10 + 13, 8 + 14, 11, 12 + 15, 16}), 0);
    op_end(&op);
    op_start(&op, PLAIT__OP_Col2Im, 18);
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){1, 4, 3});
    op_list(&op, 2, (int64_t[]){3, 3});
    op_list(&op, 2, (int64_t[]){2, 2});
    CHECK_INT(op_run(&op), PLAIT_INVALID); /* there would be 4 */
    op_end(&op);
}

/* ---- signals ---- */

static const float signal[5] = {1, -2, 3.5f, 0.25f, 7};

TEST(dft_forward) {
    struct op op;
    op_start(&op, PLAIT__OP_DFT, 20); /* the axis is an input, the last but one by default */
    op_input(&op, PLAIT_F32, 3, (int64_t[]){1, 5, 1}, signal);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[1,5,2]", 10,
                 ((double[]){9.75, 0, -0.4887287570, 6.649206577, -1.886271243, 8.381000949, -1.886271243, -8.381000949,
                             -0.4887287570, -6.649206577}),
                 tolerance);
    op_end(&op);
    op_start(&op, PLAIT__OP_DFT, 17); /* cut to 4, one side of it */
    op_input(&op, PLAIT_F32, 3, (int64_t[]){1, 5, 1}, signal);
    op_scalar(&op, (int64_t[]){4});
    op_int(&op, "onesided", 1);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float32[1,3,2]", 6, ((double[]){2.75, 0, -2.5, 2.25, 6.25, 0}), tolerance);
    op_end(&op);
}

/* There and back, along a middle axis; and half a spectrum back to reals. */
TEST(dft_inverse) {
    struct op forward, back;
    op_start(&forward, PLAIT__OP_DFT, 17);
    op_count_up(&forward, PLAIT_F64, 3, (int64_t[]){7, 3, 2});
    op_int(&forward, "axis", 0);
    CHECK_INT(op_run(&forward), PLAIT_OK);
    op_start(&back, PLAIT__OP_DFT, 17);
    op_input(&back, PLAIT_F64, 3, op_output(&forward, 0)->dims, op_output(&forward, 0)->data);
    op_int(&back, "axis", 0);
    op_int(&back, "inverse", 1);
    CHECK_INT(op_run(&back), PLAIT_OK);
    for (int i = 0; i < 42; i++) CHECK_NEAR(plait__load_real(op_output(&back, 0), i), i + 1, 1e-12); /* 7 sums of doubles */
    op_end(&forward);
    op_end(&back);

    static const float half[6] = {2.75f, 0, -2.5f, 2.25f, 6.25f, 0};
    op_start(&back, PLAIT__OP_DFT, 20);
    op_input(&back, PLAIT_F32, 3, (int64_t[]){1, 3, 2}, half);
    op_int(&back, "inverse", 1);
    op_int(&back, "onesided", 1);
    CHECK_INT(op_run(&back), PLAIT_OK);
    CHECK_OUTPUT(&back, 0, "float32[1,4,1]", 4, signal, tolerance);
    op_end(&back);
}

TEST(windows) {
    struct op op;
    static const int64_t sizes[3] = {0, 1, 5};
    for (int s = 0; s < 3; s++) {
        op_start(&op, PLAIT__OP_HannWindow, 17);
        op_scalar(&op, &sizes[s]);
        op_int(&op, "periodic", 0);
        op_int(&op, "output_datatype", PLAIT_F64);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_INT(op_output(&op, 0)->dims[0], sizes[s]);
        CHECK_INT(op_output(&op, 0)->dtype, PLAIT_F64);
        if (s > 0) CHECK_NEAR(plait__load_real(op_output(&op, 0), sizes[s] / 2), 1, 0);
        op_end(&op);
    }
}

TEST_MAIN(resize_antialias, resize_symmetric, resize_policy, resize_nearest_moves, grid_sample_of_volumes, grid_sample_cubic,
          grid_sample_hostile, affine_grid, roi_hostile, col2im, dft_forward, dft_inverse, windows)
