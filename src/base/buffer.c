#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void plait__buffer_init(struct plait__buffer *buffer, plait_context *context, size_t ceiling) {
    *buffer = (struct plait__buffer){.context = context, .ceiling = ceiling};
}

/* Room for `size` more bytes and the NUL. */
static enum plait_status reserve(struct plait__buffer *buffer, size_t size) {
    if (size > buffer->ceiling || buffer->size > buffer->ceiling - size)
        return plait__fail(buffer->context, PLAIT_LIMIT, "buffer: %zu more bytes after %zu would pass the ceiling of %zu", size,
                           buffer->size, buffer->ceiling);
    size_t wanted = buffer->size + size;
    if (wanted < buffer->capacity) return PLAIT_OK;
    size_t capacity = wanted < SIZE_MAX / 2 ? wanted + wanted / 2 + 64 : SIZE_MAX;
    char *data = plait__allocate(buffer->context, capacity);
    if (!data) return PLAIT_MEMORY;
    if (buffer->size) memcpy(data, buffer->data, buffer->size);
    data[buffer->size] = '\0';
    plait__release(buffer->context, buffer->data);
    buffer->data = data;
    buffer->capacity = capacity;
    return PLAIT_OK;
}

enum plait_status plait__buffer_append(struct plait__buffer *buffer, const void *bytes, size_t size) {
    PLAIT__TRY(reserve(buffer, size));
    if (size) memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
    return PLAIT_OK;
}

enum plait_status plait__buffer_printf(struct plait__buffer *buffer, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    enum plait_status status = length < 0 ? plait__fail(buffer->context, PLAIT_INTERNAL, "buffer: format \"%s\" failed", format)
                                          : reserve(buffer, (size_t)length);
    if (status == PLAIT_OK) {
        vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
    return status;
}

void plait__buffer_end(struct plait__buffer *buffer) {
    plait__release(buffer->context, buffer->data);
    plait__buffer_init(buffer, buffer->context, buffer->ceiling);
}
