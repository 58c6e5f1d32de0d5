#include "stream/stream.h"

#include <math.h>
#include <string.h>

/* An event in a buffer, its payload owned. */
struct held {
    struct plait__event event;
    void *payload;
};

struct source {
    struct held *held; /* [capacity], by corrected time, then number */
    int count;
    bool begun;
    int64_t raw_us, arrival_us; /* of the event before */
    int64_t shift_us;           /* added to the source's clock after jumps */
    int64_t newest_us;          /* corrected */
    struct plait__source_counts counts;
};

struct plait__stream {
    plait_context *context;
    struct plait__stream_options options;
    enum plait_status (*closed)(void *user, const struct plait__window *window);
    void *user;
    struct source sources[PLAIT__SOURCES_MOST];
    struct plait__sync *sync;
    bool aligning;           /* the lag is known ... */
    int64_t aligned_from_us; /* ... and corrected in all events from here on */
    bool begun;
    int64_t next_us; /* the window that closes next begins here */
    int64_t arrival_us;
    struct plait__event *window; /* [source_count * capacity] */
};

enum { CAPACITY_MOST = 1 << 20 };
static const int64_t time_most = (int64_t)1 << 60; /* microseconds either way: sums of a few do not overflow */

void plait__stream_options_default(struct plait__stream_options *options) {
    *options = (struct plait__stream_options){.source_count = 2,
                                              .window_us = 1000000,
                                              .lateness_us = 200000,
                                              .gap_us = 500000,
                                              .jump_us = 2000000,
                                              .idle_us = 2000000,
                                              .tolerance_us = 100000,
                                              .capacity = 1024,
                                              .payload_most = 1 << 20};
    plait__sync_options_default(&options->sync);
}

const char *plait__alignment_name(enum plait__alignment alignment) {
    static const char *const names[] = {"aligned", "unknown", "misaligned"};
    return names[alignment];
}

plait_context *plait__stream_context(const struct plait__stream *stream) {
    return stream->context;
}

static enum plait_status check_options(plait_context *context, const struct plait__stream_options *o) {
    const int64_t times[] = {o->window_us, o->lateness_us + 1, o->gap_us, o->jump_us, o->idle_us, o->tolerance_us};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] < 1 || times[i] > time_most / 64)
            return plait__fail(context, PLAIT_INVALID, "stream: expected times above 0, found %lld us", (long long)times[i]);
    if (o->source_count < 1 || o->source_count > PLAIT__SOURCES_MOST || o->capacity < 1 || o->capacity > CAPACITY_MOST)
        return plait__fail(context, PLAIT_INVALID, "stream: expected 1 to %d sources and a capacity of 1 to %d events",
                           PLAIT__SOURCES_MOST, CAPACITY_MOST);
    if (o->align && o->source_count < 2) return plait__fail(context, PLAIT_INVALID, "stream: aligning takes two sources");
    return PLAIT_OK;
}

enum plait_status plait__stream_create(plait_context *context, const struct plait__stream_options *options,
                                       enum plait_status (*closed)(void *user, const struct plait__window *window), void *user,
                                       struct plait__stream **stream_out) {
    PLAIT__TRY(check_options(context, options));
    struct plait__stream *stream = plait__allocate_zero(context, 1, sizeof *stream);
    if (!stream) return PLAIT_MEMORY;
    *stream = (struct plait__stream){.context = context, .options = *options, .closed = closed, .user = user};
    const size_t capacity = (size_t)options->capacity, all = capacity * (size_t)options->source_count;
    enum plait_status status = options->align ? plait__sync_create(context, &options->sync, &stream->sync) : PLAIT_OK;
    if (status == PLAIT_OK && !(stream->window = plait__allocate_zero(context, all, sizeof *stream->window)))
        status = PLAIT_MEMORY;
    for (int s = 0; s < options->source_count && status == PLAIT_OK; s++)
        if (!(stream->sources[s].held = plait__allocate_zero(context, capacity, sizeof(struct held)))) status = PLAIT_MEMORY;
    if (status == PLAIT_OK)
        *stream_out = stream;
    else
        plait__stream_destroy(stream);
    return status;
}

void plait__stream_destroy(struct plait__stream *stream) {
    if (!stream) return;
    for (int s = 0; s < PLAIT__SOURCES_MOST; s++) {
        for (int i = 0; i < stream->sources[s].count; i++) plait__release(stream->context, stream->sources[s].held[i].payload);
        plait__release(stream->context, stream->sources[s].held);
    }
    plait__sync_destroy(stream->sync);
    plait__release(stream->context, stream->window);
    plait__release(stream->context, stream);
}

/* ------------------------------------------------------------------ clocks */

