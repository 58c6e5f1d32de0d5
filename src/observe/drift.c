#include "observe/drift.h"

#include <math.h>
#include <string.h>

/* Added to the covariance's diagonal, in mean variances: a dimension that never moved has none, and f32 rounds the rest. */
#define RIDGE 1e-4

struct plait__drift_window {
    plait_context *context;
    const struct plait__drift_reference *reference;
    int size, most, count, next;
    int64_t unusable;
    int bins;
    float *rows;  /* [most, size]; once full, the oldest is `next` */
    double *root; /* [size, size] lower triangle: root rootᵀ is the covariance with its ridge; NULL: the mean is not measured */
    double freedom; /* expectation of T² without drift */
    double *mean;   /* [size], scratch */
    int *counts;    /* [bins], scratch */
};

/* ------------------------------------------------------------------ the mean */

/* The Cholesky factor of a symmetric matrix [n, n] in the place of its lower triangle; false when it is not positive. */
static bool factor(double *a, int n) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double *row = a + (size_t)i * (size_t)n, *other = a + (size_t)j * (size_t)n, sum = row[j];
            for (int k = 0; k < j; k++) sum -= row[k] * other[k];
            if (i == j && !(sum > 0)) return false;
            row[j] = i == j ? sqrt(sum) : sum / other[j];
        }
    return true;
}

/* x := root⁻¹ x for an x [n] that is 0 before `from`; the sum of its squares. */
static double solve(const double *root, int n, int from, double *x) {
    double squares = 0;
    for (int i = from; i < n; i++) {
        const double *row = root + (size_t)i * (size_t)n;
        for (int k = from; k < i; k++) x[i] -= row[k] * x[k];
        x[i] /= row[i];
        squares += x[i] * x[i];
    }
    return squares;
}

/* The factor of covariance C + ridge I, and tr(C (C + ridge I)⁻¹): the degrees of freedom that the ridge leaves, d without. */
static enum plait_status prepare_mean(struct plait__drift_window *window) {
    const int n = window->size;
    const size_t square = (size_t)n * (size_t)n;
    const float *covariance = window->reference->covariance.data;
    double trace = 0, inverse = 0;
    if (!covariance || !window->reference->mean.data || n > PLAIT__DRIFT_FACTORED) return PLAIT_OK;
    for (int i = 0; i < n; i++) trace += covariance[(size_t)i * (size_t)n + (size_t)i];
    if (trace == 0) return PLAIT_OK; /* nothing ever moved: no scale to measure with */
    const double ridge = RIDGE * trace / n;
    if (!(window->root = plait__allocate_zero(window->context, square, sizeof *window->root))) return PLAIT_MEMORY;
    for (size_t i = 0; i < square; i++) window->root[i] = covariance[i] + (i % ((size_t)n + 1) == 0 ? ridge : 0);
    if (!(trace > 0) || !factor(window->root, n))
        return plait__fail(window->context, PLAIT_INVALID, "drift: the covariance [%d, %d] is that of nothing: not positive", n,
                           n);
    for (int c = 0; c < n; c++) {
        memset(window->mean, 0, (size_t)n * sizeof *window->mean);
        window->mean[c] = 1;
        inverse += solve(window->root, n, c, window->mean);
    }
    window->freedom = n - ridge * inverse;
    return PLAIT_OK;
}

/* The chance that chi² with so many degrees of freedom is at least x: its cube root is close to normal (Wilson and Hilferty,
 * PNAS 1931), to within 0.01. */
static double chi2_above(double x, double freedom) {
    const double spread = 2 / (9 * freedom);
    return 0.5 * erfc((cbrt(x / freedom) - (1 - spread)) / sqrt(2 * spread));
}

static void measure_mean(struct plait__drift_window *window, struct plait__drift_figures *figures) {
    const float *mean = window->reference->mean.data;
    if (!window->root || !window->count || !(window->freedom > 0)) return;
    memset(window->mean, 0, (size_t)window->size * sizeof *window->mean);
    for (int r = 0; r < window->count; r++)
        for (int i = 0; i < window->size; i++)
            window->mean[i] += (double)window->rows[(size_t)r * (size_t)window->size + (size_t)i] / window->count;
    for (int i = 0; i < window->size; i++) window->mean[i] -= mean[i];
    const double squared = solve(window->root, window->size, 0, window->mean),
                 t2 = squared / (1.0 / window->count + 1.0 / window->reference->count);
    figures->distance = t2 / window->freedom;
    figures->distance_p = chi2_above(t2, window->freedom);
}

