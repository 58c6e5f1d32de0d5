/* Event time: late, duplicate, out of order, gaps, jumps, outages; lags of clocks found and corrected; traces replayed. */
#include "stream/stream.h"

#include <stdlib.h>

#include "base/sha256.h"
#include "onnx_writer.h" /* noise */
#include "test.h"

static plait_context *context;

/* What closed, for looking at and for comparing bit by bit. */
struct log {
    struct plait__sha256 hash;
    int windows, outages[2], events, unknown, aligned, misaligned;
    int64_t begins[8];
    int counts[8][2];
    double worst_us;     /* how far corrected times are from the truth, in aligned windows */
    int64_t true_lag_us; /* 0: nobody knows */
};

static enum plait_status closed(void *user, const struct plait__window *window) {
    struct log *log = user;
    const int64_t numbers[] = {window->begin_us, window->end_us, window->event_count, window->alignment};
    plait__sha256_add(&log->hash, numbers, sizeof numbers);
    plait__sha256_add(&log->hash, &window->lag_us, sizeof window->lag_us);
    if (log->windows < 8) {
        log->begins[log->windows] = window->begin_us;
        for (int s = 0; s < 2; s++) log->counts[log->windows][s] = window->counts[s];
    }
    log->windows++;
    log->events += window->event_count;
    log->aligned += window->alignment == PLAIT__ALIGNED;
    log->unknown += window->alignment == PLAIT__ALIGNMENT_UNKNOWN;
    log->misaligned += window->alignment == PLAIT__MISALIGNED;
    for (int s = 0; s < 2; s++) log->outages[s] += window->outage[s];
    for (int i = 0; i < window->event_count; i++) {
        const struct plait__event *event = &window->events[i];
        plait__sha256_add(&log->hash, &event->time_us, sizeof event->time_us);
        plait__sha256_add(&log->hash, &event->number, sizeof event->number);
        plait__sha256_add(&log->hash, event->payload, event->size);
        CHECK(event->time_us >= window->begin_us && event->time_us < window->end_us);
        CHECK(i == 0 || window->events[i - 1].time_us <= event->time_us);
        if (window->alignment == PLAIT__ALIGNED && event->size == sizeof(int64_t)) {
            int64_t truth;
            memcpy(&truth, event->payload, sizeof truth);
            log->worst_us = fmax(log->worst_us, fabs((double)(event->time_us - truth)));
        }
    }
    return PLAIT_OK;
}

static struct plait__stream *begin(const struct plait__stream_options *options, struct log *log) {
    struct plait__stream *stream = NULL;
    *log = (struct log){0};
    plait__sha256_begin(&log->hash);
    CHECK_INT(plait__stream_create(context, options, closed, log, &stream), PLAIT_OK);
    return stream;
}

static void push(struct plait__stream *stream, int source, uint64_t number, int64_t time_us, int64_t arrival_us) {
    const struct plait__event event = {source, number, time_us, arrival_us, NAN, "x", 1, 0};
    CHECK_INT(plait__stream_push(stream, &event), PLAIT_OK);
}

static struct plait__source_counts counts_of(const struct plait__stream *stream, int source) {
    struct plait__source_counts counts;
    plait__stream_counts(stream, source, &counts);
    return counts;
}

/* Windows of 100, 20 late: what closes when, and what becomes of each event. */
TEST(words) {
    struct plait__stream_options options;
    struct log log;
    plait__stream_options_default(&options);
    options.window_us = 100, options.lateness_us = 20, options.gap_us = 150, options.jump_us = 1000, options.idle_us = 300;
    options.source_count = 1, options.capacity = 5;
    struct plait__stream *stream = begin(&options, &log);
    push(stream, 0, 1, 110, 0);
    push(stream, 0, 3, 180, 70);
    push(stream, 0, 2, 150, 70);  /* out of order, in time */
    push(stream, 0, 3, 180, 75);  /* duplicate */
    push(stream, 0, 4, 219, 110); /* the watermark is at 199 */
    CHECK_INT(log.windows, 0);
    push(stream, 0, 5, 220, 111);
    CHECK_INT(log.windows, 1);
    CHECK_INT(log.begins[0], 100);
    CHECK_INT(log.counts[0][0], 3);
    push(stream, 0, 6, 199, 112); /* late: its window has closed */
    push(stream, 0, 7, 571, 463); /* gap: 351 after 220; two windows without an event are not closed */
    CHECK_INT(log.windows, 2);
    push(stream, 0, 8, 5, 470); /* its clock was set back by 573, which is no jump yet: late */
    CHECK_INT(counts_of(stream, 0).jumps, 0);
    push(stream, 0, 9, 100005, 480); /* a jump: time goes on by the 10 of the receiver */
    push(stream, 0, 10, 100009, 484);
    CHECK_INT(plait__stream_flush(stream), PLAIT_OK);
    const struct plait__source_counts counts = counts_of(stream, 0);
    CHECK_INT(counts.received, 11);
    CHECK_INT(counts.duplicates, 1);
    CHECK_INT(counts.out_of_order, 1);
    CHECK_INT(counts.gaps, 1);
    CHECK_INT(counts.jumps, 1);
    CHECK_INT(counts.late, 4); /* 199, 5, and the two that went on from there */
    CHECK_INT(counts.accepted, 6);
    CHECK_INT(log.events, 6);
    CHECK_INT(log.begins[2], 500);
    plait__stream_destroy(stream);
}

