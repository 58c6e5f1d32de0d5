/* Convolutions and pools, against loops over coordinates written out here. */
#include "op.h"

/* Numbers without a pattern that a wrong index could meet: a linear congruence, in -1..1. */
static void fill(double *values, int64_t count, uint32_t seed) {
    for (int64_t i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        values[i] = (double)(seed >> 8) / (1 << 23) - 1;
    }
}

/* Two spatial dims of unlike sizes, a window that is not square. */
enum { BATCH = 2, CHANNELS = 4, OUTPUTS = 6, HEIGHT = 7, WIDTH = 5, KERNEL_Y = 3, KERNEL_X = 2 };

struct layout {
    int64_t group, stride, dilation, before, after;
};
static const struct layout layouts[] = {{1, 1, 1, 0, 0}, {2, 2, 1, 1, 0}, {1, 3, 2, 0, 2}, {2, 1, 2, 2, 1}, {4, 2, 3, 1, 1}};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static void set_layout(struct op *op, const struct layout *l, int64_t lists[3][4]) {
    for (int i = 0; i < 2; i++) {
        lists[0][i] = l->stride;
        lists[1][i] = l->dilation;
        lists[2][i] = l->before;
        lists[2][i + 2] = l->after;
    }
    op_ints(op, "strides", 2, lists[0]);
    op_ints(op, "dilations", 2, lists[1]);
    op_ints(op, "pads", 4, lists[2]);
    op_int(op, "group", l->group);
}

static double convolved_at(const struct layout *l, const double *x, const double *w, int64_t outputs, int64_t n, int64_t m,
                           int64_t y0, int64_t x0) {
    int64_t each = CHANNELS / l->group, group = m / (outputs / l->group);
    double sum = 0;
    for (int64_t c = 0; c < each; c++)
        for (int64_t ky = 0; ky < KERNEL_Y; ky++)
            for (int64_t kx = 0; kx < KERNEL_X; kx++) {
                int64_t iy = y0 * l->stride + ky * l->dilation - l->before, ix = x0 * l->stride + kx * l->dilation - l->before;
                if (iy < 0 || iy >= HEIGHT || ix < 0 || ix >= WIDTH) continue;
                sum += x[((n * CHANNELS + group * each + c) * HEIGHT + iy) * WIDTH + ix] *
                       w[((m * each + c) * KERNEL_Y + ky) * KERNEL_X + kx];
            }
    return sum;
}

TEST(convolutions) {
    static double x[BATCH * CHANNELS * HEIGHT * WIDTH], w[OUTPUTS * 2 * CHANNELS * KERNEL_Y * KERNEL_X], bias[2 * OUTPUTS];
    fill(x, sizeof x / sizeof *x, 1);
    fill(w, sizeof w / sizeof *w, 2);
    fill(bias, sizeof bias / sizeof *bias, 3);
    for (int i = 0; i < LAYOUTS; i++) {
        const struct layout *l = &layouts[i];
        int64_t outputs = l->group == 4 ? 8 : OUTPUTS, lists[3][4]; /* 8: a depth multiplier of 2 */
        struct op op;
        op_start(&op, PLAIT__OP_Conv, 11);
        op_input(&op, PLAIT_F64, 4, (int64_t[]){BATCH, CHANNELS, HEIGHT, WIDTH}, x);
        op_input(&op, PLAIT_F64, 4, (int64_t[]){outputs, CHANNELS / l->group, KERNEL_Y, KERNEL_X}, w);
        op_input(&op, PLAIT_F64, 1, (int64_t[]){outputs}, bias);
        set_layout(&op, l, lists);
        CHECK_INT(op_run(&op), PLAIT_OK);
        const plait_tensor *y = op_output(&op, 0);
        CHECK_INT(y->dims[2], (HEIGHT + l->before + l->after - (KERNEL_Y - 1) * l->dilation - 1) / l->stride + 1);
        int64_t plane = y->dims[2] * y->dims[3];
        for (int64_t k = 0; k < plait_tensor_elements(y); k++) {
            int64_t m = k / plane % outputs;
            double expected =
                convolved_at(l, x, w, outputs, k / plane / outputs, m, k % plane / y->dims[3], k % y->dims[3]) + bias[m];
            CHECK_NEAR(plait__load_real(y, k), expected, 1e-14); /* 24 products of at most 1 */
        }
        op_end(&op);
    }
}

