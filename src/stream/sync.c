#include "stream/sync.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MOST = 4096, GRID_MOST = 8192, LAGS_MOST = 4096, ESTIMATES_MOST = 240, ESTIMATES_LEAST = 3 };

struct sample {
    int64_t time_us;
    float activity;
};

/* Samples of one source, a ring. */
struct series {
    struct sample samples[SAMPLES_MOST];
    int first, count;
};

struct estimate {
    int64_t time_us; /* of source 1, in the middle of the stretch */
    double lag_us;
    float peak;
};

struct plait__sync {
    plait_context *context;
    struct plait__sync_options options;
    struct series series[2];
    int64_t next_us; /* of source 0: when to estimate next */
    bool begun;
    struct estimate estimates[ESTIMATES_MOST]; /* the oldest first */
    int estimate_count;
    struct plait__lag lag;
    double grid[2][GRID_MOST], correlations[2 * LAGS_MOST + 1];
    bool known[2][GRID_MOST];
    double slopes[ESTIMATES_MOST * (ESTIMATES_MOST - 1) / 2];
};

void plait__sync_options_default(struct plait__sync_options *options) {
    *options = (struct plait__sync_options){.step_us = 5000,
                                            .span_us = 8000000,
                                            .every_us = 1000000,
                                            .longest_us = 1500000,
                                            .hold_us = 150000,
                                            .least = 0.3f,
                                            .usual_ppm = 200};
}

enum plait_status plait__sync_create(plait_context *context, const struct plait__sync_options *options,
                                     struct plait__sync **sync_out) {
    if (options->step_us < 100 || options->every_us < 1 || options->hold_us < options->step_us ||
        options->longest_us < options->step_us || options->span_us < 4 * options->longest_us ||
        options->span_us / options->step_us > GRID_MOST || options->longest_us / options->step_us > LAGS_MOST)
        return plait__fail(
            context, PLAIT_INVALID,
            "sync: expected a step of 100 us or more, a span of 4 times the longest lag or more and %d steps or fewer",
            GRID_MOST);
    struct plait__sync *sync = plait__allocate_zero(context, 1, sizeof *sync);
    if (!sync) return PLAIT_MEMORY;
    sync->context = context;
    sync->options = *options;
    *sync_out = sync;
    return PLAIT_OK;
}

void plait__sync_destroy(struct plait__sync *sync) {
    if (sync) plait__release(sync->context, sync);
}

void plait__sync_reset(struct plait__sync *sync) {
    for (int s = 0; s < 2; s++) sync->series[s].count = 0;
    sync->estimate_count = 0;
    sync->begun = false;
    sync->lag = (struct plait__lag){0};
}

static const struct sample *sample_of(const struct series *series, int index) {
    return &series->samples[(series->first + index) % SAMPLES_MOST];
}

/* ------------------------------------------------------------------ one estimate */

/* The series on a grid from `begin_us`, linear between neighbours, and where it is known; then without its mean there, and 0
 * elsewhere.  How many are known. */
static int put_on_grid(const struct plait__sync *sync, const struct series *series, int64_t begin_us, int count, double *grid,
                       bool *known) {
    double sum = 0;
    int right = 0, found = 0;
    for (int g = 0; g < count; g++) {
        const int64_t time = begin_us + g * sync->options.step_us;
        while (right < series->count && sample_of(series, right)->time_us < time) right++;
        known[g] = right > 0 && right < series->count;
        grid[g] = 0;
        if (!known[g]) continue;
        const struct sample *a = sample_of(series, right - 1), *b = sample_of(series, right);
        known[g] = b->time_us - a->time_us <= sync->options.hold_us;
        if (!known[g]) continue;
        const double share = (double)(time - a->time_us) / (double)(b->time_us - a->time_us);
        grid[g] = a->activity + share * ((double)b->activity - a->activity);
        sum += grid[g];
        found++;
    }
    for (int g = 0; g < count; g++)
        if (known[g]) grid[g] -= sum / found;
    return found;
}

/* Pearson's correlation where both are known, with source 1 read `lag` steps later. */
static double correlate(const struct plait__sync *sync, int count, int lag) {
    const int begin = lag < 0 ? -lag : 0, end = lag > 0 ? count - lag : count;
    double product = 0, a_square = 0, b_square = 0;
    int shared = 0;
    for (int g = begin; g < end; g++) {
        if (!sync->known[0][g] || !sync->known[1][g + lag]) continue;
        const double a = sync->grid[0][g], b = sync->grid[1][g + lag];
        product += a * b;
        a_square += a * a;
        b_square += b * b;
        shared++;
    }
    if (shared < count / 4 || a_square <= 0 || b_square <= 0) return 0;
    return product / sqrt(a_square * b_square);
}

/* Where a parabola through three neighbours has its top, in steps from the middle one. */
static double top_of(double left, double middle, double right) {
    const double bend = left - 2 * middle + right;
    return bend < 0 ? fmax(fmin((left - right) / (2 * bend), 0.5), -0.5) : 0;
}

