/* The registry of metrics: what Prometheus would read, and that labels made up from outside have a bound. */
#include "observe/metrics.h"

#include <pthread.h>

#include "test.h"

struct fixture {
    plait_context *context;
    struct plait__metrics *metrics;
    struct plait__buffer text;
};

static void begin(struct fixture *fixture) {
    plait_context_create(NULL, &fixture->context);
    CHECK_INT(plait__metrics_create(fixture->context, &fixture->metrics), PLAIT_OK);
    plait__buffer_init(&fixture->text, fixture->context, 1 << 20);
}

static void end(struct fixture *fixture) {
    plait__buffer_end(&fixture->text);
    plait__metrics_destroy(fixture->metrics);
    plait_context_destroy(fixture->context);
}

TEST(text) {
    struct fixture f;
    begin(&f);
    struct plait__metric *requests = plait__metric_add(
        f.metrics, &(struct plait__metric_info){PLAIT__COUNTER, "a_total", "Requests.", {"route", "code"}, 0, {0}});
    struct plait__metric *depth =
        plait__metric_add(f.metrics, &(struct plait__metric_info){PLAIT__GAUGE, "b", "Depth.", {0}, 0, {0}});
    struct plait__metric *seconds = plait__metric_add(
        f.metrics, &(struct plait__metric_info){PLAIT__HISTOGRAM, "c_seconds", "Time.", {"stage"}, 0, {0.5, 1}});
    plait__count(requests, PLAIT__LABELS("documents", "200"), 1);
    plait__count(requests, PLAIT__LABELS("documents", "200"), 2);
    plait__count(requests, PLAIT__LABELS("a\"b\\c\nd", "400"), 1);
    plait__count(requests, PLAIT__LABELS("documents", "200"), -1); /* a counter never goes down */
    plait__gauge_add(depth, NULL, 3);
    plait__gauge_add(depth, NULL, -1);
    plait__observe(seconds, PLAIT__LABELS("decode"), 0.5); /* a bound belongs to its bucket */
    plait__observe(seconds, PLAIT__LABELS("decode"), 0.75);
    plait__observe(seconds, PLAIT__LABELS("decode"), 2);
    plait__observe(seconds, PLAIT__LABELS("decode"), NAN);
    plait__count(NULL, NULL, 1);
    CHECK_INT(plait__metrics_write(f.metrics, &f.text), PLAIT_OK);
    CHECK_TEXT(f.text.data, "# HELP a_total Requests.\n# TYPE a_total counter\n"
                            "a_total{route=\"documents\",code=\"200\"} 3\n"
                            "a_total{route=\"a\\\"b\\\\c\\nd\",code=\"400\"} 1\n"
                            "# HELP b Depth.\n# TYPE b gauge\nb 2\n"
                            "# HELP c_seconds Time.\n# TYPE c_seconds histogram\n"
                            "c_seconds_bucket{stage=\"decode\",le=\"0.5\"} 1\n"
                            "c_seconds_bucket{stage=\"decode\",le=\"1\"} 2\n"
                            "c_seconds_bucket{stage=\"decode\",le=\"+Inf\"} 3\n"
                            "c_seconds_sum{stage=\"decode\"} 3.25\nc_seconds_count{stage=\"decode\"} 3\n");
    end(&f);
}

TEST(bounded) {
    struct fixture f;
    begin(&f);
    struct plait__metric *names =
        plait__metric_add(f.metrics, &(struct plait__metric_info){PLAIT__COUNTER, "a_total", "Names.", {"name"}, 3, {0}});
    for (int i = 0; i < 101; i++) {
        char name[64];
        snprintf(name, sizeof name, "name-%d", i);
        plait__count(names, PLAIT__LABELS(name), 1);
    }
    CHECK_INT(plait__metric_value(names, PLAIT__LABELS("name-2")), 1);
    CHECK_INT(plait__metric_value(names, PLAIT__LABELS("name-3")), 0);
    CHECK_INT(plait__metric_value(names, PLAIT__LABELS("other")), 98);
    char longer[200];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    plait__count(names, PLAIT__LABELS(longer), 1);
    CHECK_INT(plait__metric_value(names, PLAIT__LABELS("other")), 99);
    end(&f);
}

static void *count_many(void *metric) {
    for (int i = 0; i < 10007; i++) plait__count(metric, PLAIT__LABELS("x"), 1);
    return NULL;
}

TEST(threads) {
    struct fixture f;
    pthread_t threads[3];
    if (!PLAIT__THREADS) return;
    begin(&f);
    struct plait__metric *metric =
        plait__metric_add(f.metrics, &(struct plait__metric_info){PLAIT__COUNTER, "a_total", "All.", {"name"}, 0, {0}});
    for (int t = 0; t < 3; t++) CHECK_INT(pthread_create(&threads[t], NULL, count_many, metric), 0);
    for (int t = 0; t < 3; t++) pthread_join(threads[t], NULL);
    CHECK_INT(plait__metric_value(metric, PLAIT__LABELS("x")), 3 * 10007);
    end(&f);
}

TEST_MAIN(text, bounded, threads)
