/* Elementwise operators: every dtype, the edges of integers and floats, and what versions of an operator changed. */
#include "op.h"

static const enum plait_dtype dtypes[] = {
#define DTYPE(name, number, bytes, text) PLAIT_##name,
    PLAIT_DTYPE_MAP(DTYPE)
#undef DTYPE
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

static void set_bytes(struct op *op, const void *bytes) {
    op->values[op->node.input_count - 1].data = (void *)(uintptr_t)bytes;
}

/* One operator on two lists of int64 or uint64 numbers, compared bit for bit. */
static void check_whole(enum plait__op kind, enum plait_dtype dtype, int count, const void *a, const void *b,
                        const void *expected, int line) {
    struct op op;
    op_start(&op, kind, 15);
    op_input(&op, dtype, 1, (int64_t[]){count}, a);
    op_input(&op, dtype, 1, (int64_t[]){count}, b);
    enum plait_status status = op_run(&op);
    bool same = status == PLAIT_OK && memcmp(op_output(&op, 0)->data, expected, plait_tensor_bytes(op_output(&op, 0))) == 0;
    test__report(same, __FILE__, line, plait__op_name(kind));
    if (!same) fprintf(stderr, " of %s is not as expected\n", plait_dtype_name(dtype));
    op_end(&op);
}
#define CHECK_I64(kind, a, b, expected) \
    check_whole(PLAIT__OP_##kind, PLAIT_I64, 3, (int64_t[3])a, (int64_t[3])b, (int64_t[3])expected, __LINE__)
#define CHECK_U64(kind, a, b, expected) \
    check_whole(PLAIT__OP_##kind, PLAIT_U64, 3, (uint64_t[3])a, (uint64_t[3])b, (uint64_t[3])expected, __LINE__)
#define THREE(a, b, c) {a, b, c}

TEST(whole_numbers_are_exact_and_wrap) {
    CHECK_I64(Add, THREE(INT64_MAX, 1, -5), THREE(1, (INT64_C(1) << 53), 5), THREE(INT64_MIN, (INT64_C(1) << 53) + 1, 0));
    CHECK_I64(Sub, THREE(INT64_MIN, 0, 7), THREE(1, INT64_MIN, 9), THREE(INT64_MAX, INT64_MIN, -2));
    CHECK_I64(Mul, THREE(INT64_MAX, -3, 0), THREE(2, 5, 9), THREE(-2, -15, 0));
    CHECK_I64(Div, THREE(-7, INT64_MIN, 5), THREE(2, -1, 0), THREE(-3, INT64_MIN, 0));
    CHECK_I64(Mod, THREE(-7, 7, INT64_MIN), THREE(3, -3, -1), THREE(2, -2, 0));
    CHECK_I64(Pow, THREE(-3, 2, -1), THREE(3, -1, -3), THREE(-27, 0, -1));
    CHECK_I64(Max, THREE((INT64_C(1) << 53) + 1, -1, 3), THREE(INT64_C(1) << 53, 1, 2), THREE((INT64_C(1) << 53) + 1, 1, 3));
    CHECK_U64(Add, THREE(UINT64_MAX, 1, 2), THREE(1, 1, 2), THREE(0, 2, 4));
    CHECK_U64(Div, THREE(UINT64_MAX, 9, 5), THREE(2, 0, 2), THREE(UINT64_MAX / 2, 0, 2));
    CHECK_U64(Mod, THREE(UINT64_MAX, 9, 5), THREE(10, 0, 3), THREE(5, 0, 2));
    CHECK_U64(Max, THREE(UINT64_MAX, 1, 0), THREE(1, 2, 0), THREE(UINT64_MAX, 2, 0));
    CHECK_U64(Min, THREE(UINT64_MAX, 1, 0), THREE(1, 2, 0), THREE(1, 1, 0));
}

TEST(arithmetic_of_every_number_dtype) {
    const enum plait__op kinds[] = {PLAIT__OP_Add, PLAIT__OP_Sub, PLAIT__OP_Mul, PLAIT__OP_Div,
                                    PLAIT__OP_Mod, PLAIT__OP_Min, PLAIT__OP_Max};
    for (int d = 0; d < DTYPES; d++)
        for (int k = 0; k < 7; k++) {
            struct op op;
            op_start(&op, kinds[k], 14);
            op_count_up(&op, dtypes[d], 3, (int64_t[]){2, 1, 5});
            op_count_up(&op, dtypes[d], 2, (int64_t[]){3, 1});
            CHECK_INT(op_run(&op), PLAIT_OK);
            for (int64_t i = 0; i < 30 && dtypes[d] != PLAIT_BOOL; i++) {
                double a = (double)(i / 15 * 5 + i % 5 + 1), b = (double)(i / 5 % 3 + 1), quotient = a / b;
                if (!plait__is_float(dtypes[d])) quotient = floor(quotient);
                bool wraps = kinds[k] == PLAIT__OP_Sub && a < b && dtypes[d] != PLAIT_F32; /* of unsigned ones */
                double expected[] = {a + b, a - b, a * b, quotient, fmod(a, b), fmin(a, b), fmax(a, b)};
                /* 8 bits of bf16 round a quotient by 2^-9 of it, that is at most 0.02; the others are exact or finer */
                if (!wraps)
                    CHECK_NEAR(plait__load_real(op_output(&op, 0), i), expected[k], plait__is_float(dtypes[d]) ? 0.02 : 0);
            }
            op_end(&op);
        }
}

TEST(cast_of_every_dtype_to_every_dtype) {
    for (int from = 0; from < DTYPES; from++)
        for (int to = 0; to < DTYPES; to++) {
            struct op op;
            op_start(&op, PLAIT__OP_Cast, 13);
            op_count_up(&op, dtypes[from], 1, (int64_t[]){7});
            op_int(&op, "to", dtypes[to]);
            CHECK_INT(op_run(&op), PLAIT_OK);
            for (int64_t i = 0; i < 7; i++) {
                double value = dtypes[from] == PLAIT_BOOL ? (double)((i + 1) % 2) : (double)(i + 1);
                if (dtypes[to] == PLAIT_BOOL) value = value != 0;
                CHECK_NEAR(plait__load_real(op_output(&op, 0), i), value, 0);
            }
            op_end(&op);
        }
}

TEST(cast_at_the_edges) {
    struct {
        enum plait_dtype from, to;
        const void *value;
        double expected;
    } cases[] = {
        {PLAIT_U64, PLAIT_F32, &(uint64_t){UINT64_MAX}, 18446744073709551616.0},
        {PLAIT_I32, PLAIT_U8, &(int32_t){-1}, 255},
        {PLAIT_I32, PLAIT_U64, &(int32_t){-1}, 18446744073709551616.0}, /* as a double */
        {PLAIT_F32, PLAIT_I64, &(float){-1.9F}, -1},
        {PLAIT_F32, PLAIT_I64, &(float){NAN}, 0},
        {PLAIT_F64, PLAIT_I64, &(double){1e300}, 9223372036854775808.0},
        {PLAIT_F64, PLAIT_U64, &(double){1e19}, 1e19},
        {PLAIT_F64, PLAIT_F32, &(double){1e300}, INFINITY},
        {PLAIT_F32, PLAIT_F16, &(float){65520}, INFINITY},
        {PLAIT_F32, PLAIT_F16, &(float){65519}, 65504},
        {PLAIT_F32, PLAIT_BOOL, &(float){0.25F}, 1},
        {PLAIT_F32, PLAIT_BOOL, &(float){-0.0F}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct op op;
        op_start(&op, PLAIT__OP_Cast, 13);
        op_input(&op, cases[i].from, 0, NULL, cases[i].value);
        op_int(&op, "to", cases[i].to);
        CHECK_INT(op_run(&op), PLAIT_OK);
        double found = plait__load_real(op_output(&op, 0), 0);
        CHECK(found == cases[i].expected);
        op_end(&op);
    }
}

/* Formulas written out once more, at points on both sides of every bend. */
static double expected_activation(enum plait__op kind, double x) {
    switch (kind) {
    case PLAIT__OP_Relu:
        return fmax(x, 0);
    case PLAIT__OP_LeakyRelu:
        return x < 0 ? 0.01 * x : x;
    case PLAIT__OP_ThresholdedRelu:
        return x > 1 ? x : 0;
    case PLAIT__OP_Elu:
        return x < 0 ? exp(x) - 1 : x;
    case PLAIT__OP_Celu:
        return fmax(0, x) + fmin(0, exp(x) - 1);
    case PLAIT__OP_Selu:
        return 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * (exp(x) - 1) : x);
    case PLAIT__OP_Softplus:
        return log(1 + exp(x));
    case PLAIT__OP_Softsign:
        return x / (1 + fabs(x));
    case PLAIT__OP_Sigmoid:
        return 1 / (1 + exp(-x));
    case PLAIT__OP_HardSigmoid:
        return fmax(0, fmin(1, 0.2 * x + 0.5));
    case PLAIT__OP_HardSwish:
        return x * fmax(0, fmin(1, x / 6 + 0.5));
    case PLAIT__OP_Gelu:
        return x * erfc(-x / sqrt(2)) / 2;
    case PLAIT__OP_Silu:
        return x / (1 + exp(-x));
    case PLAIT__OP_Mish:
        return x * tanh(log(1 + exp(x)));
    case PLAIT__OP_Shrink:
        return x < -0.5 || x > 0.5 ? x : 0;
    case PLAIT__OP_Tanh:
        return tanh(x);
    default:
        return NAN;
    }
}

TEST(activations) {
    const enum plait__op kinds[] = {PLAIT__OP_Relu,    PLAIT__OP_LeakyRelu,   PLAIT__OP_ThresholdedRelu, PLAIT__OP_Elu,
                                    PLAIT__OP_Celu,    PLAIT__OP_Selu,        PLAIT__OP_Softplus,        PLAIT__OP_Softsign,
                                    PLAIT__OP_Sigmoid, PLAIT__OP_HardSigmoid, PLAIT__OP_HardSwish,       PLAIT__OP_Gelu,
                                    PLAIT__OP_Silu,    PLAIT__OP_Mish,        PLAIT__OP_Shrink,          PLAIT__OP_Tanh};
    const double x[] = {-7, -3, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5, 3, 7, 40};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct op op;
        op_start(&op, kinds[k], 20);
        op_input(&op, PLAIT_F64, 1, (int64_t[]){13}, x);
        CHECK_INT(op_run(&op), PLAIT_OK);
        for (int i = 0; i < 13; i++) { /* default parameters are floats: 0.2F is off by 2^-26 of it */
            double expected = expected_activation(kinds[k], x[i]);
            CHECK_NEAR(plait__load_real(op_output(&op, 0), i), expected, 1e-7 * (1 + fabs(expected)));
        }
        op_end(&op);
    }
}

TEST(nan_stays_nan) {
    const enum plait__op kinds[] = {PLAIT__OP_Relu, PLAIT__OP_LeakyRelu, PLAIT__OP_Elu,
                                    PLAIT__OP_Clip, PLAIT__OP_Sign,      PLAIT__OP_Max};
    const float one = 1;
    for (int k = 0; k < 6; k++) {
        struct op op;
        op_start(&op, kinds[k], 15);
        op_input(&op, PLAIT_F32, 0, NULL, &(float){NAN});
        if (kinds[k] == PLAIT__OP_Max || kinds[k] == PLAIT__OP_Clip) op_input(&op, PLAIT_F32, 0, NULL, &one);
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK(isnan(plait__load_real(op_output(&op, 0), 0)));
        op_end(&op);
    }
}

TEST(clip_in_its_versions) {
    const float x[] = {-3, 0.5F, 9}, two = 2;
    for (int version = 6; version <= 13; version++) {
        struct op op;
        op_start(&op, PLAIT__OP_Clip, version);
        op_input(&op, PLAIT_F32, 1, (int64_t[]){3}, x);
        if (version < 11) {
            op_float(&op, "max", 2);
        } else {
            op_no_input(&op);
            op_input(&op, PLAIT_F32, 0, NULL, &two);
        }
        CHECK_INT(op_run(&op), PLAIT_OK);
        CHECK_OUTPUT(&op, 0, "float32[3]", 3, ((float[]){-3, 0.5F, 2}), 0);
        op_end(&op);
    }
    struct op op; /* bounds that cross: the upper one wins */
    op_start(&op, PLAIT__OP_Clip, 13);
    op_input(&op, PLAIT_I8, 1, (int64_t[]){3}, (int8_t[]){-128, 5, 127});
    op_input(&op, PLAIT_I8, 0, NULL, &(int8_t){9});
    op_input(&op, PLAIT_I8, 0, NULL, &(int8_t){3});
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "int8[3]", 3, ((int8_t[]){3, 3, 3}), 0);
    op_end(&op);
}

TEST(prelu_before_and_after_version_7) {
    for (int version = 6; version <= 7; version++) {
        struct op op;
        op_start(&op, PLAIT__OP_PRelu, version);
        op_input(&op, PLAIT_F32, 3, (int64_t[]){1, 2, 2}, (float[]){-1, -1, -1, 4});
        op_input(&op, PLAIT_F32, 1, (int64_t[]){2}, (float[]){2, 3});
        CHECK_INT(op_run(&op), PLAIT_OK);
        const float by_channel[] = {-2, -2, -3, 4}, by_last[] = {-2, -3, -2, 4};
        CHECK_OUTPUT(&op, 0, "float32[1,2,2]", 4, version < 7 ? by_channel : by_last, 0);
        op_end(&op);
    }
}

TEST(shifts_past_the_width_give_zero) {
    struct op op;
    op_start(&op, PLAIT__OP_BitShift, 11);
    op_input(&op, PLAIT_U8, 1, (int64_t[]){4}, (uint8_t[]){1, 129, 255, 255});
    op_input(&op, PLAIT_U8, 1, (int64_t[]){4}, (uint8_t[]){7, 1, 8, 200});
    op_text(&op, "direction", "LEFT");
    CHECK_INT(op_run(&op), PLAIT_OK);
    CHECK_OUTPUT(&op, 0, "uint8[4]", 4, ((uint8_t[]){128, 2, 0, 0}), 0);
    op_end(&op);
}

TEST(where_moves_any_dtype) {
    for (int d = 0; d < DTYPES; d++) {
        struct op op;
        op_start(&op, PLAIT__OP_Where, 16);
        op_input(&op, PLAIT_BOOL, 2, (int64_t[]){2, 1}, NULL);
        set_bytes(&op, (uint8_t[]){1, 0});
        op_count_up(&op, dtypes[d], 1, (int64_t[]){3});
        op_count_up(&op, dtypes[d], 2, (int64_t[]){1, 1});
        CHECK_INT(op_run(&op), PLAIT_OK);
        double expected[] = {1, 2, 3, 1, 1, 1};
        if (dtypes[d] == PLAIT_BOOL) expected[1] = 0, expected[2] = 1;
        for (int i = 0; i < 6; i++) CHECK_NEAR(plait__load_real(op_output(&op, 0), i), expected[i], 0);
        op_end(&op);
    }
}

TEST(shapes_that_are_not_known_yet) {
    struct op op;
    op_start(&op, PLAIT__OP_Add, 14);
    op_input(&op, PLAIT_F32, 3, (int64_t[]){-1, 1, 7}, NULL);
    op_input(&op, PLAIT_F32, 2, (int64_t[]){5, -1}, NULL);
    CHECK_INT(op_infer(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "float32[?,5,7]");
    op_end(&op);

    op_start(&op, PLAIT__OP_Equal, 13);
    op_input(&op, PLAIT_I64, -1, NULL, NULL);
    op_input(&op, PLAIT_I64, 1, (int64_t[]){3}, NULL);
    CHECK_INT(op_infer(&op), PLAIT_OK);
    CHECK_TEXT(op_type(&op, 0), "bool of unknown rank");
    op_end(&op);
}

TEST(malformed_nodes_are_refused) {
    struct op op;
    op_start(&op, PLAIT__OP_Add, 14);
    op_count_up(&op, PLAIT_F32, 2, (int64_t[]){2, 3});
    op_count_up(&op, PLAIT_F32, 1, (int64_t[]){2});
    CHECK_INT(op_run(&op), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(op.context), "Add 'it': dimension 1: 3 and 2 do not broadcast");
    op_end(&op);

    op_start(&op, PLAIT__OP_Add, 14);
    op_count_up(&op, PLAIT_F32, 1, (int64_t[]){2});
    op_count_up(&op, PLAIT_F64, 1, (int64_t[]){2});
    CHECK_INT(op_run(&op), PLAIT_INVALID);
    op_end(&op);

    op_start(&op, PLAIT__OP_Relu, 14); /* an output it has not got */
    op_count_up(&op, PLAIT_F32, 1, (int64_t[]){2});
    op.node.output_count = 2;
    CHECK_INT(op_run(&op), PLAIT_INVALID);
    op_end(&op);

    op_start(&op, PLAIT__OP_Dropout, 13); /* dropping at random is not ours to do */
    op_count_up(&op, PLAIT_F32, 1, (int64_t[]){2});
    op_input(&op, PLAIT_F32, 0, NULL, &(float){0.5F});
    op_input(&op, PLAIT_BOOL, 0, NULL, &(uint8_t){1});
    CHECK_INT(op_run(&op), PLAIT_UNSUPPORTED);
    op_end(&op);
}

TEST_MAIN(whole_numbers_are_exact_and_wrap, arithmetic_of_every_number_dtype, cast_of_every_dtype_to_every_dtype,
          cast_at_the_edges, activations, nan_stays_nan, clip_in_its_versions, prelu_before_and_after_version_7,
          shifts_past_the_width_give_zero, where_moves_any_dtype, shapes_that_are_not_known_yet, malformed_nodes_are_refused)
