/* Writing JSON piece by piece; commas set themselves.  After a failure (memory, the buffer's ceiling) all calls do nothing and
 * `status` keeps the first one, so that a caller looks once, at the end.
 *
 *     struct plait__writer writer = {&buffer};
 *     plait__write_open(&writer, NULL, '{');
 *     plait__write_text(&writer, "name", "receipt");      "name":"receipt"
 *     plait__write_number(&writer, "threshold", 0.4, 3);  ,"threshold":0.4
 *     plait__write_close(&writer, '}');
 *
 * `key` is NULL for an array's element and for the root. */
#ifndef PLAIT_BASE_JSON_WRITE_H
#define PLAIT_BASE_JSON_WRITE_H

#include "base/buffer.h"

struct plait__writer {
    struct plait__buffer *buffer;
    enum plait_status status;
    bool comma; /* something stands before, at this level */
};

void plait__write_open(struct plait__writer *writer, const char *key, char bracket);
void plait__write_close(struct plait__writer *writer, char bracket);
void plait__write_text(struct plait__writer *writer, const char *key, const char *utf8); /* NULL writes null */
void plait__write_bool(struct plait__writer *writer, const char *key, bool value);
void plait__write_int(struct plait__writer *writer, const char *key, int64_t value);
/* At most so many decimals, without zeros at the end; what is no finite number is written null. */
void plait__write_number(struct plait__writer *writer, const char *key, double value, int decimals);
void plait__write_null(struct plait__writer *writer, const char *key);

#endif
