#include "observe/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

enum { SERIES_MOST = 64 };

/* One label set and what is known of it. */
struct series {
    char labels[PLAIT__METRIC_LABELS][PLAIT__METRIC_LABEL_BYTES];
    double value; /* of a counter or a gauge; the sum of a histogram */
    uint64_t count;
    uint64_t buckets[PLAIT__METRIC_BOUNDS]; /* not cumulative */
};

struct plait__metric {
    struct plait__metrics *metrics;
    struct plait__metric_info info;
    int label_count, bound_count, series_count;
    struct series *series; /* [series_most + 1]: the last is "other" */
    struct plait__metric *next;
};

struct plait__metrics {
    struct plait__arena arena;
    pthread_mutex_t lock;
    struct plait__metric *first, **last;
};

enum plait_status plait__metrics_create(plait_context *context, struct plait__metrics **metrics_out) {
    struct plait__metrics *metrics = plait__allocate_zero(context, 1, sizeof *metrics);
    if (!metrics) return PLAIT_MEMORY;
    plait__arena_init(&metrics->arena, context);
    pthread_mutex_init(&metrics->lock, NULL);
    metrics->last = &metrics->first;
    *metrics_out = metrics;
    return PLAIT_OK;
}

void plait__metrics_destroy(struct plait__metrics *metrics) {
    if (!metrics) return;
    plait_context *context = metrics->arena.context;
    pthread_mutex_destroy(&metrics->lock);
    plait__arena_end(&metrics->arena);
    plait__release(context, metrics);
}

struct plait__metric *plait__metric_add(struct plait__metrics *metrics, const struct plait__metric_info *info) {
    struct plait__metric *metric = plait__arena_allocate(&metrics->arena, sizeof *metric);
    if (!metric) return NULL;
    metric->metrics = metrics;
    metric->info = *info;
    if (metric->info.series_most <= 0) metric->info.series_most = SERIES_MOST;
    while (metric->label_count < PLAIT__METRIC_LABELS && info->labels[metric->label_count]) metric->label_count++;
    while (metric->bound_count < PLAIT__METRIC_BOUNDS && info->bounds[metric->bound_count] > 0) metric->bound_count++;
    if (metric->label_count == 0) metric->info.series_most = metric->series_count = 1; /* shown as 0 from the start */
    metric->series = plait__arena_array(&metrics->arena, (size_t)metric->info.series_most + 1, sizeof *metric->series);
    if (!metric->series) return NULL;
    *metrics->last = metric;
    metrics->last = &metric->next;
    return metric;
}

/* ------------------------------------------------------------------ series */

/* Whether `text`, cut as it is kept, is the value kept. */
static bool same(const char kept[PLAIT__METRIC_LABEL_BYTES], const char *text) {
    return strncmp(kept, text ? text : "", PLAIT__METRIC_LABEL_BYTES - 1) == 0;
}

static struct series *find(struct plait__metric *metric, const char *const *labels) {
    for (int i = 0; i < metric->series_count; i++) {
        int l = 0;
        while (l < metric->label_count && same(metric->series[i].labels[l], labels[l])) l++;
        if (l == metric->label_count) return &metric->series[i];
    }
    return NULL;
}

static struct series *find_or_add(struct plait__metric *metric, const char *const *labels) {
    static const char *const other[PLAIT__METRIC_LABELS] = {"other", "other", "other"};
    struct series *series = find(metric, labels);
    if (series) return series;
    if (metric->series_count >= metric->info.series_most) { /* the place behind them all is kept for the rest */
        if ((series = find(metric, other))) return series;
        labels = other;
    }
    series = &metric->series[metric->series_count++];
    for (int l = 0; l < metric->label_count; l++)
        snprintf(series->labels[l], sizeof series->labels[l], "%s", labels[l] ? labels[l] : "");
    return series;
}

void plait__count(struct plait__metric *counter, const char *const *labels, double amount) {
    if (!counter || !(amount >= 0)) return;
    pthread_mutex_lock(&counter->metrics->lock);
    find_or_add(counter, labels)->value += amount;
    pthread_mutex_unlock(&counter->metrics->lock);
}

void plait__gauge(struct plait__metric *gauge, const char *const *labels, double value) {
    if (!gauge) return;
    pthread_mutex_lock(&gauge->metrics->lock);
    find_or_add(gauge, labels)->value = value;
    pthread_mutex_unlock(&gauge->metrics->lock);
}

void plait__gauge_add(struct plait__metric *gauge, const char *const *labels, double amount) {
    if (!gauge) return;
    pthread_mutex_lock(&gauge->metrics->lock);
    find_or_add(gauge, labels)->value += amount;
    pthread_mutex_unlock(&gauge->metrics->lock);
}

