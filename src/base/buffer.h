/* A growing run of bytes with a ceiling, always followed by a NUL that is not counted. */
#ifndef PLAIT_BASE_BUFFER_H
#define PLAIT_BASE_BUFFER_H

#include "base/context.h"

struct plait__buffer {
    plait_context *context;
    char *data;
    size_t size, capacity, ceiling; /* bytes; growth past `ceiling` fails with LIMIT */
};

void plait__buffer_init(struct plait__buffer *buffer, plait_context *context, size_t ceiling);
enum plait_status plait__buffer_append(struct plait__buffer *buffer, const void *bytes, size_t size);
enum plait_status plait__buffer_printf(struct plait__buffer *buffer, const char *format, ...) PLAIT__PRINTF(2, 3);
void plait__buffer_end(struct plait__buffer *buffer);

#endif
