/* Normalisations: what they promise of their output, and that each is the other where they ought to be. */
#include "op.h"

enum { BATCH = 2, CHANNELS = 6, SIZE = 5, COUNT = BATCH * CHANNELS * SIZE };
static const int64_t dims[] = {BATCH, CHANNELS, SIZE};

/* Numbers far from 0, so that means matter. */
static void fill(double *x) {
    for (int i = 0; i < COUNT; i++) x[i] = 100 + (i * 37 % 61) * 0.25;
}

/* Runs a normalisation of x with a scale of `width` ones but the last, 3, and biases of 0 but the last, 7. */
static void normalise(enum plait__op kind, int opset, int width, const char *attribute, int64_t value, double *y) {
    double x[COUNT], scale[COUNT], bias[COUNT] = {0};
    fill(x);
    for (int i = 0; i < width; i++) scale[i] = i == width - 1 ? 3 : 1;
    bias[width - 1] = 7;
    struct op op;
    op_start(&op, kind, opset);
    op_input(&op, PLAIT_F64, 3, dims, x);
    op_input(&op, PLAIT_F64, 1, (int64_t[]){width}, scale);
    op_input(&op, PLAIT_F64, 1, (int64_t[]){width}, bias);
    if (attribute) op_int(&op, attribute, value);
    op_float(&op, "epsilon", 0);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "float64[2,6,5]");
    plait__load_reals(op_output(&op, 0), 0, 1, COUNT, y);
    op_end(&op);
}

/* Mean and deviation of y[first], y[first + step], ... */
static void check_moments(const double *y, int first, int step, int count, double mean, double deviation) {
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++) sum += y[first + i * step];
    for (int i = 0; i < count; i++) squares += pow(y[first + i * step] - sum / count, 2);
    CHECK_NEAR(sum / count, mean, 1e-12); /* numbers near 100 in double, 60 of them */
    CHECK_NEAR(sqrt(squares / count), deviation, 1e-12);
}

TEST(each_row_has_its_mean_and_deviation) {
    double y[COUNT];
    normalise(PLAIT__OP_InstanceNormalization, 6, CHANNELS, NULL, 0, y);
    for (int row = 0; row < BATCH * CHANNELS; row++) {
        bool last = row % CHANNELS == CHANNELS - 1;
        check_moments(y, row * SIZE, 1, SIZE, last ? 7 : 0, last ? 3 : 1);
    }
}

TEST(groups_of_one_channel_are_instances) {
    double group[COUNT], instance[COUNT];
    normalise(PLAIT__OP_InstanceNormalization, 6, CHANNELS, NULL, 0, instance);
    for (int opset = 18; opset <= 21; opset += 3) {
        normalise(PLAIT__OP_GroupNormalization, opset, CHANNELS, "num_groups", CHANNELS, group);
        for (int i = 0; i < COUNT; i++) CHECK_NEAR(group[i], instance[i], 0);
    }
}

/* One number a group before version 21, one a channel since. */
TEST(groups_in_their_versions) {
    double y[COUNT];
    normalise(PLAIT__OP_GroupNormalization, 18, 3, "num_groups", 3, y);
    for (int row = 0; row < BATCH * 3; row++)
        check_moments(y, row * 2 * SIZE, 1, 2 * SIZE, row % 3 == 2 ? 7 : 0, row % 3 == 2 ? 3 : 1);
    double channelwise[COUNT];
    normalise(PLAIT__OP_GroupNormalization, 21, CHANNELS, "num_groups", 3, channelwise);
    for (int i = 0; i < COUNT; i++) {
        int channel = i / SIZE % CHANNELS;
        CHECK_NEAR(channelwise[i], channel == 4 ? (y[i] - 7) / 3 : y[i], 1e-12);
    }
}

TEST(layers_and_their_statistics) {
    double x[COUNT], scale[CHANNELS * SIZE];
    fill(x);
    for (int i = 0; i < CHANNELS * SIZE; i++) scale[i] = i + 1;
    struct op op;
    op_start(&op, PLAIT__OP_LayerNormalization, 17);
    op_input(&op, PLAIT_F64, 3, dims, x);
    op_input(&op, PLAIT_F64, 2, (int64_t[]){CHANNELS, SIZE}, scale);
    op_int(&op, "axis", -2);
    op_int(&op, "stash_type", PLAIT_F64);
    op_float(&op, "epsilon", 0);
    op.node.output_count = 3;
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 1), "float64[2,1,1]");
    for (int row = 0; row < BATCH; row++) {
        double y[CHANNELS * SIZE], mean = plait__load_real(op_output(&op, 1), row),
                                   inverse = plait__load_real(op_output(&op, 2), row);
        plait__load_reals(op_output(&op, 0), row * CHANNELS * SIZE, 1, CHANNELS * SIZE, y);
        for (int i = 0; i < CHANNELS * SIZE; i++) {
            CHECK_NEAR(y[i], (x[row * CHANNELS * SIZE + i] - mean) * inverse * scale[i], 1e-11);
            y[i] /= scale[i];
        }
        check_moments(y, 0, 1, CHANNELS * SIZE, 0, 1);
    }
    op_end(&op);
}

