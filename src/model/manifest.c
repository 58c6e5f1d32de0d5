#include "model/manifest.h"

#include <string.h>

#include "model/keys.h"
#include "model/multimodal.h"

/* ------------------------------------------------------------------ parts */

static enum plait_status read_calibration(struct plait__package *package, const struct plait__json *at,
                                          struct plait__calibration *calibration) {
    static const struct plait__key keys[] = {
        {"scale", PLAIT__FLOAT, offsetof(struct plait__calibration, scale), true, 0, 1000, 1},
        {"offset", PLAIT__FLOAT, offsetof(struct plait__calibration, offset), true, -1000, 1000, 0},
        {0}};
    static const char *const others[] = {NULL};
    struct plait__json object;
    *calibration = (struct plait__calibration){1, 0};
    if (!plait__json_has(at, "calibration")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "calibration", &object));
    return plait__keys_read(package, &object, keys, others, calibration);
}

/* clang-format off */
#define SCALE_KEYS(type) \
    {"mean", PLAIT__FLOAT, offsetof(struct type, scale.mean), false, -1000, 1000, 0.5}, \
    {"deviation", PLAIT__FLOAT, offsetof(struct type, scale.deviation), false, 1e-6, 1000, 0.5}
/* clang-format on */
#define OF_DETECTOR(member)   offsetof(struct plait__detector, member)
#define OF_RECOGNISER(member) offsetof(struct plait__recogniser, member)
#define OF_ENCODER(member)    offsetof(struct plait__encoder, member)
#define OF_TAGGER(member)     offsetof(struct plait__tagger, member)
#define OF_FIELD(member)      offsetof(struct plait__field_rule, member)

static enum plait_status read_detector(struct plait__package *package, const struct plait__json *at) {
    static const struct plait__key keys[] = {
        {"model", PLAIT__FILE_NAME, OF_DETECTOR(network.file), true, 0, 0, 0},
        {"longest_side", PLAIT__INT, OF_DETECTOR(longest_side), true, 32, 8192, 0},
        {"small_height", PLAIT__FLOAT, OF_DETECTOR(small_height), false, 0, 1000, 0},
        {"aimed_height", PLAIT__FLOAT, OF_DETECTOR(aimed_height), false, 1, 1000, 22},
        {"enlarge_most", PLAIT__FLOAT, OF_DETECTOR(enlarge_most), false, 1, 4, 1.6},
        {"multiple_of", PLAIT__INT, OF_DETECTOR(multiple_of), true, 1, 256, 0},
        {"pixels_most", PLAIT__INT, OF_DETECTOR(pixels_most), false, 65536, 1 << 26, 1400000},
        {"overlap", PLAIT__INT, OF_DETECTOR(overlap), false, 0, 1024, 128},
        {"stride", PLAIT__INT, OF_DETECTOR(stride), true, 1, 32, 0},
        {"threshold", PLAIT__FLOAT, OF_DETECTOR(threshold), true, 0, 1, 0},
        {"line_threshold", PLAIT__FLOAT, OF_DETECTOR(line_threshold), false, 0, 1, 0.5},
        {"smallest_side", PLAIT__FLOAT, OF_DETECTOR(smallest_side), false, 0, 100, 3},
        SCALE_KEYS(plait__detector),
        {0}};
    static const char *const others[] = {NULL};
    return plait__keys_read(package, at, keys, others, &package->detector);
}

