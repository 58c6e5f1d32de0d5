/* Half-precision floats as bits.  f16 is IEEE 754 binary16, bf16 the upper half of a float; both round to nearest, ties to
 * even. */
#ifndef PLAIT_TENSOR_HALF_H
#define PLAIT_TENSOR_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t plait__float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float plait__float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float plait__f16_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3ff;
    if (exponent == 31) return plait__float_from_bits(sign | 0x7f800000 | fraction << 13); /* infinity, NaN */
    if (exponent == 0) { /* zero, subnormal: fraction / 2^24 */
        float magnitude = (float)fraction * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    return plait__float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

static inline uint16_t plait__f16_from_float(float value) {
    uint32_t bits = plait__float_bits(value);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;  /* NaN */
    if (magnitude >= 0x477ff000) return sign | 0x7c00; /* 65520 and more round to infinity */
    if (magnitude < 0x38800000) /* below 2^-14: a whole number of 2^-24, rounded by the addition to 0.5 */
        return sign | (uint16_t)(plait__float_bits(plait__float_from_bits(magnitude) + 0.5f) - 0x3f000000);
    uint32_t odd = magnitude >> 13 & 1;
    return sign | (uint16_t)((magnitude - 0x38000000 + 0xfff + odd) >> 13);
}

static inline float plait__bf16_to_float(uint16_t half) {
    return plait__float_from_bits((uint32_t)half << 16);
}

static inline uint16_t plait__bf16_from_float(float value) {
    uint32_t bits = plait__float_bits(value);
    if (isnan(value)) return (uint16_t)(bits >> 16 | 0x40); /* stays a NaN when the lower half goes */
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
