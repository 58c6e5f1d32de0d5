/* Functions of one number that XNNPACK lacks, or has not for all floats: its square root and logarithm are off from 1e38. */
#include "backend/xnnpack/families.h"
#include "base/clones.h"

#include <math.h>

struct function_run {
    const float *from;
    float *to;
    const float *p; /* parameters, by the operator's attributes */
};

/* A loop over a block of numbers, with `x` the number and `p` the parameters. */
#define FUNCTION(name, expression)                                                      \
    PLAIT__CLONES                                                                       \
    static void name##_loop(const struct function_run *run, size_t start, size_t end) { \
        const float *p = run->p;                                                        \
        (void)p;                                                                        \
        for (size_t i = start; i < end; i++) {                                          \
            const float x = run->from[i];                                               \
            run->to[i] = (expression);                                                  \
        }                                                                               \
    }                                                                                   \
    static void name(void *run, size_t start, size_t count) {                           \
        name##_loop(run, start, start + count);                                         \
    }

static inline float clamped(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
}

/* log(1 + exp x) that does not overflow. */
static inline float softplus_of(float x) {
    return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
}

FUNCTION(square_root, sqrtf(x))
FUNCTION(logarithm, logf(x))
FUNCTION(error_function, erff(x))
FUNCTION(reciprocal, 1.0f / x)
FUNCTION(sine, sinf(x))
FUNCTION(cosine, cosf(x))
FUNCTION(tangent, tanf(x))
FUNCTION(arc_tangent, atanf(x))
FUNCTION(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x)
FUNCTION(hard_sigmoid, clamped(p[0] * x + p[1], 0.0f, 1.0f))
FUNCTION(softplus, softplus_of(x))
FUNCTION(softsign, x / (1.0f + fabsf(x)))
FUNCTION(selu, x > 0.0f ? p[1] * x : p[1] * p[0] * expm1f(x))
FUNCTION(celu, x > 0.0f ? x : p[0] * expm1f(x / p[0]))
FUNCTION(thresholded_relu, x > p[0] ? x : 0.0f)
FUNCTION(mish, tanhf(softplus_of(x)) * x)
FUNCTION(gelu_argument, (1.5957691216f + 1.5957691216f * 0.044715f * x * x) * x) /* 2 sqrt(2 / pi) */

struct function {
    pthreadpool_task_1d_tile_1d_t loop;
    const char *names[2]; /* of the attributes that are its parameters */
    float defaults[2];
};

static const struct function *function_of(enum plait__op op) {
    static const struct function functions[PLAIT__OP_COUNT] = {
        [PLAIT__OP_Atan] = {arc_tangent, {NULL}, {0}},
        [PLAIT__OP_Celu] = {celu, {"alpha"}, {1.0f}},
        [PLAIT__OP_Cos] = {cosine, {NULL}, {0}},
        [PLAIT__OP_Erf] = {error_function, {NULL}, {0}},
        [PLAIT__OP_HardSigmoid] = {hard_sigmoid, {"alpha", "beta"}, {0.2f, 0.5f}},
        [PLAIT__OP_Log] = {logarithm, {NULL}, {0}},
        [PLAIT__OP_Mish] = {mish, {NULL}, {0}},
        [PLAIT__OP_Reciprocal] = {reciprocal, {NULL}, {0}},
        [PLAIT__OP_Selu] = {selu, {"alpha", "gamma"}, {1.67326319217681884765625f, 1.05070102214813232421875f}},
        [PLAIT__OP_Sign] = {sign, {NULL}, {0}},
        [PLAIT__OP_Sin] = {sine, {NULL}, {0}},
        [PLAIT__OP_Softplus] = {softplus, {NULL}, {0}},
        [PLAIT__OP_Softsign] = {softsign, {NULL}, {0}},
        [PLAIT__OP_Sqrt] = {square_root, {NULL}, {0}},
        [PLAIT__OP_Tan] = {tangent, {NULL}, {0}},
        [PLAIT__OP_ThresholdedRelu] = {thresholded_relu, {"alpha"}, {1.0f}},
    };
    return &functions[op];
}

struct function_step {
    pthreadpool_task_1d_tile_1d_t loop;
    size_t elements;
    float parameters[2];
};

static const char *function_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    const struct function_step *function = step->parameters;
    struct function_run run = {step->places[0], step->places[1], function->parameters};
    pthreadpool_parallelize_1d_tile_1d(pool, function->loop, &run, function->elements, 4096, 0);
    return NULL;
}

static enum plait_status add_step(struct plait__xnn_segment *segment, const struct function_step *function, int read,
                                  int written) {
    struct plait__xnn_step *step =
        plait__xnn_kernel_step(segment, function_kernel, function, sizeof *function, 2, (int[]){read, written});
    if (!step) return PLAIT_MEMORY;
    step->in_place = true;
    return PLAIT_OK;
}

enum plait_status plait__xnn_gelu_argument_step(struct plait__xnn_segment *segment, size_t elements, int read, int written) {
    return add_step(segment, &(struct function_step){gelu_argument, elements, {0}}, read, written);
}

bool plait__xnn_supports_function(const struct plait__graph *graph, const struct plait__node *node) {
    return plait__xnn_input_type(graph, node, 0)->dtype == PLAIT_F32 && function_of(node->op)->loop;
}

enum plait_status plait__xnn_define_function(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const struct function *function = function_of(node->op);
    struct function_step step = {.loop = function->loop,
                                 .elements = (size_t)plait_tensor_elements(plait__xnn_input_type(segment->graph, node, 0))};
    for (int i = 0; i < 2 && function->names[i]; i++)
        step.parameters[i] = plait__attribute_float(node, function->names[i], function->defaults[i]);
    return add_step(segment, &step, plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]));
}
