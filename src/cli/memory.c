/* plait memory: what is remembered, out and in; and a key for it. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/remember.h"
#include "model/signature.h"

enum { IMPORT_BYTES_MOST = 1 << 30 };

static enum plait_status export_to(plait_context *context, plait_memory *memory, const char *path) {
    const char *lines;
    size_t size;
    PLAIT__TRY(plait_memory_export(memory, &lines, &size));
    if (path) return plait__file_write(context, path, lines, size);
    return fwrite(lines, 1, size, stdout) == size && fflush(stdout) == 0
               ? PLAIT_OK
               : plait__fail(context, PLAIT_IO, "the memory could not be written to stdout");
}

static enum plait_status import_from(plait_context *context, plait_memory *memory, const char *path) {
    struct plait__file file;
    size_t count = 0;
    PLAIT__TRY(plait__file_open(context, path, IMPORT_BYTES_MOST, &file));
    const enum plait_status status = plait_memory_import(memory, (const char *)file.bytes, file.size, &count);
    plait__file_close(context, &file);
    if (status != PLAIT_OK) return plait__fail_in(context, status, "%s", path);
    printf("%zu\n", count);
    return PLAIT_OK;
}

/* Random digits; half of a secret signing key is its seed. */
static enum plait_status new_key(plait_context *context, const char *path) {
    char secret[PLAIT__SECRET_DIGITS + 1], public[PLAIT__PUBLIC_DIGITS + 1];
    PLAIT__TRY(plait__signature_keys(context, secret, public));
    secret[64] = '\0';
    return plait__cli_write_secret(context, path, secret);
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct plait__memory_options memory_options = {0};
    const struct plait__option options[] = {
        {"--memory", "FILE|URL", "PLAIT_MEMORY by default", .text = &memory_options.path},
        {"--key-file", "FILE", "PLAIT_MEMORY_KEY by default", .text = &memory_options.key_file},
        {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    const char *what = count ? argv[0] : "", *path = count > 1 ? argv[1] : NULL;
    const bool is_export = strcmp(what, "export") == 0, is_import = strcmp(what, "import") == 0,
               is_key = strcmp(what, "new-key") == 0;
    if (!(is_export ? count <= 2 : (is_import || is_key) && count == 2))
        return plait__cli_usage(command, "expected export [FILE], import FILE or new-key FILE");
    plait_context *context = plait__cli_context(1);
    plait_memory *memory = NULL;
    if (!context) return PLAIT__EXIT_FAILED;
    enum plait_status status = is_key ? PLAIT_OK : plait__cli_memory(context, &memory_options, true, &memory);
    const bool said = status != PLAIT_OK;
    if (!said)
        status = is_key      ? new_key(context, path)
                 : is_export ? export_to(context, memory, path)
                             : import_from(context, memory, path);
    if (status != PLAIT_OK && !said) plait__cli_error(NULL, "%s", plait_context_error(context));
    plait_memory_destroy(memory);
    plait_context_destroy(context);
    return status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

const struct plait__command plait__command_memory = {"memory", "[options] (export [FILE] | import FILE | new-key FILE)",
                                                     "what was confirmed, one JSON object a line; a key to keep it under", run};
