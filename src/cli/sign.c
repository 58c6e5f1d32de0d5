/* plait sign: makes key pairs and signs packages. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/remember.h"
#include "model/signature.h"

enum { PATH_BYTES = 4096, MANIFEST_BYTES_MOST = 1 << 20, KEY_BYTES_MOST = 1024 };

/* FOLDER + NAME, or NAME + SUFFIX. */
static enum plait_status join(plait_context *context, const char *first, const char *second, char path[PATH_BYTES]) {
    if (snprintf(path, PATH_BYTES, "%s%s", first, second) < PATH_BYTES) return PLAIT_OK;
    return plait__fail(context, PLAIT_LIMIT, "expected a path under %d bytes", PATH_BYTES);
}

static enum plait_status make_keys(plait_context *context, const char *path) {
    char secret[PLAIT__SECRET_DIGITS + 1], public[PLAIT__PUBLIC_DIGITS + 2], public_path[PATH_BYTES];
    PLAIT__TRY(join(context, path, ".pub", public_path));
    PLAIT__TRY(plait__signature_keys(context, secret, public));
    PLAIT__TRY(plait__cli_write_secret(context, path, secret));
    public[PLAIT__PUBLIC_DIGITS] = '\n';
    PLAIT__TRY(plait__file_write(context, public_path, public, sizeof public - 1));
    printf("%.*s\n", PLAIT__PUBLIC_DIGITS, public);
    return PLAIT_OK;
}

static enum plait_status sign(plait_context *context, const char *key_path, const char *folder) {
    char path[PATH_BYTES], secret[KEY_BYTES_MOST + 1] = {0}, signature[PLAIT__SIGNATURE_DIGITS + 2];
    struct plait__file key, manifest;
    PLAIT__TRY(plait__file_open(context, key_path, KEY_BYTES_MOST, &key));
    memcpy(secret, key.bytes, key.size);
    plait__file_close(context, &key);
    PLAIT__TRY(join(context, folder, "/manifest.json", path));
    PLAIT__TRY(plait__file_open(context, path, MANIFEST_BYTES_MOST, &manifest));
    enum plait_status status = plait__signature_make(context, secret, manifest.bytes, manifest.size, signature);
    memset(secret, 0, sizeof secret);
    plait__file_close(context, &manifest);
    PLAIT__TRY(status);
    signature[PLAIT__SIGNATURE_DIGITS] = '\n';
    PLAIT__TRY(join(context, folder, "/" PLAIT__SIGNATURE_FILE, path));
    return plait__file_write(context, path, signature, sizeof signature - 1);
}

static int run(const struct plait__command *command, int argc, char **argv) {
    const char *key = NULL, *new_key = NULL;
    const struct plait__option options[] = {{"--key", "FILE", "the secret key to sign with", .text = &key},
                                            {"--new-key", "FILE",
                                             "make a pair: FILE is secret, FILE.pub is for PLAIT_TRUSTED_KEYS and is printed",
                                             .text = &new_key},
                                            {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (!key == !new_key || count != (key ? 1 : 0))
        return plait__cli_usage(command, "expected --new-key FILE, or --key FILE and the folder of a package");
    plait_context *context = plait__cli_context(1);
    if (!context) return PLAIT__EXIT_FAILED;
    const enum plait_status status = new_key ? make_keys(context, new_key) : sign(context, key, argv[0]);
    if (status != PLAIT_OK) plait__cli_error(NULL, "%s", plait_context_error(context));
    plait_context_destroy(context);
    return status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

const struct plait__command plait__command_sign = {"sign", "(--new-key FILE | --key FILE FOLDER)",
                                                   "signs a model package, so that it can be told from a changed one", run};