TEST(batches) {
    double x[COUNT], ones[CHANNELS], zeros[CHANNELS] = {0}, mean[CHANNELS], variance[CHANNELS];
    fill(x);
    for (int c = 0; c < CHANNELS; c++) ones[c] = 1, mean[c] = c, variance[c] = 4;
    for (int training = 0; training < 2; training++) {
        struct op op;
        op_start(&op, PLAIT__OP_BatchNormalization, 15);
        op_input(&op, PLAIT_F64, 3, dims, x);
        const double *lists[] = {ones, zeros, mean, variance};
        for (int i = 0; i < 4; i++) op_input(&op, PLAIT_F64, 1, (int64_t[]){CHANNELS}, lists[i]);
        op_int(&op, "training_mode", training);
        op_float(&op, "epsilon", 0);
        op_float(&op, "momentum", 0.75F);
        op.node.output_count = training ? 3 : 1;
        CHECK_INT(op_run(&op), PLAIT_OK);
        double y[COUNT];
        plait__load_reals(op_output(&op, 0), 0, 1, COUNT, y);
        for (int c = 0; c < CHANNELS; c++) {
            double both[BATCH * SIZE], was[BATCH * SIZE], sum = 0;
            for (int i = 0; i < BATCH * SIZE; i++) {
                both[i] = y[(i / SIZE * CHANNELS + c) * SIZE + i % SIZE];
                was[i] = x[(i / SIZE * CHANNELS + c) * SIZE + i % SIZE];
                sum += was[i];
            }
            if (!training) {
                for (int i = 0; i < BATCH * SIZE; i++) CHECK_NEAR(both[i], (was[i] - c) / 2, 1e-13);
                continue;
            }
            check_moments(both, 0, 1, BATCH * SIZE, 0, 1);
            CHECK_NEAR(plait__load_real(op_output(&op, 1), c), 0.75 * c + 0.25 * sum / (BATCH * SIZE), 1e-13);
        }
        op_end(&op);
    }
}

TEST(mean_and_variance_over_chosen_dims) {
    double x[COUNT], y[COUNT];
    fill(x);
    struct op op;
    op_start(&op, PLAIT__OP_MeanVarianceNormalization, 13);
    op_input(&op, PLAIT_F64, 3, dims, x);
    op_ints(&op, "axes", 1, (int64_t[]){1});
    CHECK_INT(op_run(&op), PLAIT_OK);
    plait__load_reals(op_output(&op, 0), 0, 1, COUNT, y);
    for (int n = 0; n < BATCH; n++)
        for (int i = 0; i < SIZE; i++) { /* the guard of 1e-9 takes that share of the deviation */
            double sum = 0, squares = 0;
            for (int c = 0; c < CHANNELS; c++) sum += y[(n * CHANNELS + c) * SIZE + i];
            for (int c = 0; c < CHANNELS; c++) squares += pow(y[(n * CHANNELS + c) * SIZE + i], 2);
            CHECK_NEAR(sum, 0, 1e-12);
            CHECK_NEAR(squares / CHANNELS, 1, 1e-8);
        }
    op_end(&op);
}

TEST(lengths_of_lines) {
    struct op op;
    for (int order = 1; order <= 2; order++) {
        op_start(&op, PLAIT__OP_LpNormalization, 1);
        op_input(&op, PLAIT_F64, 2, (int64_t[]){2, 3}, (double[]){3, 0, -1, -4, 0, 1});
        op_int(&op, "axis", 0);
        op_int(&op, "p", order);
        CHECK_INT(op_run(&op), PLAIT_OK);
        const double expected[2][6] = {{3.0 / 7, 0, -0.5, -4.0 / 7, 0, 0.5}, {0.6, 0, -sqrt(0.5), -0.8, 0, sqrt(0.5)}};
        CHECK_OUTPUT(&op, 0, "float64[2,3]", 6, expected[order - 1], 1e-15);
        op_end(&op);
    }
}

TEST(neighbouring_channels) {
    struct op op; /* an even size looks one further ahead than back */
    op_start(&op, PLAIT__OP_LRN, 13);
    op_count_up(&op, PLAIT_F64, 3, (int64_t[]){1, 4, 1});
    op_int(&op, "size", 2);
    op_float(&op, "alpha", 2);
    op_float(&op, "beta", 1);
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "float64[1,4,1]", 4, ((double[]){1.0 / 6, 2.0 / 14, 3.0 / 26, 4.0 / 17}), 1e-15);
    op_end(&op);
}

TEST(lists_of_a_wrong_length) {
    const enum plait__op kinds[] = {PLAIT__OP_InstanceNormalization, PLAIT__OP_GroupNormalization,
                                    PLAIT__OP_LayerNormalization};
    for (int k = 0; k < 3; k++) {
        struct op op;
        op_start(&op, kinds[k], 21);
        op_count_up(&op, PLAIT_F32, 3, dims);
        for (int i = 0; i < 2; i++) op_count_up(&op, PLAIT_F32, 1, (int64_t[]){i == 0 ? CHANNELS : CHANNELS - 1});
        op_int(&op, "num_groups", 3);
        CHECK_INT(op_run(&op), PLAIT_INVALID);
        op_end(&op);
    }
}

TEST_MAIN(each_row_has_its_mean_and_deviation, groups_of_one_channel_are_instances, groups_in_their_versions,
          layers_and_their_statistics, batches, mean_and_variance_over_chosen_dims, lengths_of_lines, neighbouring_channels,
          lists_of_a_wrong_length)