/* The event's time after jumps of its source's clock: where that moved otherwise than the receiver's, it is set anew. */
static int64_t follow_clock(struct plait__stream *stream, struct source *source, const struct plait__event *event) {
    if (source->begun) {
        const int64_t here = event->arrival_us - source->arrival_us, there = event->time_us - source->raw_us;
        const int64_t moved = there - here;
        if (moved > stream->options.jump_us || moved < -stream->options.jump_us) {
            source->counts.jumps++;
            source->shift_us -= moved;
            if (stream->sync) plait__sync_reset(stream->sync);
            stream->aligning = false;
        }
    }
    source->begun = true;
    source->raw_us = event->time_us;
    source->arrival_us = event->arrival_us;
    return event->time_us + source->shift_us;
}

static int64_t newest_of_all(const struct plait__stream *stream) {
    int64_t newest = INT64_MIN;
    for (int s = 0; s < stream->options.source_count; s++)
        if (stream->sources[s].begun && stream->sources[s].newest_us > newest) newest = stream->sources[s].newest_us;
    return newest;
}

/* The event's time on the clock of source 0.  Where the lag becomes known, what is in the buffers was not corrected yet. */
static int64_t align(struct plait__stream *stream, const struct plait__event *event, int64_t time_us) {
    struct plait__lag lag;
    if (!stream->sync || event->source > 1) return time_us;
    if (!isnan(event->activity)) plait__sync_add(stream->sync, event->source, time_us + event->lasts_us / 2, event->activity);
    plait__sync_lag(stream->sync, &lag);
    if (lag.known && !stream->aligning) stream->aligned_from_us = newest_of_all(stream) + 1;
    stream->aligning = lag.known;
    return event->source == 1 ? plait__lag_correct(&lag, time_us) : time_us;
}

/* ------------------------------------------------------------------ buffers */

static bool before(const struct plait__event *a, const struct plait__event *b) {
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->number < b->number;
}

static bool is_duplicate(const struct source *source, uint64_t number) {
    for (int i = source->count - 1; i >= 0; i--)
        if (source->held[i].event.number == number) return true;
    return false;
}

static void drop_oldest(struct plait__stream *stream, struct source *source, int count) {
    for (int i = 0; i < count; i++) plait__release(stream->context, source->held[i].payload);
    source->count -= count;
    memmove(source->held, source->held + count, (size_t)source->count * sizeof *source->held);
}

