#include "model/package.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/sha256.h"
#include "model/manifest.h"

enum { MANIFEST_BYTES_MOST = 1 << 20, CHARSET_BYTES_MOST = 1 << 20, LANGUAGE_BYTES_MOST = 1 << 26, PATH_BYTES = 4096 };

/* ------------------------------------------------------------------ names and numbers */

static const char *const modality_names[] = {
#define MODALITY_NAME(name, text) text,
    PLAIT__MODALITY_MAP(MODALITY_NAME)
#undef MODALITY_NAME
};

const char *plait__modality_name(enum plait__modality modality) {
    return modality_names[modality];
}

enum plait__modality plait__modality_find(const char *name) {
    int i = 0;
    while (i < PLAIT__MODALITY_COUNT && strcmp(modality_names[i], name) != 0) i++;
    return (enum plait__modality)i;
}

const char *plait__field_type_name(enum plait__field_type type) {
    static const char *const names[] = {
#define FIELD_TYPE_NAME(name, text) text,
        PLAIT__FIELD_TYPE_MAP(FIELD_TYPE_NAME)
#undef FIELD_TYPE_NAME
    };
    return names[type];
}

/* ------------------------------------------------------------------ files */

static enum plait_status path_of(const struct plait__package *package, const char *name, char path_out[PATH_BYTES]) {
    int length = snprintf(path_out, PATH_BYTES, "%s/%s", package->folder, name);
    if (length >= PATH_BYTES)
        return plait__fail(package->context, PLAIT_LIMIT, "expected a path under %d bytes, found %d", PATH_BYTES, length);
    return PLAIT_OK;
}

static enum plait_status check_file(const struct plait__package *package, const struct plait__package_file *expected) {
    char path[PATH_BYTES], digest[65];
    struct plait__file file;
    PLAIT__TRY(path_of(package, expected->name, path));
    PLAIT__TRY(plait__file_open(package->context, path, 0, &file));
    enum plait_status status = PLAIT_OK;
    if (file.size != expected->bytes) {
        status = plait__fail(package->context, PLAIT_INVALID, "%s: expected %llu bytes as the manifest says, found %zu", path,
                             (unsigned long long)expected->bytes, file.size);
    } else {
        plait__sha256_hex(file.bytes, file.size, digest);
        if (strcmp(digest, expected->sha256) != 0)
            status = plait__fail(package->context, PLAIT_INVALID,
                                 "%s: expected SHA-256 %.12s... as the manifest says, found %.12s...", path, expected->sha256,
                                 digest);
    }
    plait__file_close(package->context, &file);
    return status;
}

/* One character a line, UTF-8; a line may be a single space.  The last line feed is optional. */
static enum plait_status read_characters(struct plait__package *package, const char *path, const char *text, size_t size) {
    struct plait__recogniser *recogniser = &package->recogniser;
    size_t lines = 0;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n' || i + 1 == size;
    recogniser->characters = plait__arena_array(&package->arena, lines, sizeof *recogniser->characters);
    if (!recogniser->characters) return PLAIT_MEMORY;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - text) - at : size - at;
        if (length < 1 || length > 4)
            return plait__fail(package->context, PLAIT_INVALID, "%s:%d: expected one character, found %zu bytes", path,
                               recogniser->character_count + 1, length);
        const char *character = plait__arena_string(&package->arena, text + at, length);
        if (!character) return PLAIT_MEMORY;
        recogniser->characters[recogniser->character_count++] = character;
        at += length + 1;
    }
    return PLAIT_OK;
}

static enum plait_status read_charset(struct plait__package *package, const char *name) {
    char path[PATH_BYTES];
    struct plait__file file;
    PLAIT__TRY(path_of(package, name, path));
    PLAIT__TRY(plait__file_open(package->context, path, CHARSET_BYTES_MOST, &file));
    enum plait_status status = read_characters(package, path, (const char *)file.bytes, file.size);
    plait__file_close(package->context, &file);
    return status;
}

