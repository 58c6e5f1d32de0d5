#include "model/manifest.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cJSON.h>

/* ------------------------------------------------------------------ keys of an object */

enum kind { INT, FLOAT, BOOL, TEXT, FILE_NAME };

/* One parameter: where it goes and what it may be.  A key that is not `required` and not there gets `fallback` (texts: NULL).
 */
struct key {
    const char *name;
    enum kind kind;
    size_t offset;
    bool required;
    double low, high, fallback;
};

/* What the reading of a manifest carries: the package for memory, and errors. */
struct reader {
    struct plait__package *package;
    plait_context *context;
};

static enum plait_status expected(const struct reader *reader, const char *path, const char *name, const char *what) {
    return plait__fail(reader->context, PLAIT_INVALID, "%s%s%s: expected %s", path, *path && *name ? "." : "", name, what);
}

static const char *kept(const struct reader *reader, const char *text) {
    return plait__arena_string(&reader->package->arena, text, strlen(text));
}

static enum plait_status read_text(const struct reader *reader, const cJSON *object, const char *path, const char *name,
                                   bool required, const char **text_out) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!value && !required) return PLAIT_OK;
    if (!cJSON_IsString(value) || !*value->valuestring)
        return expected(reader, path, name, value ? "a text that is not empty" : "a text, found none");
    return (*text_out = kept(reader, value->valuestring)) ? PLAIT_OK : PLAIT_MEMORY;
}

/* A file the manifest names must be one of `files`, which are checked for size and digest. */
static enum plait_status read_file_name(const struct reader *reader, const cJSON *object, const char *path, const char *name,
                                        const char **file_out) {
    const char *file = NULL;
    PLAIT__TRY(read_text(reader, object, path, name, true, &file));
    const struct plait__package *package = reader->package;
    for (int i = 0; i < package->file_count; i++)
        if (strcmp(package->files[i].name, file) == 0) {
            *file_out = package->files[i].name;
            return PLAIT_OK;
        }
    return plait__fail(reader->context, PLAIT_INVALID, "%s.%s: expected a name listed in files, found \"%s\"", path, name,
                       file);
}

static enum plait_status read_number(const struct reader *reader, const cJSON *value, const char *path, const struct key *key,
                                     double *number_out) {
    bool whole = key->kind == INT;
    if (!value && !key->required)
        *number_out = key->fallback;
    else if (!cJSON_IsNumber(value))
        return expected(reader, path, key->name, whole ? "a whole number" : "a number");
    else
        *number_out = value->valuedouble;
    double number = *number_out;
    if (!(number >= key->low && number <= key->high) || (whole && number != floor(number)))
        return plait__fail(reader->context, PLAIT_INVALID, "%s.%s: expected a %snumber from %g to %g, found %g", path,
                           key->name, whole ? "whole " : "", key->low, key->high, number);
    return PLAIT_OK;
}

/* Fills `target` from the object, one key after the other.  `others` lists keys that are read elsewhere; any further one is a
 * misspelling and refused. */
static enum plait_status read_keys(const struct reader *reader, const cJSON *object, const char *path, const struct key *keys,
                                   const char *const *others, void *target) {
    if (!cJSON_IsObject(object)) return expected(reader, path, "", object ? "an object" : "an object, found none");
    for (const struct key *key = keys; key->name; key++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key->name);
        void *place = (char *)target + key->offset;
        double number = 0;
        switch (key->kind) {
        case INT:
            PLAIT__TRY(read_number(reader, value, path, key, &number));
            *(int *)place = (int)number;
            break;
        case FLOAT:
            PLAIT__TRY(read_number(reader, value, path, key, &number));
            *(float *)place = (float)number;
            break;
        case BOOL:
            if (value && !cJSON_IsBool(value)) return expected(reader, path, key->name, "true or false");
            *(bool *)place = value ? cJSON_IsTrue(value) : key->fallback != 0;
            break;
        case TEXT:
            PLAIT__TRY(read_text(reader, object, path, key->name, key->required, place));
            break;
        case FILE_NAME:
            PLAIT__TRY(read_file_name(reader, object, path, key->name, place));
            break;
        }
    }
    for (const cJSON *item = object->child; item; item = item->next) {
        bool known = false;
        for (const struct key *key = keys; key->name && !known; key++) known = strcmp(item->string, key->name) == 0;
        for (int i = 0; others[i] && !known; i++) known = strcmp(item->string, others[i]) == 0;
        if (!known) return plait__fail(reader->context, PLAIT_INVALID, "%s.%s: there is no such key", path, item->string);
    }
    return PLAIT_OK;
}