TEST(buffers_are_bounded) {
    struct plait__stream_options options;
    struct log log;
    plait__stream_options_default(&options);
    options.capacity = 3;
    struct plait__stream *stream = begin(&options, &log);
    for (int i = 0; i < 7; i++) push(stream, 0, (uint64_t)i, 1000 * i, 1000 * i);
    CHECK_INT(counts_of(stream, 0).overflows, 4);
    CHECK_INT(plait__stream_flush(stream), PLAIT_OK);
    CHECK_INT(log.events, 3);
    plait__stream_destroy(stream);
}

/* One source stops: after idle_us the other goes on without it. */
TEST(an_outage_does_not_stop_time) {
    struct plait__stream_options options;
    struct log log;
    plait__stream_options_default(&options);
    options.window_us = 100, options.lateness_us = 20, options.idle_us = 300;
    struct plait__stream *stream = begin(&options, &log);
    push(stream, 0, 0, 50, 50);
    push(stream, 1, 0, 50, 50);
    for (int i = 1; i < 4; i++) push(stream, 1, (uint64_t)i, 50 + 100 * i, 50 + 100 * i);
    CHECK_INT(log.windows, 0); /* source 0 may yet come */
    push(stream, 1, 9, 450, 450);
    CHECK(log.windows >= 3);
    CHECK_INT(log.outages[0], log.windows - 1);
    CHECK_INT(log.outages[1], 0);
    plait__stream_destroy(stream);
}

TEST(refuses) {
    struct plait__stream_options options;
    struct log log;
    struct plait__stream *stream = NULL;
    plait__stream_options_default(&options);
    options.window_us = 0;
    CHECK_INT(plait__stream_create(context, &options, closed, &log, &stream), PLAIT_INVALID);
    plait__stream_options_default(&options);
    options.source_count = 9;
    CHECK_INT(plait__stream_create(context, &options, closed, &log, &stream), PLAIT_INVALID);
    CHECK(stream == NULL);
    plait__stream_options_default(&options);
    stream = begin(&options, &log);
    struct plait__event event = {.source = 2};
    CHECK_INT(plait__stream_push(stream, &event), PLAIT_INVALID);
    event = (struct plait__event){.size = (1 << 20) + 1};
    CHECK_INT(plait__stream_push(stream, &event), PLAIT_LIMIT);
    event = (struct plait__event){.time_us = INT64_MIN};
    CHECK_INT(plait__stream_push(stream, &event), PLAIT_INVALID);
    push(stream, 0, 1, 0, 100);
    event = (struct plait__event){.arrival_us = 99};
    CHECK_INT(plait__stream_push(stream, &event), PLAIT_INVALID);
    CHECK_INT(plait__record_replay(stream, "PLAITTRC\0\1", 10), PLAIT_INVALID);
    CHECK_INT(plait__record_replay(stream, "PLAIT", 5), PLAIT_INVALID);
    plait__stream_destroy(stream);
}

/* ------------------------------------------------------------------ the live scenario */

enum { SECONDS = 120, OUTAGE = 60, OUTAGE_SECONDS = 5 };

/* Something is shown and said about every 0.8 s; how much is going on at a time (seconds). */
static float activity_at(double t, const double *moments, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
        const double z = (t - moments[i]) / 0.12;
        if (z > -4 && z < 4) sum += exp(-z * z / 2);
    }
    return (float)sum;
}