static enum plait_status insert(struct plait__stream *stream, struct source *source, const struct plait__event *event) {
    struct held held = {.event = *event, .payload = plait__allocate(stream->context, event->size)};
    if (!held.payload) return PLAIT_MEMORY;
    if (event->size) memcpy(held.payload, event->payload, event->size);
    held.event.payload = held.payload;
    if (source->count == stream->options.capacity) {
        source->counts.overflows++;
        drop_oldest(stream, source, 1);
    }
    int place = source->count++;
    for (; place > 0 && before(event, &source->held[place - 1].event); place--) source->held[place] = source->held[place - 1];
    source->held[place] = held;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ windows */

static enum plait__alignment alignment_of(const struct plait__stream *stream, const struct plait__lag *lag, int64_t begin_us) {
    if (!stream->sync) return PLAIT__ALIGNED;
    if (!lag->known || begin_us < stream->aligned_from_us) return PLAIT__ALIGNMENT_UNKNOWN;
    return lag->spread_us > (double)stream->options.tolerance_us ? PLAIT__MISALIGNED : PLAIT__ALIGNED;
}

/* All events of the window, merged: by time, then source, then number. */
static void gather(struct plait__stream *stream, struct plait__window *window) {
    int at[PLAIT__SOURCES_MOST] = {0};
    for (;;) {
        int next = -1;
        for (int s = 0; s < stream->options.source_count; s++) {
            const struct source *source = &stream->sources[s];
            if (at[s] == source->count || source->held[at[s]].event.time_us >= window->end_us) continue;
            if (next < 0 || source->held[at[s]].event.time_us < stream->sources[next].held[at[next]].event.time_us) next = s;
        }
        if (next < 0) break;
        stream->window[window->event_count++] = stream->sources[next].held[at[next]++].event;
        window->counts[next]++;
    }
    window->events = stream->window;
}

static enum plait_status close_window(struct plait__stream *stream) {
    struct plait__window window = {.begin_us = stream->next_us, .end_us = stream->next_us + stream->options.window_us};
    struct plait__lag lag = {0};
    if (stream->sync) plait__sync_lag(stream->sync, &lag);
    gather(stream, &window);
    window.alignment = alignment_of(stream, &lag, window.begin_us);
    window.lag_us = plait__lag_at(&lag, window.begin_us);
    window.drift_ppm = lag.known ? lag.drift_ppm : 0;
    for (int s = 0; s < stream->options.source_count; s++) window.outage[s] = window.counts[s] == 0;
    stream->next_us = window.end_us;
    const enum plait_status status = stream->closed(stream->user, &window);
    for (int s = 0; s < stream->options.source_count; s++) drop_oldest(stream, &stream->sources[s], window.counts[s]);
    return status;
}

/* Where the slowest source that is not idle has come to; what has never spoken counts as idle from idle_us on. */
static int64_t watermark(const struct plait__stream *stream) {
    const int64_t newest = newest_of_all(stream);
    int64_t slowest = newest;
    for (int s = 0; s < stream->options.source_count; s++) {
        const struct source *source = &stream->sources[s];
        const int64_t time = source->begun ? source->newest_us : stream->next_us;
        if (newest - time <= stream->options.idle_us && time < slowest) slowest = time;
    }
    return slowest - stream->options.lateness_us;
}

static int64_t floor_to(int64_t time, int64_t step) {
    const int64_t rest = time % step;
    return time - rest - (rest < 0 ? step : 0);
}

/* Closes what the watermark has passed.  A stretch without any event is skipped, not closed window by window. */
static enum plait_status close_until(struct plait__stream *stream, int64_t until_us) {
    while (stream->next_us + stream->options.window_us <= until_us) {
        int64_t oldest = until_us;
        for (int s = 0; s < stream->options.source_count; s++)
            if (stream->sources[s].count && stream->sources[s].held[0].event.time_us < oldest)
                oldest = stream->sources[s].held[0].event.time_us;
        const int64_t begin = floor_to(oldest, stream->options.window_us);
        if (begin > stream->next_us) {
            stream->next_us = begin;
            continue;
        }
        PLAIT__TRY(close_window(stream));
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ pushing */

static enum plait_status check_event(const struct plait__stream *stream, const struct plait__event *event) {
    if (event->source < 0 || event->source >= stream->options.source_count)
        return plait__fail(stream->context, PLAIT_INVALID, "event: expected a source below %d, found %d",
                           stream->options.source_count, event->source);
    if (event->size > stream->options.payload_most)
        return plait__fail(stream->context, PLAIT_LIMIT, "event: expected at most %zu bytes, found %zu",
                           stream->options.payload_most, event->size);
    if (event->time_us > time_most || event->time_us < -time_most || event->arrival_us > time_most ||
        event->arrival_us < -time_most)
        return plait__fail(stream->context, PLAIT_INVALID, "event: expected times within 2^60 us");
    if (stream->begun && event->arrival_us < stream->arrival_us)
        return plait__fail(stream->context, PLAIT_INVALID, "event: expected arrivals in order, found %lld us before the last",
                           (long long)(stream->arrival_us - event->arrival_us));
    return PLAIT_OK;
}

enum plait_status plait__stream_push(struct plait__stream *stream, const struct plait__event *pushed) {
    PLAIT__TRY(check_event(stream, pushed));
    struct source *source = &stream->sources[pushed->source];
    struct plait__event event = *pushed;
    stream->arrival_us = event.arrival_us;
    source->counts.received++;
    if (is_duplicate(source, event.number)) {
        source->counts.duplicates++;
        return PLAIT_OK;
    }
    const bool first = !source->begun;
    event.time_us = align(stream, &event, follow_clock(stream, source, &event));
    if (!stream->begun) stream->next_us = floor_to(event.time_us - stream->options.lateness_us, stream->options.window_us);
    stream->begun = true;
    if (event.time_us < stream->next_us) {
        source->counts.late++;
        if (first) source->newest_us = event.time_us;
        return PLAIT_OK;
    }
    source->counts.out_of_order += !first && event.time_us < source->newest_us;
    source->counts.gaps += !first && event.time_us - source->newest_us > stream->options.gap_us;
    if (first || event.time_us > source->newest_us) source->newest_us = event.time_us;
    PLAIT__TRY(insert(stream, source, &event));
    source->counts.accepted++;
    return close_until(stream, watermark(stream));
}

enum plait_status plait__stream_flush(struct plait__stream *stream) {
    if (!stream->begun) return PLAIT_OK;
    return close_until(stream, newest_of_all(stream) + stream->options.window_us);
}

void plait__stream_counts(const struct plait__stream *stream, int source, struct plait__source_counts *counts_out) {
    *counts_out = stream->sources[source].counts;
}

void plait__stream_lag(const struct plait__stream *stream, struct plait__lag *lag_out) {
    *lag_out = (struct plait__lag){0};
    if (stream->sync) plait__sync_lag(stream->sync, lag_out);
}
