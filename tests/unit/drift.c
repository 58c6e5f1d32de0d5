/* Drift against figures of NumPy, for embeddings that are made alike there and here.
 *
 * The constants are from 200 rows of `make` with seed 1 (statistics) and 50 with seeds 2 to 4 (windows), in float64:
 *     mean(0), cov(T), quantile(linspace(0, 1, 5), 0).T, the first 40 rows as sample; d = window's mean - mean
 *     C = cov + 1e-4 * trace(cov) / 3 * eye(3);  free = trace(cov @ inv(C));  T² = d @ inv(C) @ d / (1/50 + 1/200)
 *     psi = sum((a - e) * log(a / e)) - (bins - 1) * (1/50 + 1/200), a = (count + 1/2) / (50 + bins / 2), edges by unique()
 *     K = exp(-D / (2 * median(D of pairs)));  mmd² = offdiagonal means of K[x, x] + K[y, y] - 2 * K[x, y].mean()
 *     p of T²: the density of chi² with 3 degrees of freedom, integrated; p of mmd²: 4,000 permutations */
#include "observe/drift.h"

#include <stdlib.h>

#include "test.h"

enum { SIZE = 3, TRAINED = 200, WINDOW = 50, SAMPLE = 40 };

static plait_context *context;

/* The sum of four uniform numbers, which is nearly normal; exact in f32. */
static float normal(uint32_t *state) {
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        *state = *state * 1664525u + 1013904223u;
        sum += *state >> 12;
    }
    return (float)sum / 1048576 - 2;
}

/* [count, 3]: the second depends on the first, the third is what a ReLU leaves. */
static void make(uint32_t seed, int count, float shift, float *rows) {
    for (int i = 0; i < count; i++, rows += SIZE) {
        const float a = normal(&seed), b = normal(&seed), c = normal(&seed);
        rows[0] = a;
        rows[1] = a / 2 + b + shift;
        rows[2] = c > 0 ? c : 0;
    }
}

static float mean[] = {0.0190726425f, 0.0394117013f, 0.220539719f};
static float covariance[] = {0.344538331f,   0.162843093f,    0.000565794297f, 0.162843093f, 0.375188082f,
                             0.00459131924f, 0.000565794297f, 0.00459131924f,  0.11604508f};
static float edges[] = {-1.60116005f,
                        -0.324249506f,
                        -0.0162477493f,
                        0.416597366f,
                        1.53642178f,
                        -1.93604183f,
                        -0.373362303f,
                        -0.00382494926f,
                        0.410038948f,
                        1.50366783f,
                        0,
                        0,
                        0,
                        0.389856577f,
                        1.35841942f};
static float training[TRAINED * SIZE];

static struct plait__drift_reference reference(void) {
    make(1, TRAINED, 0, training);
    return (struct plait__drift_reference){
        .count = TRAINED,
        .mean = {PLAIT_F32, 1, {SIZE}, mean},
        .covariance = {PLAIT_F32, 2, {SIZE, SIZE}, covariance},
        .histogram = {PLAIT_F32, 2, {SIZE, 5}, edges},
        .sample = {PLAIT_F32, 2, {SAMPLE, SIZE}, training},
    };
}

static struct plait__drift_figures measure(const struct plait__drift_reference *from, const float *rows, int count, int most) {
    struct plait__drift_window *window = NULL;
    struct plait__drift_figures figures = {0};
    CHECK_INT(plait__drift_create(context, from, SIZE, most, &window), PLAIT_OK);
    if (!window) return figures;
    for (int i = 0; i < count; i++) plait__drift_add(window, rows + i * SIZE);
    CHECK_INT(plait__drift_measure(window, &figures), PLAIT_OK);
    plait__drift_destroy(window);
    return figures;
}

static struct plait__drift_figures measure_made(uint32_t seed, float shift) {
    const struct plait__drift_reference from = reference();
    float rows[WINDOW * SIZE];
    make(seed, WINDOW, shift, rows);
    return measure(&from, rows, WINDOW, WINDOW);
}