static enum plait_status read_recogniser(struct plait__package *package, const struct plait__json *at,
                                         const char **charset_out) {
    static const struct plait__key keys[] = {{"model", PLAIT__FILE_NAME, OF_RECOGNISER(network.file), true, 0, 0, 0},
                                             {"height", PLAIT__INT, OF_RECOGNISER(height), true, 8, 256, 0},
                                             {"width_multiple", PLAIT__INT, OF_RECOGNISER(width_multiple), true, 1, 256, 0},
                                             {"width_most", PLAIT__INT, OF_RECOGNISER(width_most), true, 16, 8192, 0},
                                             {"stride", PLAIT__INT, OF_RECOGNISER(stride), true, 1, 32, 0},
                                             {"batch_most", PLAIT__INT, OF_RECOGNISER(batch_most), false, 1, 64, 8},
                                             {"margin", PLAIT__FLOAT, OF_RECOGNISER(margin), false, 0, 1, 0},
                                             {"margin_ends", PLAIT__FLOAT, OF_RECOGNISER(margin_ends), false, 0, 1, 0},
                                             {"least", PLAIT__FLOAT, OF_RECOGNISER(least), false, 0, 1, 0},
                                             {"beam", PLAIT__INT, OF_RECOGNISER(beam), false, 1, 32, 8},
                                             {"language", PLAIT__FILE_NAME, OF_RECOGNISER(language_file), false, 0, 0, 0},
                                             {"language_weight", PLAIT__FLOAT, OF_RECOGNISER(language_weight), false, 0, 10, 0},
                                             {"language_bonus", PLAIT__FLOAT, OF_RECOGNISER(language_bonus), false, -10, 10, 0},
                                             SCALE_KEYS(plait__recogniser),
                                             {0}};
    static const char *const others[] = {"charset", "calibration", NULL};
    PLAIT__TRY(plait__keys_read(package, at, keys, others, &package->recogniser));
    PLAIT__TRY(read_calibration(package, at, &package->recogniser.calibration));
    return plait__keys_file(package, at, "charset", charset_out);
}

static enum plait_status read_encoder(struct plait__package *package, const struct plait__json *at) {
    static const struct plait__key keys[] = {{"model", PLAIT__FILE_NAME, OF_ENCODER(network.file), true, 0, 0, 0},
                                             {"height", PLAIT__INT, OF_ENCODER(height), false, 0, 256, 0},
                                             {"width", PLAIT__INT, OF_ENCODER(width), false, 0, 1024, 0},
                                             {"length", PLAIT__INT, OF_ENCODER(length), false, 0, 256, 0},
                                             SCALE_KEYS(plait__encoder),
                                             {0}};
    static const char *const others[] = {"alphabet", NULL};
    enum plait__modality modality = plait__modality_find(at->key);
    if (modality == PLAIT__MODALITY_COUNT)
        return plait__json_fail(at, NULL, PLAIT_INVALID, "expected text, layout, image or audio");
    struct plait__encoder *encoder = &package->tagger.encoders[modality];
    PLAIT__TRY(plait__keys_read(package, at, keys, others, encoder));
    return plait__keys_texts(package, at, "alphabet", &encoder->alphabet, &encoder->alphabet_count);
}

/* The label NAME or NAME.SUFFIX; -1 when there is none. */
static int find_label(const struct plait__tagger *tagger, const char *name, const char *suffix) {
    const size_t length = strlen(name);
    for (int i = 0; i < tagger->label_count; i++)
        if (strncmp(tagger->labels[i], name, length) == 0 && strcmp(tagger->labels[i] + length, suffix) == 0) return i;
    return -1;
}

static enum plait_status read_tagger(struct plait__package *package, const struct plait__json *at) {
    static const struct plait__key keys[] = {{"words_most", PLAIT__INT, OF_TAGGER(words_most), true, 1, 4096, 0},
                                             {"width", PLAIT__INT, OF_TAGGER(width), true, 1, 4096, 0},
                                             {0}};
    static const struct plait__key fusion_keys[] = {
        {"model", PLAIT__FILE_NAME, offsetof(struct plait__network, file), true, 0, 0, 0}, {0}};
    static const char *const others[] = {"modalities", "fusion", "labels", NULL}, *const no_others[] = {NULL};
    struct plait__json fusion, modalities, item = {0};
    PLAIT__TRY(plait__keys_read(package, at, keys, others, &package->tagger));
    PLAIT__TRY(plait__keys_texts(package, at, "labels", &package->tagger.labels, &package->tagger.label_count));
    package->tagger.misread = find_label(&package->tagger, "misread", "");
    PLAIT__TRY(plait__json_object(at, "fusion", &fusion));
    PLAIT__TRY(plait__keys_read(package, &fusion, fusion_keys, no_others, &package->tagger.fusion));
    PLAIT__TRY(plait__json_object(at, "modalities", &modalities));
    while (plait__json_next(&modalities, &item)) {
        struct plait__json encoder;
        PLAIT__TRY(plait__json_object(&modalities, item.key, &encoder));
        PLAIT__TRY(read_encoder(package, &encoder));
    }
    return PLAIT_OK;
}

