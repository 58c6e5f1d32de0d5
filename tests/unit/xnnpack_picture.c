/* Convolutions, pools and resizes on xnnpack against reference, over odd shapes. */
#include "pair.h"

/* Sums of up to a few hundred products of floats, in another order than reference: a few units in the last place of the
 * largest sum. */
static const double SUM = PAIR_SUM;

struct window {
    int64_t batch, in, height, width, out, groups, kernel[2], stride[2], dilation[2], pads[4];
};

static const struct window windows[] = {
    {1, 1, 1, 1, 1, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}},
    {1, 3, 7, 5, 4, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {2, 5, 9, 11, 7, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}},
    {2, 5, 9, 11, 7, 1, {1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}},
    {1, 3, 17, 13, 33, 1, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}},
    {1, 3, 16, 12, 8, 1, {3, 3}, {2, 2}, {1, 1}, {0, 0, 1, 1}},
    {1, 4, 12, 12, 6, 2, {3, 5}, {1, 2}, {1, 1}, {1, 2, 1, 2}},
    {1, 8, 9, 9, 8, 8, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {1, 17, 10, 7, 17, 17, {5, 5}, {2, 1}, {1, 1}, {2, 2, 2, 2}},
    {1, 17, 19, 23, 17, 17, {7, 7}, {1, 1}, {1, 1}, {3, 3, 3, 3}},
    {1, 16, 5, 40, 16, 16, {1, 11}, {1, 1}, {1, 1}, {0, 5, 0, 5}},
    {1, 4, 15, 15, 12, 4, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {1, 6, 15, 14, 5, 1, {3, 3}, {1, 1}, {2, 3}, {2, 3, 2, 3}},
    {1, 2, 32, 32, 3, 1, {4, 4}, {4, 4}, {1, 1}, {0, 0, 0, 0}},
    {3, 32, 8, 8, 64, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}},
    {1, 64, 1, 31, 20, 1, {1, 3}, {1, 1}, {1, 1}, {0, 1, 0, 1}},
    {1, 3, 5, 6, 4, 1, {3, 3}, {3, 3}, {1, 1}, {2, 0, 0, 2}},
    {1, 1, 20, 20, 9, 1, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}},
};

static void set_window(struct pair *pair, const struct window *w) {
    pair_ints(pair, "kernel_shape", 2, w->kernel);
    pair_ints(pair, "strides", 2, w->stride);
    pair_ints(pair, "dilations", 2, w->dilation);
    pair_ints(pair, "pads", 4, w->pads);
}

static int convolve(struct pair *pair, const struct window *w, bool biased) {
    int x = pair_input(pair, DIMS(w->batch, w->in, w->height, w->width));
    int weights = pair_constant(pair, DIMS(w->out, w->in / w->groups, w->kernel[0], w->kernel[1])),
        bias = pair_constant(pair, DIMS(w->out));
    int y = pair_node(pair, PLAIT__OP_Conv, biased ? 3 : 2, (const int[]){x, weights, bias}, 0);
    set_window(pair, w);
    pair_int(pair, "group", w->groups);
    return y;
}

/* Large enough to be cut into bands. */
static const struct window large[] = {
    {2, 3, 131, 97, 5, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}},  {1, 3, 259, 150, 4, 1, {3, 3}, {2, 2}, {1, 1}, {1, 1, 0, 0}},
    {2, 9, 127, 151, 9, 9, {5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}}, {1, 2, 150, 140, 3, 1, {3, 3}, {1, 1}, {4, 2}, {4, 2, 4, 2}},
    {1, 4, 301, 64, 6, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}},  {1, 3, 97, 300, 4, 1, {9, 3}, {1, 1}, {1, 1}, {7, 1, 3, 1}},
    {2, 33, 41, 173, 3, 1, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}},
};

TEST(convolution_in_bands) {
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        for (int int8 = 0; int8 < 2; int8++) {
            struct pair pair;
            pair_begin_threads(&pair, 13, 1 + int8);
            pair.int8 = int8;
            int y = convolve(&pair, &large[i], true);
            pair_check(&pair, y, int8 ? 2e-2 : SUM); /* see convolution_int8 */
        }
}

TEST(convolution) {
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        for (int biased = 0; biased < 2; biased++) {
            struct pair pair;
            pair_begin_threads(&pair, 13, 1 + biased);
            int y = convolve(&pair, &windows[i], biased);
            pair_check(&pair, y, SUM);
        }
}

