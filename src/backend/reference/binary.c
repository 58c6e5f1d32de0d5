/* Two inputs, broadcast against each other: arithmetic, bits, logic and comparisons. */
#include "backend/reference/kernel.h"
#include "graph/shape/elementwise.h"

#include <math.h>
#include <string.h>

/* A loop over pairs `x`, `y` of the work type `type`, with the operator's parameters in `p`. */
#define MAP(function, type, out_type, expression)                                            \
    static void function(void *out, const void *const *in, int64_t count, const double *p) { \
        (void)p;                                                                             \
        for (int64_t i = 0; i < count; i++) {                                                \
            const type x = ((const type *)in[0])[i], y = ((const type *)in[1])[i];           \
            (void)y;                                                                         \
            ((out_type *)out)[i] = (expression);                                             \
        }                                                                                    \
    }

/* ---- arithmetic ---- */

#define NUMBER(name, real_expression, integer_expression, natural_expression) \
    MAP(name##_real, double, double, real_expression)                         \
    MAP(name##_integer, int64_t, int64_t, integer_expression)                 \
    MAP(name##_natural, uint64_t, uint64_t, natural_expression)               \
    static const struct plait__maps name##_maps = {name##_real, name##_integer, name##_natural, false};

#define NUMBER_KERNEL(name)                                            \
    enum plait_status plait__kernel_##name(struct plait__call *call) { \
        return plait__map_elements(call, &name##_maps, NULL);          \
    }

/* Integers wrap around, which C promises for unsigned ones alone; a division by zero, which it leaves undefined, gives 0. */
#define WRAP(x, operator, y) ((int64_t)((uint64_t)(x) operator(uint64_t)(y)))

static int64_t quotient(int64_t x, int64_t y) {
    return y == 0 ? 0 : y == -1 ? WRAP(0, -, x) : x / y;
}
static int64_t remainder_of_dividend(int64_t x, int64_t y) {
    return y == 0 || y == -1 ? 0 : x % y;
}

static int64_t remainder_of_divisor(int64_t x, int64_t y) {
    int64_t remainder = remainder_of_dividend(x, y);
    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder;
}

static double real_remainder_of_divisor(double x, double y) {
    double remainder = fmod(x, y);
    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder;
}

static uint64_t natural_power(uint64_t base, uint64_t exponent) {
    uint64_t power = 1;
    for (; exponent != 0; exponent >>= 1, base *= base)
        if (exponent & 1) power *= base;
    return power;
}

static int64_t integer_power(int64_t base, int64_t exponent) {
    if (exponent >= 0) return (int64_t)natural_power((uint64_t)base, (uint64_t)exponent);
    if (base == 1 || base == -1) return exponent % 2 == 0 ? 1 : base;
    return 0; /* a fraction, cut off */
}

NUMBER(add, x + y, WRAP(x, +, y), x + y)
NUMBER(sub, x - y, WRAP(x, -, y), x - y)
NUMBER(mul, x *y, WRAP(x, *, y), x *y)
NUMBER(div, x / y, quotient(x, y), y == 0 ? 0 : x / y)
NUMBER(pow, pow(x, y), integer_power(x, y), natural_power(x, y))
NUMBER(mod, real_remainder_of_divisor(x, y), remainder_of_divisor(x, y), y == 0 ? 0 : x % y)
NUMBER(fmod, fmod(x, y), remainder_of_dividend(x, y), y == 0 ? 0 : x % y)
NUMBER(prelu, x < 0 ? x * y : x, x < 0 ? WRAP(x, *, y) : x, x)

NUMBER_KERNEL(add)
NUMBER_KERNEL(sub)
NUMBER_KERNEL(mul)
NUMBER_KERNEL(div)
NUMBER_KERNEL(pow)

enum plait_status plait__kernel_prelu(struct plait__call *call) {
    plait_tensor slope = plait__prelu_slope(call);
    const plait_tensor *inputs[2] = {call->inputs[0], &slope};
    struct plait__call aligned = *call;
    aligned.inputs = inputs;
    return plait__map_elements(&aligned, &prelu_maps, NULL);
}

enum plait_status plait__kernel_mod(struct plait__call *call) {
    bool of_dividend = plait__attribute_int(call->node, "fmod", 0) != 0;
    return plait__map_elements(call, of_dividend ? &fmod_maps : &mod_maps, NULL);
}

/* ---- bits and logic ---- */

#define BITS(name, expression)                                                                                         \
    MAP(name##_bits, uint64_t, uint64_t, expression)                                                                   \
    enum plait_status plait__kernel_##name(struct plait__call *call) {                                                 \
        return plait__map_elements(call, &(struct plait__maps){.integer = name##_bits, .natural = name##_bits}, NULL); \
    }

BITS(and, x &y)
BITS(or, x | y)
BITS(xor, x ^ y)

MAP(shift_left, uint64_t, uint64_t, y < 64 ? x << y : 0)
MAP(shift_right, uint64_t, uint64_t, y < 64 ? x >> y : 0)

enum plait_status plait__kernel_bit_shift(struct plait__call *call) {
    bool left = strcmp(plait__attribute_string(call->node, "direction", ""), "LEFT") == 0;
    plait__map map = left ? shift_left : shift_right;
    return plait__map_elements(call, &(struct plait__maps){.integer = map, .natural = map}, NULL);
}

/* ---- comparisons ---- */

#define COMPARE(name, operator)                                                                                           \
    MAP(name##_real, double, int64_t, x operator y)                                                                       \
    MAP(name##_integer, int64_t, int64_t, x operator y)                                                                   \
    MAP(name##_natural, uint64_t, int64_t, x operator y)                                                                  \
    enum plait_status plait__kernel_##name(struct plait__call *call) {                                                    \
        return plait__map_elements(call, &(struct plait__maps){name##_real, name##_integer, name##_natural, true}, NULL); \
    }

COMPARE(equal, ==)
COMPARE(greater, >)
COMPARE(greater_or_equal, >=)
COMPARE(less, <)
COMPARE(less_or_equal, <=)
