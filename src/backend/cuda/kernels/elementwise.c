/* A thread an element: functions of one, two and three inputs, broadcast against each other. */
#include "backend/cuda/kernels/numbers.h"

INLINE float unary_of(int function, float x, float alpha, float beta) {
    switch (function) {
    case PLAIT__CUDA_ABS:
        return __builtin_fabsf(x);
    case PLAIT__CUDA_NEG:
        return -x;
    case PLAIT__CUDA_SIGN:
        return x != x ? x : (float)((x > 0.0f) - (x < 0.0f));
    case PLAIT__CUDA_RECIPROCAL:
        return 1.0f / x;
    case PLAIT__CUDA_SQRT:
        return __builtin_sqrtf(x);
    case PLAIT__CUDA_EXP:
        return exponential(x);
    case PLAIT__CUDA_LOG:
        return logarithm(x);
    case PLAIT__CUDA_ERF:
        return error_function(x);
    case PLAIT__CUDA_TANH:
        return hyperbolic_tangent(x);
    case PLAIT__CUDA_FLOOR:
        return __builtin_floorf(x);
    case PLAIT__CUDA_CEIL:
        return __builtin_ceilf(x);
    case PLAIT__CUDA_ROUND:
        return __builtin_rintf(x); /* halves to even */
    case PLAIT__CUDA_CLIP:
        return x = x < alpha ? alpha : x, x > beta ? beta : x;
    case PLAIT__CUDA_LEAKY_RELU:
        return x < 0.0f ? alpha * x : x;
    case PLAIT__CUDA_THRESHOLDED_RELU:
        return x <= alpha ? 0.0f : x;
    case PLAIT__CUDA_ELU:
        return x < 0.0f ? alpha * exponential_less_one(x) : x;
    case PLAIT__CUDA_CELU:
        return x < 0.0f ? alpha * exponential_less_one(x / alpha) : x;
    case PLAIT__CUDA_SELU:
        return beta * (x < 0.0f ? alpha * exponential_less_one(x) : x);
    case PLAIT__CUDA_SOFTPLUS:
        return softplus(x);
    case PLAIT__CUDA_SOFTSIGN:
        return x / (1.0f + __builtin_fabsf(x));
    case PLAIT__CUDA_SIGMOID:
        return sigmoid(x);
    case PLAIT__CUDA_HARD_SIGMOID:
        return x = alpha * x + beta, x > 0.0f ? x < 1.0f ? x : 1.0f : 0.0f;
    case PLAIT__CUDA_HARD_SWISH:
        return alpha = x / 6.0f + 0.5f, x * (alpha > 0.0f ? alpha < 1.0f ? alpha : 1.0f : 0.0f);
    case PLAIT__CUDA_GELU:
        return 0.5f * x * (1.0f + error_function(0.70710678f * x));
    case PLAIT__CUDA_GELU_TANH:
        return 0.5f * x * (1.0f + hyperbolic_tangent(0.79788456f * (x + 0.044715f * x * x * x)));
    case PLAIT__CUDA_SILU:
        return x * sigmoid(x);
    case PLAIT__CUDA_MISH:
        return x * hyperbolic_tangent(softplus(x));
    case PLAIT__CUDA_SIN:
        return sine(x, 0);
    case PLAIT__CUDA_COS:
        return sine(x, 1);
    case PLAIT__CUDA_TAN:
        return sine(x, 0) / sine(x, 1);
    case PLAIT__CUDA_ATAN:
        return arc_tangent(x);
    case PLAIT__CUDA_POWER:
        return exponential(alpha * logarithm(x)); /* NaN where x is negative */
    default:
        return whole_power(x, alpha);
    }
}

KERNEL(unary) {
    PHASE {
        int64_t i = ELEMENT;
        if (i < a->count) a->y[i] = unary_of(a->function, a->x[i], a->alpha, a->beta);
    }
}

INLINE int64_t place_in(const struct plait__cuda_spread *spread, int input, int64_t element) {
    return place_of((unsigned)element, spread->rank, spread->dims, spread->steps[input]);
}

