/* Events of several sources, put into windows of event time.
 *
 *     push ─► clock (jumps, correction) ─► duplicate, late, out of order? ─► bounded buffer ─► watermark ─► windows that close
 *
 * What each word means here, with times on the corrected clock:
 *   late          it belongs to a window that has closed: dropped
 *   duplicate     its source has an event of the same number in the buffer: dropped
 *   out of order  older than its source's newest, but in time: put in its place
 *   gap           more than gap_us after its source's newest: noted, the windows between stay without it
 *   clock jump    its source's clock moved jump_us more or less than the receiver's since the event before: the source's clock
 *                 is set so that time goes on as the receiver's did, and what was known of lags is forgotten
 *   overflow      the buffer is full: the oldest event of the source is dropped
 * The watermark of a source is its newest time less `lateness_us`; a window closes when the watermarks of all sources that are
 * not idle have passed its end.  A source is idle that is idle_us behind the others: an outage does not stop time.
 *
 * Nothing here looks at a clock: arrival times are given.  The same pushes give the same windows, bit for bit, which is what a
 * trace is for. */
#ifndef PLAIT_STREAM_STREAM_H
#define PLAIT_STREAM_STREAM_H

#include "base/buffer.h"
#include "stream/sync.h"

enum { PLAIT__SOURCES_MOST = 8 };

struct plait__event {
    int source;
    uint64_t number;    /* counts up at the source; tells duplicates */
    int64_t time_us;    /* of the source's clock; on return in a window: corrected */
    int64_t arrival_us; /* of the receiver's clock */
    float activity;     /* how much is going on, for finding lags; NaN: not known */
    const void *payload;
    size_t size;      /* bytes */
    int64_t lasts_us; /* from its time on: its activity is that of the middle; not in a trace, who replays knows it from the
                         payload */
};

struct plait__stream_options {
    int source_count;
    int64_t window_us, lateness_us, gap_us, jump_us, idle_us;
    int64_t tolerance_us; /* lags that are known no better are misaligned */
    int capacity;         /* events kept a source */
    size_t payload_most;  /* bytes of an event */
    bool align;           /* find the lag of source 1 against source 0 and correct it */
    struct plait__sync_options sync;
};

/* 2 sources, windows of 1 s, 200 ms late, gaps of 500 ms, jumps of 2 s, idle after 2 s, tolerance of 100 ms, 1,024 events, 1 MB
 */
void plait__stream_options_default(struct plait__stream_options *options);

/* What is known of how the sources' clocks lie to each other. */
enum plait__alignment { PLAIT__ALIGNED, PLAIT__ALIGNMENT_UNKNOWN, PLAIT__MISALIGNED };
const char *plait__alignment_name(enum plait__alignment alignment);

struct plait__window {
    int64_t begin_us, end_us;          /* event time [begin, end) */
    const struct plait__event *events; /* [event_count] by time, then source, then number; valid during the call */
    int event_count;
    int counts[PLAIT__SOURCES_MOST];  /* events a source */
    bool outage[PLAIT__SOURCES_MOST]; /* the source was idle, or has no event here */
    enum plait__alignment alignment;
    double lag_us, drift_ppm; /* that was corrected */
};

struct plait__source_counts {
    uint64_t received, accepted, late, duplicates, out_of_order, gaps, jumps, overflows;
};

struct plait__stream;
/* `closed` is called for every window, in order, out of push and flush; a failure of it is theirs. */
enum plait_status plait__stream_create(plait_context *context, const struct plait__stream_options *options,
                                       enum plait_status (*closed)(void *user, const struct plait__window *window), void *user,
                                       struct plait__stream **stream_out);
void plait__stream_destroy(struct plait__stream *stream);
plait_context *plait__stream_context(const struct plait__stream *stream);

/* The payload is copied. INVALID: no such source, or arrival times that go back; LIMIT: the payload. */
enum plait_status plait__stream_push(struct plait__stream *stream, const struct plait__event *event);

/* Closes all windows that have events: nothing more will come. */
enum plait_status plait__stream_flush(struct plait__stream *stream);

void plait__stream_counts(const struct plait__stream *stream, int source, struct plait__source_counts *counts_out);
void plait__stream_lag(const struct plait__stream *stream, struct plait__lag *lag_out);

/* A trace: pushes as bytes, "PLAITTRC" and a record a push. Record before pushing; replaying pushes them all again. */
enum plait_status plait__record_begin(struct plait__buffer *trace);
enum plait_status plait__record_add(struct plait__buffer *trace, const struct plait__event *event);
enum plait_status plait__record_each(plait_context *context, const void *bytes, size_t size,
                                     enum plait_status (*each)(void *user, const struct plait__event *event), void *user);
enum plait_status plait__record_replay(struct plait__stream *stream, const void *bytes, size_t size);

#endif
