/* One element in, one element out: mathematics, predicates and activations. */
#include "backend/reference/activation.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

/* A loop over `count` elements `x` of the work type `type`, with the operator's parameters in `p`. */
#define MAP(function, type, out_type, expression)                                            \
    static void function(void *out, const void *const *in, int64_t count, const double *p) { \
        (void)p;                                                                             \
        for (int64_t i = 0; i < count; i++) {                                                \
            const type x = ((const type *)in[0])[i];                                         \
            ((out_type *)out)[i] = (expression);                                             \
        }                                                                                    \
    }

/* ---- float dtypes alone ---- */

#define REAL(name, expression)                                                              \
    MAP(name##_real, double, double, expression)                                            \
    enum plait_status plait__kernel_##name(struct plait__call *call) {                      \
        return plait__map_elements(call, &(struct plait__maps){.real = name##_real}, NULL); \
    }

REAL(sqrt, sqrt(x))
REAL(exp, exp(x))
REAL(log, log(x))
REAL(reciprocal, 1 / x)
REAL(floor, floor(x))
REAL(ceil, ceil(x))
REAL(round, nearbyint(x)) /* halves to even, as C rounds unless told otherwise */
REAL(sin, sin(x))
REAL(cos, cos(x))
REAL(tan, tan(x))
REAL(asin, asin(x))
REAL(acos, acos(x))
REAL(atan, atan(x))
REAL(sinh, sinh(x))
REAL(cosh, cosh(x))
REAL(asinh, asinh(x))
REAL(acosh, acosh(x))
REAL(atanh, atanh(x))
REAL(hard_swish, x *fmin(fmax(x / 6 + 0.5, 0), 1))
REAL(silu, x / (1 + exp(-x)))

/* ---- integers too ---- */

#define NUMBER(name, real_expression, integer_expression, natural_expression)                                              \
    MAP(name##_real, double, double, real_expression)                                                                      \
    MAP(name##_integer, int64_t, int64_t, integer_expression)                                                              \
    MAP(name##_natural, uint64_t, uint64_t, natural_expression)                                                            \
    enum plait_status plait__kernel_##name(struct plait__call *call) {                                                     \
        return plait__map_elements(call, &(struct plait__maps){name##_real, name##_integer, name##_natural, false}, NULL); \
    }

/* The least integer has no opposite: it wraps to itself. */
static int64_t opposite(int64_t x) {
    return (int64_t)(0 - (uint64_t)x);
}

NUMBER(neg, -x, opposite(x), 0 - x)
NUMBER(abs, fabs(x), x < 0 ? opposite(x) : x, x)
NUMBER(sign, x != x ? x : (x > 0) - (x < 0), (x > 0) - (x < 0), x > 0)
NUMBER(erf, erf(x), plait__integer_of(erf((double)x)), (uint64_t)erf((double)x))
NUMBER(bitwise_not, x, ~x, ~x)

MAP(shrink_real, double, double, x<-p[0] ? x + p[1] : x> p[0] ? x - p[1] : 0)
MAP(shrink_integer, int64_t, int64_t,
    (double)x<-p[0] ? plait__integer_of((double)x + p[1]) : (double)x> p[0] ? plait__integer_of((double)x - p[1]) : 0)

enum plait_status plait__kernel_shrink(struct plait__call *call) {
    const double parameters[] = {plait__attribute_float(call->node, "lambd", 0.5F),
                                 plait__attribute_float(call->node, "bias", 0)};
    return plait__map_elements(call, &(struct plait__maps){shrink_real, shrink_integer, shrink_integer, false}, parameters);
}

/* ---- predicates ---- */

MAP(not_integer, int64_t, int64_t, !x)
MAP(is_nan_real, double, int64_t, isnan(x) != 0)
MAP(is_inf_real, double, int64_t, isinf(x) && (x > 0 ? p[0] : p[1]) != 0)

enum plait_status plait__kernel_not(struct plait__call *call) {
    return plait__map_elements(call, &(struct plait__maps){.integer = not_integer, .predicate = true}, NULL);
}

enum plait_status plait__kernel_is_nan(struct plait__call *call) {
    return plait__map_elements(call, &(struct plait__maps){.real = is_nan_real, .predicate = true}, NULL);
}

enum plait_status plait__kernel_is_inf(struct plait__call *call) {
    const double parameters[] = {(double)plait__attribute_int(call->node, "detect_positive", 1),
                                 (double)plait__attribute_int(call->node, "detect_negative", 1)};
    return plait__map_elements(call, &(struct plait__maps){.real = is_inf_real, .predicate = true}, parameters);
}

/* ---- activations ----
 * X(name of map and kernel, ONNX name, first parameter and its default, second and its default, of x and p) */

static double softplus(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* Comparisons are such that NaN stays NaN. */
#define ACTIVATION_MAP(X)                                                                        \
    X(relu, "Relu", NULL, 0, NULL, 0, x < 0 ? 0 : x)                                             \
    X(leaky_relu, "LeakyRelu", "alpha", 0.01, NULL, 0, x < 0 ? p[0] * x : x)                     \
    X(thresholded_relu, "ThresholdedRelu", "alpha", 1, NULL, 0, x <= p[0] ? 0 : x)               \
    X(elu, "Elu", "alpha", 1, NULL, 0, x < 0 ? p[0] * expm1(x) : x)                              \
    X(celu, "Celu", "alpha", 1, NULL, 0, x < 0 ? p[0] * expm1(x / p[0]) : x)                     \
    X(selu, "Selu", "alpha", 1.67326319217681884765625, "gamma", 1.05070102214813232421875,      \
      p[1] * (x < 0 ? p[0] * expm1(x) : x))                                                      \
    X(softplus, "Softplus", NULL, 0, NULL, 0, softplus(x))                                       \
    X(softsign, "Softsign", NULL, 0, NULL, 0, x / (1 + fabs(x)))                                 \
    X(sigmoid, "Sigmoid", NULL, 0, NULL, 0, 1 / (1 + exp(-x)))                                   \
    X(tanh, "Tanh", NULL, 0, NULL, 0, tanh(x))                                                   \
    X(hard_sigmoid, "HardSigmoid", "alpha", 0.2, "beta", 0.5, fmin(fmax(p[0] * x + p[1], 0), 1)) \
    X(mish, "Mish", NULL, 0, NULL, 0, tanh(softplus(x)) * x)                                     \
    X(affine, "Affine", "alpha", 1, "beta", 0, p[0] * x + p[1])                                  \
    X(scaled_tanh, "ScaledTanh", "alpha", 1, "beta", 1, p[0] * tanh(p[1] * x))

#define ACTIVATION(name, onnx, alpha_name, alpha, beta_name, beta, expression) MAP(name##_real, double, double, expression)
ACTIVATION_MAP(ACTIVATION)
#undef ACTIVATION

static const struct plait__activation activations[] = {
#define ACTIVATION(name, onnx, alpha_name, alpha, beta_name, beta, expression) \
    {onnx, name##_real, {alpha_name, beta_name}, {alpha, beta}},
    ACTIVATION_MAP(ACTIVATION)
#undef ACTIVATION
};

const struct plait__activation *plait__activation_find(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strlen(activations[i].name) == length && memcmp(activations[i].name, name, length) == 0) return &activations[i];
    return NULL;
}

MAP(relu_integer, int64_t, int64_t, x < 0 ? 0 : x)

/* The operator's own name finds its activation. */
enum plait_status plait__kernel_activation(struct plait__call *call) {
    const char *name = plait__op_name(call->node->op);
    const struct plait__activation *activation = plait__activation_find(name, strlen(name));
    if (!activation) return plait__call_fail(call, PLAIT_INTERNAL, "no such activation");
    double parameters[2];
    for (int i = 0; i < 2; i++) {
        const char *parameter = activation->parameter_names[i];
        parameters[i] = activation->defaults[i];
        if (parameter) parameters[i] = plait__attribute_float(call->node, parameter, (float)activation->defaults[i]);
    }
    struct plait__maps maps = {.real = activation->map};
    if (call->node->op == PLAIT__OP_Relu) maps.integer = relu_integer;
    return plait__map_elements(call, &maps, parameters);
}

/* Hendrycks and Gimpel, "Gaussian error linear units", 2016: exactly, and its tanh approximation. */
MAP(gelu_erf, double, double, 0.5 * x * (1 + erf(x / sqrt(2))))
MAP(gelu_tanh, double, double, 0.5 * x * (1 + tanh(sqrt(2 / PI) * (x + 0.044715 * x * x * x))))

enum plait_status plait__kernel_gelu(struct plait__call *call) {
    bool approximate = strcmp(plait__attribute_string(call->node, "approximate", "none"), "tanh") == 0;
    return plait__map_elements(call, &(struct plait__maps){.real = approximate ? gelu_tanh : gelu_erf}, NULL);
}