struct pushed {
    struct plait__event event;
    int64_t truth_us;
};

static int by_arrival(const void *a, const void *b) {
    const struct pushed *x = a, *y = b;
    if (x->event.arrival_us != y->event.arrival_us) return x->event.arrival_us < y->event.arrival_us ? -1 : 1;
    return x->event.source - y->event.source;
}

/* Frames at 25 Hz and sound every 20 ms: jitter, 2% lost, the camera away for 5 s, the sound's clock off by offset and drift.
 * What is said has its middle up to `rough` seconds beside that of what is shown. */
static int make_scene(double offset_us, double drift_ppm, double rough, struct pushed *out) {
    static double moments[4 * SECONDS];
    uint32_t seed = 7;
    int count = 0, moment_count = 0;
    for (double t = 0.5; t < SECONDS; t += 0.8 + 0.35 * (double)noise(&seed)) moments[moment_count++] = t;
    for (int source = 0; source < 2; source++) {
        for (int m = 0; source == 1 && rough > 0 && m < moment_count; m++) moments[m] += rough * (double)noise(&seed);
        const double step = source == 0 ? 0.04 : 0.02;
        for (int i = 0; i * step < SECONDS; i++) {
            const double t = i * step + (source == 0 ? 0.004 : 0.001) * (double)noise(&seed); /* when it was taken */
            if (noise(&seed) > 0.96f) continue;                                               /* 2% of -1..1 */
            if (source == 0 && t >= OUTAGE && t < OUTAGE + OUTAGE_SECONDS) continue;
            const double clock = source == 0 ? t * 1e6 : t * 1e6 * (1 + drift_ppm * 1e-6) + offset_us;
            const double delay = 0.03 + 0.02 * (double)noise(&seed);
            out[count++] = (struct pushed){{.source = source,
                                            .number = (uint64_t)i,
                                            .time_us = (int64_t)clock,
                                            .arrival_us = (int64_t)((t + delay) * 1e6),
                                            .activity = activity_at(t, moments, moment_count) + 0.1f * noise(&seed)},
                                           (int64_t)(t * 1e6)};
        }
    }
    qsort(out, (size_t)count, sizeof *out, by_arrival);
    return count;
}

static void run_scene(const struct plait__stream_options *options, struct pushed *scene, int count, struct log *log,
                      struct plait__lag *lag, struct plait__buffer *trace) {
    struct plait__stream *stream = begin(options, log);
    for (int i = 0; i < count; i++) {
        scene[i].event.payload = &scene[i].truth_us;
        scene[i].event.size = sizeof scene[i].truth_us;
        if (trace) CHECK_INT(plait__record_add(trace, &scene[i].event), PLAIT_OK);
        CHECK_INT(plait__stream_push(stream, &scene[i].event), PLAIT_OK);
    }
    CHECK_INT(plait__stream_flush(stream), PLAIT_OK);
    plait__stream_lag(stream, lag);
    plait__stream_destroy(stream);
}

TEST(finds_offset_and_drift) {
    static struct pushed scene[80 * SECONDS];
    const double offsets_us[] = {-800e3, -337e3, 0, 12e3, 800e3};
    struct plait__stream_options options;
    plait__stream_options_default(&options);
    options.align = true;
    for (size_t o = 0; o < sizeof offsets_us / sizeof *offsets_us; o++) {
        struct plait__buffer trace;
        struct plait__lag lag;
        struct log live, replayed;
        const double drift_ppm = o % 2 ? -200 : 200;
        const int count = make_scene(offsets_us[o], drift_ppm, 0, scene);
        plait__buffer_init(&trace, context, 1 << 24);
        CHECK_INT(plait__record_begin(&trace), PLAIT_OK);
        run_scene(&options, scene, count, &live, &lag, &trace);
        const double at_end_us = SECONDS * 1e6, truth = offsets_us[o] + drift_ppm * SECONDS;
        const double found = plait__lag_at(&lag, (int64_t)(at_end_us + truth));
        printf(
            "offset %.0f us, drift %.0f ppm: off by %.0f us, drift %.1f ppm, spread %.0f us, corrected times within %.0f us\n",
            offsets_us[o], drift_ppm, found - truth, lag.drift_ppm, lag.spread_us, live.worst_us);
        CHECK(lag.known);
        CHECK_NEAR(found, truth, 20e3); /* the demand */
        CHECK_NEAR(lag.drift_ppm, drift_ppm, 50);
        CHECK(live.worst_us < 20e3);     /* in windows that call themselves aligned, from the first on */
        CHECK_INT(live.unknown < 14, 1); /* 8 s to correlate, and a few estimates */
        CHECK(live.aligned > SECONDS - 20);
        CHECK(live.outages[0] >= OUTAGE_SECONDS - 1 && live.outages[0] <= OUTAGE_SECONDS + 1);

        /* The same from its trace, bit for bit. */
        char a[65], b[65];
        struct plait__stream *stream = begin(&options, &replayed);
        CHECK_INT(plait__record_replay(stream, trace.data, trace.size), PLAIT_OK);
        CHECK_INT(plait__stream_flush(stream), PLAIT_OK);
        plait__stream_destroy(stream);
        plait__sha256_end(&live.hash, a);
        plait__sha256_end(&replayed.hash, b);
        CHECK_TEXT(a, b);
        CHECK_INT(live.windows, replayed.windows);
        plait__buffer_end(&trace);
    }
}

