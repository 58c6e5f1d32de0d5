/* LSTM, GRU and RNN: one step against its formula, and that directions, lengths and layouts agree with each other. */
#include "op.h"

enum { STEPS = 4, BATCH = 3, INPUTS = 2, HIDDEN = 5 };

static const enum plait__op kinds[] = {PLAIT__OP_RNN, PLAIT__OP_GRU, PLAIT__OP_LSTM};
static const int gates[] = {1, 3, 4};

static double number(int i) {
    return sin(i * 0.7 + 0.1);
}

static void fill(double *values, int count, int from) {
    for (int i = 0; i < count; i++) values[i] = number(from + i);
}

/* Weights of two directions, the second like the first, so that what differs is the direction alone. */
struct weights {
    double w[2][4 * HIDDEN * INPUTS], r[2][4 * HIDDEN * HIDDEN], b[2][8 * HIDDEN];
};
static void fill_weights(struct weights *weights) {
    for (int d = 0; d < 2; d++) {
        fill(weights->w[d], 4 * HIDDEN * INPUTS, 100);
        fill(weights->r[d], 4 * HIDDEN * HIDDEN, 200);
        fill(weights->b[d], 8 * HIDDEN, 400);
    }
}

struct setting {
    int kind; /* index of kinds */
    const char *direction;
    bool batch_first;
    const int32_t *lengths;
    const double *x;
};

/* Runs and leaves the results in `op`. */
static void run(struct op *op, const struct setting *setting) {
    static struct weights all;
    static double packed[3][2 * 8 * HIDDEN * HIDDEN];
    fill_weights(&all);
    int g = gates[setting->kind], directions = strcmp(setting->direction, "bidirectional") == 0 ? 2 : 1;
    int sizes[3] = {g * HIDDEN * INPUTS, g * HIDDEN * HIDDEN, 2 * g * HIDDEN};
    for (int d = 0; d < directions; d++) {
        const double *from[3] = {all.w[d], all.r[d], all.b[d]};
        for (int k = 0; k < 3; k++) memcpy(packed[k] + d * sizes[k], from[k], (size_t)sizes[k] * sizeof(double));
    }
    op_start(op, kinds[setting->kind], 14);
    op_input(op, PLAIT_F64, 3, setting->batch_first ? (int64_t[]){BATCH, STEPS, INPUTS} : (int64_t[]){STEPS, BATCH, INPUTS},
             setting->x);
    op_input(op, PLAIT_F64, 3, (int64_t[]){directions, g * HIDDEN, INPUTS}, packed[0]);
    op_input(op, PLAIT_F64, 3, (int64_t[]){directions, g * HIDDEN, HIDDEN}, packed[1]);
    op_input(op, PLAIT_F64, 2, (int64_t[]){directions, 2 * g * HIDDEN}, packed[2]);
    if (setting->lengths) op_input(op, PLAIT_I32, 1, (int64_t[]){BATCH}, setting->lengths);
    op_text(op, "direction", setting->direction);
    op_int(op, "layout", setting->batch_first);
    op_int(op, "hidden_size", HIDDEN);
    op->node.output_count = 2;
    CHECK_INT(op_run(op), PLAIT_OK);
}

static double state_at(struct op *op, int t, int direction, int directions, int batch, int i) {
    return plait__load_real(op_output(op, 0), ((t * directions + direction) * BATCH + batch) * HIDDEN + i);
}

TEST(backwards_is_forward_over_reversed_input) {
    double x[STEPS][BATCH][INPUTS], turned[STEPS][BATCH][INPUTS];
    fill(&x[0][0][0], STEPS * BATCH * INPUTS, 0);
    for (int t = 0; t < STEPS; t++) memcpy(turned[t], x[STEPS - 1 - t], sizeof turned[t]);
    for (int kind = 0; kind < 3; kind++) {
        struct op forward, back, both;
        run(&forward, &(struct setting){kind, "forward", false, NULL, &x[0][0][0]});
        run(&back, &(struct setting){kind, "reverse", false, NULL, &turned[0][0][0]});
        run(&both, &(struct setting){kind, "bidirectional", false, NULL, &x[0][0][0]});
        for (int t = 0; t < STEPS; t++)
            for (int n = 0; n < BATCH; n++)
                for (int i = 0; i < HIDDEN; i++) {
                    double expected = state_at(&forward, t, 0, 1, n, i);
                    CHECK_NEAR(state_at(&back, STEPS - 1 - t, 0, 1, n, i), expected, 0);
                    CHECK_NEAR(state_at(&both, t, 0, 2, n, i), expected, 0);
                    if (t == STEPS - 1) CHECK_NEAR(plait__load_real(op_output(&back, 1), n * HIDDEN + i), expected, 0);
                }
        op_end(&forward);
        op_end(&back);
        op_end(&both);
    }
}

