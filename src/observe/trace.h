/* Traces: who called whom and for how long (W3C Trace Context, Recommendation of 2021).
 *
 * A trace is one request: a root span and the spans below it, in memory that is given once.  What to do with the finished
 * trace (sending it somewhere) is the caller's. */
#ifndef PLAIT_OBSERVE_TRACE_H
#define PLAIT_OBSERVE_TRACE_H

#include "base/json_write.h"

enum {
    PLAIT__SPANS_MOST = 24,        /* of one trace; what comes after them is dropped and counted */
    PLAIT__SPAN_ATTRIBUTES = 4,    /* of one span */
    PLAIT__TRACEPARENT_BYTES = 56, /* "00-32 hexadecimal digits-16-02" and a NUL */
};

struct plait__span {
    const char *name; /* static text */
    uint64_t id;
    int parent;                /* index; -1: the root's is the remote one */
    uint64_t start_us, end_us; /* since 1970, end 0: open */
    bool failed;
    int attribute_count;
    struct plait__attribute {
        const char *key; /* static text: "http.route" */
        char text[48];   /* cut where it is longer */
        int64_t number;
        bool is_number;
    } attributes[PLAIT__SPAN_ATTRIBUTES];
};

struct plait__trace {
    uint64_t id[2];         /* the high half first; not both 0 */
    uint64_t remote_parent; /* 0: begins here */
    bool sampled;
    int span_count, dropped;
    struct plait__span spans[PLAIT__SPANS_MOST]; /* the root first */
};

/* A trace that begins here, or goes on from a `traceparent` header when that is well formed (NULL: there is none).
 * `random` are 24 bytes by which ids are made; `share` of new traces, 0..1, are sampled, others as their parent says. */
void plait__trace_begin(struct plait__trace *trace, const char *traceparent, const uint8_t random[24], double share);

/* The index of a new span, or -1 where there is no room; `parent` -1 makes the root.  Calls with -1 do nothing. */
int plait__span_begin(struct plait__trace *trace, const char *name, int parent, uint64_t start_us);
void plait__span_end(struct plait__trace *trace, int span, uint64_t end_us, bool failed);
void plait__span_text(struct plait__trace *trace, int span, const char *key, const char *value);
void plait__span_number(struct plait__trace *trace, int span, const char *key, int64_t value);

/* Makes the trace one that goes on from `span` of what it was, without spans yet. */
void plait__trace_fork(struct plait__trace *trace, int span);

/* The header for what is called from within `span`. */
void plait__traceparent(const struct plait__trace *trace, int span, char out[PLAIT__TRACEPARENT_BYTES]);

/* The trace's id, 32 hexadecimal digits and a NUL. */
void plait__trace_id(const struct plait__trace *trace, char out[33]);

/* The spans as objects of OTLP's JSON (opentelemetry-proto 1, field "spans"), written into an open array. */
void plait__trace_write(const struct plait__trace *trace, struct plait__writer *writer);

#endif
