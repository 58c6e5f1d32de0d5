#include "observe/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ ids */

/* Exactly `digits` lower-case hexadecimal digits. */
static bool read_hex(const char *text, int digits, uint64_t *value_out) {
    uint64_t value = 0;
    for (int i = 0; i < digits; i++) {
        const char c = text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
        value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *value_out = value;
    return true;
}

/* version "-" trace-id "-" parent-id "-" flags; a version after 00 may have more behind it. */
static bool read_traceparent(struct plait__trace *trace, const char *text) {
    uint64_t version, high, low, parent, flags;
    const size_t length = strnlen(text, 512);
    if (length < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    if (!read_hex(text, 2, &version) || version == 255 || !read_hex(text + 3, 16, &high) || !read_hex(text + 19, 16, &low) ||
        !read_hex(text + 36, 16, &parent) || !read_hex(text + 53, 2, &flags))
        return false;
    if (version == 0 ? length != 55 : length > 55 && text[55] != '-') return false;
    if ((high | low) == 0 || parent == 0) return false;
    trace->id[0] = high;
    trace->id[1] = low;
    trace->remote_parent = parent;
    trace->sampled = flags & 1;
    return true;
}

void plait__trace_begin(struct plait__trace *trace, const char *traceparent, const uint8_t random[24], double share) {
    uint64_t numbers[3];
    memcpy(numbers, random, sizeof numbers);
    memset(trace, 0, offsetof(struct plait__trace, spans));
    trace->spans[0].id = numbers[2] | 1; /* from which those of all spans are made */
    if (traceparent && read_traceparent(trace, traceparent)) return;
    trace->id[0] = numbers[0];
    trace->id[1] = numbers[1] | 1;
    trace->sampled = (double)(numbers[0] >> 11) / 9007199254740992.0 < share;
}

/* ------------------------------------------------------------------ spans */

/* Ids that differ, from one random number: the steps of splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t id_of(uint64_t seed, int span) {
    uint64_t z = seed + (uint64_t)span * 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (z ^ z >> 31) | 1;
}

int plait__span_begin(struct plait__trace *trace, const char *name, int parent, uint64_t start_us) {
    if (trace->span_count == PLAIT__SPANS_MOST) {
        trace->dropped++;
        return -1;
    }
    const int index = trace->span_count++;
    const uint64_t id = index ? id_of(trace->spans[0].id, index) : trace->spans[0].id;
    trace->spans[index] = (struct plait__span){.name = name, .id = id, .parent = parent, .start_us = start_us};
    return index;
}

void plait__trace_fork(struct plait__trace *trace, int span) {
    trace->remote_parent = trace->spans[span < 0 ? 0 : span].id;
    trace->spans[0].id = id_of(trace->remote_parent, PLAIT__SPANS_MOST + 1);
    trace->span_count = trace->dropped = 0;
}

void plait__span_end(struct plait__trace *trace, int span, uint64_t end_us, bool failed) {
    if (span < 0) return;
    trace->spans[span].end_us = end_us;
    trace->spans[span].failed = failed;
}

static struct plait__attribute *attribute(struct plait__trace *trace, int span, const char *key) {
    if (span < 0 || trace->spans[span].attribute_count == PLAIT__SPAN_ATTRIBUTES) return NULL;
    struct plait__attribute *added = &trace->spans[span].attributes[trace->spans[span].attribute_count++];
    added->key = key;
    return added;
}

void plait__span_text(struct plait__trace *trace, int span, const char *key, const char *value) {
    struct plait__attribute *added = attribute(trace, span, key);
    if (added) snprintf(added->text, sizeof added->text, "%s", value);
}

void plait__span_number(struct plait__trace *trace, int span, const char *key, int64_t value) {
    struct plait__attribute *added = attribute(trace, span, key);
    if (!added) return;
    added->number = value;
    added->is_number = true;
}

/* ------------------------------------------------------------------ writing */

void plait__traceparent(const struct plait__trace *trace, int span, char out[PLAIT__TRACEPARENT_BYTES]) {
    snprintf(out, PLAIT__TRACEPARENT_BYTES, "00-%016" PRIx64 "%016" PRIx64 "-%016" PRIx64 "-%02x", trace->id[0], trace->id[1],
             trace->spans[span < 0 ? 0 : span].id, trace->sampled ? 1u : 0u);
}

void plait__trace_id(const struct plait__trace *trace, char out[33]) {
    snprintf(out, 33, "%016" PRIx64 "%016" PRIx64, trace->id[0], trace->id[1]);
}

static void write_id(struct plait__writer *writer, const char *key, uint64_t id) {
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, id);
    plait__write_text(writer, key, digits);
}

/* 64-bit numbers are strings in the JSON of protocol buffers. */
static void write_number_text(struct plait__writer *writer, const char *key, uint64_t number, const char *zeros) {
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRIu64 "%s", number, zeros);
    plait__write_text(writer, key, digits);
}

static void write_attribute(struct plait__writer *writer, const struct plait__attribute *attribute) {
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "key", attribute->key);
    plait__write_open(writer, "value", '{');
    if (attribute->is_number) {
        char digits[32];
        snprintf(digits, sizeof digits, "%" PRId64, attribute->number);
        plait__write_text(writer, "intValue", digits);
    } else {
        plait__write_text(writer, "stringValue", attribute->text);
    }
    plait__write_close(writer, '}');
    plait__write_close(writer, '}');
}

static void write_span(struct plait__writer *writer, const struct plait__trace *trace, const struct plait__span *span) {
    enum { SERVER = 2, INTERNAL = 1, ERROR = 2 }; /* SpanKind and StatusCode of opentelemetry-proto */
    char id[33];
    plait__trace_id(trace, id);
    const uint64_t parent = span->parent < 0 ? trace->remote_parent : trace->spans[span->parent].id;
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "traceId", id);
    write_id(writer, "spanId", span->id);
    if (parent) write_id(writer, "parentSpanId", parent);
    plait__write_text(writer, "name", span->name);
    plait__write_int(writer, "kind", span->parent < 0 ? SERVER : INTERNAL);
    write_number_text(writer, "startTimeUnixNano", span->start_us, "000");
    write_number_text(writer, "endTimeUnixNano", span->end_us ? span->end_us : span->start_us, "000");
    plait__write_open(writer, "attributes", '[');
    for (int i = 0; i < span->attribute_count; i++) write_attribute(writer, &span->attributes[i]);
    plait__write_close(writer, ']');
    plait__write_open(writer, "status", '{');
    if (span->failed) plait__write_int(writer, "code", ERROR);
    plait__write_close(writer, '}');
    plait__write_close(writer, '}');
}

void plait__trace_write(const struct plait__trace *trace, struct plait__writer *writer) {
    for (int i = 0; i < trace->span_count; i++) write_span(writer, trace, &trace->spans[i]);
}
