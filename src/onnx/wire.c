#include "onnx/wire.h"

#include <limits.h>
#include <string.h>

/* Our own stream over memory, because its position is needed to take slices.  nanopb hands a copy of the stream to
 * callbacks, all of which share this position. */
struct position {
    const uint8_t *at;
};

static bool read_memory(pb_istream_t *stream, pb_byte_t *buffer, size_t count) {
    struct position *position = stream->state;
    if (buffer) memcpy(buffer, position->at, count);
    position->at += count;
    return true;
}

/* A callback sees another stream than ours when the field came as a number where a text or message belongs. */
static bool is_slice(const pb_istream_t *stream) {
    return stream->callback == read_memory;
}

static struct plait__slice rest_of(pb_istream_t *stream) {
    struct position *position = stream->state;
    struct plait__slice slice = {position->at, stream->bytes_left};
    position->at += stream->bytes_left;
    stream->bytes_left = 0;
    return slice;
}

static bool decode_slice(pb_istream_t *stream, const pb_field_t *field, void **argument) {
    (void)field;
    if (!is_slice(stream)) PB_RETURN_ERROR(stream, "wrong wire type");
    *(struct plait__slice *)*argument = rest_of(stream);
    return true;
}

pb_callback_t plait__take_slice(struct plait__slice *slice) {
    slice->data = NULL;
    slice->size = 0;
    return (pb_callback_t){.funcs.decode = decode_slice, .arg = slice};
}

static void *grown(struct plait__arena *arena, const void *items, size_t count, size_t *capacity, size_t bytes) {
    size_t capacity_new = *capacity ? *capacity * 2 : 8;
    void *copy = plait__arena_array(arena, capacity_new, bytes);
    if (!copy) return NULL;
    if (count) memcpy(copy, items, count * bytes);
    *capacity = capacity_new;
    return copy;
}

static bool decode_slices(pb_istream_t *stream, const pb_field_t *field, void **argument) {
    (void)field;
    struct plait__slices *slices = *argument;
    if (!is_slice(stream)) PB_RETURN_ERROR(stream, "wrong wire type");
    if (slices->count == slices->capacity) {
        size_t capacity = (size_t)slices->capacity;
        void *items =
            capacity < INT_MAX / 2 ? grown(slices->arena, slices->items, capacity, &capacity, sizeof *slices->items) : NULL;
        if (!items) PB_RETURN_ERROR(stream, "out of memory");
        slices->items = items;
        slices->capacity = (int)capacity;
    }
    slices->items[slices->count++] = rest_of(stream);
    return true;
}

pb_callback_t plait__take_slices(struct plait__slices *slices, struct plait__arena *arena) {
    *slices = (struct plait__slices){.arena = arena};
    return (pb_callback_t){.funcs.decode = decode_slices, .arg = slices};
}

static bool decode_number(pb_istream_t *stream, struct plait__numbers *numbers) {
    switch (numbers->kind) {
    case PLAIT__NUMBER_VARINT:
        return pb_decode_varint(stream, (uint64_t *)&numbers->ints[numbers->count]);
    case PLAIT__NUMBER_FLOAT:
        return pb_decode_fixed32(stream, &numbers->floats[numbers->count]);
    case PLAIT__NUMBER_DOUBLE:
        return pb_decode_fixed64(stream, &numbers->doubles[numbers->count]);
    }
    return false;
}

static bool decode_numbers(pb_istream_t *stream, const pb_field_t *field, void **argument) {
    (void)field;
    struct plait__numbers *numbers = *argument;
    size_t bytes = numbers->kind == PLAIT__NUMBER_FLOAT ? sizeof(float) : sizeof(int64_t);
    while (stream->bytes_left) {
        if (numbers->count == numbers->capacity) {
            void *items = grown(numbers->arena, numbers->any, numbers->count, &numbers->capacity, bytes);
            if (!items) PB_RETURN_ERROR(stream, "out of memory");
            numbers->any = items;
        }
        if (!decode_number(stream, numbers)) return false;
        numbers->count++;
        if (!is_slice(stream)) break; /* an unpacked element comes alone, with unused bytes behind it */
    }
    return true;
}

pb_callback_t plait__take_numbers(struct plait__numbers *numbers, enum plait__number_kind kind, struct plait__arena *arena) {
    *numbers = (struct plait__numbers){.arena = arena, .kind = kind};
    return (pb_callback_t){.funcs.decode = decode_numbers, .arg = numbers};
}

enum plait_status plait__decode(plait_context *context, struct plait__slice slice, const pb_msgdesc_t *fields, void *message,
                                const char *what) {
    struct position position = {slice.data};
    pb_istream_t stream = {.callback = read_memory, .state = &position, .bytes_left = slice.size};
    if (pb_decode(&stream, fields, message)) return PLAIT_OK;
    const char *reason = PB_GET_ERROR(&stream);
    if (strcmp(reason, "out of memory") == 0) return PLAIT_MEMORY;
    return plait__fail(context, PLAIT_INVALID, "%s: malformed protocol buffer at byte %zu of %zu: %s", what,
                       slice.size - stream.bytes_left, slice.size, reason);
}

enum plait_status plait__slice_text(struct plait__arena *arena, struct plait__slice slice, const char **text_out) {
    if (slice.size && memchr(slice.data, 0, slice.size))
        return plait__fail(arena->context, PLAIT_INVALID, "a name of %zu bytes has a NUL inside", slice.size);
    const char *text = plait__arena_string(arena, slice.size ? (const char *)slice.data : "", slice.size);
    if (!text) return PLAIT_MEMORY;
    *text_out = text;
    return PLAIT_OK;
}

bool plait__slice_is(struct plait__slice slice, const char *text) {
    return slice.size == strlen(text) && (slice.size == 0 || memcmp(slice.data, text, slice.size) == 0);
}
