/* Functions of f32 that GPUs have no instruction for, by arithmetic that is the same wherever a kernel runs: no library of the
 * device is needed, and what a test finds on the host holds on a GPU but for the order of a multiplication and an addition in
 * one.  Errors are a few units in the last place. */
#ifndef PLAIT_BACKEND_CUDA_KERNELS_NUMBERS_H
#define PLAIT_BACKEND_CUDA_KERNELS_NUMBERS_H

#include "backend/cuda/kernels/kernel.h"

#define INFINITE __builtin_inff()

union number_bits {
    float number;
    uint32_t bits;
};

/* 2^n, n in -126..127 */
INLINE float power_of_two(int n) {
    return (union number_bits){.bits = (uint32_t)(n + 127) << 23}.number;
}

/* x is n ln 2 + r, so e^x is 2^n e^r; ln 2 in two parts, the first exact in products with n (Cody and Waite, "Software Manual
 * for the Elementary Functions", 1980, chapter 6).  e^r by its series, |r| <= ln 2 / 2. */
INLINE float exponential(float x) {
    if (x != x) return x;
    if (x > 89.0f) return INFINITE;
    if (x < -104.0f) return 0.0f;
    float n = __builtin_rintf(x * 1.44269504f);
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float series = 1.0f / 720.0f + r * (1.0f / 5040.0f);
    series = 1.0f / 120.0f + r * series;
    series = 1.0f / 24.0f + r * series;
    series = 1.0f / 6.0f + r * series;
    series = 1.0f + r * (1.0f + r * (0.5f + r * series));
    int half = (int)n / 2; /* the result may be smaller than any power of two that has an exponent of its own */
    return series * power_of_two(half) * power_of_two((int)n - half);
}

/* e^x - 1, near 0 too. */
INLINE float exponential_less_one(float x) {
    if (!(x > -0.35f && x < 0.35f)) return exponential(x) - 1.0f;
    float series = 1.0f / 5040.0f + x * (1.0f / 40320.0f);
    series = 1.0f / 720.0f + x * series;
    series = 1.0f / 120.0f + x * series;
    series = 1.0f / 24.0f + x * series;
    series = 1.0f / 6.0f + x * series;
    return x + x * x * (0.5f + x * series);
}

/* x is m 2^n with m in sqrt(1/2)..sqrt 2; ln m by the series of (m - 1) / (m + 1). */
INLINE float logarithm(float x) {
    if (x != x || x < 0.0f) return __builtin_nanf("");
    if (x == 0.0f) return -INFINITE;
    if (x == INFINITE) return x;
    int n = 0;
    if (x < 1.17549435e-38f) { /* no exponent of its own */
        x *= 8388608.0f;
        n = -23;
    }
    union number_bits m = {.number = x};
    n += (int)(m.bits >> 23) - 127;
    m.bits = (m.bits & 0x7FFFFFu) | 127u << 23;
    if (m.number > 1.41421356f) {
        m.number *= 0.5f;
        n++;
    }
    float s = (m.number - 1.0f) / (m.number + 1.0f), square = s * s;
    float series = 1.0f / 7.0f + square * (1.0f / 9.0f);
    series = 2.0f / 5.0f + square * (2.0f * series);
    series = 2.0f + square * (2.0f / 3.0f + square * series);
    return (float)n * 0.693359375f + (s * series - (float)n * 2.12194440e-4f);
}

/* ln(1 + x) for x in 0..1: what is lost in 1 + x is put back (Kahan). */
INLINE float logarithm_of_one_plus(float x) {
    float sum = 1.0f + x;
    return sum == 1.0f ? x : logarithm(sum) * (x / (sum - 1.0f));
}

INLINE float hyperbolic_tangent(float x) {
    float size = __builtin_fabsf(x);
    float twice = exponential_less_one(size > 10.0f ? 20.0f : 2.0f * size);
    return __builtin_copysignf(twice / (twice + 2.0f), x);
}

INLINE float sigmoid(float x) {
    return 1.0f / (1.0f + exponential(-x));
}

/* Its series up to 1; beyond by Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26, to 1.5e-7. */
INLINE float error_function(float x) {
    float size = __builtin_fabsf(x), square = x * x;
    if (size <= 1.0f) {
        float series = 1.0f / 685440.0f + square * (-1.0f / 6894720.0f);
        series = 1.0f / 9360.0f + square * (-1.0f / 75600.0f + square * series);
        series = 1.0f / 216.0f + square * (-1.0f / 1320.0f + square * series);
        series = 1.0f / 10.0f + square * (-1.0f / 42.0f + square * series);
        series = 1.0f + square * (-1.0f / 3.0f + square * series);
        return 1.12837917f * x * series;
    }
    float t = 1.0f / (1.0f + 0.3275911f * size);
    float sum = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    return __builtin_copysignf(1.0f - sum * exponential(-square), x);
}

INLINE float softplus(float x) {
    float size = __builtin_fabsf(x);
    return (x > 0.0f ? x : 0.0f) + logarithm_of_one_plus(exponential(-size));
}

/* The greater and the lesser; NaN when there is one. */
INLINE float greater_of(float x, float y) {
    return x != x || x > y ? x : y;
}
INLINE float lesser_of(float x, float y) {
    return x != x || x < y ? x : y;
}

/* Sine of x + quarter * pi/2.  x is n pi/2 + r, in double, which has bits enough to take n pi/2 away; then series of r, |r| <=
 * pi/4. */
INLINE float sine(float x, int quarter) {
    if (!(x > -INFINITE && x < INFINITE)) return __builtin_nanf("");
    double n = __builtin_rint((double)x * 0.63661977236758134);
    float r = (float)(((double)x - n * 1.57079632673412561) - n * 6.07710050650619225e-11), square = r * r;
    int turn = (int)((int64_t)n + quarter) & 3;
    float series;
    if (turn & 1) {
        series = -1.0f / 720.0f + square * (1.0f / 40320.0f);
        series = 1.0f + square * (-0.5f + square * (1.0f / 24.0f + square * series));
    } else {
        series = -1.0f / 5040.0f + square * (1.0f / 362880.0f);
        series = r + r * square * (-1.0f / 6.0f + square * (1.0f / 120.0f + square * series));
    }
    return turn & 2 ? -series : series;
}

/* Of 1 / x beyond 1, and halved once, atan x = 2 atan(x / (1 + sqrt(1 + x^2))); then the series. */
INLINE float arc_tangent(float x) {
    float size = __builtin_fabsf(x);
    bool turned = size > 1.0f;
    if (turned) size = 1.0f / size;
    float half = size / (1.0f + __builtin_sqrtf(1.0f + size * size)), square = half * half; /* half <= tan(pi/8) */
    float series = -1.0f / 11.0f + square * (1.0f / 13.0f + square * (-1.0f / 15.0f + square * (1.0f / 17.0f)));
    series = 1.0f / 5.0f + square * (-1.0f / 7.0f + square * (1.0f / 9.0f + square * series));
    float angle = 2.0f * (half + half * square * (-1.0f / 3.0f + square * series));
    return __builtin_copysignf(turned ? 1.57079633f - angle : angle, x);
}

/* To the power of a small whole number, or of 1/2. */
INLINE float whole_power(float x, float exponent) {
    if (exponent == 0.5f) return __builtin_sqrtf(x);
    int left = (int)exponent;
    float product = 1.0f, factor = x;
    for (int n = left < 0 ? -left : left; n > 0; n /= 2, factor *= factor)
        if (n & 1) product *= factor;
    return left < 0 ? 1.0f / product : product;
}

#endif
