#include "cli/remember.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"

enum { KEY_BYTES_MOST = 1024 };

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

static enum plait_status open_memory(plait_context *context, const char *path, const char *key_file,
                                     plait_memory **memory_out) {
    char key[KEY_BYTES_MOST + 1] = {0};
    const char *variable = getenv("PLAIT_MEMORY_KEY");
    if (key_file) {
        struct plait__file file;
        PLAIT__TRY(plait__file_open(context, key_file, KEY_BYTES_MOST, &file));
        memcpy(key, file.bytes, file.size);
        plait__file_close(context, &file);
    } else if (!variable) {
        return plait__fail(context, PLAIT_INVALID, "%s: expected a key: --key-file FILE or PLAIT_MEMORY_KEY", shown(path));
    }
    const enum plait_status status = plait_memory_open(context, path, key_file ? key : variable, memory_out);
    memset(key, 0, sizeof key);
    return status == PLAIT_OK ? status : plait__fail_in(context, status, "%s", shown(path));
}

enum plait_status plait__cli_memory(plait_context *context, const struct plait__memory_options *options, bool needed,
                                    plait_memory **memory_out) {
    const char *path = options->path ? options->path : getenv("PLAIT_MEMORY");
    enum plait_status status = PLAIT_OK;
    if (path && *path)
        status = open_memory(context, path, options->key_file, memory_out);
    else if (needed)
        status = plait__fail(context, PLAIT_INVALID, "expected a memory: --memory FILE or PLAIT_MEMORY");
    if (status != PLAIT_OK) plait__cli_error(NULL, "%s", plait_context_error(context));
    return status;
}