void plait__observe(struct plait__metric *histogram, const char *const *labels, double value) {
    if (!histogram || isnan(value)) return;
    pthread_mutex_lock(&histogram->metrics->lock);
    struct series *series = find_or_add(histogram, labels);
    series->value += value;
    series->count++;
    int b = 0;
    while (b < histogram->bound_count && value > histogram->info.bounds[b]) b++;
    if (b < histogram->bound_count) series->buckets[b]++;
    pthread_mutex_unlock(&histogram->metrics->lock);
}

double plait__metric_value(struct plait__metric *metric, const char *const *labels) {
    pthread_mutex_lock(&metric->metrics->lock);
    const struct series *series = find(metric, labels);
    const double value = !series ? 0 : metric->info.kind == PLAIT__HISTOGRAM ? (double)series->count : series->value;
    pthread_mutex_unlock(&metric->metrics->lock);
    return value;
}

/* ------------------------------------------------------------------ writing */

/* A backslash, a quote and a line end are escaped; so long as the kept bytes are cut UTF-8, the rest is written as it is. */
static enum plait_status write_value(struct plait__buffer *buffer, const char *value) {
    for (const char *at = value; *at; at++) {
        if (*at == '\\' || *at == '"')
            PLAIT__TRY(plait__buffer_append(buffer, "\\", 1));
        else if (*at == '\n') {
            PLAIT__TRY(plait__buffer_append(buffer, "\\n", 2));
            continue;
        }
        PLAIT__TRY(plait__buffer_append(buffer, at, 1));
    }
    return PLAIT_OK;
}

/* {method="POST",le="0.5"}; nothing without labels. */
static enum plait_status write_labels(struct plait__buffer *buffer, const struct plait__metric *metric,
                                      const struct series *series, const char *le) {
    if (metric->label_count == 0 && !le) return PLAIT_OK;
    PLAIT__TRY(plait__buffer_append(buffer, "{", 1));
    for (int l = 0; l < metric->label_count; l++) {
        PLAIT__TRY(plait__buffer_printf(buffer, "%s%s=\"", l ? "," : "", metric->info.labels[l]));
        PLAIT__TRY(write_value(buffer, series->labels[l]));
        PLAIT__TRY(plait__buffer_append(buffer, "\"", 1));
    }
    if (le) PLAIT__TRY(plait__buffer_printf(buffer, "%sle=\"%s\"", metric->label_count ? "," : "", le));
    return plait__buffer_append(buffer, "}", 1);
}

static enum plait_status write_sample(struct plait__buffer *buffer, const struct plait__metric *metric,
                                      const struct series *series, const char *suffix, const char *le, double value) {
    PLAIT__TRY(plait__buffer_printf(buffer, "%s%s", metric->info.name, suffix));
    PLAIT__TRY(write_labels(buffer, metric, series, le));
    return plait__buffer_printf(buffer, " %.12g\n", value);
}

static enum plait_status write_series(struct plait__buffer *buffer, const struct plait__metric *metric,
                                      const struct series *series) {
    if (metric->info.kind != PLAIT__HISTOGRAM) return write_sample(buffer, metric, series, "", NULL, series->value);
    uint64_t seen = 0;
    for (int b = 0; b < metric->bound_count; b++) {
        char le[32];
        snprintf(le, sizeof le, "%.6g", metric->info.bounds[b]);
        seen += series->buckets[b];
        PLAIT__TRY(write_sample(buffer, metric, series, "_bucket", le, (double)seen));
    }
    PLAIT__TRY(write_sample(buffer, metric, series, "_bucket", "+Inf", (double)series->count));
    PLAIT__TRY(write_sample(buffer, metric, series, "_sum", NULL, series->value));
    return write_sample(buffer, metric, series, "_count", NULL, (double)series->count);
}

static enum plait_status write_family(struct plait__buffer *buffer, const struct plait__metric *metric) {
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    PLAIT__TRY(plait__buffer_printf(buffer, "# HELP %s %s\n# TYPE %s %s\n", metric->info.name, metric->info.help,
                                    metric->info.name, kinds[metric->info.kind]));
    for (int i = 0; i < metric->series_count; i++) PLAIT__TRY(write_series(buffer, metric, &metric->series[i]));
    return PLAIT_OK;
}

enum plait_status plait__metrics_write(struct plait__metrics *metrics, struct plait__buffer *buffer) {
    enum plait_status status = PLAIT_OK;
    pthread_mutex_lock(&metrics->lock);
    for (const struct plait__metric *metric = metrics->first; metric && status == PLAIT_OK; metric = metric->next)
        if (metric->series_count) status = write_family(buffer, metric);
    pthread_mutex_unlock(&metrics->lock);
    return status;
}