/* A list of texts. */
static enum plait_status read_texts(const struct reader *reader, const cJSON *object, const char *path, const char *name,
                                    const char ***texts_out, int *count_out) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsArray(list)) return expected(reader, path, name, "a list of texts");
    int count = cJSON_GetArraySize(list), i = 0;
    const char **texts = plait__arena_array(&reader->package->arena, (size_t)count, sizeof *texts);
    if (!texts) return PLAIT_MEMORY;
    for (const cJSON *item = list->child; item; item = item->next, i++) {
        if (!cJSON_IsString(item)) return expected(reader, path, name, "a list of texts");
        if (!(texts[i] = kept(reader, item->valuestring))) return PLAIT_MEMORY;
    }
    *texts_out = texts;
    *count_out = count;
    return PLAIT_OK;
}

static enum plait_status read_calibration(const struct reader *reader, const cJSON *object, const char *path,
                                          struct plait__calibration *calibration) {
    static const struct key keys[] = {{"scale", FLOAT, offsetof(struct plait__calibration, scale), true, 0, 1000, 1},
                                      {"offset", FLOAT, offsetof(struct plait__calibration, offset), true, -1000, 1000, 0},
                                      {0}};
    static const char *const others[] = {NULL};
    *calibration = (struct plait__calibration){1, 0};
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, "calibration");
    if (!value) return PLAIT_OK;
    char inner[128];
    snprintf(inner, sizeof inner, "%s.calibration", path);
    return read_keys(reader, value, inner, keys, others, calibration);
}

/* ------------------------------------------------------------------ parts */

#define SCALE_KEYS(type)                                                                                                       \
    {"mean", FLOAT, offsetof(struct type, scale.mean), false, -1000, 1000, 0.5}, {                                             \
        "deviation", FLOAT, offsetof(struct type, scale.deviation), false, 1e-6, 1000, 0.5                                     \
    }
#define OF_DETECTOR(member)   offsetof(struct plait__detector, member)
#define OF_RECOGNISER(member) offsetof(struct plait__recogniser, member)
#define OF_ENCODER(member)    offsetof(struct plait__encoder, member)
#define OF_TAGGER(member)     offsetof(struct plait__tagger, member)
#define OF_FIELD(member)      offsetof(struct plait__field_rule, member)

static enum plait_status read_detector(const struct reader *reader, const cJSON *object, struct plait__detector *detector) {
    static const struct key keys[] = {{"model", FILE_NAME, OF_DETECTOR(network.file), true, 0, 0, 0},
                                      {"longest_side", INT, OF_DETECTOR(longest_side), true, 32, 8192, 0},
                                      {"multiple_of", INT, OF_DETECTOR(multiple_of), true, 1, 256, 0},
                                      {"stride", INT, OF_DETECTOR(stride), true, 1, 32, 0},
                                      {"threshold", FLOAT, OF_DETECTOR(threshold), true, 0, 1, 0},
                                      {"line_threshold", FLOAT, OF_DETECTOR(line_threshold), false, 0, 1, 0.5},
                                      {"smallest_side", FLOAT, OF_DETECTOR(smallest_side), false, 0, 100, 3},
                                      SCALE_KEYS(plait__detector),
                                      {0}};
    static const char *const others[] = {NULL};
    return read_keys(reader, object, "detector", keys, others, detector);
}

