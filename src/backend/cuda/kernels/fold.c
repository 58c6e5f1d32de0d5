/* A block a row: what many elements come to.  Threads fold every THREADS-th element, then halves are folded into each other, so
 * that the order of a sum is the same at every run. */
#include "backend/cuda/kernels/numbers.h"

INLINE float fold(int function, float x, float y) {
    switch (function) {
    case PLAIT__CUDA_GREATEST:
        return greater_of(x, y);
    case PLAIT__CUDA_LEAST:
        return lesser_of(x, y);
    case PLAIT__CUDA_PRODUCT:
        return x * y;
    default:
        return x + y;
    }
}

/* Halves into each other; parts[0] is all of it then.  THREADS is a power of two. */
#define FOLD_PARTS(function)                                                                        \
    for (int half = THREADS / 2; half > 0; half /= 2) PHASE {                                       \
            if (thread < half) parts[thread] = fold(function, parts[thread], parts[thread + half]); \
        }

KERNEL(reduce) {
    SHARED float parts[THREADS_MOST];
    int function = a->function;
    const float *x = a->x + place_of((unsigned)BLOCK_X, a->kept_rank, a->kept_dims, a->kept_steps);
    float most[OWN]; /* exponents are taken of what is below it */
    if (function == PLAIT__CUDA_LOG_SUM_EXP) {
        PHASE {
            float start = -INFINITE;
            for (int i = thread; i < a->folded; i += THREADS)
                start = greater_of(start, x[place_of((unsigned)i, a->folded_rank, a->folded_dims, a->folded_steps)]);
            parts[thread] = start;
        }
        FOLD_PARTS(PLAIT__CUDA_GREATEST)
        PHASE {
            most[own] = parts[0] > -INFINITE && parts[0] < INFINITE ? parts[0] : 0.0f;
        }
    }
    PHASE {
        float start = function == PLAIT__CUDA_GREATEST  ? -INFINITE
                      : function == PLAIT__CUDA_LEAST   ? INFINITE
                      : function == PLAIT__CUDA_PRODUCT ? 1.0f
                                                        : 0.0f;
        for (int i = thread; i < a->folded; i += THREADS) {
            float value = x[place_of((unsigned)i, a->folded_rank, a->folded_dims, a->folded_steps)];
            if (function == PLAIT__CUDA_LOG_SUM_EXP) value = exponential(value - most[own]);
            if (function == PLAIT__CUDA_L1) value = __builtin_fabsf(value);
            if (function == PLAIT__CUDA_L2 || function == PLAIT__CUDA_SQUARES) value *= value;
            start = fold(function, start, value);
        }
        parts[thread] = start;
    }
    FOLD_PARTS(function)
    PHASE {
        if (thread != 0) continue;
        float value = parts[0];
        if (function == PLAIT__CUDA_MEAN) value /= (float)a->folded;
        if (function == PLAIT__CUDA_L2) value = __builtin_sqrtf(value);
        if (function == PLAIT__CUDA_LOG_SUM_EXP) value = most[own] + logarithm(value);
        if (function == PLAIT__CUDA_LOG_SUM) value = logarithm(value);
        a->y[BLOCK_X] = clamped(value, a->low, a->high);
    }
}

KERNEL(softmax) {
    SHARED float parts[THREADS_MOST];
    int outer = BLOCK_X / a->inner;
    int64_t first = (int64_t)outer * a->width * a->inner + (BLOCK_X - outer * a->inner);
    const float *x = a->x + first;
    float *y = a->y + first;
    PHASE {
        float most = -INFINITE;
        for (int i = thread; i < a->width; i += THREADS) most = greater_of(most, x[(int64_t)i * a->inner]);
        parts[thread] = most;
    }
    FOLD_PARTS(PLAIT__CUDA_GREATEST)
    float most[OWN];
    PHASE {
        most[own] = parts[0];
    }
    PHASE {
        float sum = 0.0f;
        for (int i = thread; i < a->width; i += THREADS) sum += exponential(x[(int64_t)i * a->inner] - most[own]);
        parts[thread] = sum;
    }
    FOLD_PARTS(PLAIT__CUDA_SUM)
    PHASE {
        float sum = parts[0], lost = logarithm(sum);
        for (int i = thread; i < a->width; i += THREADS) {
            float apart = x[(int64_t)i * a->inner] - most[own];
            y[(int64_t)i * a->inner] = a->logarithm ? apart - lost : exponential(apart) / sum;
        }
    }
}

/* Whether element i, of value x, goes before element j, of value y: NaN is the greatest there is. */
INLINE bool goes_before(float x, int i, float y, int j, int least, int last) {
    bool nan_x = x != x, nan_y = y != y;
    bool greater = nan_x ? !nan_y : !nan_y && x > y, lesser = nan_y ? !nan_x : !nan_x && x < y;
    if (greater || lesser) return least ? lesser : greater;
    return last ? i > j : i < j;
}

KERNEL(choose_row) {
    SHARED float parts[THREADS_MOST];
    SHARED int places[THREADS_MOST]; /* -1: this thread has none */
    int outer = BLOCK_X / a->inner;
    const float *x = a->x + (int64_t)outer * a->width * a->inner + (BLOCK_X - outer * a->inner);
    PHASE {
        float best = 0.0f;
        int place = -1;
        for (int i = thread; i < a->width; i += THREADS) {
            float value = x[(int64_t)i * a->inner];
            if (place >= 0 && !goes_before(value, i, best, place, a->least, a->last)) continue;
            best = value;
            place = i;
        }
        parts[thread] = best;
        places[thread] = place;
    }
    for (int half = THREADS / 2; half > 0; half /= 2) PHASE {
            int other = thread + half;
            if (thread >= half || places[other] < 0) continue;
            if (places[thread] >= 0 &&
                !goes_before(parts[other], places[other], parts[thread], places[thread], a->least, a->last))
                continue;
            parts[thread] = parts[other];
            places[thread] = places[other];
        }
    PHASE {
        if (thread == 0) a->y[BLOCK_X] = places[0];
    }
}

/* The mean first and the spread around it then: the sum of squares alone would lose it where the mean is large. */
KERNEL(normalise) {
    SHARED float parts[THREADS_MOST];
    int64_t first = (int64_t)BLOCK_X * a->width;
    float mean[OWN];
    PHASE {
        float sum = 0.0f;
        for (int i = thread; i < a->width; i += THREADS) sum += a->x[first + i];
        parts[thread] = sum;
    }
    FOLD_PARTS(PLAIT__CUDA_SUM)
    PHASE {
        mean[own] = parts[0] / (float)a->width;
    }
    PHASE {
        float squares = 0.0f;
        for (int i = thread; i < a->width; i += THREADS) {
            float apart = a->x[first + i] - mean[own];
            squares += apart * apart;
        }
        parts[thread] = squares;
    }
    FOLD_PARTS(PLAIT__CUDA_SUM)
    PHASE {
        float inverse = 1.0f / __builtin_sqrtf(parts[0] / (float)a->width + a->epsilon);
        for (int i = thread; i < a->width; i += THREADS) {
            int64_t at = (first + i) / a->inner % a->channels / a->run;
            float value = (a->x[first + i] - mean[own]) * inverse * a->scale[at];
            a->y[first + i] = a->bias ? value + a->bias[at] : value;
        }
    }
}

KERNEL(batch_normalise) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        int c = (int)(i / a->inner % a->channels);
        a->y[i] = (a->x[i] - a->mean[c]) / __builtin_sqrtf(a->variance[c] + a->epsilon) * a->scale[c] + a->bias[c];
    }
}