/* ConvTranspose is what its name says: <conv(x), z> = <x, transpose(z)> for every x and z. */
TEST(transposed_convolutions) {
    static double x[BATCH * CHANNELS * HEIGHT * WIDTH], w[OUTPUTS * 2 * CHANNELS * KERNEL_Y * KERNEL_X], z[4096];
    fill(x, sizeof x / sizeof *x, 4);
    fill(w, sizeof w / sizeof *w, 5);
    fill(z, sizeof z / sizeof *z, 6);
    for (int i = 0; i < LAYOUTS; i++) {
        const struct layout *l = &layouts[i];
        int64_t outputs = l->group == 4 ? 8 : OUTPUTS, lists[3][4];
        const int64_t weights[] = {outputs, CHANNELS / l->group, KERNEL_Y, KERNEL_X};
        struct op forth, back;
        op_start(&forth, PLAIT__OP_Conv, 11);
        op_input(&forth, PLAIT_F64, 4, (int64_t[]){BATCH, CHANNELS, HEIGHT, WIDTH}, x);
        op_input(&forth, PLAIT_F64, 4, weights, w);
        set_layout(&forth, l, lists);
        CHECK_INT(op_run(&forth), PLAIT_OK);
        const plait_tensor *y = op_output(&forth, 0);
        op_start(&back, PLAIT__OP_ConvTranspose, 11);
        op_input(&back, PLAIT_F64, 4, y->dims, z);
        op_input(&back, PLAIT_F64, 4, weights, w);
        set_layout(&back, l, lists);
        /* what the strides did not reach */
        int64_t rest[2] = {(HEIGHT + l->before + l->after - (KERNEL_Y - 1) * l->dilation - 1) % l->stride,
                           (WIDTH + l->before + l->after - (KERNEL_X - 1) * l->dilation - 1) % l->stride};
        op_ints(&back, "output_padding", 2, rest);
        CHECK_INT(op_run(&back), PLAIT_OK);
        CHECK_TEXT(op_type(&back, 0), "float64[2,4,7,5]");
        double left = 0, right = 0;
        for (int64_t k = 0; k < plait_tensor_elements(y); k++) left += plait__load_real(y, k) * z[k];
        for (int64_t k = 0; k < BATCH * CHANNELS * HEIGHT * WIDTH; k++)
            right += plait__load_real(op_output(&back, 0), k) * x[k];
        CHECK_NEAR(left, right, 1e-11); /* some thousand products of at most 1 */
        op_end(&forth);
        op_end(&back);
    }
}

TEST(padding_that_keeps_the_size) {
    const char *names[] = {"SAME_UPPER", "SAME_LOWER"};
    for (int i = 0; i < 2; i++) { /* sums of neighbours tell on which side the odd padding is */
        struct op op;
        op_start(&op, PLAIT__OP_Conv, 11);
        op_count_up(&op, PLAIT_F32, 3, (int64_t[]){1, 1, 4});
        op_input(&op, PLAIT_F32, 3, (int64_t[]){1, 1, 2}, (float[]){1, 10});
        op_text(&op, "auto_pad", names[i]);
        CHECK_INT(op_run(&op), PLAIT_OK);
        const float upper[] = {21, 32, 43, 4}, lower[] = {10, 21, 32, 43};
        CHECK_OUTPUT(&op, 0, "float32[1,1,4]", 4, i == 0 ? upper : lower, 0);
        op_end(&op);
    }
}

/* One dim of 5 counting up from 1, windows of 3 every 2 with 1 of padding before. */
static void check_pool(enum plait__op kind, bool ceil, bool padded, int count, const double *expected, int line) {
    struct op op;
    op_start(&op, kind, 19);
    op_count_up(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 5});
    op_ints(&op, "kernel_shape", 1, (int64_t[]){3});
    op_ints(&op, "strides", 1, (int64_t[]){2});
    op_ints(&op, "pads", 2, (int64_t[]){1, 0});
    op_int(&op, "ceil_mode", ceil);
    op_int(&op, "count_include_pad", padded);
    CHECK_INT(op_run(&op), PLAIT_OK);
    bool same = op_output(&op, 0)->dims[2] == count;
    for (int i = 0; same && i < count; i++) same = fabs(plait__load_real(op_output(&op, 0), i) - expected[i]) < 1e-15;
    test__report(same, __FILE__, line, plait__op_name(kind));
    if (!same) fprintf(stderr, " is not as expected\n");
    op_end(&op);
}

TEST(pools_at_the_ends) {
    check_pool(PLAIT__OP_MaxPool, false, false, 2, (double[]){2, 4}, __LINE__);
    check_pool(PLAIT__OP_MaxPool, true, false, 3, (double[]){2, 4, 5}, __LINE__);
    check_pool(PLAIT__OP_AveragePool, true, false, 3, (double[]){1.5, 3, 4.5}, __LINE__);
    /* padding before counts, what the last window reaches past the end does not */
    check_pool(PLAIT__OP_AveragePool, true, true, 3, (double[]){1, 3, 4.5}, __LINE__);
    check_pool(PLAIT__OP_LpPool, false, false, 2, (double[]){sqrt(5), sqrt(29)}, __LINE__);
}