/* {"RM": "MYR"}: currency signs as printed and what they mean. */
static enum plait_status read_currencies(struct plait__package *package, const struct plait__json *at,
                                         struct plait__field_rule *rule) {
    struct plait__json signs, sign = {0};
    if (!plait__json_has(at, "currencies")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "currencies", &signs));
    size_t count = (size_t)plait__json_count(&signs);
    rule->currency_signs = plait__arena_array(&package->arena, count, sizeof *rule->currency_signs);
    rule->currency_codes = plait__arena_array(&package->arena, count, sizeof *rule->currency_codes);
    if (!rule->currency_signs || !rule->currency_codes) return PLAIT_MEMORY;
    for (; plait__json_next(&signs, &sign); rule->currency_count++) {
        PLAIT__TRY(plait__keys_kept(package, sign.key, &rule->currency_signs[rule->currency_count]));
        PLAIT__TRY(plait__keys_text(package, &sign, NULL, true, &rule->currency_codes[rule->currency_count]));
    }
    return PLAIT_OK;
}

/* "calibrations": {"all": {...}, "text": {...}, "text+layout": {...}}: by the senses present; "all" for sets not named. */
static enum plait_status read_field_calibrations(struct plait__package *package, const struct plait__json *at,
                                                 struct plait__field_rule *rule) {
#define OF_CALIBRATION(member) offsetof(struct plait__field_calibration, member)
    static const struct plait__key keys[] = {{"scale", PLAIT__FLOAT, OF_CALIBRATION(scale), true, 0, 100, 1},
                                             {"offset", PLAIT__FLOAT, OF_CALIBRATION(offset), true, -100, 100, 0},
                                             {"read", PLAIT__FLOAT, OF_CALIBRATION(read), false, -100, 100, 0},
                                             {"misread", PLAIT__FLOAT, OF_CALIBRATION(misread), false, 0, 100, 0},
                                             {"recognised", PLAIT__FLOAT, OF_CALIBRATION(recognised), false, 0, 100, 0},
                                             {"strange", PLAIT__FLOAT, OF_CALIBRATION(strange), false, 0, 100, 0},
                                             {"noise", PLAIT__FLOAT, OF_CALIBRATION(noise), false, 0, 100, 0},
                                             {"familiar", PLAIT__FLOAT, OF_CALIBRATION(familiar), false, -100, 100, 0},
                                             {0}};
#undef OF_CALIBRATION
    static const char *const others[] = {NULL};
    struct plait__json sets, item = {0}, object;
    for (int set = 0; set < 1 << PLAIT__MODALITY_COUNT; set++) rule->calibrations[set].scale = 1;
    if (!plait__json_has(at, "calibrations")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "calibrations", &sets));
    if (plait__json_has(&sets, "all")) {
        PLAIT__TRY(plait__json_object(&sets, "all", &object));
        for (int set = 0; set < 1 << PLAIT__MODALITY_COUNT; set++)
            PLAIT__TRY(plait__keys_read(package, &object, keys, others, &rule->calibrations[set]));
    }
    while (plait__json_next(&sets, &item)) {
        unsigned set = 0;
        if (strcmp(item.key, "all") == 0) continue;
        for (const char *name = item.key; *name;) {
            char sense[16] = {0};
            const size_t length = strcspn(name, "+");
            if (length < sizeof sense) memcpy(sense, name, length);
            const enum plait__modality modality = plait__modality_find(sense);
            if (modality == PLAIT__MODALITY_COUNT)
                return plait__json_fail(&item, NULL, PLAIT_INVALID, "expected names of senses with + between them");
            set |= 1u << modality;
            name += length + (name[length] == '+');
        }
        PLAIT__TRY(plait__json_object(&sets, item.key, &object));
        PLAIT__TRY(plait__keys_read(package, &object, keys, others, &rule->calibrations[set]));
    }
    return PLAIT_OK;
}