TEST(short_sequences_end_early) {
    const int32_t lengths[BATCH] = {4, 0, 2};
    double x[STEPS * BATCH * INPUTS];
    fill(x, STEPS * BATCH * INPUTS, 0);
    for (int kind = 0; kind < 3; kind++) {
        struct op whole, cut;
        run(&whole, &(struct setting){kind, "forward", false, NULL, x});
        run(&cut, &(struct setting){kind, "forward", false, lengths, x});
        for (int t = 0; t < STEPS; t++)
            for (int n = 0; n < BATCH; n++)
                for (int i = 0; i < HIDDEN; i++)
                    CHECK_NEAR(state_at(&cut, t, 0, 1, n, i), t < lengths[n] ? state_at(&whole, t, 0, 1, n, i) : 0, 0);
        for (int i = 0; i < HIDDEN; i++) {
            CHECK_NEAR(plait__load_real(op_output(&cut, 1), HIDDEN + i), 0, 0);
            CHECK_NEAR(plait__load_real(op_output(&cut, 1), 2 * HIDDEN + i), state_at(&whole, 1, 0, 1, 2, i), 0);
        }
        op_end(&whole);
        op_end(&cut);
    }
}

TEST(the_batch_may_come_first) {
    double x[STEPS][BATCH][INPUTS], turned[BATCH][STEPS][INPUTS];
    fill(&x[0][0][0], STEPS * BATCH * INPUTS, 0);
    for (int t = 0; t < STEPS; t++)
        for (int n = 0; n < BATCH; n++) memcpy(turned[n][t], x[t][n], sizeof x[t][n]);
    for (int kind = 0; kind < 3; kind++) {
        struct op usual, other;
        run(&usual, &(struct setting){kind, "bidirectional", false, NULL, &x[0][0][0]});
        run(&other, &(struct setting){kind, "bidirectional", true, NULL, &turned[0][0][0]});
        CHECK_TEXT(op_type(&other, 0), "float64[3,4,2,5]");
        CHECK_TEXT(op_type(&other, 1), "float64[3,2,5]");
        for (int t = 0; t < STEPS; t++)
            for (int d = 0; d < 2; d++)
                for (int n = 0; n < BATCH; n++)
                    for (int i = 0; i < HIDDEN; i++)
                        CHECK_NEAR(plait__load_real(op_output(&other, 0), ((n * STEPS + t) * 2 + d) * HIDDEN + i),
                                   state_at(&usual, t, d, 2, n, i), 0);
        op_end(&usual);
        op_end(&other);
    }
}

/* One number in, one of state, one step: the formulas of ONNX's text. */
static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

TEST(one_step_of_lstm) {
    const double x = 0.5, w[] = {1, 2, 3, 4}, r[] = {-1, -2, -3, -4}, b[] = {0.1, 0.2, 0.3, 0.4, 0, 0, 0, 0}, h = 0.25, c = 2;
    const double p[] = {0.5, -0.5, 0.25}; /* of i, o, f */
    struct op op;
    op_start(&op, PLAIT__OP_LSTM, 14);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &x);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 4, 1}, w);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 4, 1}, r);
    op_input(&op, PLAIT_F64, 2, (int64_t[]){1, 8}, b);
    op_no_input(&op);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &h);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &c);
    op_input(&op, PLAIT_F64, 2, (int64_t[]){1, 3}, p);
    op.node.output_count = 3;
    CHECK_INT(op_run(&op), PLAIT_OK);
    double pre[4];
    for (int i = 0; i < 4; i++) pre[i] = w[i] * x + r[i] * h + b[i];
    double cell = sigmoid(pre[2] + p[2] * c) * c + sigmoid(pre[0] + p[0] * c) * tanh(pre[3]);
    double state = sigmoid(pre[1] + p[1] * cell) * tanh(cell);
    CHECK_NEAR(plait__load_real(op_output(&op, 0), 0), state, 1e-15);
    CHECK_NEAR(plait__load_real(op_output(&op, 2), 0), cell, 1e-15);
    op_end(&op);
}

