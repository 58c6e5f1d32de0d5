/* The functions that kernels have instead of a library of the device, against the host's in double, over numbers of every size.
 */
#include "backend/cuda/kernels/numbers.h"
#include "test.h"

#include <stdlib.h>

/* Every 4,099th of all floats: both signs, every exponent, infinities among the given ones, NaN. */
enum { STEP = 4099 };

struct worst {
    double error;
    float at;
};

/* The error in units of the last place of what is expected, but of `least` at least; what is infinite or NaN must be so. */
static void measure(struct worst *worst, float x, float found, double expected, double least) {
    float rounded = (float)expected;
    if (isnan(rounded) || isnan(found)) {
        if (isnan(rounded) != isnan(found)) *worst = (struct worst){INFINITY, x};
        return;
    }
    if (isinf(rounded) || isinf(found)) { /* at the end of the range an error may be what makes it so */
        double end = 3.4028235e38 * (1 - 1e-5);
        if (rounded != found && !(fabs(expected) > end && fabs((double)found) > end)) *worst = (struct worst){INFINITY, x};
        return;
    }
    double unit = fmax(fmax(fabs(expected), least) * 0x1p-23, 0x1p-149), error = fabs((double)found - expected) / unit;
    if (error > worst->error) *worst = (struct worst){error, x};
}

static double sigmoid_of(double x) {
    return 1 / (1 + exp(-x));
}
static double softplus_of(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double sine_quarter(double x) {
    return cos(x);
}
static float cosine(float x) {
    return sine(x, 1);
}
static float sine_alone(float x) {
    return sine(x, 0);
}

/* `most`: units in the last place; `least`: below it errors count as if the result were that large; `range`: of arguments. */
static void sweep(const char *name, float (*found)(float), double (*expected)(double), double most, double least, float range) {
    static const float given[] = {0.0f,    -0.0f,   INFINITY, -INFINITY, 1.0f,          -1.0f, 88.72f, 88.73f, -87.4f,
                                  -103.9f, -104.1f, 1e-45f,   -1e-45f,   3.4028235e38f, 0.35f, -0.35f, 10.0f,  1.4142135f};
    struct worst worst = {0, 0};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (fabsf(given[i]) <= range) measure(&worst, given[i], found(given[i]), expected(given[i]), least);
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += STEP) {
        float x = (union number_bits){.bits = (uint32_t)bits}.number;
        if (x != x || fabsf(x) <= range) measure(&worst, x, found(x), expected((double)x), least);
    }
    printf("%s: at most %.2f units in the last place, at %g\n", name, worst.error, (double)worst.at);
    if (!(worst.error <= most)) fprintf(stderr, "%s: expected at most %g units\n", name, most);
    CHECK(worst.error <= most);
}

/* exp of -x is as good as it is, and what is near 0 counts against 1. */
TEST(functions) {
    sweep("exponential", exponential, exp, 3, 0, INFINITY);
    sweep("exponential_less_one", exponential_less_one, expm1, 3, 0, INFINITY);
    sweep("logarithm", logarithm, log, 3, 0, INFINITY);
    sweep("hyperbolic_tangent", hyperbolic_tangent, tanh, 3, 0, INFINITY);
    sweep("sigmoid", sigmoid, sigmoid_of, 3, 0, 87);
    sweep("softplus", softplus, softplus_of, 3, 0, 87);
    sweep("error_function", error_function, erf, 3, 0.5, INFINITY);
    sweep("sine", sine_alone, sin, 3, 0.01, 1e6f);
    sweep("cosine", cosine, sine_quarter, 3, 0.01, 1e6f);
    sweep("arc_tangent", arc_tangent, atan, 3, 0, INFINITY);
}

TEST(powers) {
    static const float exponents[] = {0, 1, 2, 3, 7, 16, -1, -2, -3, 0.5f};
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++)
        for (float x = -3; x <= 3; x += 0.37f) {
            double expected = pow((double)x, (double)exponents[e]);
            if (isnan(expected))
                CHECK(isnan(whole_power(x, exponents[e])));
            else
                CHECK_NEAR((double)whole_power(x, exponents[e]) / expected, 1, 1e-6); /* a rounding each of 16 products */
        }
}

TEST(nothing_hides_a_nan) {
    CHECK(isnan(greater_of(NAN, 1)) && isnan(greater_of(1, NAN)) && isnan(lesser_of(NAN, 1)) && isnan(lesser_of(1, NAN)));
    CHECK(isnan(clamped(NAN, 0, 6)));
    CHECK(greater_of(1, 2) == 2 && lesser_of(1, 2) == 1 && clamped(7, 0, 6) == 6 && clamped(-1, 0, 6) == 0);
}

TEST_MAIN(functions, powers, nothing_hides_a_nan)