/* Its symbols are those of the recogniser's classes, so both must agree on how many there are. */
static enum plait_status read_language(struct plait__package *package) {
    struct plait__recogniser *recogniser = &package->recogniser;
    char path[PATH_BYTES];
    struct plait__file file;
    if (!recogniser->language_file) return PLAIT_OK;
    if (!(recogniser->language = plait__arena_allocate(&package->arena, sizeof *recogniser->language))) return PLAIT_MEMORY;
    PLAIT__TRY(path_of(package, recogniser->language_file, path));
    PLAIT__TRY(plait__file_open(package->context, path, LANGUAGE_BYTES_MOST, &file));
    enum plait_status status = plait__language_read(path, file.bytes, file.size, &package->arena, recogniser->language);
    plait__file_close(package->context, &file);
    if (status == PLAIT_OK && recogniser->language->class_count != recogniser->character_count + 1)
        status = plait__fail(package->context, PLAIT_INVALID, "%s: expected %d classes as the character set has, found %d",
                             path, recogniser->character_count + 1, recogniser->language->class_count);
    return status;
}

/* ------------------------------------------------------------------ opening */

static enum plait_status read_all(struct plait__package *package) {
    char path[PATH_BYTES];
    struct plait__file file;
    const char *charset = NULL;
    PLAIT__TRY(path_of(package, "manifest.json", path));
    PLAIT__TRY(plait__file_open(package->context, path, MANIFEST_BYTES_MOST, &file));
    plait__sha256_hex(file.bytes, file.size, package->digest);
    package->bytes = file.size;
    enum plait_status status = plait__manifest_read(package, path, (const char *)file.bytes, file.size, &charset);
    plait__file_close(package->context, &file);
    PLAIT__TRY(status);
    for (int i = 0; i < package->file_count; i++) PLAIT__TRY(check_file(package, &package->files[i]));
    if (charset) PLAIT__TRY(read_charset(package, charset));
    return read_language(package);
}

enum plait_status plait__package_open(plait_context *context, const char *folder, struct plait__package **package_out) {
    struct plait__package *package = plait__allocate_zero(context, 1, sizeof *package);
    if (!package) return PLAIT_MEMORY;
    package->context = context;
    plait__arena_init(&package->arena, context);
    package->folder = plait__arena_string(&package->arena, folder, strlen(folder));
    enum plait_status status = package->folder ? read_all(package) : PLAIT_MEMORY;
    if (status == PLAIT_OK)
        *package_out = package;
    else
        plait_model_destroy(package);
    return status;
}

/* ------------------------------------------------------------------ networks */

enum { NETWORKS_MOST = 3 + PLAIT__MODALITY_COUNT };

/* All networks the manifest names, in the order they run in. */
static int list_networks(struct plait__package *package, struct plait__network *networks[NETWORKS_MOST]) {
    struct plait__network *all[NETWORKS_MOST] = {&package->detector.network, &package->recogniser.network};
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) all[2 + m] = &package->tagger.encoders[m].network;
    all[NETWORKS_MOST - 1] = &package->tagger.fusion;
    int count = 0;
    for (int i = 0; i < NETWORKS_MOST; i++)
        if (all[i]->file) networks[count++] = all[i];
    return count;
}

enum plait_status plait__package_load(struct plait__package *package, const plait_session_options *options) {
    struct plait__network *networks[NETWORKS_MOST];
    int count = list_networks(package, networks);
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        PLAIT__TRY(path_of(package, networks[i]->file, path));
        enum plait_status status = plait_session_create_from_file(package->context, path, options, &networks[i]->session);
        if (status != PLAIT_OK) return plait__fail_in(package->context, status, "%s", path);
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ the public door */

enum plait_status plait_model_create(plait_context *context, const char *folder, const plait_session_options *options,
                                     plait_model **model_out) {
    struct plait__package *package = NULL;
    PLAIT__TRY(plait__package_open(context, folder, &package));
    enum plait_status status = plait__package_load(package, options);
    if (status == PLAIT_OK)
        *model_out = package;
    else
        plait_model_destroy(package);
    return status;
}

void plait_model_destroy(plait_model *package) {
    if (!package) return;
    struct plait__network *networks[NETWORKS_MOST];
    int count = list_networks(package, networks);
    for (int i = 0; i < count; i++) plait_session_destroy(networks[i]->session);
    plait__arena_end(&package->arena);
    plait__release(package->context, package);
}

const char *plait_model_name(const plait_model *package) {
    return package->name;
}
const char *plait_model_version(const plait_model *package) {
    return package->version;
}