static enum plait_status read_recogniser(const struct reader *reader, const cJSON *object, struct plait__recogniser *recogniser,
                                         const char **charset_out) {
    static const struct key keys[] = {{"model", FILE_NAME, OF_RECOGNISER(network.file), true, 0, 0, 0},
                                      {"height", INT, OF_RECOGNISER(height), true, 8, 256, 0},
                                      {"width_multiple", INT, OF_RECOGNISER(width_multiple), true, 1, 256, 0},
                                      {"width_most", INT, OF_RECOGNISER(width_most), true, 16, 8192, 0},
                                      {"stride", INT, OF_RECOGNISER(stride), true, 1, 32, 0},
                                      {"batch_most", INT, OF_RECOGNISER(batch_most), false, 1, 64, 8},
                                      {"margin", FLOAT, OF_RECOGNISER(margin), false, 0, 1, 0},
                                      SCALE_KEYS(plait__recogniser),
                                      {0}};
    static const char *const others[] = {"charset", "calibration", NULL};
    PLAIT__TRY(read_keys(reader, object, "recogniser", keys, others, recogniser));
    PLAIT__TRY(read_calibration(reader, object, "recogniser", &recogniser->calibration));
    return read_file_name(reader, object, "recogniser", "charset", charset_out);
}

static enum plait_status read_tagger(const struct reader *reader, const cJSON *object, struct plait__tagger *tagger) {
    static const struct key keys[] = {{"words_most", INT, OF_TAGGER(words_most), true, 1, 4096, 0},
                                      {"words_multiple", INT, OF_TAGGER(words_multiple), false, 1, 256, 1},
                                      {"width", INT, OF_TAGGER(width), false, 0, 4096, 0},
                                      {0}};
    static const struct key encoder_keys[] = {{"model", FILE_NAME, OF_ENCODER(network.file), true, 0, 0, 0},
                                              {"height", INT, OF_ENCODER(height), false, 0, 256, 0},
                                              {"width", INT, OF_ENCODER(width), false, 0, 1024, 0},
                                              {"length", INT, OF_ENCODER(length), false, 0, 256, 0},
                                              {"features", INT, OF_ENCODER(features), false, 0, 256, 0},
                                              SCALE_KEYS(plait__encoder),
                                              {0}};
    static const struct key fusion_keys[] = {{"model", FILE_NAME, offsetof(struct plait__network, file), true, 0, 0, 0}, {0}};
    static const char *const others[] = {"modalities", "fusion", "labels", NULL}, *const none[] = {NULL};
    static const char *const encoder_others[] = {"alphabet", NULL};
    PLAIT__TRY(read_keys(reader, object, "tagger", keys, others, tagger));
    PLAIT__TRY(read_texts(reader, object, "tagger", "labels", &tagger->labels, &tagger->label_count));
    const cJSON *fusion = cJSON_GetObjectItemCaseSensitive(object, "fusion");
    PLAIT__TRY(read_keys(reader, fusion, "tagger.fusion", fusion_keys, none, &tagger->fusion));

    const cJSON *modalities = cJSON_GetObjectItemCaseSensitive(object, "modalities");
    if (!cJSON_IsObject(modalities) || !modalities->child)
        return expected(reader, "tagger", "modalities", "an object with one encoder or more");
    for (const cJSON *item = modalities->child; item; item = item->next) {
        enum plait__modality modality = plait__modality_find(item->string);
        if (modality == PLAIT__MODALITY_COUNT)
            return expected(reader, "tagger.modalities", item->string, "text, layout, image or audio");
        struct plait__encoder *encoder = &tagger->encoders[modality];
        char path[64];
        snprintf(path, sizeof path, "tagger.modalities.%s", item->string);
        PLAIT__TRY(read_keys(reader, item, path, encoder_keys, encoder_others, encoder));
        if (cJSON_HasObjectItem(item, "alphabet"))
            PLAIT__TRY(read_texts(reader, item, path, "alphabet", &encoder->alphabet, &encoder->alphabet_count));
    }
    return PLAIT_OK;
}