/* Words are louder before or after their middle: over 20 s that may look like hundreds of ppm and is not believed, over two
 * minutes the slope is known. */
TEST(a_slope_is_believed_as_far_as_there_is_evidence) {
    static struct pushed scene[80 * SECONDS];
    const double drifts_ppm[] = {-200, 0, 200};
    struct plait__stream_options options;
    plait__stream_options_default(&options);
    options.align = true;
    for (size_t d = 0; d < sizeof drifts_ppm / sizeof *drifts_ppm; d++) {
        struct plait__lag early, late;
        struct log log;
        int begun = 0;
        const int count = make_scene(300e3, drifts_ppm[d], 0.02, scene);
        while (scene[begun].event.arrival_us < 20000000) begun++;
        run_scene(&options, scene, begun, &log, &early, NULL);
        run_scene(&options, scene, count, &log, &late, NULL);
        printf("drift %.0f ppm: found %.1f after 20 s, %.1f after %d s, spread %.0f us, corrected times within %.0f us\n",
               drifts_ppm[d], early.drift_ppm, late.drift_ppm, SECONDS, late.spread_us, log.worst_us);
        CHECK(early.known && fabs(early.drift_ppm) < 200);
        CHECK_NEAR(late.drift_ppm, drifts_ppm[d], 100);
        CHECK(log.worst_us < 20e3);
    }
}

/* A piece of sound is called by its first sample, and its loudness is that of its middle. */
TEST(activity_is_of_the_middle) {
    static struct pushed scene[80 * SECONDS];
    struct plait__stream_options options;
    struct plait__lag lag;
    struct log log;
    plait__stream_options_default(&options);
    options.align = true;
    const int count = make_scene(0, 0, 0, scene);
    for (int i = 0; i < count; i++) {
        if (scene[i].event.source != 1) continue;
        scene[i].event.time_us -= 30000;
        scene[i].event.lasts_us = 60000;
    }
    run_scene(&options, scene, count, &log, &lag, NULL);
    CHECK_NEAR(plait__lag_at(&lag, (int64_t)SECONDS * 1000000), 0, 5e3);
}

/* Two sources that have nothing to do with each other are never called aligned. */
TEST(noise_is_not_aligned) {
    static struct pushed scene[80 * SECONDS];
    struct plait__stream_options options;
    struct plait__lag lag;
    struct log log;
    uint32_t seed = 3;
    plait__stream_options_default(&options);
    options.align = true;
    const int count = make_scene(0, 0, 0, scene);
    for (int i = 0; i < count; i++)
        if (scene[i].event.source == 1) scene[i].event.activity = noise(&seed);
    run_scene(&options, scene, count, &log, &lag, NULL);
    CHECK_INT(log.aligned, 0);
    CHECK(log.unknown + log.misaligned > 100);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_words();
    test_buffers_are_bounded();
    test_an_outage_does_not_stop_time();
    test_refuses();
    test_finds_offset_and_drift();
    test_a_slope_is_believed_as_far_as_there_is_evidence();
    test_activity_is_of_the_middle();
    test_noise_is_not_aligned();
    plait_context_destroy(context);
    return test__finish();
}
