/* Every operator under inputs and attributes drawn at random, from numbers that are likely to break things: whatever happens,
 * it is a status with a sentence, and the sanitizers have nothing to say.  The seed is fixed. */
#include "op.h"

static uint64_t state = 20261123;

static uint32_t draw(uint32_t below) { /* Knuth's MMIX generator, its upper bits */
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % below);
}

static int64_t draw_number(void) {
    static const int64_t ends[] = {INT64_MIN, INT64_MAX, INT32_MIN, INT32_MAX, -1, (int64_t)1 << 40, 1000, -1000};
    return draw(8) ? (int64_t)draw(6) - 1 : ends[draw(8)];
}

static enum plait_dtype draw_dtype(void) {
    static const enum plait_dtype all[] = {
#define DTYPE(name, number, bytes, text) PLAIT_##name,
        PLAIT_DTYPE_MAP(DTYPE)
#undef DTYPE
    };
    uint32_t kind = draw(4); /* mostly the two that operators want */
    return kind == 0 ? PLAIT_I64 : kind < 3 ? PLAIT_F32 : all[draw(sizeof all / sizeof *all)];
}

/* What most inputs of a call are like, so that some calls are nearly right. */
struct usual {
    enum plait_dtype dtype;
    int rank;
    int64_t dims[5];
};

static struct usual draw_usual(void) {
    struct usual usual = {.dtype = draw_dtype(), .rank = (int)draw(6)};
    for (int i = 0; i < usual.rank; i++) usual.dims[i] = draw(10) ? 1 + draw(4) : 0;
    return usual;
}

static void draw_elements(plait_tensor *input) {
    static const double ends[] = {NAN, INFINITY, -INFINITY, 3e38, -3e38, 1e-40, 0.5, -0.5};
    int64_t elements = plait_tensor_elements(input);
    bool tame = draw(2);
    for (int64_t i = 0; i < elements; i++) {
        double real = tame || draw(12) ? (double)draw(9) / 2 - 2 : ends[draw(8)];
        int64_t integer = tame ? (int64_t)draw(3) : draw_number();
        if (plait__is_float(input->dtype))
            plait__store_reals(input, i, 1, 1, &real);
        else
            plait__store_integers(input, i, 1, 1, &integer);
    }
}

static void draw_input(struct op *op, const struct usual *usual) {
    struct usual other = draw_usual();
    uint32_t kind = draw(20);
    if (kind == 0) {
        op_no_input(op);
        return;
    }
    if (kind < 11)
        op_count_up(op, usual->dtype, usual->rank, usual->dims);
    else if (kind < 15)
        op_count_up(op, PLAIT_I64, 1, (int64_t[]){1 + draw(4)});
    else if (kind < 18)
        op_count_up(op, draw(2) ? PLAIT_I64 : usual->dtype, 0, NULL);
    else
        op_count_up(op, other.dtype, other.rank, other.dims);
    draw_elements(&op->values[op->node.input_count - 1]);
}

static void draw_attribute(struct op *op, int64_t *numbers) {
    static const char *const ints[] = {
        "axis",        "batch_dims", "blocksize",      "keepdims",      "allowzero",       "upper",    "k",
        "sorted",      "largest",    "group",          "antialias",     "exclude_outside", "onesided", "inverse",
        "num_outputs", "to",         "sampling_ratio", "align_corners", "start",           "end",      "output_height"};
    static const char *const lists[] = {"axes",      "perm",         "pads",           "starts",
                                        "ends",      "split",        "kernel_shape",   "strides",
                                        "dilations", "pooled_shape", "output_padding", "output_shape"};
    static const char *const texts[][2] = {{"mode", "linear"},
                                           {"mode", "cubic"},
                                           {"mode", "reflect"},
                                           {"mode", "edge"},
                                           {"mode", "max"},
                                           {"mode", "wrap"},
                                           {"reduction", "mul"},
                                           {"reduction", "max"},
                                           {"auto_pad", "SAME_UPPER"},
                                           {"equation", "ij,jk->ik"},
                                           {"padding_mode", "reflection"},
                                           {"coordinate_transformation_mode", "align_corners"}};
    static const char *const floats[] = {"alpha", "epsilon", "spatial_scale", "cubic_coeff_a", "value"};
    uint32_t kind = draw(6);
    if (kind < 3) {
        op_int(op, ints[draw(sizeof ints / sizeof *ints)], draw_number());
    } else if (kind == 3) {
        int count = (int)draw(7);
        for (int i = 0; i < count; i++) numbers[i] = draw_number();
        op_ints(op, lists[draw(sizeof lists / sizeof *lists)], count, numbers);
    } else if (kind == 4) {
        const char *const *text = texts[draw(sizeof texts / sizeof *texts)];
        op_text(op, text[0], text[1]);
    } else {
        op_float(op, floats[draw(sizeof floats / sizeof *floats)], (float)draw(5) / 2 - 1);
    }
}

TEST(every_operator) {
    enum { CALLS = 400 };
    for (int kind = PLAIT__OP_NONE + 1; kind < PLAIT__OP_COUNT; kind++) {
        if (kind == PLAIT__OP_If || kind == PLAIT__OP_Loop || kind == PLAIT__OP_Scan) continue; /* need graphs inside */
        int worked = 0;
        for (int call = 0; call < CALLS; call++) {
            struct op op;
            int64_t numbers[4][8];
            op_start(&op, (enum plait__op)kind, (int)(7 + draw(15)));
            op.node.output_count = 1 + (int)draw(3);
            struct usual usual = draw_usual();
            for (int i = (int)draw(4); i >= 0; i--) draw_input(&op, &usual);
            for (int i = (int)draw(5) - 1; i >= 0; i--) draw_attribute(&op, numbers[i]);
            enum plait_status status = op_run(&op);
            if (status == PLAIT_INTERNAL || (status != PLAIT_OK && !plait_context_error(op.context)[0]))
                fprintf(stderr, "%s, call %d: %s\n", plait__op_name(op.node.op), call, plait_status_name(status));
            CHECK(status == PLAIT_OK || plait_context_error(op.context)[0]);
            CHECK(status != PLAIT_INTERNAL);
            worked += status == PLAIT_OK;
            op_end(&op);
        }
        if (getenv("PLAIT_TEST_VERBOSE")) printf("%s: %d of %d worked\n", plait__op_name((enum plait__op)kind), worked, CALLS);
    }
}

TEST_MAIN(every_operator)