static enum plait_status read_field(const struct reader *reader, const cJSON *object, struct plait__field_rule *rule) {
    static const struct key keys[] = {{"label", INT, OF_FIELD(label), false, -1, 1000, -1},
                                      {"required", BOOL, OF_FIELD(required), false, 0, 1, 1},
                                      {"threshold", FLOAT, OF_FIELD(threshold), false, 0, 1, 0.5},
                                      {"least", FLOAT, OF_FIELD(least), false, 0, 1, 0},
                                      {"review", FLOAT, OF_FIELD(review), false, 0, 1, 0.8},
                                      {"lines_most", INT, OF_FIELD(lines_most), false, 0, 1000, 0},
                                      {"day_first", BOOL, OF_FIELD(day_first), false, 0, 1, 1},
                                      {"currency", TEXT, OF_FIELD(currency), false, 0, 0, 0},
                                      {0}};
    static const char *const others[] = {"type", "calibration", "currencies", NULL};
    const struct plait__package *package = reader->package;
    char path[128];
    rule->name = kept(reader, object->string);
    if (!rule->name) return PLAIT_MEMORY;
    snprintf(path, sizeof path, "fields.%s", object->string);
    PLAIT__TRY(read_keys(reader, object, path, keys, others, rule));
    PLAIT__TRY(read_calibration(reader, object, path, &rule->calibration));

    const char *type = NULL;
    PLAIT__TRY(read_text(reader, object, path, "type", true, &type));
    while (rule->type < PLAIT__FIELD_TYPE_COUNT && strcmp(plait__field_type_name(rule->type), type) != 0) rule->type++;
    if (rule->type == PLAIT__FIELD_TYPE_COUNT) return expected(reader, path, "type", "text, money, date, address or number");

    for (int i = 0; i < package->tagger.label_count && rule->label < 0; i++) /* by default the label of the same name */
        if (strcmp(package->tagger.labels[i], rule->name) == 0) rule->label = i;
    if (package->has_tagger && (rule->label < 0 || rule->label >= package->tagger.label_count))
        return expected(reader, path, "label", "the index of one of tagger.labels");

