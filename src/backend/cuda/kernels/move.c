/* Elements that go from one place to another. */
#include "backend/cuda/kernels/kernel.h"

INLINE void copy(void *to, int64_t to_place, const void *from, int64_t from_place, int bytes) {
    if (bytes == 4)
        ((uint32_t *)to)[to_place] = ((const uint32_t *)from)[from_place];
    else if (bytes == 8)
        ((uint64_t *)to)[to_place] = ((const uint64_t *)from)[from_place];
    else if (bytes == 2)
        ((uint16_t *)to)[to_place] = ((const uint16_t *)from)[from_place];
    else
        ((uint8_t *)to)[to_place] = ((const uint8_t *)from)[from_place];
}

/* Transpositions, slices, expansions, concatenations: all that is the same but for steps. */
KERNEL(move) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        int64_t from = a->from_place + place_of((unsigned)i, a->rank, a->dims, a->from_steps);
        int64_t to = a->to_place + place_of((unsigned)i, a->rank, a->dims, a->to_steps);
        copy(a->to, to, a->from, from, a->bytes);
    }
}

/* Where element `i` of a padded axis comes from, of `size`; -1: from nowhere.  Modes: constant, reflect, edge, wrap. */
INLINE int padded_place(int i, int size, int mode) {
    if (i >= 0 && i < size) return i;
    if (mode == 0) return -1;
    if (mode == 2) return i < 0 ? 0 : size - 1;
    int period = mode == 1 ? 2 * size - 2 : size;
    if (period <= 0) return 0;
    i %= period;
    if (i < 0) i += period;
    return i < size ? i : period - i;
}

KERNEL(pad) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        unsigned rest = (unsigned)i;
        int64_t place = 0, step = 1;
        bool nowhere = false;
        for (int d = a->rank - 1; d >= 0; d--) {
            unsigned size = (unsigned)a->dims[d], next = rest / size;
            int from = padded_place((int)(rest - next * size) - a->before[d], a->sizes[d], a->mode);
            nowhere = nowhere || from < 0;
            place += step * from;
            step *= a->sizes[d];
            rest = next;
        }
        if (nowhere)
            copy(a->to, i, &a->fill, 0, a->bytes);
        else
            copy(a->to, i, a->from, place, a->bytes);
    }
}

/* An index that is out of bounds takes the first, and is told of. */
KERNEL(gather) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        unsigned row = (unsigned)i / (unsigned)a->inner, column = (unsigned)i - row * (unsigned)a->inner;
        unsigned outer = row / (unsigned)a->index_count, at = row - outer * (unsigned)a->index_count;
        int64_t index = a->index_bytes == 8 ? ((const int64_t *)a->indices)[at] : ((const int32_t *)a->indices)[at];
        if (index < 0) index += a->size;
        if (index < 0 || index >= a->size) {
            *a->fault = 1; /* whoever does it writes the same */
            index = 0;
        }
        copy(a->to, i, a->from, ((int64_t)outer * a->size + index) * a->inner + column, a->bytes);
    }
}

KERNEL(resample) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        unsigned row = (unsigned)i / (unsigned)a->inner, column = (unsigned)i - row * (unsigned)a->inner;
        unsigned outer = row / (unsigned)a->to, o = row - outer * (unsigned)a->to;
        const float *x = a->x + (int64_t)outer * a->from * a->inner + column;
        float sum = 0.0f;
        for (int k = 0; k < a->taps; k++) {
            int64_t tap = (int64_t)o * a->taps + k;
            sum += a->weight[tap] * x[(int64_t)a->index[tap] * a->inner];
        }
        a->y[i] = sum;
    }
}
