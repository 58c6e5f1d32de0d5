/* The memory of the command: where it is, and its key, which is never printed. */
#ifndef PLAIT_CLI_REMEMBER_H
#define PLAIT_CLI_REMEMBER_H

#include "base/context.h"

struct plait__memory_options {
    const char *path, *key_file; /* NULL: PLAIT_MEMORY, PLAIT_MEMORY_KEY */
};

/* Opens it.  Where nobody says which: NULL and PLAIT_OK, or with `needed` a failure.  Says what fails. */
enum plait_status plait__cli_memory(plait_context *context, const struct plait__memory_options *options, bool needed,
                                    plait_memory **memory_out);

/* The place of the memory and its key, for who opens it later; the key is the caller's to overwrite.  The place is NULL where
 * nobody says which. */
enum { PLAIT__KEY_BYTES = 1025 };
enum plait_status plait__cli_memory_place(plait_context *context, const struct plait__memory_options *options,
                                          const char **path_out, char key_out[PLAIT__KEY_BYTES]);

/* A new file with a line that its owner alone may read; one that is there is not touched. */
enum plait_status plait__cli_write_secret(plait_context *context, const char *path, const char *text);

#endif