TEST(figures_are_those_of_numpy) {
    struct plait__drift_figures found = measure_made(2, 0);
    CHECK_INT(found.count, WINDOW);
    CHECK_NEAR(found.distance, 1.571822690618283, 1e-9);     /* f32 in, f64 here and there */
    CHECK_NEAR(found.distance_p, 0.19391369359288632, 0.01); /* the approximation's error */
    CHECK_NEAR(found.psi, 0.002882216796686869, 1e-9);
    CHECK_NEAR(found.psi_worst, 0.036509463189379254, 1e-9);
    CHECK_INT(found.psi_worst_dimension, 0);
    CHECK_NEAR(found.mmd2, 0.013579940855220629, 1e-9);
    CHECK_NEAR(found.mmd_p, 0.10475, 0.055); /* four standard errors of 499 permutations */
    CHECK(found.decided && !found.drifted);

    found = measure_made(3, 0.75f);
    CHECK_NEAR(found.distance, 23.48112823175097, 1e-8);
    CHECK(found.distance_p < 1e-9);
    CHECK_NEAR(found.psi, 0.34157324908649533, 1e-9);
    CHECK_NEAR(found.psi_worst, 1.0882214933581396, 1e-9);
    CHECK_INT(found.psi_worst_dimension, 1);
    CHECK_NEAR(found.mmd2, 0.13186736722736003, 1e-9);
    CHECK_NEAR(found.mmd_p, 1.0 / (PLAIT__DRIFT_PERMUTATIONS + 1), 1e-12);
    CHECK(found.decided && found.drifted);

    found = measure_made(4, 0.3f); /* moved, and too little to matter */
    CHECK_NEAR(found.distance, 3.8484643282784154, 1e-9);
    CHECK_NEAR(found.distance_p, 0.009121418765736106, 0.002);
    CHECK_NEAR(found.psi, 0.017780326613594914, 1e-9);
    CHECK_NEAR(found.mmd2, 0.00874120308116022, 1e-9);
    CHECK(found.decided && !found.drifted);
}

TEST(alarms_are_rarely_false) {
    struct plait__drift_reference from = reference();
    float rows[WINDOW * SIZE];
    int chance = 0, drifted = 0, found = 0;
    for (uint32_t turn = 1; turn <= 60; turn++) {
        const uint32_t seed = turn * 2654435761u; /* far from those of other turns */
        make(~seed, SAMPLE, 0, training);         /* p holds over samples, not for one of them */
        make(seed, WINDOW, 0, rows);
        const struct plait__drift_figures same = measure(&from, rows, WINDOW, WINDOW);
        make(seed, WINDOW, 0.75f, rows);
        const struct plait__drift_figures moved = measure(&from, rows, WINDOW, WINDOW);
        chance += same.mmd_p < PLAIT__DRIFT_MMD_P;
        drifted += same.drifted;
        found += moved.drifted;
    }
    CHECK(chance <= 4); /* of 60 with a chance of 0.01: 5 or more come once in 3,000 */
    CHECK_INT(drifted, 0);
    CHECK(found >= 50);
    printf("of 60: p below 0.01 without drift %d, drifted %d, found when moved %d\n", chance, drifted, found);
}

TEST(only_the_newest_count) {
    const struct plait__drift_reference from = reference();
    float rows[WINDOW * SIZE];
    make(5, WINDOW, 0, rows);
    const struct plait__drift_figures ring = measure(&from, rows, WINDOW, 23),
                                      last = measure(&from, rows + (WINDOW - 23) * SIZE, 23, WINDOW);
    CHECK_INT(ring.count, 23);
    CHECK_NEAR(ring.distance, last.distance, 1e-9); /* sums in another order */
    CHECK_NEAR(ring.psi, last.psi, 1e-12);
    CHECK_NEAR(ring.mmd2, last.mmd2, 1e-12);
}

TEST(little_is_not_decided) {
    const struct plait__drift_reference from = reference();
    float rows[WINDOW * SIZE];
    make(3, WINDOW, 5, rows);
    struct plait__drift_figures found = measure(&from, rows, 0, WINDOW);
    CHECK(found.count == 0 && !found.decided && isnan(found.distance) && isnan(found.psi) && isnan(found.mmd2));
    CHECK_INT(found.psi_worst_dimension, -1);
    found = measure(&from, rows, 1, WINDOW);
    found = measure(&from, rows, 1, WINDOW);
    CHECK(found.count == 1 && !found.decided && found.distance > 10 && isfinite(found.psi) && isnan(found.mmd_p));
    found = measure(&from, rows, PLAIT__DRIFT_LEAST - 1, WINDOW);
    CHECK(!found.decided && !found.drifted && found.mmd_p < 0.01);
    found = measure(&from, rows, PLAIT__DRIFT_LEAST, WINDOW);
    CHECK(found.decided && found.drifted);
}

TEST(what_is_no_number_is_left_out) {
    const struct plait__drift_reference from = reference();
    float rows[WINDOW * SIZE];
    make(2, WINDOW, 0, rows);
    const struct plait__drift_figures clean = measure(&from, rows + 2 * SIZE, WINDOW - 2, WINDOW);
    rows[1] = NAN;
    rows[SIZE + 2] = INFINITY;
    struct plait__drift_figures found = measure(&from, rows, WINDOW, WINDOW);
    CHECK_INT(found.count, WINDOW - 2);
    CHECK_INT(found.unusable, 2);
    CHECK_NEAR(found.distance, clean.distance, 0);
    for (int i = 0; i < WINDOW * SIZE; i++) rows[i] = i % 2 ? 3e38f : -3e38f; /* finite, their squares not in f32 */
    found = measure(&from, rows, WINDOW, WINDOW);
    CHECK(isfinite(found.distance) && isfinite(found.psi) && isfinite(found.mmd2) && found.drifted);
}