/* Correlates the newest stretch; false when it says nothing. */
static bool estimate(struct plait__sync *sync, struct estimate *out) {
    const struct plait__sync_options *options = &sync->options;
    const int count = (int)(options->span_us / options->step_us), most = (int)(options->longest_us / options->step_us);
    int64_t newest = INT64_MAX;
    for (int s = 0; s < 2; s++) {
        if (sync->series[s].count < 2) return false;
        const int64_t time = sample_of(&sync->series[s], sync->series[s].count - 1)->time_us;
        newest = time < newest ? time : newest;
    }
    const int64_t begin = newest - options->span_us;
    for (int s = 0; s < 2; s++)
        if (put_on_grid(sync, &sync->series[s], begin, count, sync->grid[s], sync->known[s]) < count / 3) return false;
    int best = 0;
    for (int lag = -most; lag <= most; lag++) {
        sync->correlations[lag + most] = correlate(sync, count, lag);
        if (sync->correlations[lag + most] > sync->correlations[best]) best = lag + most;
    }
    const float peak = (float)sync->correlations[best];
    if (peak < options->least || best == 0 || best == 2 * most) return false;
    const double part = top_of(sync->correlations[best - 1], sync->correlations[best], sync->correlations[best + 1]);
    *out = (struct estimate){begin + options->span_us / 2, (best - most + part) * (double)options->step_us, peak};
    return true;
}

/* ------------------------------------------------------------------ the line through them */

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The median of slopes between all pairs; nearer ones share most of their stretch. */
static double slope_of(struct plait__sync *sync) {
    const struct estimate *estimates = sync->estimates;
    int slopes = 0;
    for (int i = 0; i < sync->estimate_count; i++)
        for (int j = i + 1; j < sync->estimate_count; j++)
            if (estimates[j].time_us - estimates[i].time_us >= 4 * sync->options.every_us)
                sync->slopes[slopes++] =
                    (estimates[j].lag_us - estimates[i].lag_us) / (double)(estimates[j].time_us - estimates[i].time_us);
    return slopes ? median(sync->slopes, slopes) : 0;
}

/* Where the line of that slope lies at the first estimate, and the median distance from it. */
static double offset_of(const struct plait__sync *sync, double slope, double *spread_out) {
    const struct estimate *estimates = sync->estimates;
    const int count = sync->estimate_count;
    double values[ESTIMATES_MOST] = {0};
    for (int i = 0; i < count; i++)
        values[i] = estimates[i].lag_us - slope * (double)(estimates[i].time_us - estimates[0].time_us);
    const double offset = median(values, count);
    for (int i = 0; i < count; i++)
        values[i] = fabs(estimates[i].lag_us - slope * (double)(estimates[i].time_us - estimates[0].time_us) - offset);
    *spread_out = median(values, count);
    return offset;
}

/* The share of a slope that is believed: its variance, as that of a line of least squares, beside that of what clocks usually
 * drift.  Estimates that overlap are one. */
static double belief(const struct plait__sync *sync, double spread) {
    const struct estimate *estimates = sync->estimates;
    const double count = sync->estimate_count, deviation = fmax(1.4826 * spread, 0.1 * (double)sync->options.step_us),
                 usual = sync->options.usual_ppm * 1e-6,
                 alike = fmax((double)sync->options.span_us / (double)sync->options.every_us, 1);
    double mean = 0, square = 0;
    for (int i = 0; i < count; i++) mean += (double)(estimates[i].time_us - estimates[0].time_us) / count;
    for (int i = 0; i < count; i++) {
        const double from_mean = (double)(estimates[i].time_us - estimates[0].time_us) - mean;
        square += from_mean * from_mean;
    }
    return square / (square + alike * deviation * deviation / (usual * usual));
}

static void fit(struct plait__sync *sync) {
    const int count = sync->estimate_count;
    double spread, slope = slope_of(sync);
    offset_of(sync, slope, &spread);
    slope *= belief(sync, spread);
    const double offset = offset_of(sync, slope, &spread);
    sync->lag = (struct plait__lag){.known = count >= ESTIMATES_LEAST,
                                    .offset_us = offset,
                                    .drift_ppm = slope * 1e6,
                                    .from_us = sync->estimates[0].time_us,
                                    .peak = sync->estimates[count - 1].peak,
                                    .spread_us = spread,
                                    .estimates = count};
}

static void estimate_and_fit(struct plait__sync *sync) {
    struct estimate found;
    if (!estimate(sync, &found)) return;
    if (sync->estimate_count && found.time_us <= sync->estimates[sync->estimate_count - 1].time_us) return;
    if (sync->estimate_count == ESTIMATES_MOST)
        memmove(sync->estimates, sync->estimates + 1, (size_t)--sync->estimate_count * sizeof *sync->estimates);
    sync->estimates[sync->estimate_count++] = found;
    fit(sync);
}

void plait__sync_add(struct plait__sync *sync, int source, int64_t time_us, float activity) {
    struct series *series = &sync->series[source];
    if (!isfinite(activity)) return;
    if (series->count && time_us <= sample_of(series, series->count - 1)->time_us) return;
    if (series->count == SAMPLES_MOST) {
        series->first = (series->first + 1) % SAMPLES_MOST;
        series->count--;
    }
    series->samples[(series->first + series->count++) % SAMPLES_MOST] = (struct sample){time_us, activity};
    if (source != 0) return;
    if (!sync->begun) sync->next_us = time_us + sync->options.span_us;
    sync->begun = true;
    if (time_us < sync->next_us) return;
    sync->next_us = time_us + sync->options.every_us;
    estimate_and_fit(sync);
}

void plait__sync_lag(const struct plait__sync *sync, struct plait__lag *lag_out) {
    *lag_out = sync->lag;
}

double plait__lag_at(const struct plait__lag *lag, int64_t time_us) {
    return lag->known ? lag->offset_us + lag->drift_ppm * 1e-6 * (double)(time_us - lag->from_us) : 0;
}

int64_t plait__lag_correct(const struct plait__lag *lag, int64_t time_us) {
    return time_us - (int64_t)llround(plait__lag_at(lag, time_us));
}
