#include "memory/nearest.h"

#include <math.h>
#include <string.h>

#include "base/clones.h"

enum { ROWS_MOST = 1 << 20, WIDTH_MOST = 4096, ONE = 32767 /* 1 as it is rounded */ };

void plait__vectors_init(struct plait__vectors *vectors, plait_context *context, int width) {
    *vectors = (struct plait__vectors){
        .context = context, .width = width, .exact_most = PLAIT__EXACT_MOST, .index_step = PLAIT__INDEX_STEP};
}

void plait__vectors_end(struct plait__vectors *vectors) {
    plait__approximate_destroy(vectors->index);
    plait__release(vectors->context, vectors->rows);
    plait__release(vectors->context, vectors->rounded);
}

static float *row_of(const struct plait__vectors *vectors, int row) {
    return vectors->rows + (size_t)row * (size_t)vectors->width;
}

static int16_t *rounded_of(const struct plait__vectors *vectors, int row) {
    return vectors->rounded + (size_t)row * (size_t)vectors->width;
}

static size_t bytes_of(const struct plait__vectors *vectors) {
    return (size_t)vectors->width * sizeof(float);
}

/* ------------------------------------------------------------------ rows */

static void round_all(const float *vector, int width, int16_t *out) {
    for (int i = 0; i < width; i++) out[i] = (int16_t)(vector[i] * ONE + (vector[i] < 0 ? -0.5f : 0.5f));
}

static enum plait_status grow(struct plait__vectors *vectors) {
    if (vectors->count < vectors->capacity) return PLAIT_OK;
    if (vectors->capacity >= ROWS_MOST)
        return plait__fail(vectors->context, PLAIT_LIMIT, "memory: expected at most %d documents", ROWS_MOST);
    const int capacity = vectors->capacity ? 2 * vectors->capacity : 16;
    float *rows = plait__allocate_zero(vectors->context, (size_t)capacity, bytes_of(vectors));
    int16_t *rounded = plait__allocate_zero(vectors->context, (size_t)capacity, bytes_of(vectors) / 2);
    if (!rows || !rounded) {
        plait__release(vectors->context, rows);
        plait__release(vectors->context, rounded);
        return PLAIT_MEMORY;
    }
    if (vectors->count) {
        memcpy(rows, vectors->rows, (size_t)vectors->count * bytes_of(vectors));
        memcpy(rounded, vectors->rounded, (size_t)vectors->count * bytes_of(vectors) / 2);
    }
    plait__release(vectors->context, vectors->rows);
    plait__release(vectors->context, vectors->rounded);
    vectors->rows = rows;
    vectors->rounded = rounded;
    vectors->capacity = capacity;
    return PLAIT_OK;
}

static void put(struct plait__vectors *vectors, int row, const float *vector) {
    memcpy(row_of(vectors, row), vector, bytes_of(vectors));
    round_all(vector, vectors->width, rounded_of(vectors, row));
}

/* Without an index everything is looked at. */
static void give_up(struct plait__vectors *vectors) {
    plait__approximate_destroy(vectors->index);
    vectors->index = NULL;
    vectors->indexed = 0;
}

enum plait_status plait__vectors_put(struct plait__vectors *vectors, int row, const float *vector) {
    if (row == vectors->count) {
        PLAIT__TRY(grow(vectors));
        vectors->count++;
    }
    put(vectors, row, vector);
    if (row < vectors->indexed && !plait__approximate_put(vectors->index, vectors->rows, row)) give_up(vectors);
    return PLAIT_OK;
}

void plait__vectors_remove(struct plait__vectors *vectors, int row) {
    const int last = vectors->count - 1;
    if (row < last) {
        put(vectors, row, row_of(vectors, last));
        if (row < vectors->indexed && !plait__approximate_put(vectors->index, vectors->rows, row)) give_up(vectors);
    }
    if (last < vectors->indexed) {
        plait__approximate_drop(vectors->index, last);
        vectors->indexed = last;
    }
    vectors->count = last;
}

void plait__vectors_clear(struct plait__vectors *vectors) {
    give_up(vectors);
    vectors->count = 0;
}

/* ------------------------------------------------------------------ searching */

/* Sums side by side, so that compilers use vectors without being allowed to reorder a single sum. */
static float product(const float *a, const float *b, int width) {
    enum { SUMS = 32 };
    float sums[SUMS] = {0}, all = 0;
    for (int i = 0; i < width; i += SUMS)
        for (int k = 0; k < SUMS; k++) sums[k] += a[i + k] * b[i + k];
    for (int k = 0; k < SUMS; k++) all += sums[k];
    return all;
}

/* Whole numbers are added in any order, so compilers use the instructions that multiply and add pairs of them.  A sum stays
 * within ONE * ONE and a little, since the rows are unit vectors (Cauchy and Schwarz). */
PLAIT__CLONES
static int32_t rounded_product(const int16_t *a, const int16_t *b, int width) {
    int32_t sum = 0;
    for (int i = 0; i < width; i++) sum += (int32_t)a[i] * b[i];
    return sum;
}

/* What a product of two unit vectors a, b can exceed that of the rounded ones by.  Each number is rounded by half a unit at
 * most, hence each vector by e = sqrt(width) / 2 units, and |ab - a'b'| <= |a - a'||b| + |a'||b - b'| <= 2 e + e * e.  Half as
 * much again leaves room for unit vectors that are so in floats alone, and for how `product` rounds. */
static float rounding_most(int width) {
    const float e = sqrtf((float)width) / 2 / ONE;
    return 1.5f * (2 * e + e * e);
}

static int take(struct plait__near *out, int count, int most, int row, float cosine) {
    if (count == most && cosine <= out[most - 1].cosine) return count;
    int place = count < most ? count++ : most - 1;
    for (; place > 0 && out[place - 1].cosine < cosine; place--) out[place] = out[place - 1];
    out[place] = (struct plait__near){row, cosine};
    return count;
}

/* The rows from `first` on.  Half as many bytes are read as are in the rows: the rounded ones say of nearly all that they are
 * no nearer than what was found, and of the rest the product itself decides, so the answer is the exact one. */
static int look_at_all(const struct plait__vectors *vectors, int first, const float *vector, int most, struct plait__near *out,
                       int count) {
    int16_t rounded[WIDTH_MOST];
    const float slack = rounding_most(vectors->width);
    round_all(vector, vectors->width, rounded);
    for (int row = first; row < vectors->count; row++) {
        if (count == most) {
            const int32_t near = rounded_product(rounded, rounded_of(vectors, row), vectors->width);
            if ((float)near / ONE / ONE + slack < out[most - 1].cosine) continue;
        }
        count = take(out, count, most, row, product(vector, row_of(vectors, row), vectors->width));
    }
    return count;
}

static void index_some(struct plait__vectors *vectors) {
    if (vectors->count <= vectors->exact_most) return;
    if (!vectors->index && !(vectors->index = plait__approximate_create(vectors->width))) return;
    for (int i = 0; i < vectors->index_step && vectors->indexed < vectors->count; i++) {
        if (!plait__approximate_put(vectors->index, vectors->rows, vectors->indexed)) return;
        vectors->indexed++;
    }
}

int plait__vectors_nearest(struct plait__vectors *vectors, const float *vector, int most, struct plait__near *out) {
    if (most < 1) return 0;
    index_some(vectors);
    int count = 0, first = 0;
    if (vectors->indexed > 0) {
        count = plait__approximate_search(vectors->index, vectors->rows, vector, most, out);
        if (count >= 0) first = vectors->indexed;
        if (count < 0) count = 0;
    }
    return look_at_all(vectors, first, vector, most, out, count);
}