TEST(convolution_clamped) {
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        int y = convolve(&pair, &windows[i], true);
        pair.graph->nodes[0].clamp = (struct plait__clamp){.on = true, .low = 0.0f, .high = i % 2 ? 1.5f : INFINITY};
        pair_check(&pair, y, SUM);
    }
}

/* 8 bits: half a step of 1/127 of the largest weight in each weight, half of 1/255 of the picture's range in each pixel; over
 * these sums the errors mostly cancel, and 2 % of the largest output is left. */
TEST(convolution_int8) {
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct pair pair;
        pair_begin(&pair, 13);
        pair.int8 = 1;
        int y = convolve(&pair, &windows[i], true);
        pair_check(&pair, y, 2e-2);
    }
}

TEST(convolution_of_one_dimension) {
    for (int64_t length = 5; length < 40; length += 17) {
        struct pair pair;
        pair_begin(&pair, 13);
        int x = pair_input(&pair, DIMS(2, 6, length)), weights = pair_constant(&pair, DIMS(9, 6, 5));
        int y = pair_node(&pair, PLAIT__OP_Conv, INPUTS(x, weights), 0);
        INTS("pads", 2, 2);
        INTS("strides", 2);
        pair_check(&pair, y, SUM);
    }
}

TEST(automatic_padding) {
    static const char *const ways[] = {"SAME_UPPER", "SAME_LOWER", "VALID"};
    for (int way = 0; way < 3; way++)
        for (int64_t size = 6; size < 9; size++) {
            struct pair pair;
            pair_begin(&pair, 13);
            int x = pair_input(&pair, DIMS(1, 3, size, size + 1)), weights = pair_constant(&pair, DIMS(4, 3, 4, 3));
            int y = pair_node(&pair, PLAIT__OP_Conv, INPUTS(x, weights), 0);
            pair_string(&pair, "auto_pad", ways[way]);
            INTS("strides", 2, 2);
            pair_check(&pair, y, SUM);
        }
}

TEST(transposed_convolution) {
    static const int64_t extra[][2] = {{0, 0}, {1, 0}, {1, 1}};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        for (int k = 0; k < 3; k++) {
            const struct window *w = &windows[i];
            if (extra[k][0] >= w->stride[0] || extra[k][1] >= w->stride[1]) continue;
            int64_t reach = (w->kernel[0] - 1) * w->dilation[0] + 1 + (w->height - 1) * w->stride[0];
            if (reach <= w->pads[0] + w->pads[2]) continue;
            struct pair pair;
            pair_begin(&pair, 13);
            int x = pair_input(&pair, DIMS(w->batch, w->in, w->height, w->width)),
                bias = pair_constant(&pair, DIMS(w->out / w->groups * w->groups));
            int weights = pair_constant(&pair, DIMS(w->in, w->out / w->groups, w->kernel[0], w->kernel[1]));
            int y = pair_node(&pair, PLAIT__OP_ConvTranspose, INPUTS(x, weights, bias), 0);
            set_window(&pair, w);
            pair_ints(&pair, "output_padding", 2, extra[k]);
            pair_int(&pair, "group", w->groups);
            pair_check(&pair, y, SUM);
        }
}

static const struct window pools[] = {
    {1, 3, 8, 8, 0, 0, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}},   {2, 17, 9, 7, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}},
    {1, 5, 11, 13, 0, 0, {3, 2}, {1, 2}, {1, 1}, {0, 1, 1, 0}}, {1, 4, 6, 5, 0, 0, {5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}},
    {1, 8, 10, 10, 0, 0, {2, 1}, {2, 1}, {1, 1}, {0, 0, 0, 0}}, {1, 3, 20, 20, 0, 0, {9, 9}, {3, 3}, {1, 1}, {4, 4, 4, 4}},
};

TEST(pooling) {
    static const enum plait__op ops[] = {PLAIT__OP_MaxPool, PLAIT__OP_AveragePool};
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        for (int op = 0; op < 2; op++)
            for (int ceil_mode = 0; ceil_mode < 2; ceil_mode++)
                for (int counted = 0; counted <= (op && !ceil_mode); counted++) {
                    struct pair pair;
                    pair_begin_threads(&pair, 13, 1 + op);
                    const struct window *w = &pools[i];
                    int x = pair_input(&pair, DIMS(w->batch, w->in, w->height, w->width));
                    int y = pair_node(&pair, ops[op], INPUTS(x), 0);
                    pair_ints(&pair, "kernel_shape", 2, w->kernel);
                    pair_ints(&pair, "strides", 2, w->stride);
                    pair_ints(&pair, "pads", 4, w->pads);
                    pair_int(&pair, "ceil_mode", ceil_mode);
                    if (op) pair_int(&pair, "count_include_pad", counted);
                    pair_check(&pair, y, SUM);
                }
}

