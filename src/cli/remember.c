#include "cli/remember.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"

enum plait_status plait__cli_write_secret(plait_context *context, const char *path, const char *text) {
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0) return plait__fail(context, PLAIT_IO, "%s: expected a file that is not there yet and can be written", path);
    const size_t size = strlen(text);
    const bool written = write(file, text, size) == (ssize_t)size && write(file, "\n", 1) == 1;
    if (close(file) == 0 && written) return PLAIT_OK;
    return plait__fail(context, PLAIT_IO, "%s: writing failed", path);
}

/* What messages call it: a URL may have a password in it. */
static const char *shown(const char *path) {
    return strstr(path, "://") ? "--memory" : path;
}

enum plait_status plait__cli_memory_place(plait_context *context, const struct plait__memory_options *options,
                                          const char **path_out, char key_out[PLAIT__KEY_BYTES]) {
    const char *path = options->path ? options->path : getenv("PLAIT_MEMORY"), *variable = getenv("PLAIT_MEMORY_KEY");
    struct plait__file file;
    *path_out = path && *path ? path : NULL;
    if (!*path_out) return PLAIT_OK;
    if (options->key_file) {
        PLAIT__TRY(plait__file_open(context, options->key_file, PLAIT__KEY_BYTES - 1, &file));
        memcpy(key_out, file.bytes, file.size);
        key_out[file.size] = '\0';
        plait__file_close(context, &file);
    } else if (variable) {
        snprintf(key_out, PLAIT__KEY_BYTES, "%s", variable);
    } else {
        return plait__fail(context, PLAIT_INVALID, "%s: expected a key: --key-file FILE or PLAIT_MEMORY_KEY", shown(path));
    }
    return PLAIT_OK;
}

enum plait_status plait__cli_memory(plait_context *context, const struct plait__memory_options *options, bool needed,
                                    plait_memory **memory_out) {
    const char *path;
    char key[PLAIT__KEY_BYTES] = {0};
    enum plait_status status = plait__cli_memory_place(context, options, &path, key);
    if (status == PLAIT_OK && path) {
        status = plait_memory_open(context, path, key, memory_out);
        if (status != PLAIT_OK) status = plait__fail_in(context, status, "%s", shown(path));
    } else if (status == PLAIT_OK && needed) {
        status = plait__fail(context, PLAIT_INVALID, "expected a memory: --memory FILE or PLAIT_MEMORY");
    }
    memset(key, 0, sizeof key);
    if (status != PLAIT_OK) plait__cli_error(NULL, "%s", plait_context_error(context));
    return status;
}