TEST(unpooling_puts_the_greatest_back) {
    static double x[2 * 3 * 6 * 4];
    fill(x, sizeof x / sizeof *x, 7);
    struct op pool, unpool;
    op_start(&pool, PLAIT__OP_MaxPool, 12);
    op_input(&pool, PLAIT_F64, 4, (int64_t[]){2, 3, 6, 4}, x);
    op_ints(&pool, "kernel_shape", 2, (int64_t[]){3, 2});
    op_ints(&pool, "strides", 2, (int64_t[]){3, 2});
    pool.node.output_count = 2;
    CHECK_INT(op_run(&pool), PLAIT_OK);
    op_start(&unpool, PLAIT__OP_MaxUnpool, 11);
    for (int i = 0; i < 2; i++)
        op_input(&unpool, i ? PLAIT_I64 : PLAIT_F64, 4, op_output(&pool, i)->dims, op_output(&pool, i)->data);
    op_ints(&unpool, "kernel_shape", 2, (int64_t[]){3, 2});
    op_ints(&unpool, "strides", 2, (int64_t[]){3, 2});
    CHECK_INT(op_run(&unpool), PLAIT_OK);
    CHECK_TEXT(op_type(&unpool, 0), "float64[2,3,6,4]");
    int kept = 0;
    for (int64_t i = 0; i < 144; i++) {
        double back = plait__load_real(op_output(&unpool, 0), i);
        CHECK(back == 0 || back == x[i]);
        kept += back != 0;
    }
    CHECK_INT(kept, 2 * 3 * 2 * 2);
    op_end(&unpool);

    op_start(&unpool, PLAIT__OP_MaxUnpool, 11); /* an index outside */
    op_input(&unpool, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, x);
    op_input(&unpool, PLAIT_I64, 3, (int64_t[]){1, 1, 1}, &(int64_t){2});
    op_ints(&unpool, "kernel_shape", 1, (int64_t[]){2});
    CHECK_INT(op_run(&unpool), PLAIT_INVALID);
    op_end(&unpool);
    op_end(&pool);
}

TEST(what_is_not_known_yet) {
    struct op op;
    op_start(&op, PLAIT__OP_Conv, 11);
    op_input(&op, PLAIT_F32, 4, (int64_t[]){-1, 3, -1, 32}, NULL);
    op_input(&op, PLAIT_F32, 4, (int64_t[]){8, 3, 3, 3}, NULL);
    CHECK_INT(op_infer(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "float32[?,8,?,30]");
    op_end(&op);
    op_start(&op, PLAIT__OP_ConvTranspose, 11);
    op_input(&op, PLAIT_F32, 4, (int64_t[]){1, -1, 16, -1}, NULL);
    op_input(&op, PLAIT_F32, -1, NULL, NULL);
    CHECK_INT(op_infer(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "float32[1,?,?,?]");
    op_end(&op);
}

TEST(hostile_windows) {
    struct {
        const char *attribute;
        int64_t values[4];
        enum plait_status status;
    } cases[] = {
        {"strides", {0, 1}, PLAIT_INVALID},
        {"dilations", {1, -1}, PLAIT_INVALID},
        {"pads", {-1, 0, 0, 0}, PLAIT_INVALID},
        {"kernel_shape", {9, 1}, PLAIT_INVALID},
        {"kernel_shape", {INT64_MAX, 1}, PLAIT_INVALID},
        {"strides", {INT64_MAX, INT64_MAX}, PLAIT_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct op op;
        op_start(&op, PLAIT__OP_MaxPool, 12);
        op_count_up(&op, PLAIT_F32, 4, (int64_t[]){1, 1, 3, 3});
        op_ints(&op, cases[i].attribute, strcmp(cases[i].attribute, "pads") == 0 ? 4 : 2, cases[i].values);
        if (strcmp(cases[i].attribute, "kernel_shape") != 0) op_ints(&op, "kernel_shape", 2, (int64_t[]){1, 1});
        CHECK_INT(op_run(&op), cases[i].status);
        op_end(&op);
    }
    struct op op; /* taps that cannot be counted */
    const int64_t wide[] = {1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30};
    op_start(&op, PLAIT__OP_MaxPool, 12);
    op_count_up(&op, PLAIT_F32, 5, (int64_t[]){1, 1, 2, 2, 2});
    op_ints(&op, "kernel_shape", 3, wide);
    op_ints(&op, "pads", 6, wide);
    CHECK_INT(op_run(&op), PLAIT_LIMIT);
    op_end(&op);
}

TEST_MAIN(convolutions, transposed_convolutions, padding_that_keeps_the_size, pools_at_the_ends,
          unpooling_puts_the_greatest_back, what_is_not_known_yet, hostile_windows)