TEST(a_covariance_may_be_singular) {
    float flat[] = {1, 1, 0, 1, 1, 0, 0, 0, 0}, none[9] = {0}, rows[WINDOW * SIZE];
    struct plait__drift_reference from = reference();
    make(2, WINDOW, 0, rows);
    from.covariance.data = flat; /* one dimension twice, one that never moved */
    struct plait__drift_figures found = measure(&from, rows, WINDOW, WINDOW);
    CHECK(isfinite(found.distance) && found.distance > 100); /* it moved now */
    for (int i = 0; i < WINDOW; i++) {
        rows[i * SIZE + 1] = rows[i * SIZE] - mean[0] + mean[1];
        rows[i * SIZE + 2] = mean[2];
    }
    found = measure(&from, rows, WINDOW, WINDOW);
    CHECK(found.distance < 3); /* one degree of freedom is left */
    from.covariance.data = none;
    found = measure(&from, rows, WINDOW, WINDOW);
    CHECK(isnan(found.distance) && isfinite(found.psi));
}

TEST(the_same_everywhere_is_no_drift) {
    struct plait__drift_reference from = reference();
    float rows[WINDOW * SIZE] = {0}, still[SIZE * 5] = {0};
    memset(training, 0, sizeof training);
    from.histogram.data = still;
    const struct plait__drift_figures found = measure(&from, rows, WINDOW, WINDOW);
    CHECK_NEAR(found.mmd2, 0, 0);
    CHECK_NEAR(found.mmd_p, 1, 0);
    CHECK_NEAR(found.psi, 0, 1e-12);
    CHECK(found.decided && !found.drifted);
}

TEST(what_is_not_known_is_not_measured) {
    const struct plait__drift_reference nothing = {.count = 7};
    float rows[WINDOW * SIZE];
    make(3, WINDOW, 5, rows);
    const struct plait__drift_figures found = measure(&nothing, rows, WINDOW, WINDOW);
    CHECK(found.count == WINDOW && isnan(found.distance) && isnan(found.psi_worst) && isnan(found.mmd_p) && !found.decided);

    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    plait__buffer_init(&buffer, context, 4096);
    plait__write_open(&writer, NULL, '{');
    plait__drift_write(&writer, &found);
    plait__write_close(&writer, '}');
    CHECK_INT(writer.status, PLAIT_OK);
    CHECK_TEXT(buffer.data,
               "{\"count\":50,\"unusable\":0,\"distance\":null,\"distance_p\":null,\"psi\":null,\"psi_worst\":null,"
               "\"psi_worst_dimension\":null,\"mmd2\":null,\"mmd_p\":null,\"drifted\":null}");
    plait__buffer_end(&buffer);
}

static void refuse(const struct plait__drift_reference *from, int size, int most, const char *sentence) {
    struct plait__drift_window *window = NULL;
    CHECK(plait__drift_create(context, from, size, most, &window) != PLAIT_OK);
    CHECK(!window);
    if (!strstr(plait_context_error(context), sentence)) CHECK_TEXT(plait_context_error(context), sentence);
}

TEST(statistics_of_something_else_are_refused) {
    struct plait__drift_reference from = reference();
    float falling[] = {0, 1, 2, 3, 4, 0, 1, 2, 1, 4, 0, 1, 2, 3, 4}, negative[] = {1, 0, 0, 0, 3, 0, 0, 0, -1},
          tangled[] = {1, 2, 0, 2, 1, 0, 0, 0, 1};
    refuse(&from, SIZE + 1, 9, "expected statistics of embeddings of 4 floats");
    refuse(&from, 0, 9, "1 float or more");
    refuse(&from, SIZE, 0, "1 or more");
    refuse(&from, SIZE, INT32_MAX, "too many");
    from.mean.dtype = PLAIT_F64;
    refuse(&from, SIZE, 9, "expected statistics");
    from = reference();
    from.histogram.dims[1] = 1;
    refuse(&from, SIZE, 9, "expected statistics");
    from = reference();
    from.histogram.data = falling;
    refuse(&from, SIZE, 9, "the edges of dimension 1 do not ascend");
    from = reference();
    from.covariance.data = negative;
    refuse(&from, SIZE, 9, "not positive");
    from.covariance.data = tangled;
    refuse(&from, SIZE, 9, "not positive");
}

int main(void) {
    plait_context_create(NULL, &context);
    test_figures_are_those_of_numpy();
    test_alarms_are_rarely_false();
    test_only_the_newest_count();
    test_little_is_not_decided();
    test_what_is_no_number_is_left_out();
    test_a_covariance_may_be_singular();
    test_the_same_everywhere_is_no_drift();
    test_what_is_not_known_is_not_measured();
    test_statistics_of_something_else_are_refused();
    plait_context_destroy(context);
    return test__finish();
}
