#include "memory/nearest.h"

#include <string.h>

enum { ROWS_MOST = 1 << 20 };

void plait__vectors_init(struct plait__vectors *vectors, plait_context *context, int width) {
    *vectors = (struct plait__vectors){
        .context = context, .width = width, .exact_most = PLAIT__EXACT_MOST, .index_step = PLAIT__INDEX_STEP};
}

void plait__vectors_end(struct plait__vectors *vectors) {
    plait__approximate_destroy(vectors->index);
    plait__release(vectors->context, vectors->rows);
}

static float *row_of(const struct plait__vectors *vectors, int row) {
    return vectors->rows + (size_t)row * (size_t)vectors->width;
}

static size_t bytes_of(const struct plait__vectors *vectors) {
    return (size_t)vectors->width * sizeof(float);
}

/* ------------------------------------------------------------------ rows */

static enum plait_status grow(struct plait__vectors *vectors) {
    if (vectors->count < vectors->capacity) return PLAIT_OK;
    if (vectors->capacity >= ROWS_MOST)
        return plait__fail(vectors->context, PLAIT_LIMIT, "memory: expected at most %d documents", ROWS_MOST);
    const int capacity = vectors->capacity ? 2 * vectors->capacity : 16;
    float *rows = plait__allocate_zero(vectors->context, (size_t)capacity, bytes_of(vectors));
    if (!rows) return PLAIT_MEMORY;
    if (vectors->count) memcpy(rows, vectors->rows, (size_t)vectors->count * bytes_of(vectors));
    plait__release(vectors->context, vectors->rows);
    vectors->rows = rows;
    vectors->capacity = capacity;
    return PLAIT_OK;
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
    memcpy(row_of(vectors, row), vector, bytes_of(vectors));
    if (row < vectors->indexed && !plait__approximate_put(vectors->index, vectors->rows, row)) give_up(vectors);
    return PLAIT_OK;
}

void plait__vectors_remove(struct plait__vectors *vectors, int row) {
    const int last = vectors->count - 1;
    if (row < last) {
        memcpy(row_of(vectors, row), row_of(vectors, last), bytes_of(vectors));
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

static int take(struct plait__near *out, int count, int most, int row, float cosine) {
    if (count == most && cosine <= out[most - 1].cosine) return count;
    int place = count < most ? count++ : most - 1;
    for (; place > 0 && out[place - 1].cosine < cosine; place--) out[place] = out[place - 1];
    out[place] = (struct plait__near){row, cosine};
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
    for (int row = first; row < vectors->count; row++)
        count = take(out, count, most, row, product(vector, row_of(vectors, row), vectors->width));
    return count;
}
