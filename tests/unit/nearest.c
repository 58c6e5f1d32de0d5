/* The most alike of many vectors: exact against a plain search, approximate against exact, while rows come, change and go. */
#include "memory/nearest.h"

#include <stdlib.h>

#include "made_looks.h"
#include "test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__EMSCRIPTEN__)
enum { MANY = 2003, MANY_SHOPS = 97, EXACT = 1000 }; /* tens of times slower, or without an index */
#else
enum { MANY = 20011, MANY_SHOPS = 3001, EXACT = 10000 };
#endif
enum { WIDTH = 32, FOUND = 10 };

static plait_context *context;

static void random_row(uint32_t *state, float row[WIDTH]) {
    float sum = 0;
    for (int i = 0; i < WIDTH; i++) row[i] = (float)(made_random(state) % 2001) / 1000 - 1, sum += row[i] * row[i];
    for (int i = 0; i < WIDTH; i++) row[i] /= sqrtf(sum);
}

static float cosine(const float *a, const float *b, int width) {
    double sum = 0;
    for (int i = 0; i < width; i++) sum += (double)a[i] * (double)b[i];
    return (float)sum;
}

static void filled(struct plait__vectors *vectors, int count, uint32_t *state) {
    float row[WIDTH];
    plait__vectors_init(vectors, context, WIDTH);
    for (int i = 0; i < count; i++) {
        random_row(state, row);
        CHECK_INT(plait__vectors_put(vectors, i, row), PLAIT_OK);
    }
}

TEST(exact) {
    struct plait__vectors vectors;
    struct plait__near near[FOUND];
    float wanted[WIDTH];
    uint32_t state = 7;
    filled(&vectors, 37, &state);
    random_row(&state, wanted);
    CHECK_INT(plait__vectors_nearest(&vectors, wanted, FOUND, near), FOUND);
    for (int i = 0; i < FOUND; i++) {
        int better = 0;
        for (int row = 0; row < 37; row++)
            better += cosine(wanted, vectors.rows + (size_t)row * WIDTH, WIDTH) > near[i].cosine + 1e-6f;
        CHECK_INT(better, i);
        CHECK_NEAR(near[i].cosine, cosine(wanted, vectors.rows + (size_t)near[i].row * WIDTH, WIDTH),
                   1e-6); /* f32 sums of 32 */
    }
    CHECK_INT(plait__vectors_nearest(&vectors, wanted, 0, near), 0);
    plait__vectors_clear(&vectors);
    CHECK_INT(plait__vectors_nearest(&vectors, wanted, FOUND, near), 0);
    plait__vectors_end(&vectors);
}

/* The ten nearest are the first ten of all in order, bit for bit, though a search reads rounded rows first: among rows that are
 * equal, that differ by less than what is rounded away, that come ever nearer, and one that is empty. */
TEST(rounding_changes_nothing) {
    enum { ROWS = 1511, ASKED = 20 };
    struct plait__vectors vectors;
    struct plait__near near[FOUND], all[ROWS];
    float wanted[WIDTH], row[WIDTH];
    uint32_t state = 5;
    for (int asked = 0; asked < ASKED; asked++) {
        plait__vectors_init(&vectors, context, WIDTH);
        random_row(&state, wanted);
        for (int i = 0; i < ROWS; i++) {
            const float away = asked % 2 ? 1 - (float)i / ROWS : 1e-5f * (float)(made_random(&state) % 100);
            float sum = 0;
            random_row(&state, row);
            for (int k = 0; k < WIDTH; k++) row[k] = wanted[k] + away * row[k], sum += row[k] * row[k];
            for (int k = 0; k < WIDTH; k++) row[k] = i == 3 ? 0 : row[k] / sqrtf(sum);
            CHECK_INT(plait__vectors_put(&vectors, i, row), PLAIT_OK);
            if (i % 7 == 0 && i + 1 < ROWS) CHECK_INT(plait__vectors_put(&vectors, ++i, row), PLAIT_OK);
        }
        CHECK_INT(plait__vectors_nearest(&vectors, wanted, ROWS, all), ROWS);
        CHECK_INT(plait__vectors_nearest(&vectors, wanted, FOUND, near), FOUND);
        for (int i = 0; i < FOUND; i++) {
            CHECK_INT(near[i].row, all[i].row);
            CHECK(near[i].cosine == all[i].cosine);
        }
        plait__vectors_end(&vectors);
    }
}

