#include "model/package.h"

#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "model/manifest.h"
#include "model/multimodal.h"
#include "model/signature.h"

enum { MANIFEST_BYTES_MOST = 1 << 20, CHARSET_BYTES_MOST = 1 << 20, LANGUAGE_BYTES_MOST = 1 << 26 };

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

/* What errors call a file of the package: its path, or its name where there is no folder. */
static enum plait_status path_of(const struct plait__package *package, const char *name, char path_out[PLAIT__PATH_BYTES]) {
    int length = package->folder ? snprintf(path_out, PLAIT__PATH_BYTES, "%s/%s", package->folder, name)
                                 : snprintf(path_out, PLAIT__PATH_BYTES, "%s", name);
    if (length >= PLAIT__PATH_BYTES)
        return plait__fail(package->context, PLAIT_LIMIT, "expected a path under %d bytes, found %d", PLAIT__PATH_BYTES,
                           length);
    return PLAIT_OK;
}

static const struct plait_file *find_given(const struct plait__package *package, const char *name) {
    for (size_t i = 0; i < package->given_count; i++)
        if (strcmp(package->given[i].name, name) == 0) return &package->given[i];
    plait__fail(package->context, PLAIT_NOT_FOUND, "%s: is not among the %zu files of the package", name, package->given_count);
    return NULL;
}

enum plait_status plait__package_file(const struct plait__package *package, const char *name, size_t ceiling,
                                      char path_out[PLAIT__PATH_BYTES], struct plait__file *file_out) {
    PLAIT__TRY(path_of(package, name, path_out));
    if (package->folder) return plait__file_open(package->context, path_out, ceiling, file_out);
    const struct plait_file *given = find_given(package, name);
    if (!given) return PLAIT_NOT_FOUND;
    if (ceiling && given->size > ceiling)
        return plait__fail(package->context, PLAIT_LIMIT, "%s: is larger than the ceiling of %zu bytes", name, ceiling);
    *file_out = (struct plait__file){.bytes = given->bytes, .size = given->size, .borrowed = true};
    return PLAIT_OK;
}

static enum plait_status check_file(const struct plait__package *package, const struct plait__package_file *expected) {
    char path[PLAIT__PATH_BYTES], digest[65];
    struct plait__file file;
    PLAIT__TRY(plait__package_file(package, expected->name, 0, path, &file));
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
    char path[PLAIT__PATH_BYTES];
    struct plait__file file;
    PLAIT__TRY(plait__package_file(package, name, CHARSET_BYTES_MOST, path, &file));
    enum plait_status status = read_characters(package, path, (const char *)file.bytes, file.size);
    plait__file_close(package->context, &file);
    return status;
}

/* Its symbols are those of the recogniser's classes, so both must agree on how many there are. */
static enum plait_status read_language(struct plait__package *package) {
    struct plait__recogniser *recogniser = &package->recogniser;
    char path[PLAIT__PATH_BYTES];
    struct plait__file file;
    if (!recogniser->language_file) return PLAIT_OK;
    if (!(recogniser->language = plait__arena_allocate(&package->arena, sizeof *recogniser->language))) return PLAIT_MEMORY;
    PLAIT__TRY(plait__package_file(package, recogniser->language_file, LANGUAGE_BYTES_MOST, path, &file));
    enum plait_status status = plait__language_read(path, file.bytes, file.size, &package->arena, recogniser->language);
    plait__file_close(package->context, &file);
    if (status == PLAIT_OK && recogniser->language->class_count != recogniser->character_count + 1)
        status = plait__fail(package->context, PLAIT_INVALID, "%s: expected %d classes as the character set has, found %d",
                             path, recogniser->character_count + 1, recogniser->language->class_count);
    return status;
}

/* ------------------------------------------------------------------ opening */

const char *plait__signature_name(enum plait__signature signature) {
    static const char *const names[] = {
#define SIGNATURE_NAME(name, text) text,
        PLAIT__SIGNATURE_MAP(SIGNATURE_NAME)
#undef SIGNATURE_NAME
    };
    return names[signature];
}

/* Where the context trusts some keys, one of them must have signed the manifest, which has the digests of all else. */
static enum plait_status check_signature(struct plait__package *package, const char *manifest_path,
                                         const struct plait__file *manifest) {
    const char *keys = package->context->options.trusted_keys;
    char path[PLAIT__PATH_BYTES], before[sizeof package->context->error];
    struct plait__file file;
    memcpy(before, package->context->error, sizeof before);
    enum plait_status status = plait__package_file(package, PLAIT__SIGNATURE_FILE, 1024, path, &file);
    if (status == PLAIT_NOT_FOUND && keys)
        return plait__fail(package->context, PLAIT_INVALID, "%s: expected a signature beside it, %s", manifest_path,
                           PLAIT__SIGNATURE_FILE);
    if (status == PLAIT_NOT_FOUND) { /* which is no failure */
        memcpy(package->context->error, before, sizeof before);
        return PLAIT_OK;
    }
    PLAIT__TRY(status);
    package->signature = PLAIT__SIGNATURE_PRESENT;
    if (keys)
        status = plait__signature_check(package->context, path, file.bytes, file.size, keys, manifest->bytes, manifest->size);
    if (keys && status == PLAIT_OK) package->signature = PLAIT__SIGNATURE_TRUSTED;
    plait__file_close(package->context, &file);
    return status;
}

