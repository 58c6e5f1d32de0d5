/* Traces: u8 source, u64 number, i64 time, i64 arrival, f32 activity, u32 bytes, the payload; little-endian. */
#include <string.h>

#include "stream/stream.h"

#define MAGIC "PLAITTRC"

enum { MAGIC_BYTES = 8, HEAD_BYTES = 1 + 8 + 8 + 8 + 4 + 4 };

static void put(uint8_t *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *in, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)in[i] << 8 * i;
    return value;
}

enum plait_status plait__record_begin(struct plait__buffer *trace) {
    return plait__buffer_append(trace, MAGIC, MAGIC_BYTES);
}

enum plait_status plait__record_add(struct plait__buffer *trace, const struct plait__event *event) {
    uint8_t head[HEAD_BYTES];
    uint32_t activity;
    memcpy(&activity, &event->activity, sizeof activity);
    head[0] = (uint8_t)event->source;
    put(head + 1, event->number, 8);
    put(head + 9, (uint64_t)event->time_us, 8);
    put(head + 17, (uint64_t)event->arrival_us, 8);
    put(head + 25, activity, 4);
    put(head + 29, event->size, 4);
    PLAIT__TRY(plait__buffer_append(trace, head, sizeof head));
    return plait__buffer_append(trace, event->payload, event->size);
}

enum plait_status plait__record_each(plait_context *context, const void *bytes, size_t size,
                                     enum plait_status (*each)(void *user, const struct plait__event *event), void *user) {
    const uint8_t *at = bytes, *end = at + size;
    if (size < MAGIC_BYTES || memcmp(at, MAGIC, MAGIC_BYTES) != 0)
        return plait__fail(context, PLAIT_INVALID, "trace: expected \"%s\" at its beginning", MAGIC);
    for (at += MAGIC_BYTES; at < end;) {
        if (end - at < HEAD_BYTES) return plait__fail(context, PLAIT_INVALID, "trace: it ends in the middle of an event");
        struct plait__event event = {.source = at[0],
                                     .number = get(at + 1, 8),
                                     .time_us = (int64_t)get(at + 9, 8),
                                     .arrival_us = (int64_t)get(at + 17, 8),
                                     .payload = at + HEAD_BYTES,
                                     .size = (size_t)get(at + 29, 4)};
        const uint32_t activity = (uint32_t)get(at + 25, 4);
        memcpy(&event.activity, &activity, sizeof activity);
        if (event.size > (size_t)(end - at) - HEAD_BYTES)
            return plait__fail(context, PLAIT_INVALID, "trace: it ends in the middle of a payload of %zu bytes", event.size);
        PLAIT__TRY(each(user, &event));
        at += HEAD_BYTES + event.size;
    }
    return PLAIT_OK;
}

static enum plait_status push(void *user, const struct plait__event *event) {
    return plait__stream_push(user, event);
}

enum plait_status plait__record_replay(struct plait__stream *stream, const void *bytes, size_t size) {
    return plait__record_each(plait__stream_context(stream), bytes, size, push, stream);
}
