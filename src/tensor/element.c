#include "tensor/element.h"

#include "tensor/half.h"

#include <math.h>

enum plait__work plait__work_of(enum plait_dtype dtype) {
    switch (dtype) {
    case PLAIT_F32:
    case PLAIT_F64:
    case PLAIT_F16:
    case PLAIT_BF16:
        return PLAIT__WORK_REAL;
    case PLAIT_U64:
        return PLAIT__WORK_NATURAL;
    default:
        return PLAIT__WORK_INTEGER;
    }
}

/* C leaves a conversion of what does not fit undefined: 64 bits end at their ends, and NaN is 0. */
int64_t plait__integer_of(double value) {
    if (value != value) return 0;
    if (value >= 9223372036854775808.0) return INT64_MAX;
    if (value < -9223372036854775808.0) return INT64_MIN;
    return (int64_t)value;
}

static uint64_t natural_of_real(double value) {
    if (value >= 18446744073709551616.0) return UINT64_MAX;
    if (value >= 9223372036854775808.0) return (uint64_t)value;
    return (uint64_t)plait__integer_of(value);
}

/* A conversion of a double past the ends of float is undefined too, though every machine gives infinity. */
static float float_of_real(double value) {
    const double end = 0x1.ffffffp127; /* half a step past the largest float: from here on it rounds to infinity */
    if (value >= end) return HUGE_VALF;
    if (value <= -end) return -HUGE_VALF;
    return (float)value;
}

#define AS_IS(value) (value)
#define FLAG(value)  ((value) != 0)

/* One loop over elements: `convert` makes what is stored of `from[...]`, or of `in[...]`. */
#define LOAD_CASE(name, type, out_type, convert)                                        \
    case PLAIT_##name: {                                                                \
        const type *from = (const type *)tensor->data + first;                          \
        for (int64_t i = 0; i < count; i++) out[i] = (out_type)convert(from[i * step]); \
        break;                                                                          \
    }
#define STORE_CASE(name, type, convert)                                          \
    case PLAIT_##name: {                                                         \
        type *to = (type *)tensor->data + first;                                 \
        for (int64_t i = 0; i < count; i++) to[i * step] = (type)convert(in[i]); \
        break;                                                                   \
    }

void plait__load_reals(const plait_tensor *tensor, int64_t first, int64_t step, int64_t count, double *out) {
    if (count == 0) return;
#define CASE(name, type) LOAD_CASE(name, type, double, AS_IS)
    switch (tensor->dtype) {
        PLAIT__NUMBER_MAP(CASE)
        LOAD_CASE(BOOL, uint8_t, double, FLAG)
        LOAD_CASE(F16, uint16_t, double, plait__f16_to_float)
        LOAD_CASE(BF16, uint16_t, double, plait__bf16_to_float)
    case PLAIT_DTYPE_NONE:
        break;
    }
#undef CASE
}

void plait__load_integers(const plait_tensor *tensor, int64_t first, int64_t step, int64_t count, int64_t *out) {
    if (count == 0) return;
#define INTEGER(name, type) LOAD_CASE(name, type, int64_t, AS_IS)
    switch (tensor->dtype) {
        INTEGER(U8, uint8_t)
        INTEGER(I8, int8_t)
        INTEGER(U16, uint16_t)
        INTEGER(I16, int16_t)
        INTEGER(I32, int32_t)
        INTEGER(U32, uint32_t)
        INTEGER(I64, int64_t)
        INTEGER(U64, uint64_t)
        LOAD_CASE(BOOL, uint8_t, int64_t, FLAG)
        LOAD_CASE(F32, float, int64_t, plait__integer_of)
        LOAD_CASE(F64, double, int64_t, plait__integer_of)
    case PLAIT_F16:
    case PLAIT_BF16:
        for (int64_t i = 0; i < count; i++) out[i] = plait__integer_of(plait__load_real(tensor, first + i * step));
        break;
    case PLAIT_DTYPE_NONE:
        break;
    }
#undef INTEGER
}

void plait__store_reals(plait_tensor *tensor, int64_t first, int64_t step, int64_t count, const double *in) {
    if (count == 0) return;
#define HALF(value)  plait__f16_from_float(float_of_real(value))
#define BRAIN(value) plait__bf16_from_float(float_of_real(value))
    switch (tensor->dtype) {
        STORE_CASE(F32, float, float_of_real)
        STORE_CASE(F64, double, AS_IS)
        STORE_CASE(F16, uint16_t, HALF)
        STORE_CASE(BF16, uint16_t, BRAIN)
        STORE_CASE(U8, uint8_t, plait__integer_of)
        STORE_CASE(I8, int8_t, plait__integer_of)
        STORE_CASE(U16, uint16_t, plait__integer_of)
        STORE_CASE(I16, int16_t, plait__integer_of)
        STORE_CASE(I32, int32_t, plait__integer_of)
        STORE_CASE(U32, uint32_t, plait__integer_of)
        STORE_CASE(I64, int64_t, plait__integer_of)
        STORE_CASE(U64, uint64_t, natural_of_real)
        STORE_CASE(BOOL, uint8_t, FLAG)
    case PLAIT_DTYPE_NONE:
        break;
    }
#undef HALF
#undef BRAIN
}

void plait__store_integers(plait_tensor *tensor, int64_t first, int64_t step, int64_t count, const int64_t *in) {
    if (count == 0) return;
#define CASE(name, type) STORE_CASE(name, type, AS_IS)
#define HALF(value)      plait__f16_from_float((float)(value))
#define BRAIN(value)     plait__bf16_from_float((float)(value))
    switch (tensor->dtype) {
        PLAIT__NUMBER_MAP(CASE)
        STORE_CASE(BOOL, uint8_t, FLAG)
        STORE_CASE(F16, uint16_t, HALF)
        STORE_CASE(BF16, uint16_t, BRAIN)
    case PLAIT_DTYPE_NONE:
        break;
    }
#undef CASE
#undef HALF
#undef BRAIN
}

void plait__load(enum plait__work work, const plait_tensor *tensor, int64_t first, int64_t step, int64_t count, void *out) {
    if (work == PLAIT__WORK_REAL)
        plait__load_reals(tensor, first, step, count, out);
    else
        plait__load_integers(tensor, first, step, count, out);
}

void plait__store(enum plait__work work, plait_tensor *tensor, int64_t first, int64_t step, int64_t count, const void *in) {
    if (work == PLAIT__WORK_REAL)
        plait__store_reals(tensor, first, step, count, in);
    else
        plait__store_integers(tensor, first, step, count, in);
}