TEST(dilated_maximum) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(1, 3, 13, 12));
    int y = pair_node(&pair, PLAIT__OP_MaxPool, INPUTS(x), 0);
    INTS("kernel_shape", 3, 3);
    INTS("dilations", 2, 3);
    INTS("pads", 1, 2, 1, 2);
    pair_check(&pair, y, 0.0);
}

TEST(whole_picture) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 19, 5, 7));
    pair_check(&pair, pair_node(&pair, PLAIT__OP_GlobalAveragePool, INPUTS(x), 0), SUM);
}

static void resize(const char *mode, const char *coordinates, const char *rounding, const float scales[4], double tolerance) {
    struct pair pair;
    pair_begin(&pair, 13);
    int x = pair_input(&pair, DIMS(2, 5, 6, 9));
    plait_tensor factors = pair_tensor(&pair, PLAIT_F32, DIMS(4));
    memcpy(factors.data, scales, 4 * sizeof *scales);
    int given = pair_constant_of(&pair, factors);
    int y = pair_node(&pair, PLAIT__OP_Resize, INPUTS(x, -1, given), 0);
    pair_string(&pair, "mode", mode);
    pair_string(&pair, "coordinate_transformation_mode", coordinates);
    if (rounding) pair_string(&pair, "nearest_mode", rounding);
    pair_check(&pair, y, tolerance);
}

TEST(resizing) {
    static const char *const coordinates[] = {"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"};
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    static const float whole[][4] = {{1, 1, 2, 2}, {1, 1, 3, 1}, {1, 1, 0.5f, 3}}, broken[4] = {1, 1, 1.7f, 0.6f};
    for (int c = 0; c < 4; c++) {
        for (int s = 0; s < 3; s++) {
            resize("linear", coordinates[c], NULL, whole[s], SUM);
            for (int r = 0; r < 4; r++) resize("nearest", coordinates[c], roundings[r], whole[s], 0.0);
        }
        for (int r = 0; r < 4; r++) resize("nearest", coordinates[c], roundings[r], broken, 0.0);
    }
}

/* As older exporters write it: an empty region, empty scales, and sizes. */
TEST(resizing_to_sizes) {
    struct pair pair;
    pair_begin(&pair, 11);
    int x = pair_input(&pair, DIMS(1, 3, 5, 7)), empty = pair_constant(&pair, DIMS(0));
    int y = pair_node(&pair, PLAIT__OP_Resize, INPUTS(x, empty, empty, pair_integers(&pair, DIMS(1, 3, 13, 10))), 0);
    pair_string(&pair, "mode", "linear");
    pair_check(&pair, y, SUM);
}

TEST(upsampling) {
    for (int opset = 7; opset <= 9; opset += 2) {
        struct pair pair;
        pair_begin(&pair, opset);
        static const float scales[] = {1.0f, 1.0f, 2.6f, 1.5f};
        plait_tensor factors = pair_tensor(&pair, PLAIT_F32, DIMS(4));
        memcpy(factors.data, scales, sizeof scales);
        int x = pair_input(&pair, DIMS(2, 3, 5, 7)), given = pair_constant_of(&pair, factors);
        int y = pair_node(&pair, PLAIT__OP_Upsample, opset < 9 ? 1 : 2, (const int[]){x, given}, 0);
        if (opset < 9) {
            struct plait__attribute *attribute = pair_attribute(&pair, "scales", PLAIT__ATTRIBUTE_FLOATS);
            attribute->floats = scales;
            attribute->count = 4;
        }
        pair_check(&pair, y, 0.0);
    }
}

TEST(batch_normalisation_alone) {
    struct pair pair;
    pair_begin(&pair, 15);
    int x = pair_input(&pair, DIMS(2, 7, 3, 5)), scale = pair_constant(&pair, DIMS(7)), bias = pair_constant(&pair, DIMS(7));
    int mean = pair_constant(&pair, DIMS(7)), variance = pair_constant_of(&pair, pair_floats(&pair, DIMS(7), 0.5f, 1.0f));
    pair_check(&pair, pair_node(&pair, PLAIT__OP_BatchNormalization, INPUTS(x, scale, bias, mean, variance), 0), SUM);
}

TEST_MAIN(convolution, convolution_in_bands, convolution_clamped, convolution_int8, convolution_of_one_dimension,
          automatic_padding, transposed_convolution, pooling, dilated_maximum, whole_picture, resizing, resizing_to_sizes,
          upsampling, batch_normalisation_alone)
