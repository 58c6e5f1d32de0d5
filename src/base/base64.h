/* Base64 (RFC 4648, section 4). */
#ifndef PLAIT_BASE_BASE64_H
#define PLAIT_BASE_BASE64_H

#include "base/arena.h"

/* The bytes of a text, in the arena; padding may be left out.  INVALID: another character. */
enum plait_status plait__base64_decode(struct plait__arena *arena, const char *text, const char **bytes_out, size_t *size_out);

#endif
