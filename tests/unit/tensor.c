#include "tensor/tensor.h"

#include "tensor/half.h"
#include "test.h"

TEST(dtypes_have_sizes_and_names) {
    CHECK_INT(plait_dtype_bytes(PLAIT_F32), 4);
    CHECK_INT(plait_dtype_bytes(PLAIT_BF16), 2);
    CHECK_INT(plait_dtype_bytes(PLAIT_DTYPE_NONE), 0);
    CHECK_INT(plait_dtype_bytes((enum plait_dtype)8), 0);
    CHECK_TEXT(plait_dtype_name(PLAIT_I64), "int64");
    CHECK_TEXT(plait_dtype_name((enum plait_dtype)99), "unknown");
}

TEST(products_do_not_overflow) {
    CHECK_INT(plait__elements(0, NULL), 1);
    CHECK_INT(plait__elements(3, (int64_t[]){2, 3, 7}), 42);
    CHECK_INT(plait__elements(3, (int64_t[]){7, 1 << 20, 0}), 0);
    CHECK_INT(plait__elements(3, (int64_t[]){INT64_MAX, INT64_MAX, 0}), -1);
    CHECK_INT(plait__elements(2, (int64_t[]){INT64_MAX, 2}), -1);
    CHECK_INT(plait__elements(2, (int64_t[]){(int64_t)1 << 32, (int64_t)1 << 32}), -1);
    CHECK_INT(plait__elements(2, (int64_t[]){0, -1}), -1);
    CHECK_INT(plait__elements(9, (int64_t[]){1, 1, 1, 1, 1, 1, 1, 1, 1}), -1);
    CHECK_INT(plait__elements(-1, NULL), -1);
}

TEST(measures_say_what_is_wrong) {
    plait_context *context = NULL;
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    int64_t elements = 0;
    size_t bytes = 0;
    plait_tensor tensor = {.dtype = PLAIT_F64, .rank = 2, .dims = {3, 5}};
    CHECK_INT(plait__tensor_measure(context, &tensor, &elements, &bytes), PLAIT_OK);
    CHECK_INT(elements, 15);
    CHECK_INT(bytes, 120);
    CHECK_INT(plait_tensor_bytes(&tensor), 120);
    tensor.dims[1] = -1;
    CHECK_INT(plait__tensor_measure(context, &tensor, NULL, NULL), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "dimension 1: expected 0 or more, found -1");
    CHECK_INT(plait_tensor_bytes(&tensor), 0);
    tensor.dims[1] = INT64_MAX;
    CHECK_INT(plait__tensor_measure(context, &tensor, NULL, NULL), PLAIT_LIMIT);
    CHECK_TEXT(plait_context_error(context), "float64[3,9223372036854775807]: too large");
    tensor.rank = 9;
    CHECK_INT(plait__tensor_measure(context, &tensor, NULL, NULL), PLAIT_INVALID);
    tensor.dtype = PLAIT_DTYPE_NONE;
    CHECK_INT(plait__tensor_measure(context, &tensor, NULL, NULL), PLAIT_INVALID);
    plait_context_destroy(context);
}

TEST(types_are_described) {
    char text[32], cut[9];
    plait_tensor tensor = {.dtype = PLAIT_F32, .rank = 3, .dims = {2, -1, 7}};
    CHECK_TEXT(plait__tensor_describe(&tensor, text, sizeof text), "float32[2,?,7]");
    CHECK_TEXT(plait__tensor_describe(&tensor, cut, sizeof cut), "float32[");
    plait_tensor scalar = {.dtype = PLAIT_BOOL};
    CHECK_TEXT(plait__tensor_describe(&scalar, text, sizeof text), "bool[]");
    plait_tensor other = tensor;
    CHECK(plait__same_shape(&tensor, &other));
    other.dims[2] = 8;
    CHECK(!plait__same_shape(&tensor, &other) && !plait__same_shape(&tensor, &scalar));
}

TEST(every_half_survives_the_way_through_float) {
    int wrong = 0;
    for (uint32_t bits = 0; bits < 65536; bits++) {
        float f16 = plait__f16_to_float((uint16_t)bits), bf16 = plait__bf16_to_float((uint16_t)bits);
        wrong += isnan(f16) ? !isnan(plait__f16_to_float(plait__f16_from_float(f16))) : plait__f16_from_float(f16) != bits;
        wrong +=
            isnan(bf16) ? !isnan(plait__bf16_to_float(plait__bf16_from_float(bf16))) : plait__bf16_from_float(bf16) != bits;
    }
    CHECK_INT(wrong, 0);
}

/* Between two neighbours the nearer one is taken, at the middle the even one: checked at every finite f16. */
TEST(f16_rounds_to_nearest_even) {
    int wrong = 0;
    for (uint32_t bits = 0; bits < 0x7bff; bits++) {
        float low = plait__f16_to_float((uint16_t)bits), high = plait__f16_to_float((uint16_t)(bits + 1));
        float middle = low + (high - low) / 2; /* exact: floats have 13 more bits */
        wrong += plait__f16_from_float(middle) != bits + (bits & 1);
        wrong += plait__f16_from_float(nextafterf(middle, 0)) != bits;
        wrong += plait__f16_from_float(-nextafterf(middle, 1e9f)) != (0x8000 | (bits + 1));
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(plait__f16_from_float(65519.996f), 0x7bff);
    CHECK_INT(plait__f16_from_float(65520), 0x7c00);
    CHECK_INT(plait__f16_from_float(-INFINITY), 0xfc00);
    CHECK_INT(plait__bf16_from_float(plait__float_from_bits(0x3f808000)), 0x3f80);
    CHECK_INT(plait__bf16_from_float(plait__float_from_bits(0x3f818000)), 0x3f82);
    CHECK_INT(plait__bf16_from_float(3.4028235e38f), 0x7f80);
    CHECK(isnan(plait__bf16_to_float(plait__bf16_from_float(plait__float_from_bits(0x7f800001)))));
}

TEST_MAIN(dtypes_have_sizes_and_names, products_do_not_overflow, measures_say_what_is_wrong, types_are_described,
          every_half_survives_the_way_through_float, f16_rounds_to_nearest_even)
