/* The manifest's objects, read by tables: a parameter is one line of a table and one member of a struct. */
#ifndef PLAIT_MODEL_KEYS_H
#define PLAIT_MODEL_KEYS_H

#include "base/json.h"
#include "model/package.h"

/* What the member is: int, int64_t (microseconds), float, bool, const char *, and const char * of a file of the package. */
enum plait__key_kind { PLAIT__INT, PLAIT__TIME, PLAIT__FLOAT, PLAIT__BOOL, PLAIT__TEXT, PLAIT__FILE_NAME };

/* One parameter: where it goes and what it may be.  A key that is not `required` and not there gets `fallback` (texts: NULL).
 */
struct plait__key {
    const char *name;
    enum plait__key_kind kind;
    size_t offset;
    bool required;
    double low, high, fallback;
};

/* Fills `target` from the object, one key after the other.  `others` names keys that are read elsewhere, a NULL after the last;
 * any further one is a misspelling and refused. */
enum plait_status plait__keys_read(struct plait__package *package, const struct plait__json *at, const struct plait__key *keys,
                                   const char *const *others, void *target);

/* A copy in the package's arena. */
enum plait_status plait__keys_kept(struct plait__package *package, const char *text, const char **text_out);
enum plait_status plait__keys_text(struct plait__package *package, const struct plait__json *at, const char *key, bool required,
                                   const char **text_out);
/* A list of texts; none when it is not there. */
enum plait_status plait__keys_texts(struct plait__package *package, const struct plait__json *at, const char *key,
                                    const char ***texts_out, int *count_out);
/* A file the manifest names must be one of `files`, which are checked for size and digest. */
enum plait_status plait__keys_file(struct plait__package *package, const struct plait__json *at, const char *key,
                                   const char **file_out);

#endif