/* ------------------------------------------------------------------ shares */

/* The bin of a value: how many of the edges between bins are at most it.  What lies outside belongs to the first or last. */
static int bin_of(const float *edges, int bins, float value) {
    int low = 0, high = bins - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (edges[middle + 1] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The index of one dimension, less what chance adds.  Where edges are equal (a value that is often the same: 0 after a ReLU)
 * the bins between them are one with the bin after, and so are their shares.  Half an embedding is added to each bin, so that
 * an empty one has a logarithm. */
static double stability(struct plait__drift_window *window, int dimension) {
    const int bins = window->bins;
    const float *edges = (const float *)window->reference->histogram.data + (size_t)dimension * ((size_t)bins + 1);
    double sum = 0;
    int merged = 0, joined = 0;
    memset(window->counts, 0, (size_t)bins * sizeof *window->counts);
    for (int r = 0; r < window->count; r++)
        window->counts[bin_of(edges, bins, window->rows[(size_t)r * (size_t)window->size + (size_t)dimension])]++;
    for (int b = 0; b < bins; b++) merged += b == bins - 1 || edges[b + 1] > edges[b];
    for (int b = 0; b < bins; b++) {
        joined++;
        if (b < bins - 1 && !(edges[b + 1] > edges[b])) continue;
        const double expected = (double)joined / bins, found = (window->counts[b] + 0.5) / (window->count + 0.5 * merged);
        sum += (found - expected) * log(found / expected);
        joined = 0;
    }
    return sum - (merged - 1) * (1.0 / window->count + 1.0 / window->reference->count);
}

static void measure_shares(struct plait__drift_window *window, struct plait__drift_figures *figures) {
    if (!window->bins || !window->count) return;
    figures->psi = 0;
    for (int d = 0; d < window->size; d++) {
        const double index = stability(window, d);
        figures->psi += index / window->size;
        if (figures->psi_worst_dimension >= 0 && index <= figures->psi_worst) continue;
        figures->psi_worst = index;
        figures->psi_worst_dimension = d;
    }
}

/* ------------------------------------------------------------------ the whole */

/* f32 of that rank, `size` in dimension `axis`; or not there. */
static bool fits(const plait_tensor *tensor, int rank, int axis, int size) {
    return !tensor->data || (tensor->dtype == PLAIT_F32 && tensor->rank == rank && tensor->dims[axis] == size &&
                             tensor->dims[0] > 0 && tensor->dims[rank - 1] > 0 && plait_tensor_elements(tensor) <= INT32_MAX);
}

static enum plait_status check(plait_context *context, const struct plait__drift_reference *reference, int size) {
    const plait_tensor *histogram = &reference->histogram;
    if (reference->count < 1 || !fits(&reference->mean, 1, 0, size) || !fits(&reference->covariance, 2, 0, size) ||
        !fits(&reference->covariance, 2, 1, size) || !fits(histogram, 2, 0, size) || !fits(&reference->sample, 2, 1, size) ||
        (histogram->data && histogram->dims[1] < 2))
        return plait__fail(context, PLAIT_INVALID, "drift: expected statistics of embeddings of %d floats", size);
    const int edges = histogram->data ? (int)histogram->dims[1] : 0;
    const float *edge = histogram->data;
    for (int i = 0; i < size * edges; i++)
        if (i % edges && edge[i] < edge[i - 1])
            return plait__fail(context, PLAIT_INVALID, "drift: the edges of dimension %d do not ascend", i / edges);
    return PLAIT_OK;
}

static enum plait_status prepare(struct plait__drift_window *window) {
    const plait_tensor *histogram = &window->reference->histogram;
    PLAIT__TRY(check(window->context, window->reference, window->size));
    window->bins = histogram->data ? (int)histogram->dims[1] - 1 : 0;
    window->mean = plait__allocate_zero(window->context, (size_t)window->size, sizeof *window->mean);
    window->counts = plait__allocate_zero(window->context, (size_t)window->bins + 1, sizeof *window->counts);
    if (window->most > INT32_MAX / window->size)
        return plait__fail(window->context, PLAIT_LIMIT, "drift: %d embeddings of %d floats are too many", window->most,
                           window->size);
    window->rows = plait__allocate_zero(window->context, (size_t)window->most, (size_t)window->size * sizeof *window->rows);
    if (!window->mean || !window->counts || !window->rows) return PLAIT_MEMORY;
    return prepare_mean(window);
}

enum plait_status plait__drift_create(plait_context *context, const struct plait__drift_reference *reference, int size,
                                      int most, struct plait__drift_window **window_out) {
    if (size < 1 || most < 1)
        return plait__fail(context, PLAIT_INVALID, "drift: expected embeddings of 1 float or more, and room for 1 or more");
    struct plait__drift_window *window = plait__allocate_zero(context, 1, sizeof *window);
    if (!window) return PLAIT_MEMORY;
    window->context = context;
    window->reference = reference;
    window->size = size;
    window->most = most;
    const enum plait_status status = prepare(window);
    if (status == PLAIT_OK)
        *window_out = window;
    else
        plait__drift_destroy(window);
    return status;
}

void plait__drift_destroy(struct plait__drift_window *window) {
    if (!window) return;
    plait__release(window->context, window->root);
    plait__release(window->context, window->mean);
    plait__release(window->context, window->counts);
    plait__release(window->context, window->rows);
    plait__release(window->context, window);
}

void plait__drift_add(struct plait__drift_window *window, const float *embedding) {
    for (int i = 0; i < window->size; i++)
        if (!isfinite(embedding[i])) {
            window->unusable++;
            return;
        }
    memcpy(window->rows + (size_t)window->next * (size_t)window->size, embedding, (size_t)window->size * sizeof *embedding);
    window->next = (window->next + 1) % window->most;
    if (window->count < window->most) window->count++;
}

enum plait_status plait__drift_measure(struct plait__drift_window *window, struct plait__drift_figures *figures_out) {
    const plait_tensor *sample = &window->reference->sample;
    struct plait__drift_figures figures = {.count = window->count,
                                           .unusable = window->unusable,
                                           .distance = NAN,
                                           .distance_p = NAN,
                                           .psi = NAN,
                                           .psi_worst = NAN,
                                           .psi_worst_dimension = -1,
                                           .mmd2 = NAN,
                                           .mmd_p = NAN};
    measure_mean(window, &figures);
    measure_shares(window, &figures);
    if (sample->data)
        PLAIT__TRY(plait__discrepancy(window->context, window->rows, window->count, sample->data, (int)sample->dims[0],
                                      window->size, &figures.mmd2, &figures.mmd_p));
    figures.decided = window->count >= PLAIT__DRIFT_LEAST && !isnan(figures.psi) && !isnan(figures.mmd_p);
    figures.drifted = figures.decided && figures.mmd_p < PLAIT__DRIFT_MMD_P && figures.psi > PLAIT__DRIFT_PSI;
    *figures_out = figures;
    return PLAIT_OK;
}

void plait__drift_write(struct plait__writer *writer, const struct plait__drift_figures *figures) {
    plait__write_int(writer, "count", figures->count);
    plait__write_int(writer, "unusable", figures->unusable);
    plait__write_number(writer, "distance", figures->distance, 4);
    plait__write_number(writer, "distance_p", figures->distance_p, 4);
    plait__write_number(writer, "psi", figures->psi, 4);
    plait__write_number(writer, "psi_worst", figures->psi_worst, 4);
    if (figures->psi_worst_dimension >= 0)
        plait__write_int(writer, "psi_worst_dimension", figures->psi_worst_dimension);
    else
        plait__write_null(writer, "psi_worst_dimension");
    plait__write_number(writer, "mmd2", figures->mmd2, 6);
    plait__write_number(writer, "mmd_p", figures->mmd_p, 4);
    if (figures->decided)
        plait__write_bool(writer, "drifted", figures->drifted);
    else
        plait__write_null(writer, "drifted");
}