INLINE float binary_of(int function, float x, float y) {
    switch (function) {
    case PLAIT__CUDA_ADD:
        return x + y;
    case PLAIT__CUDA_SUB:
        return x - y;
    case PLAIT__CUDA_MUL:
        return x * y;
    case PLAIT__CUDA_DIV:
        return x / y;
    case PLAIT__CUDA_MIN:
        return lesser_of(x, y);
    case PLAIT__CUDA_MAX:
        return greater_of(x, y);
    default:
        return x < 0.0f ? x * y : x; /* PRelu */
    }
}

KERNEL(binary) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        float x = a->x[place_in(&a->spread, 0, i)], y = a->y[place_in(&a->spread, 1, i)];
        a->out[i] = clamped(binary_of(a->function, x, y), a->low, a->high);
    }
}

/* Of numbers of any type. */
#define COMPARED(function, x, y)                               \
    ((function) == PLAIT__CUDA_EQUAL              ? (x) == (y) \
     : (function) == PLAIT__CUDA_GREATER          ? (x) > (y)  \
     : (function) == PLAIT__CUDA_GREATER_OR_EQUAL ? (x) >= (y) \
     : (function) == PLAIT__CUDA_LESS             ? (x) < (y)  \
                                                  : (x) <= (y))

INLINE int64_t integer_at(const void *x, int bytes, int64_t place) {
    return bytes == 8 ? ((const int64_t *)x)[place] : bytes == 4 ? ((const int32_t *)x)[place] : ((const uint8_t *)x)[place];
}

KERNEL(compare) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        int64_t at_x = place_in(&a->spread, 0, i), at_y = place_in(&a->spread, 1, i);
        if (a->bytes == 0) {
            float x = ((const float *)a->x)[at_x], y = ((const float *)a->y)[at_y];
            a->out[i] = COMPARED(a->function, x, y);
        } else {
            int64_t x = integer_at(a->x, a->bytes, at_x), y = integer_at(a->y, a->bytes, at_y);
            a->out[i] = COMPARED(a->function, x, y);
        }
    }
}

KERNEL(logic) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        bool x = a->x[place_in(&a->spread, 0, i)], y = a->y[place_in(&a->spread, 1, i)];
        a->out[i] = a->function == PLAIT__CUDA_AND   ? x && y
                    : a->function == PLAIT__CUDA_OR  ? x || y
                    : a->function == PLAIT__CUDA_XOR ? x != y
                                                     : !x;
    }
}

KERNEL(choose) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        bool first = a->condition[place_in(&a->spread, 0, i)];
        const void *from = first ? a->x : a->y;
        int64_t place = place_in(&a->spread, first ? 1 : 2, i);
        if (a->bytes == 8)
            ((uint64_t *)a->out)[i] = ((const uint64_t *)from)[place];
        else if (a->bytes == 4)
            ((uint32_t *)a->out)[i] = ((const uint32_t *)from)[place];
        else
            ((uint8_t *)a->out)[i] = ((const uint8_t *)from)[place];
    }
}

INLINE void store_integer(void *y, int to, int64_t i, int64_t x) {
    switch (to) {
    case PLAIT__CUDA_F32:
        ((float *)y)[i] = (float)x;
        break;
    case PLAIT__CUDA_I32:
        ((int32_t *)y)[i] = (int32_t)x;
        break;
    case PLAIT__CUDA_I64:
        ((int64_t *)y)[i] = x;
        break;
    case PLAIT__CUDA_U8:
        ((uint8_t *)y)[i] = (uint8_t)x;
        break;
    default:
        ((uint8_t *)y)[i] = x != 0;
    }
}

KERNEL(cast) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        if (a->from == PLAIT__CUDA_F32) {
            float x = ((const float *)a->x)[i];
            if (a->to == PLAIT__CUDA_F32)
                ((float *)a->y)[i] = x;
            else if (a->to == PLAIT__CUDA_BOOL)
                ((uint8_t *)a->y)[i] = x != 0.0f;
            else
                store_integer(a->y, a->to, i, (int64_t)x);
        } else {
            int bytes = a->from == PLAIT__CUDA_I64 ? 8 : a->from == PLAIT__CUDA_I32 ? 4 : 1;
            store_integer(a->y, a->to, i, integer_at(a->x, bytes, i));
        }
    }
}