static enum plait_status read_field(struct plait__package *package, const struct plait__json *at,
                                    struct plait__field_rule *rule) {
    static const struct plait__key keys[] = {{"required", PLAIT__BOOL, OF_FIELD(required), false, 0, 1, 1},
                                             {"least", PLAIT__FLOAT, OF_FIELD(least), false, 0, 1, 0},
                                             {"review", PLAIT__FLOAT, OF_FIELD(review), false, 0, 1, 0.8},
                                             {"day_first", PLAIT__BOOL, OF_FIELD(day_first), false, 0, 1, 1},
                                             {"currency", PLAIT__TEXT, OF_FIELD(currency), false, 0, 0, 0},
                                             {0}};
    static const char *const others[] = {"type", "calibrations", "currencies", "familiar", NULL};
    const struct plait__tagger *tagger = &package->tagger;
    const char *type;
    PLAIT__TRY(plait__keys_kept(package, at->key, &rule->name));
    PLAIT__TRY(plait__keys_read(package, at, keys, others, rule));
    PLAIT__TRY(read_field_calibrations(package, at, rule));
    PLAIT__TRY(read_currencies(package, at, rule));
    PLAIT__TRY(plait__keys_texts(package, at, "familiar", &rule->familiar, &rule->familiar_count));
    PLAIT__TRY(plait__json_text(at, "type", &type));
    while (rule->type < PLAIT__FIELD_TYPE_COUNT && strcmp(plait__field_type_name(rule->type), type) != 0) rule->type++;
    if (rule->type == PLAIT__FIELD_TYPE_COUNT)
        return plait__json_fail(at, "type", PLAIT_INVALID, "expected text, money, date, address or number, found \"%s\"", type);

    const bool span = rule->type == PLAIT__FIELD_TYPE_TEXT || rule->type == PLAIT__FIELD_TYPE_ADDRESS;
    rule->label = find_label(tagger, rule->name, "");
    rule->label_first = find_label(tagger, rule->name, ".first");
    rule->label_last = find_label(tagger, rule->name, ".last");
    if (rule->label < 0 || (span && (rule->label_first < 0 || rule->label_last < 0)))
        return plait__json_fail(at, NULL, PLAIT_INVALID, "the tagger's labels lack %s%s", rule->name,
                                rule->label < 0 ? "" : ".first or .last");
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ voice */

static enum plait_status read_voice(struct plait__package *package, const struct plait__json *root) {
#define OF_VOICE(member) offsetof(struct plait__voice, member)
    static const struct plait__key keys[] = {{"model", PLAIT__FILE_NAME, OF_VOICE(network.file), true, 0, 0, 0},
                                             {"field", PLAIT__TEXT, OF_VOICE(field), true, 0, 0, 0},
                                             {"rate_hz", PLAIT__INT, OF_VOICE(mel.rate), true, 1000, 384000, 0},
                                             {"window", PLAIT__INT, OF_VOICE(mel.window), true, 1, 32768, 0},
                                             {"hop", PLAIT__INT, OF_VOICE(mel.hop), true, 1, 32768, 0},
                                             {"fft", PLAIT__INT, OF_VOICE(mel.fft), true, 2, 32768, 0},
                                             {"bands", PLAIT__INT, OF_VOICE(mel.bands), true, 1, 512, 0},
                                             {"low_hz", PLAIT__FLOAT, OF_VOICE(mel.low), true, 0, 192000, 0},
                                             {"high_hz", PLAIT__FLOAT, OF_VOICE(mel.high), true, 0, 192000, 0},
                                             {"floor", PLAIT__FLOAT, OF_VOICE(mel.floor), true, 1e-30, 1, 0},
                                             {"frames_least", PLAIT__INT, OF_VOICE(frames_least), false, 1, 10000, 8},
                                             {"trust", PLAIT__FLOAT, OF_VOICE(trust), false, 0.01, 0.999, 0.95},
                                             {"unseen", PLAIT__FLOAT, OF_VOICE(unseen), false, 0.001, 1, 0.3},
                                             {0}};
#undef OF_VOICE
    static const char *const others[] = {NULL};
    struct plait__json voice;
    if (!plait__json_has(root, "voice")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(root, "voice", &voice));
    PLAIT__TRY(plait__keys_read(package, &voice, keys, others, &package->voice));
    plait__package_add_network(package, &package->voice.network);
    for (int i = 0; i < package->field_count; i++)
        if (strcmp(package->fields[i].name, package->voice.field) == 0 && package->fields[i].type == PLAIT__FIELD_TYPE_MONEY)
            return PLAIT_OK;
    return plait__json_fail(&voice, "field", PLAIT_INVALID, "expected a money field of fields, found \"%s\"",
                            package->voice.field);
}

/* ------------------------------------------------------------------ checks */

static enum plait_status read_amounts(struct plait__package *package, const struct plait__json *root) {
    struct plait__json amounts, item = {0};
    if (!plait__json_has(root, "amounts")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(root, "amounts", &amounts));
    package->amounts = plait__arena_array(&package->arena, (size_t)plait__json_count(&amounts), sizeof *package->amounts);
    if (!package->amounts) return PLAIT_MEMORY;
    while (plait__json_next(&amounts, &item)) {
        struct plait__amount_rule *amount = &package->amounts[package->amount_count++];
        PLAIT__TRY(plait__keys_kept(package, item.key, &amount->name));
        PLAIT__TRY(plait__keys_texts(package, &amounts, item.key, &amount->words, &amount->word_count));
    }
    return PLAIT_OK;
}

/* "+cash", "-change", "+rounding?": a sign, the name of an amount, and a question mark when it may be missing. */
static enum plait_status read_terms(struct plait__package *package, const struct plait__json *at,
                                    struct plait__check_rule *check) {
    struct plait__json terms, item = {0};
    PLAIT__TRY(plait__json_array(at, "terms", &terms));
    while (plait__json_next(&terms, &item)) {
        const char *text;
        PLAIT__TRY(plait__json_text(&item, NULL, &text));
        const size_t length = strlen(text);
        if (check->term_count == PLAIT__CHECK_TERMS)
            return plait__json_fail(&item, NULL, PLAIT_LIMIT, "expected at most %d terms", PLAIT__CHECK_TERMS);
        struct plait__check_term *term = &check->terms[check->term_count++];
        term->optional = length > 0 && text[length - 1] == '?';
        term->sign = text[0] == '-' ? -1 : 1;
        const size_t name_length = length - 1 - term->optional;
        for (term->amount = 0; term->amount < package->amount_count; term->amount++) {
            const char *name = package->amounts[term->amount].name;
            if (strlen(name) == name_length && strncmp(name, text + 1, name_length) == 0) break;
        }
        if ((text[0] != '+' && text[0] != '-') || term->amount == package->amount_count)
            return plait__json_fail(&item, NULL, PLAIT_INVALID, "expected +NAME or -NAME of one of amounts, found \"%s\"",
                                    text);
    }
    return PLAIT_OK;
}

static enum plait_status read_checks(struct plait__package *package, const struct plait__json *root) {
    static const struct plait__key keys[] = {
        {"field", PLAIT__TEXT, offsetof(struct plait__check_rule, field), true, 0, 0, 0},
        {"tolerance", PLAIT__FLOAT, offsetof(struct plait__check_rule, tolerance), false, 0, 1e6, 0},
        {"passed", PLAIT__FLOAT, offsetof(struct plait__check_rule, passed), false, -20, 20, 0},
        {"failed", PLAIT__FLOAT, offsetof(struct plait__check_rule, failed), false, -20, 20, 0},
        {0}};
    static const char *const others[] = {"terms", NULL};
    struct plait__json checks, item = {0}, check;
    if (!plait__json_has(root, "checks")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(root, "checks", &checks));
    package->checks = plait__arena_array(&package->arena, (size_t)plait__json_count(&checks), sizeof *package->checks);
    if (!package->checks) return PLAIT_MEMORY;
    while (plait__json_next(&checks, &item)) {
        struct plait__check_rule *rule = &package->checks[package->check_count++];
        PLAIT__TRY(plait__json_object(&checks, item.key, &check));
        PLAIT__TRY(plait__keys_kept(package, item.key, &rule->name));
        PLAIT__TRY(plait__keys_read(package, &check, keys, others, rule));
        PLAIT__TRY(read_terms(package, &check, rule));
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ the whole */

/* Files stand beside the manifest: a name with a folder in it would lead out of the package. */
static bool plain_name(const char *name) {
    return *name && *name != '.' && !strpbrk(name, "/\\:");
}

static enum plait_status read_file(struct plait__package *package, const struct plait__json *at,
                                   struct plait__package_file *file) {
    const char *digest;
    int64_t bytes;
    if (!plain_name(at->key)) return plait__json_fail(at, NULL, PLAIT_INVALID, "expected a file name without a folder");
    PLAIT__TRY(plait__keys_kept(package, at->key, &file->name));
    PLAIT__TRY(plait__json_int(at, "bytes", 0, INT32_MAX, &bytes));
    PLAIT__TRY(plait__json_text(at, "sha256", &digest));
    if (strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64)
        return plait__json_fail(at, "sha256", PLAIT_INVALID, "expected 64 lower-case hexadecimal digits");
    memcpy(file->sha256, digest, sizeof file->sha256);
    file->bytes = (uint64_t)bytes;
    package->bytes += file->bytes;
    return PLAIT_OK;
}

static enum plait_status read_files(struct plait__package *package, const struct plait__json *root) {
    struct plait__json files, item = {0};
    PLAIT__TRY(plait__json_object(root, "files", &files));
    package->files = plait__arena_array(&package->arena, (size_t)plait__json_count(&files), sizeof *package->files);
    if (!package->files) return PLAIT_MEMORY;
    while (plait__json_next(&files, &item)) PLAIT__TRY(read_file(package, &item, &package->files[package->file_count++]));
    return PLAIT_OK;
}

static enum plait_status read_fields(struct plait__package *package, const struct plait__json *root) {
    struct plait__json fields, item = {0};
    if (!plait__json_has(root, "fields")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(root, "fields", &fields));
    package->fields = plait__arena_array(&package->arena, (size_t)plait__json_count(&fields), sizeof *package->fields);
    if (!package->fields) return PLAIT_MEMORY;
    while (plait__json_next(&fields, &item)) PLAIT__TRY(read_field(package, &item, &package->fields[package->field_count++]));
    return PLAIT_OK;
}

static void add_networks(struct plait__package *package) {
    plait__package_add_network(package, &package->detector.network);
    plait__package_add_network(package, &package->recogniser.network);
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) plait__package_add_network(package, &package->tagger.encoders[m].network);
    plait__package_add_network(package, &package->tagger.fusion);
}

static enum plait_status read_root(struct plait__package *package, const struct plait__json *root, const char **charset_out) {
    const char *schema;
    PLAIT__TRY(plait__json_text(root, "schema", &schema));
    if (strcmp(schema, "plait.package/1") != 0)
        return plait__json_fail(root, "schema", PLAIT_UNSUPPORTED, "expected \"plait.package/1\", found \"%s\"", schema);
    PLAIT__TRY(plait__keys_text(package, root, "name", true, &package->name));
    PLAIT__TRY(plait__keys_text(package, root, "version", true, &package->version));
    PLAIT__TRY(plait__keys_text(package, root, "kind", true, &package->kind));
    PLAIT__TRY(plait__keys_text(package, root, "licence", false, &package->licence));
    PLAIT__TRY(plait__keys_text(package, root, "document_type", false, &package->document_type));
    PLAIT__TRY(plait__keys_text(package, root, "embedding_schema", false, &package->embedding_schema));
    PLAIT__TRY(plait__keys_text(package, root, "spelling", false, &package->spelling));
    PLAIT__TRY(read_files(package, root));

    struct plait__json part;
    if ((package->has_detector = plait__json_has(root, "detector"))) {
        PLAIT__TRY(plait__json_object(root, "detector", &part));
        PLAIT__TRY(read_detector(package, &part));
    }
    if ((package->has_recogniser = plait__json_has(root, "recogniser"))) {
        PLAIT__TRY(plait__json_object(root, "recogniser", &part));
        PLAIT__TRY(read_recogniser(package, &part, charset_out));
    }
    if ((package->has_tagger = plait__json_has(root, "tagger"))) {
        PLAIT__TRY(plait__json_object(root, "tagger", &part));
        PLAIT__TRY(read_tagger(package, &part));
    }
    add_networks(package);
    if (strcmp(package->kind, "multimodal") == 0) PLAIT__TRY(plait__multimodal_read(package, root));
    PLAIT__TRY(read_fields(package, root));
    PLAIT__TRY(read_voice(package, root));
    PLAIT__TRY(read_amounts(package, root));
    return read_checks(package, root);
}

enum plait_status plait__manifest_read(struct plait__package *package, const char *source, const char *text, size_t size,
                                       const char **charset_out) {
    struct plait__json root;
    PLAIT__TRY(plait__json_parse(package->context, text, size, source, &root));
    *charset_out = NULL;
    enum plait_status status = read_root(package, &root, charset_out);
    plait__json_end(&root);
    return status;
}
