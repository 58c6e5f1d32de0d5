/* How fast the most alike of many receipts are found.
 *
 *     build/native/tests/bench_nearest [ROWS]        150,000 by default; 3 KB each
 *
 * Exact search against the fastest that memory gives its rows away (a sum of all of them, as floats and as they are rounded),
 * in turn; then the approximate index. */
#include <stdlib.h>

#include "../unit/made_looks.h"
#include "base/context.h"

enum { SHOPS = 3001, ASKED = 200, FOUND = 10, ROUNDS = 9 };

static double now(const plait_context *context) {
    return (double)plait__now_us(context) / 1e6;
}

/* All bytes once, sums side by side, as little work as can be. */
static float all_of(const float *rows, size_t count) {
    enum { SUMS = 64 };
    float sums[SUMS] = {0}, all = 0;
    for (size_t i = 0; i < count; i += SUMS)
        for (int k = 0; k < SUMS; k++) sums[k] += rows[i + (size_t)k];
    for (int k = 0; k < SUMS; k++) all += sums[k];
    return all;
}

static uint16_t all_rounded(const int16_t *rows, size_t count) {
    uint16_t all = 0;
    for (size_t i = 0; i < count; i++) all = (uint16_t)(all + (uint16_t)rows[i]);
    return all;
}

int main(int count, char **arguments) {
    plait_context *context = NULL;
    struct plait__vectors vectors;
    struct plait__near near[FOUND], truth[ASKED][FOUND];
    static float looks[ASKED][PLAIT__LOOK_WIDTH];
    float look[PLAIT__LOOK_WIDTH];
    const int rows = count > 1 ? atoi(arguments[1]) : 150000;
    if (rows < FOUND || plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    plait__vectors_init(&vectors, context, PLAIT__LOOK_WIDTH);
    vectors.exact_most = rows;
    for (int i = 0; i < rows; i++) {
        made_look((uint32_t)i % SHOPS, (uint32_t)i, look);
        if (plait__vectors_put(&vectors, i, look) != PLAIT_OK) return 1;
    }
    for (uint32_t i = 0; i < ASKED; i++) made_look(i * 13 % SHOPS, (uint32_t)rows + i, looks[i]);

    const double bytes = (double)rows * sizeof look;
    double scan = 1e9, scan_rounded = 1e9, exact = 1e9;
    float kept = 0;
    for (int i = 0; i < ROUNDS; i++) { /* the fastest of each: others use this machine too */
        double start = now(context);
        kept += all_of(vectors.rows, (size_t)rows * PLAIT__LOOK_WIDTH);
        scan = now(context) - start < scan ? now(context) - start : scan;
        start = now(context);
        kept += (float)all_rounded(vectors.rounded, (size_t)rows * PLAIT__LOOK_WIDTH);
        scan_rounded = now(context) - start < scan_rounded ? now(context) - start : scan_rounded;
        start = now(context);
        kept += (float)plait__vectors_nearest(&vectors, looks[i], FOUND, near);
        exact = now(context) - start < exact ? now(context) - start : exact;
    }
    printf("%d rows, %.0f MB: reading them %.2f ms (%.1f GB/s), rounded %.2f ms (%.1f GB/s); exact search %.2f ms, %.2f of the "
           "one, %.2f of the other%s\n",
           rows, bytes / 1e6, scan * 1e3, bytes / scan / 1e9, scan_rounded * 1e3, bytes / 2 / scan_rounded / 1e9, exact * 1e3,
           exact / scan, exact / scan_rounded, kept == 0 ? " " : "");

    for (int i = 0; i < ASKED; i++) plait__vectors_nearest(&vectors, looks[i], FOUND, truth[i]);
    vectors.exact_most = 0;
    vectors.index_step = rows;
    double start = now(context);
    plait__vectors_nearest(&vectors, looks[0], FOUND, near);
    const double built = now(context) - start;
    int same = 0;
    start = now(context);
    for (int i = 0; i < ASKED; i++) {
        const int found = plait__vectors_nearest(&vectors, looks[i], FOUND, near);
        for (int k = 0; k < found; k++)
            for (int t = 0; t < FOUND; t++) same += near[k].row == truth[i][t].row;
    }
    printf("index: built in %.1f s (%.0f us a row), search %.3f ms, recall of the ten nearest %.4f\n", built,
           built * 1e6 / rows, (now(context) - start) * 1e3 / ASKED, (double)same / ASKED / FOUND);
    plait__vectors_end(&vectors);
    plait_context_destroy(context);
    return 0;
}