/* The share of the exact answer's rows that were found. */
static double recall(struct plait__vectors *vectors, const float *wanted, int width) {
    struct plait__near found[FOUND], truth[FOUND];
    struct plait__vectors all = *vectors;
    const int count = plait__vectors_nearest(vectors, wanted, FOUND, found);
    all.indexed = 0;
    all.exact_most = vectors->count;
    const int expected = plait__vectors_nearest(&all, wanted, FOUND, truth);
    int same = 0;
    for (int i = 0; i < expected; i++)
        for (int k = 0; k < count; k++) same += found[k].row == truth[i].row;
    for (int i = 0; i < count; i++) {
        CHECK(found[i].row >= 0 && found[i].row < vectors->count);
        CHECK_NEAR(found[i].cosine, cosine(wanted, vectors->rows + (size_t)found[i].row * (size_t)width, width), 1e-5);
        CHECK(i == 0 || found[i].cosine <= found[i - 1].cosine);
    }
    return expected ? (double)same / expected : 1;
}

TEST(rows_come_change_and_go) {
    struct plait__vectors vectors;
    struct plait__near near[1];
    float row[WIDTH];
    uint32_t state = 11;
    double sum = 0;
    int asked = 0;
    filled(&vectors, 211, &state);
    vectors.exact_most = 100;
    vectors.index_step = 7;
    for (int i = 0; i < 400; i++) {
        random_row(&state, row);
        switch (i % 5) {
        case 0:
            CHECK_INT(plait__vectors_put(&vectors, vectors.count, row), PLAIT_OK);
            break;
        case 1:
            CHECK_INT(plait__vectors_put(&vectors, (int)(made_random(&state) % (uint32_t)vectors.count), row), PLAIT_OK);
            break;
        case 2:
            plait__vectors_remove(&vectors, (int)(made_random(&state) % (uint32_t)vectors.count));
            break;
        case 3:
            plait__vectors_remove(&vectors, vectors.count - 1);
            break;
        default:
            CHECK_INT(plait__vectors_put(&vectors, vectors.count, row), PLAIT_OK);
        }
        random_row(&state, row);
        sum += recall(&vectors, row, WIDTH);
        asked++;
    }
    CHECK(sum / asked >= 0.97);
    CHECK(vectors.indexed == 0 || vectors.indexed >= 100); /* without an index all is exact */
    const int last = vectors.count - 1;
    memcpy(row, vectors.rows + (size_t)last * WIDTH, sizeof row);
    CHECK_INT(plait__vectors_nearest(&vectors, row, 1, near), 1);
    CHECK_INT(near[0].row, last);
    while (vectors.count) plait__vectors_remove(&vectors, 0);
    CHECK_INT(plait__vectors_nearest(&vectors, row, 1, near), 0);
    plait__vectors_end(&vectors);
}

/* More receipts than are all looked at: ten nearest of new receipts of their shops. */
TEST(many) {
    struct plait__vectors vectors;
    float look[PLAIT__LOOK_WIDTH];
    double sum = 0;
    enum { ASKED = 100 };
    plait__vectors_init(&vectors, context, PLAIT__LOOK_WIDTH);
    vectors.exact_most = EXACT;
    for (uint32_t i = 0; i < MANY; i++) {
        made_look(i % MANY_SHOPS, i, look);
        CHECK_INT(plait__vectors_put(&vectors, (int)i, look), PLAIT_OK);
    }
    vectors.index_step = MANY;
    for (uint32_t i = 0; i < ASKED; i++) {
        made_look(i * 19 % MANY_SHOPS, MANY + i, look);
        sum += recall(&vectors, look, PLAIT__LOOK_WIDTH);
    }
    printf("%d rows, %d of them in the index: recall of the ten nearest %.4f\n", vectors.count, vectors.indexed, sum / ASKED);
    CHECK(sum / ASKED >= 0.97);
    plait__vectors_end(&vectors);
}

TEST(all) {
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    test_exact();
    test_rounding_changes_nothing();
    test_rows_come_change_and_go();
    test_many();
    plait_context_destroy(context);
}

TEST_MAIN(all)
