/* JSON from outside, read with ceilings and with the place in every error; cJSON does the work and also the writing.
 *
 * A cursor is an item and the way to it.  It lives on the stack and points to its parent, which must outlive it:
 *
 *     struct plait__json root, detector;
 *     PLAIT__TRY(plait__json_parse(context, text, size, "manifest.json", &root));
 *     PLAIT__TRY(plait__json_object(&root, "detector", &detector));
 *     PLAIT__TRY(plait__json_number(&detector, "threshold", 0, 1, &threshold));
 *         "manifest.json: detector.threshold: expected a number in 0..1, found 3"
 *     plait__json_end(&root);
 *
 * Getters take the key of a member, or NULL for the item itself (an array's element). */
#ifndef PLAIT_BASE_JSON_H
#define PLAIT_BASE_JSON_H

#include <cJSON.h>

#include "base/context.h"

struct plait__json {
    plait_context *context;
    const char *source; /* for messages: a file's name */
    const cJSON *item;
    const struct plait__json *parent; /* NULL at the root */
    const char *key;                  /* in the parent; NULL for an element of an array, whose place is `index` */
    int index;
};

enum {
    PLAIT__JSON_SIZE_CEILING = 64 * 1024 * 1024, /* bytes of text */
    PLAIT__JSON_DEPTH_CEILING = 64,              /* nested arrays and objects */
};

/* The text need not end in NUL.  `source` must outlive the cursor.  End with plait__json_end. */
enum plait_status plait__json_parse(plait_context *context, const char *text, size_t size, const char *source,
                                    struct plait__json *root_out);
void plait__json_end(struct plait__json *root);

bool plait__json_has(const struct plait__json *at, const char *key); /* and is not null */

enum plait_status plait__json_object(const struct plait__json *at, const char *key, struct plait__json *child_out);
enum plait_status plait__json_array(const struct plait__json *at, const char *key, struct plait__json *child_out);

/* Members of an object or elements of an array, in order: `child` starts cleared; false after the last. */
int plait__json_count(const struct plait__json *at);
bool plait__json_next(const struct plait__json *at, struct plait__json *child);

enum plait_status plait__json_text(const struct plait__json *at, const char *key,
                                   const char **text_out); /* owned by the root */
enum plait_status plait__json_bool(const struct plait__json *at, const char *key, bool *value_out);
enum plait_status plait__json_number(const struct plait__json *at, const char *key, double low, double high, double *value_out);
enum plait_status plait__json_int(const struct plait__json *at, const char *key, int64_t low, int64_t high, int64_t *value_out);

/* A failure about the item under `key` (or `at` itself when NULL), with the way to it in front. */
enum plait_status plait__json_fail(const struct plait__json *at, const char *key, enum plait_status status, const char *format,
                                   ...) PLAIT__PRINTF(4, 5);

/* Writing: a number with so many decimals, printed without the digits that a binary fraction adds (0.95, not 0.949999988). */
cJSON *plait__json_create_rounded(double value, int decimals);

#endif
