/* GELU (Hendrycks and Gimpel, 2016) in its two forms, whatever the order of the factors:
 *     x/2 * (1 + erf(x / sqrt 2))
 *     x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) */
#include <math.h>

#include "graph/fuse/fuse.h"

#define SQRT_HALF      0.70710678118654752
#define SQRT_2_OVER_PI 0.79788456080286536

/* A product taken apart: a constant and what is no product itself. */
struct factors {
    double scalar;
    int count;
    int values[4];
};

static bool collect(const struct plait__fuse *fuse, int value, bool is_root, int depth, struct factors *factors) {
    const struct plait__node *node =
        is_root ? plait__made_by(fuse, value, PLAIT__OP_Mul) : plait__made_for(fuse, value, PLAIT__OP_Mul);
    const struct plait__node *quotient =
        is_root ? plait__made_by(fuse, value, PLAIT__OP_Div) : plait__made_for(fuse, value, PLAIT__OP_Div);
    int x;
    float factor;
    if (depth > 4) return false;
    if (!node && quotient && plait__scaled(fuse, quotient, &x, &factor)) node = quotient;
    if (node && plait__scaled(fuse, node, &x, &factor)) {
        factors->scalar *= (double)factor;
        return collect(fuse, x, false, depth + 1, factors);
    }
    if (node)
        return collect(fuse, node->inputs[0], false, depth + 1, factors) &&
               collect(fuse, node->inputs[1], false, depth + 1, factors);
    if (factors->count == 4) return false;
    factors->values[factors->count++] = value;
    return true;
}

static bool factors_of(const struct plait__fuse *fuse, int value, bool is_root, struct factors *factors) {
    *factors = (struct factors){.scalar = 1.0};
    return collect(fuse, value, is_root, 0, factors);
}

static bool near(double found, double expected) {
    return fabs(found - expected) <= 1e-5 * fabs(expected);
}

/* 1 + inner, where inner is a node of `op`: the node. */
static const struct plait__node *one_plus(const struct plait__fuse *fuse, int value, enum plait__op op) {
    const struct plait__node *sum = plait__made_for(fuse, value, PLAIT__OP_Add);
    int inner;
    float one;
    return sum && plait__with_scalar(fuse, sum, &inner, &one) && one == 1.0f ? plait__made_for(fuse, inner, op) : NULL;
}

/* x to the power of `exponent`: Pow, or x several times; the rest of the scalar is compared by the caller. */
static bool is_power(const struct plait__fuse *fuse, const struct factors *factors, int x, int exponent) {
    int found = 0;
    for (int i = 0; i < factors->count; i++) {
        const struct plait__node *power = plait__made_for(fuse, factors->values[i], PLAIT__OP_Pow);
        if (factors->values[i] == x)
            found++;
        else if (power && power->inputs[0] == x && plait__scalar_is(fuse, power->inputs[1], x, 2.0))
            found += 2;
        else if (power && power->inputs[0] == x && plait__scalar_is(fuse, power->inputs[1], x, 3.0))
            found += 3;
        else
            return false;
    }
    return found == exponent;
}

static bool is_scaled_power(const struct plait__fuse *fuse, int value, int x, int exponent, double scale) {
    struct factors factors;
    return factors_of(fuse, value, false, &factors) && near(factors.scalar, scale) && is_power(fuse, &factors, x, exponent);
}

/* x + 0.044715 x^3 */
static bool is_cubic(const struct plait__fuse *fuse, int value, int x) {
    const struct plait__node *sum = plait__made_for(fuse, value, PLAIT__OP_Add);
    for (int i = 0; sum && i < 2; i++)
        if (sum->inputs[i] == x && is_scaled_power(fuse, sum->inputs[1 - i], x, 3, 0.044715)) return true;
    return false;
}

/* 1 + 0.044715 x^2 */
static bool is_quadratic(const struct plait__fuse *fuse, int value, int x) {
    const struct plait__node *sum = plait__made_for(fuse, value, PLAIT__OP_Add);
    int square;
    float one;
    return sum && plait__with_scalar(fuse, sum, &square, &one) && one == 1.0f && is_scaled_power(fuse, square, x, 2, 0.044715);
}

static bool is_tanh_argument(const struct plait__fuse *fuse, int value, int x) {
    struct factors factors;
    if (!factors_of(fuse, value, false, &factors) || !near(factors.scalar, SQRT_2_OVER_PI)) return false;
    if (factors.count == 1) return is_cubic(fuse, factors.values[0], x);
    for (int i = 0; i < 2 && factors.count == 2; i++)
        if (factors.values[i] == x && is_quadratic(fuse, factors.values[1 - i], x)) return true;
    return false;
}

enum plait_status plait__fuse_gelu(struct plait__fuse *fuse, struct plait__node *node, bool *changed) {
    if ((node->op != PLAIT__OP_Mul && node->op != PLAIT__OP_Div) || node->clamp.on || node->outputs[0] < 0) return PLAIT_OK;
    struct factors factors;
    if (!factors_of(fuse, node->outputs[0], true, &factors) || factors.count != 2 || !near(factors.scalar, 0.5))
        return PLAIT_OK;
    for (int i = 0; i < 2; i++) {
        int x = factors.values[i];
        const struct plait__node *erf = one_plus(fuse, factors.values[1 - i], PLAIT__OP_Erf);
        const struct plait__node *tanh = one_plus(fuse, factors.values[1 - i], PLAIT__OP_Tanh);
        bool found =
            erf ? is_scaled_power(fuse, erf->inputs[0], x, 1, SQRT_HALF) : tanh && is_tanh_argument(fuse, tanh->inputs[0], x);
        if (!found) continue;
        const char *approximate = erf ? "none" : "tanh";
        *changed = true;
        PLAIT__TRY(plait__become(fuse, node, PLAIT__OP_Gelu, 20, 1, &x, 1));
        plait__set_string(node, 0, "approximate", approximate);
        return PLAIT_OK;
    }
    return PLAIT_OK;
}