    const cJSON *currencies = cJSON_GetObjectItemCaseSensitive(object, "currencies"); /* {"RM": "MYR"} */
    int count = cJSON_GetArraySize(currencies);
    rule->currency_signs = plait__arena_array(&reader->package->arena, (size_t)count, sizeof *rule->currency_signs);
    rule->currency_codes = plait__arena_array(&reader->package->arena, (size_t)count, sizeof *rule->currency_codes);
    if (!rule->currency_signs || !rule->currency_codes) return PLAIT_MEMORY;
    for (const cJSON *item = currencies ? currencies->child : NULL; item; item = item->next) {
        if (!cJSON_IsString(item) || !item->string)
            return expected(reader, path, "currencies", "an object of sign and ISO 4217 code");
        rule->currency_signs[rule->currency_count] = kept(reader, item->string);
        rule->currency_codes[rule->currency_count++] = kept(reader, item->valuestring);
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ the whole */

/* Files stand beside the manifest: a name with a folder in it would lead out of the package. */
static bool plain_name(const char *name) {
    return *name && *name != '.' && !strpbrk(name, "/\\:");
}

static enum plait_status read_files(const struct reader *reader, const cJSON *files) {
    struct plait__package *package = reader->package;
    if (!cJSON_IsObject(files)) return expected(reader, "files", "", "an object of file names");
    struct plait__package_file *list = plait__arena_array(&package->arena, (size_t)cJSON_GetArraySize(files), sizeof *list);
    if (!list) return PLAIT_MEMORY;
    for (const cJSON *item = files->child; item; item = item->next) {
        struct plait__package_file *file = &list[package->file_count++];
        if (!plain_name(item->string)) return expected(reader, "files", item->string, "a file name without a folder");
        file->name = kept(reader, item->string);
        if (!file->name) return PLAIT_MEMORY;
        const cJSON *bytes = cJSON_GetObjectItemCaseSensitive(item, "bytes"),
                    *digest = cJSON_GetObjectItemCaseSensitive(item, "sha256");
        if (!cJSON_IsNumber(bytes) || !(bytes->valuedouble >= 0 && bytes->valuedouble <= 2147483647.0))
            return expected(reader, item->string, "bytes", "a number from 0 to 2147483647");
        if (!cJSON_IsString(digest) || strlen(digest->valuestring) != 64 ||
            strspn(digest->valuestring, "0123456789abcdef") != 64)
            return expected(reader, item->string, "sha256", "64 lower-case hexadecimal digits");
        file->bytes = (uint64_t)bytes->valuedouble;
        package->bytes += file->bytes;
        memcpy(file->sha256, digest->valuestring, sizeof file->sha256);
    }
    package->files = list;
    return PLAIT_OK;
}

static enum plait_status read_manifest(const struct reader *reader, const cJSON *root, const char **charset_out) {
    struct plait__package *package = reader->package;
    if (!cJSON_IsObject(root)) return expected(reader, "the manifest", "", "an object");
    const char *schema = NULL;
    PLAIT__TRY(read_text(reader, root, "", "schema", true, &schema));
    if (strcmp(schema, "plait.package/1") != 0)
        return plait__fail(reader->context, PLAIT_UNSUPPORTED, "schema: expected \"plait.package/1\", found \"%s\"", schema);
    const struct {
        const char *name;
        bool required;
        const char **place;
    } texts[] = {{"name", true, &package->name},
                 {"version", true, &package->version},
                 {"kind", true, &package->kind},
                 {"licence", false, &package->licence},
                 {"document_type", false, &package->document_type},
                 {"embedding_schema", false, &package->embedding_schema}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        PLAIT__TRY(read_text(reader, root, "", texts[i].name, texts[i].required, texts[i].place));
    PLAIT__TRY(read_files(reader, cJSON_GetObjectItemCaseSensitive(root, "files")));

    const cJSON *detector = cJSON_GetObjectItemCaseSensitive(root, "detector");
    const cJSON *recogniser = cJSON_GetObjectItemCaseSensitive(root, "recogniser");
    const cJSON *tagger = cJSON_GetObjectItemCaseSensitive(root, "tagger");
    const cJSON *fields = cJSON_GetObjectItemCaseSensitive(root, "fields");
    if ((package->has_detector = detector)) PLAIT__TRY(read_detector(reader, detector, &package->detector));
    if ((package->has_recogniser = recogniser))
        PLAIT__TRY(read_recogniser(reader, recogniser, &package->recogniser, charset_out));
    if ((package->has_tagger = tagger)) PLAIT__TRY(read_tagger(reader, tagger, &package->tagger));

    if (fields && !cJSON_IsObject(fields)) return expected(reader, "fields", "", "an object of fields");
    package->fields = plait__arena_array(&package->arena, (size_t)cJSON_GetArraySize(fields), sizeof *package->fields);
    if (!package->fields) return PLAIT_MEMORY;
    for (const cJSON *item = fields ? fields->child : NULL; item; item = item->next)
        PLAIT__TRY(read_field(reader, item, &package->fields[package->field_count++]));
    return PLAIT_OK;
}

enum plait_status plait__manifest_read(struct plait__package *package, const char *text, size_t size,
                                       const char **charset_out) {
    struct reader reader = {package, package->context};
    const char *stopped = text;
    cJSON *root = cJSON_ParseWithLengthOpts(text, size, &stopped, false);
    if (!root)
        return plait__fail(package->context, PLAIT_INVALID, "expected JSON, found something else at byte %td", stopped - text);
    *charset_out = NULL;
    enum plait_status status = read_manifest(&reader, root, charset_out);
    cJSON_Delete(root);
    return status;
}