static enum plait_status read_all(struct plait__package *package) {
    char path[PLAIT__PATH_BYTES];
    struct plait__file file;
    const char *charset = NULL;
    PLAIT__TRY(plait__package_file(package, "manifest.json", MANIFEST_BYTES_MOST, path, &file));
    plait__sha256_hex(file.bytes, file.size, package->digest);
    package->bytes = file.size;
    enum plait_status status = check_signature(package, path, &file);
    if (status == PLAIT_OK) status = plait__manifest_read(package, path, (const char *)file.bytes, file.size, &charset);
    plait__file_close(package->context, &file);
    PLAIT__TRY(status);
    for (int i = 0; i < package->file_count; i++) PLAIT__TRY(check_file(package, &package->files[i]));
    if (charset) PLAIT__TRY(read_charset(package, charset));
    if (package->multimodal) PLAIT__TRY(plait__multimodal_arrays(package));
    return read_language(package);
}

static struct plait__package *create_empty(plait_context *context) {
    struct plait__package *package = plait__allocate_zero(context, 1, sizeof *package);
    if (!package) return NULL;
    package->context = context;
    plait__arena_init(&package->arena, context);
    return package;
}

/* Reads everything when its place is known, and ends the package where that fails. */
static enum plait_status finish(struct plait__package *package, enum plait_status status, struct plait__package **package_out) {
    if (status == PLAIT_OK) status = read_all(package);
    if (status == PLAIT_OK)
        *package_out = package;
    else
        plait_model_destroy(package);
    return status;
}

enum plait_status plait__package_open(plait_context *context, const char *folder, struct plait__package **package_out) {
    struct plait__package *package = create_empty(context);
    if (!package) return PLAIT_MEMORY;
    package->folder = plait__arena_string(&package->arena, folder, strlen(folder));
    return finish(package, package->folder ? PLAIT_OK : PLAIT_MEMORY, package_out);
}

static enum plait_status keep_given(struct plait__package *package, const struct plait_file *files, size_t count) {
    struct plait_file *given = plait__arena_array(&package->arena, count, sizeof *given);
    if (!given) return PLAIT_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (!files[i].name || (!files[i].bytes && files[i].size))
            return plait__fail(package->context, PLAIT_INVALID, "file %zu of %zu: expected a name and bytes, found NULL", i,
                               count);
        given[i] = files[i];
        if (!(given[i].name = plait__arena_string(&package->arena, files[i].name, strlen(files[i].name)))) return PLAIT_MEMORY;
    }
    package->given = given;
    package->given_count = count;
    return PLAIT_OK;
}

enum plait_status plait__package_open_files(plait_context *context, const struct plait_file *files, size_t count,
                                            struct plait__package **package_out) {
    struct plait__package *package = create_empty(context);
    if (!package) return PLAIT_MEMORY;
    return finish(package, keep_given(package, files, count), package_out);
}

/* ------------------------------------------------------------------ networks */

void plait__package_add_network(struct plait__package *package, struct plait__network *network) {
    if (!network->file) return;
    if (!package->networks) package->networks_end = &package->networks;
    *package->networks_end = network;
    package->networks_end = &network->next;
}

int plait__package_networks(struct plait__package *package, struct plait__network *networks[PLAIT__NETWORKS_MOST]) {
    int count = 0;
    for (struct plait__network *network = package->networks; network && count < PLAIT__NETWORKS_MOST; network = network->next)
        networks[count++] = network;
    return count;
}

static enum plait_status load_network(struct plait__package *package, struct plait__network *network,
                                      const plait_session_options *options) {
    char path[PLAIT__PATH_BYTES];
    PLAIT__TRY(path_of(package, network->file, path));
    enum plait_status status;
    if (package->folder) {
        status = plait_session_create_from_file(package->context, path, options, &network->session);
    } else {
        const struct plait_file *given = find_given(package, network->file);
        if (!given) return PLAIT_NOT_FOUND;
        status = plait_session_create(package->context, given->bytes, given->size, NULL, options, &network->session);
    }
    return status == PLAIT_OK ? PLAIT_OK : plait__fail_in(package->context, status, "%s", path);
}

enum plait_status plait__package_load(struct plait__package *package, const plait_session_options *options) {
    for (struct plait__network *network = package->networks; network; network = network->next)
        PLAIT__TRY(load_network(package, network, options));
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ the public door */

static enum plait_status load(struct plait__package *package, const plait_session_options *options, plait_model **model_out) {
    enum plait_status status = plait__package_load(package, options);
    if (status == PLAIT_OK)
        *model_out = package;
    else
        plait_model_destroy(package);
    return status;
}

enum plait_status plait_model_create(plait_context *context, const char *folder, const plait_session_options *options,
                                     plait_model **model_out) {
    struct plait__package *package = NULL;
    PLAIT__TRY(plait__package_open(context, folder, &package));
    return load(package, options, model_out);
}

enum plait_status plait_model_create_from_files(plait_context *context, const struct plait_file *files, size_t count,
                                                const plait_session_options *options, plait_model **model_out) {
    struct plait__package *package = NULL;
    PLAIT__TRY(plait__package_open_files(context, files, count, &package));
    return load(package, options, model_out);
}

void plait_model_destroy(plait_model *package) {
    if (!package) return;
    for (struct plait__network *network = package->networks; network; network = network->next)
        plait_session_destroy(network->session);
    plait__arena_end(&package->arena);
    plait__release(package->context, package);
}

void plait_model_remember(plait_model *package, plait_memory *memory) {
    package->memory = memory;
}

const char *plait_model_name(const plait_model *package) {
    return package->name;
}
const char *plait_model_version(const plait_model *package) {
    return package->version;
}
