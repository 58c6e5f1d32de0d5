/* Files, read whole or mapped. */
#ifndef PLAIT_BASE_FILE_H
#define PLAIT_BASE_FILE_H

#include "base/context.h"

/* A file's bytes, mapped where the system can (copied elsewhere), or in memory that somebody else owns.  Read only. */
struct plait__file {
    const uint8_t *bytes;
    size_t size;
    bool mapped, borrowed;
};

/* Fails with NOT_FOUND or IO (a folder, no permission), or LIMIT past `ceiling` bytes (0: none). */
enum plait_status plait__file_open(plait_context *context, const char *path, size_t ceiling, struct plait__file *file_out);
void plait__file_close(plait_context *context, struct plait__file *file);

/* Writes to a neighbour and renames, so that a reader never sees half a file. */
enum plait_status plait__file_write(plait_context *context, const char *path, const void *bytes, size_t size);

#endif