TEST(one_step_of_gru) {
    const double x = 0.5, w[] = {1, 2, 3}, r[] = {-1, -2, -3}, b[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, h = 0.25;
    for (int late = 0; late < 2; late++) {
        struct op op;
        op_start(&op, PLAIT__OP_GRU, 14);
        op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &x);
        op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 3, 1}, w);
        op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 3, 1}, r);
        op_input(&op, PLAIT_F64, 2, (int64_t[]){1, 6}, b);
        op_no_input(&op);
        op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &h);
        op_int(&op, "linear_before_reset", late);
        CHECK_INT(op_run(&op), PLAIT_OK);
        double update = sigmoid(w[0] * x + r[0] * h + b[0] + b[3]), reset = sigmoid(w[1] * x + r[1] * h + b[1] + b[4]);
        double from_state = late ? reset * (r[2] * h + b[5]) : r[2] * (reset * h) + b[5];
        double candidate = tanh(w[2] * x + from_state + b[2]);
        CHECK_NEAR(plait__load_real(op_output(&op, 0), 0), (1 - update) * candidate + update * h, 1e-15);
        op_end(&op);
    }
}

static enum plait_status activated(const char *name, float alpha, float clip, double *found) {
    struct op op;
    const double x = 3, w = 1, r = 0;
    op_start(&op, PLAIT__OP_RNN, 14);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &x);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &w);
    op_input(&op, PLAIT_F64, 3, (int64_t[]){1, 1, 1}, &r);
    struct plait__attribute *names = op__attribute(&op, "activations", PLAIT__ATTRIBUTE_STRINGS);
    names->count = 1;
    names->strings = &name;
    struct plait__attribute *alphas = op__attribute(&op, "activation_alpha", PLAIT__ATTRIBUTE_FLOATS);
    alphas->count = 1;
    alphas->floats = &alpha;
    if (clip > 0) op_float(&op, "clip", clip);
    enum plait_status status = op_run(&op);
    if (status == PLAIT_OK) *found = plait__load_real(op_output(&op, 0), 0);
    op_end(&op);
    return status;
}

TEST(activations_and_their_parameters) {
    double found = 0;
    CHECK_INT(activated("Affine", 0.5F, 0, &found), PLAIT_OK);
    CHECK_NEAR(found, 1.5, 0);
    CHECK_INT(activated("ThresholdedRelu", 4, 0, &found), PLAIT_OK);
    CHECK_NEAR(found, 0, 0);
    CHECK_INT(activated("Relu", 0, 2, &found), PLAIT_OK);
    CHECK_NEAR(found, 2, 0);
    CHECK_INT(activated("Sine", 0, 0, &found), PLAIT_UNSUPPORTED);
}

TEST(sizes_that_contradict_each_other) {
    struct op op;
    op_start(&op, PLAIT__OP_GRU, 14);
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){2, 3, 4});
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){1, 15, 4});
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){1, 12, 5});
    CHECK_INT(op_run(&op), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(op.context), "GRU 'it': R: expected 15, found 12");
    op_end(&op);

    op_start(&op, PLAIT__OP_RNN, 14);
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){2, 1, 1});
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){1, 1, 1});
    op_count_up(&op, PLAIT_F32, 3, (int64_t[]){1, 1, 1});
    op_no_input(&op);
    op_input(&op, PLAIT_I32, 1, (int64_t[]){1}, (int32_t[]){3});
    CHECK_INT(op_run(&op), PLAIT_INVALID);
    op_end(&op);
}

TEST_MAIN(backwards_is_forward_over_reversed_input, short_sequences_end_early, the_batch_may_come_first, one_step_of_lstm,
          one_step_of_gru, activations_and_their_parameters, sizes_that_contradict_each_other)
