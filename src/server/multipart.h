/* multipart/form-data (RFC 7578), whole in memory. */
#ifndef PLAIT_SERVER_MULTIPART_H
#define PLAIT_SERVER_MULTIPART_H

#include "base/arena.h"

struct plait__part {
    const char *name, *filename, *type; /* in the arena; NULL where the part does not say */
    const char *bytes;                  /* in the body */
    size_t size;
};

enum { PLAIT__PARTS_MOST = 16 };

/* `type` is the Content-Type with its boundary.  INVALID: not as RFC 7578 says; LIMIT: too many parts. */
enum plait_status plait__multipart_parse(struct plait__arena *arena, const char *type, const char *body, size_t size,
                                         struct plait__part parts_out[PLAIT__PARTS_MOST], int *count_out);

/* The value of a parameter in a header ("boundary" in "multipart/form-data; boundary=x"), in the arena; NULL: there is none. */
const char *plait__header_parameter(struct plait__arena *arena, const char *header, const char *name);

#endif
