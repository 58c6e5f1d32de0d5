/* Maximum mean discrepancy: whether two sets of vectors are of one distribution, whatever it is  (Gretton et al., A Kernel
 * Two-Sample Test, JMLR 13, 2012).  The kernel is exp(-|x - y|² / 2 s²), s the median distance in both sets together (section
 * 8), the estimate the unbiased one (lemma 6), its p that of permutations of who belongs to which set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "observe/drift.h"

enum { ROWS_MOST = 2 * PLAIT__DRIFT_COMPARED, PAIRS_MOST = ROWS_MOST * (ROWS_MOST - 1) / 2 };

/* Both sets, one after the other. */
struct pool {
    int size, first, count; /* floats of a row; rows of the first set, of both */
    const float *rows[ROWS_MOST];
    int order[ROWS_MOST];     /* the first `first` of them are the first set */
    double sums[ROWS_MOST];   /* kernel of a row with all others */
    double whole;             /* of all pairs */
    double pairs[PAIRS_MOST]; /* of rows i > j at i (i - 1) / 2 + j: squared distance, then kernel */
    double sorted[PAIRS_MOST];
};

static int pair_count(const struct pool *pool) {
    return pool->count * (pool->count - 1) / 2;
}

static double *pair_at(struct pool *pool, int i, int j) {
    return i > j ? &pool->pairs[i * (i - 1) / 2 + j] : &pool->pairs[j * (j - 1) / 2 + i];
}

/* At most PLAIT__DRIFT_COMPARED rows of the set, from its beginning to its end. */
static int take(struct pool *pool, const float *rows, int count) {
    const int taken = count < PLAIT__DRIFT_COMPARED ? count : PLAIT__DRIFT_COMPARED;
    for (int i = 0; i < taken; i++)
        pool->rows[pool->count++] = rows + (size_t)((int64_t)i * count / taken) * (size_t)pool->size;
    return taken;
}

static int compare_numbers(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Squared distances of all pairs; their median, or mean where more than half are 0: 0 when all rows are the same. */
static double measure_distances(struct pool *pool) {
    const int count = pair_count(pool);
    double sum = 0;
    for (int i = 1; i < pool->count; i++)
        for (int j = 0; j < i; j++) {
            double square = 0;
            for (int k = 0; k < pool->size; k++) {
                const double gap = (double)pool->rows[i][k] - pool->rows[j][k];
                square += gap * gap;
            }
            *pair_at(pool, i, j) = square;
            sum += square;
        }
    memcpy(pool->sorted, pool->pairs, (size_t)count * sizeof *pool->sorted);
    qsort(pool->sorted, (size_t)count, sizeof *pool->sorted, compare_numbers);
    return pool->sorted[count / 2] > 0 ? pool->sorted[count / 2] : sum / count;
}

static void make_kernel(struct pool *pool, double scale) {
    for (int i = 1; i < pool->count; i++)
        for (int j = 0; j < i; j++) {
            double *pair = pair_at(pool, i, j);
            *pair = exp(-*pair / (2 * scale));
            pool->sums[i] += *pair;
            pool->sums[j] += *pair;
            pool->whole += *pair;
        }
}

/* The unbiased estimate with the first set as `order` says.  Of all pairs, those within the first set are summed; the rest
 * follows from what its rows have with everybody. */
static double estimate(struct pool *pool) {
    const double n = pool->first, m = pool->count - pool->first;
    double within = 0, touching = 0;
    for (int i = 0; i < pool->first; i++) {
        touching += pool->sums[pool->order[i]];
        for (int j = 0; j < i; j++) within += *pair_at(pool, pool->order[i], pool->order[j]);
    }
    const double between = touching - 2 * within, others = pool->whole - within - between;
    return 2 * within / (n * (n - 1)) + 2 * others / (m * (m - 1)) - 2 * between / (n * m);
}

/* A small generator (Marsaglia, Xorshift RNGs, 2003) with a fixed seed: the same sets have the same p everywhere. */
static int draw(uint64_t *state, int below) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (int)((*state >> 32) * (uint64_t)below >> 32);
}

/* A random first set, the beginning of a shuffle (Fisher and Yates). */
static void shuffle(struct pool *pool, uint64_t *state) {
    for (int i = 0; i < pool->first; i++) {
        const int j = i + draw(state, pool->count - i), kept = pool->order[i];
        pool->order[i] = pool->order[j];
        pool->order[j] = kept;
    }
}

enum plait_status plait__discrepancy(plait_context *context, const float *a, int a_count, const float *b, int b_count, int size,
                                     double *mmd2_out, double *p_out) {
    *mmd2_out = *p_out = NAN;
    if (a_count < 2 || b_count < 2) return PLAIT_OK;
    struct pool *pool = plait__allocate_zero(context, 1, sizeof *pool);
    if (!pool) return PLAIT_MEMORY;
    pool->size = size;
    pool->first = take(pool, a, a_count);
    take(pool, b, b_count);
    for (int i = 0; i < pool->count; i++) pool->order[i] = i;
    const double scale = measure_distances(pool);
    *mmd2_out = 0;
    *p_out = 1;
    if (scale > 0) {
        uint64_t state = 0x9e3779b97f4a7c15; /* any number but 0 */
        int larger = 1;
        make_kernel(pool, scale);
        *mmd2_out = estimate(pool);
        for (int i = 0; i < PLAIT__DRIFT_PERMUTATIONS; i++) {
            shuffle(pool, &state);
            larger += estimate(pool) >= *mmd2_out;
        }
        *p_out = (double)larger / (PLAIT__DRIFT_PERMUTATIONS + 1);
    }
    plait__release(context, pool);
    return PLAIT_OK;
}
