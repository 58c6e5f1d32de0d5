#include "model/multimodal.h"

#include <string.h>

#include "model/keys.h"

enum { WIDTH_MOST = 65536, COLUMNS_MOST = 4096, WEIGHTS_MOST = 1 << 20 };

static const char *const no_others[] = {NULL};

const char *plait__sense_kind_name(enum plait__sense_kind kind) {
    static const char *const names[] = {
#define SENSE_KIND_NAME(name, text) text,
        PLAIT__SENSE_KIND_MAP(SENSE_KIND_NAME)
#undef SENSE_KIND_NAME
    };
    return names[kind];
}

static const char *const pattern_names[] = {
#define PATTERN_NAME(name, text) text,
    PLAIT__PATTERN_MAP(PATTERN_NAME)
#undef PATTERN_NAME
};

int plait__sense_find(const struct plait__multimodal *multimodal, const char *name, size_t length) {
    for (int s = 0; s < multimodal->sense_count; s++)
        if (strlen(multimodal->senses[s].name) == length && strncmp(multimodal->senses[s].name, name, length) == 0) return s;
    return -1;
}

const struct plait__pattern *plait__pattern_find(const struct plait__multimodal *multimodal, const char *name) {
    for (int p = 0; p < multimodal->pattern_count; p++)
        if (strcmp(multimodal->patterns[p].name, name) == 0) return &multimodal->patterns[p];
    return NULL;
}

/* An object of at most `most` members; `array_out` is as long. */
static enum plait_status members(struct plait__package *package, const struct plait__json *at, const char *key, int most,
                                 size_t bytes, struct plait__json *object_out, void *array_out) {
    PLAIT__TRY(plait__json_object(at, key, object_out));
    const int count = plait__json_count(object_out);
    if (count < 1 || count > most)
        return plait__json_fail(object_out, NULL, PLAIT_LIMIT, "expected 1 to %d members, found %d", most, count);
    void *array = plait__arena_array(&package->arena, (size_t)count, bytes);
    if (!array) return PLAIT_MEMORY;
    memcpy(array_out, &array, sizeof array);
    return PLAIT_OK;
}

/* The modality that the text at `key` names. */
static enum plait_status read_sense_name(struct plait__package *package, const struct plait__json *at, const char *key,
                                         int *sense_out) {
    const char *name;
    PLAIT__TRY(plait__json_text(at, key, &name));
    *sense_out = plait__sense_find(package->multimodal, name, strlen(name));
    return *sense_out >= 0 ? PLAIT_OK
                           : plait__json_fail(at, key, PLAIT_INVALID, "there is no modality \"%s\" in the package", name);
}

/* ------------------------------------------------------------------ networks and matrices */

static enum plait_status read_network(struct plait__package *package, const struct plait__json *at, const char *key,
                                      struct plait__network *network) {
    if (!plait__json_has(at, key)) return PLAIT_OK;
    PLAIT__TRY(plait__keys_file(package, at, key, &network->file));
    plait__package_add_network(package, network);
    return PLAIT_OK;
}

static enum plait_status read_numbers(const struct plait__json *at, const char *key, int count, float *out) {
    struct plait__json list, item = {0};
    PLAIT__TRY(plait__json_array(at, key, &list));
    if (plait__json_count(&list) != count)
        return plait__json_fail(at, key, PLAIT_INVALID, "expected %d numbers, found %d", count, plait__json_count(&list));
    while (plait__json_next(&list, &item)) {
        double number;
        PLAIT__TRY(plait__json_number(&item, NULL, -1e6, 1e6, &number));
        *out++ = (float)number;
    }
    return PLAIT_OK;
}

/* {"weights": [[...]...], "bias": [...]} */
static enum plait_status read_matrix(struct plait__package *package, const struct plait__json *at, int rows, int columns,
                                     struct plait__map *map) {
    struct plait__json list, row = {0};
    PLAIT__TRY(plait__json_array(at, "weights", &list));
    if (plait__json_count(&list) != rows)
        return plait__json_fail(&list, NULL, PLAIT_INVALID, "expected %d rows, found %d", rows, plait__json_count(&list));
    if ((int64_t)rows * columns > WEIGHTS_MOST)
        return plait__json_fail(&list, NULL, PLAIT_LIMIT, "expected at most %d numbers: use a network", WEIGHTS_MOST);
    map->rows = rows;
    map->columns = columns;
    map->weights = plait__arena_array(&package->arena, (size_t)rows * (size_t)columns, sizeof(float));
    map->bias = plait__arena_array(&package->arena, (size_t)rows, sizeof(float));
    if (!map->weights || !map->bias) return PLAIT_MEMORY;
    for (float *out = map->weights; plait__json_next(&list, &row); out += columns)
        PLAIT__TRY(read_numbers(&row, NULL, columns, out));
    return plait__json_has(at, "bias") ? read_numbers(at, "bias", rows, map->bias) : PLAIT_OK;
}

/* ------------------------------------------------------------------ calibration */

static enum plait_status read_temperature(struct plait__package *package, const struct plait__json *at,
                                          struct plait__temperature *temperature) {
    static const struct plait__key keys[] = {
        {"scale", PLAIT__FLOAT, offsetof(struct plait__temperature, scale), true, 0, 1000, 1}, {0}};
    static const char *const others[] = {"quality", NULL};
    struct plait__json qualities, item = {0};
    PLAIT__TRY(plait__keys_read(package, at, keys, others, temperature));
    memset(temperature->quality, 0, sizeof temperature->quality);
    if (!plait__json_has(at, "quality")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "quality", &qualities));
    while (plait__json_next(&qualities, &item)) {
        const int sense = plait__sense_find(package->multimodal, item.key, strlen(item.key));
        double exponent;
        if (sense < 0) return plait__json_fail(&item, NULL, PLAIT_INVALID, "there is no such modality in the package");
        PLAIT__TRY(plait__json_number(&item, NULL, 0, 10, &exponent));
        temperature->quality[sense] = (float)exponent;
    }
    return PLAIT_OK;
}

/* "image+audio" as a set of modalities. */
static enum plait_status read_set(struct plait__package *package, const struct plait__json *at, unsigned *set_out) {
    *set_out = 0;
    for (const char *name = at->key; *name;) {
        const size_t length = strcspn(name, "+");
        const int sense = plait__sense_find(package->multimodal, name, length);
        if (sense < 0)
            return plait__json_fail(at, NULL, PLAIT_INVALID, "expected names of modalities with + between them, or all");
        *set_out |= 1u << sense;
        name += length + (name[length] == '+');
    }
    return PLAIT_OK;
}

/* {"all": {...}, "image+audio": {...}} into [1 << sense_count]. */
static enum plait_status read_sets(struct plait__package *package, const struct plait__json *at, int sets,
                                   struct plait__temperature *temperatures) {
    struct plait__json item = {0}, object;
    unsigned set;
    if (plait__json_has(at, "all")) {
        PLAIT__TRY(plait__json_object(at, "all", &object));
        for (int s = 0; s < sets; s++) PLAIT__TRY(read_temperature(package, &object, &temperatures[s]));
    }
    while (plait__json_next(at, &item)) {
        if (strcmp(item.key, "all") == 0) continue;
        PLAIT__TRY(read_set(package, &item, &set));
        PLAIT__TRY(plait__json_object(at, item.key, &object));
        PLAIT__TRY(read_temperature(package, &object, &temperatures[set]));
    }
    return PLAIT_OK;
}

/* "calibrations": {HEAD: ...}: for each head one temperature (`sets` is 1), or one for every set of modalities. */
static enum plait_status read_calibrations(struct plait__package *package, const struct plait__json *at, int sets,
                                           struct plait__temperature **temperatures_out) {
    const struct plait__multimodal *multimodal = package->multimodal;
    struct plait__json heads, item = {0}, head;
    struct plait__temperature *temperatures =
        plait__arena_array(&package->arena, (size_t)(multimodal->head_count * sets), sizeof *temperatures);
    if (!temperatures) return PLAIT_MEMORY;
    for (int i = 0; i < multimodal->head_count * sets; i++) temperatures[i].scale = 1;
    *temperatures_out = temperatures;
    if (!plait__json_has(at, "calibrations")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "calibrations", &heads));
    while (plait__json_next(&heads, &item)) {
        int h = 0;
        while (h < multimodal->head_count && strcmp(multimodal->heads[h].name, item.key) != 0) h++;
        if (h == multimodal->head_count) return plait__json_fail(&item, NULL, PLAIT_INVALID, "there is no such head");
        PLAIT__TRY(plait__json_object(&heads, item.key, &head));
        PLAIT__TRY(sets == 1 ? read_temperature(package, &head, &temperatures[h])
                             : read_sets(package, &head, sets, temperatures + h * sets));
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ what an encoder is given */

#define OF_INPUT(member)  offsetof(struct plait__input, member)
#define OF_COLUMN(member) offsetof(struct plait__column, member)

static enum plait_status read_column(struct plait__package *package, const struct plait__json *at,
                                     struct plait__column *column) {
    static const struct plait__key keys[] = {{"name", PLAIT__TEXT, OF_COLUMN(name), true, 0, 0, 0},
                                             {"unit", PLAIT__TEXT, OF_COLUMN(unit), false, 0, 0, 0},
                                             {"mean", PLAIT__FLOAT, OF_COLUMN(mean), false, -1e12, 1e12, 0},
                                             {"deviation", PLAIT__FLOAT, OF_COLUMN(deviation), false, 1e-12, 1e12, 1},
                                             {0}};
    static const char *const others[] = {"type", "values", NULL};
    const char *type;
    PLAIT__TRY(plait__keys_read(package, at, keys, others, column));
    PLAIT__TRY(plait__json_text(at, "type", &type));
    column->category = strcmp(type, "category") == 0;
    if (!column->category && strcmp(type, "number") != 0)
        return plait__json_fail(at, "type", PLAIT_INVALID, "expected number or category, found \"%s\"", type);
    PLAIT__TRY(plait__keys_texts(package, at, "values", &column->values, &column->value_count));
    if (column->category != (column->value_count > 0))
        return plait__json_fail(at, "values", PLAIT_INVALID, "expected values for a category alone");
    return PLAIT_OK;
}

static enum plait_status read_columns(struct plait__package *package, const struct plait__json *at,
                                      struct plait__input *input) {
    struct plait__json list, item = {0};
    PLAIT__TRY(plait__json_array(at, "columns", &list));
    const int count = plait__json_count(&list);
    if (count < 1 || count > COLUMNS_MOST)
        return plait__json_fail(&list, NULL, PLAIT_LIMIT, "expected 1 to %d columns, found %d", COLUMNS_MOST, count);
    if (!(input->columns = plait__arena_array(&package->arena, (size_t)count, sizeof *input->columns))) return PLAIT_MEMORY;
    while (plait__json_next(&list, &item)) {
        struct plait__column *column = &input->columns[input->column_count++];
        PLAIT__TRY(read_column(package, &item, column));
        input->feature_count += column->category ? column->value_count + 1 : 2;
        if (input->feature_count > WIDTH_MOST)
            return plait__json_fail(&item, NULL, PLAIT_LIMIT, "expected at most %d features", WIDTH_MOST);
    }
    return PLAIT_OK;
}

/* The keys of each kind's `input`. */
static const struct plait__key *input_keys(enum plait__sense_kind kind) {
    static const struct plait__key image[] = {{"channels", PLAIT__INT, OF_INPUT(channels), true, 1, 3, 0},
                                              {"height", PLAIT__INT, OF_INPUT(height), true, 1, 4096, 0},
                                              {"width", PLAIT__INT, OF_INPUT(width), true, 1, 4096, 0},
                                              {"mean", PLAIT__FLOAT, OF_INPUT(scale.mean), false, -1000, 1000, 0.5},
                                              {"deviation", PLAIT__FLOAT, OF_INPUT(scale.deviation), false, 1e-6, 1000, 0.5},
                                              {0}},
                                   audio[] = {{"rate_hz", PLAIT__INT, OF_INPUT(rate_hz), true, 1000, 384000, 0},
                                              {"window", PLAIT__INT, OF_INPUT(window), true, 2, 32768, 0},
                                              {"hop", PLAIT__INT, OF_INPUT(hop), true, 1, 32768, 0},
                                              {"fft", PLAIT__INT, OF_INPUT(fft), true, 2, 32768, 0},
                                              {"bands", PLAIT__INT, OF_INPUT(bands), true, 1, 512, 0},
                                              {"frames", PLAIT__INT, OF_INPUT(frames), true, 1, 65536, 0},
                                              {"low_hz", PLAIT__FLOAT, OF_INPUT(low_hz), true, 0, 96000, 0},
                                              {"high_hz", PLAIT__FLOAT, OF_INPUT(high_hz), true, 1, 96000, 0},
                                              {"floor", PLAIT__FLOAT, OF_INPUT(floor), false, 1e-30, 1, 1e-6},
                                              {"trim", PLAIT__BOOL, OF_INPUT(trim), false, 0, 1, 0},
                                              {"mean", PLAIT__FLOAT, OF_INPUT(scale.mean), false, -1000, 1000, 0},
                                              {"deviation", PLAIT__FLOAT, OF_INPUT(scale.deviation), false, 1e-6, 1000, 1},
                                              {0}},
                                   text[] = {{"length", PLAIT__INT, OF_INPUT(length), true, 1, 65536, 0},
                                             {"fold_case", PLAIT__BOOL, OF_INPUT(fold_case), false, 0, 1, 0},
                                             {0}},
                                   layout[] = {{"boxes", PLAIT__INT, OF_INPUT(boxes), true, 1, 4096, 0}, {0}},
                                   structured[] = {{0}};
    static const struct plait__key *const keys[] = {image, text, layout, audio, structured};
    return keys[kind];
}

static enum plait_status read_input(struct plait__package *package, const struct plait__json *at, enum plait__sense_kind kind,
                                    struct plait__input *input) {
    static const char *const of_text[] = {"alphabet", NULL}, *const of_structured[] = {"columns", NULL};
    const char *const *others = kind == PLAIT__SENSE_TEXT         ? of_text
                                : kind == PLAIT__SENSE_STRUCTURED ? of_structured
                                                                  : no_others;
    PLAIT__TRY(plait__keys_read(package, at, input_keys(kind), others, input));
    if (kind == PLAIT__SENSE_STRUCTURED) PLAIT__TRY(read_columns(package, at, input));
    if (kind == PLAIT__SENSE_IMAGE && input->channels == 2)
        return plait__json_fail(at, "channels", PLAIT_INVALID, "expected 1 or 3, found 2");
    if (kind == PLAIT__SENSE_AUDIO && (input->window > input->fft || input->low_hz >= input->high_hz))
        return plait__json_fail(at, NULL, PLAIT_INVALID, "expected window <= fft and low_hz < high_hz");
    if (kind == PLAIT__SENSE_AUDIO && input->high_hz > (float)input->rate_hz / 2)
        return plait__json_fail(at, "high_hz", PLAIT_INVALID, "expected at most half of rate_hz, %g, found %g",
                                input->rate_hz / 2.0, (double)input->high_hz);
    if (kind != PLAIT__SENSE_TEXT) return PLAIT_OK;
    PLAIT__TRY(plait__keys_texts(package, at, "alphabet", &input->alphabet, &input->alphabet_count));
    return input->alphabet_count ? PLAIT_OK : plait__json_fail(at, "alphabet", PLAIT_INVALID, "expected characters");
}

/* Numbers that the input has, for a modality without an encoder. */
static int64_t input_size(const struct plait__sense *sense) {
    const struct plait__input *input = &sense->input;
    switch (sense->kind) {
    case PLAIT__SENSE_IMAGE:
        return (int64_t)input->channels * input->height * input->width;
    case PLAIT__SENSE_AUDIO:
        return (int64_t)input->frames * input->bands;
    case PLAIT__SENSE_TEXT:
        return input->length;
    case PLAIT__SENSE_LAYOUT:
        return (int64_t)input->boxes * 4;
    default:
        return input->feature_count;
    }
}

/* ------------------------------------------------------------------ modalities */

#define OF_SENSE(member) offsetof(struct plait__sense, member)
#define OF_DRIFT(member) offsetof(struct plait__drift, member)

static enum plait_status read_drift(struct plait__package *package, const struct plait__json *at, struct plait__drift *drift) {
    static const struct plait__key keys[] = {{"count", PLAIT__INT, OF_DRIFT(reference.count), true, 1, INT32_MAX, 0},
                                             {"mean", PLAIT__FILE_NAME, OF_DRIFT(mean_file), false, 0, 0, 0},
                                             {"covariance", PLAIT__FILE_NAME, OF_DRIFT(covariance_file), false, 0, 0, 0},
                                             {"histogram", PLAIT__FILE_NAME, OF_DRIFT(histogram_file), false, 0, 0, 0},
                                             {"sample", PLAIT__FILE_NAME, OF_DRIFT(sample_file), false, 0, 0, 0},
                                             {0}};
    struct plait__json object;
    if (!plait__json_has(at, "drift")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "drift", &object));
    return plait__keys_read(package, &object, keys, no_others, drift);
}

static enum plait_status read_kind(const struct plait__json *at, enum plait__sense_kind *kind_out) {
    const char *name;
    PLAIT__TRY(plait__json_text(at, "kind", &name));
    int kind = 0;
    while (kind < PLAIT__SENSE_KIND_COUNT && strcmp(plait__sense_kind_name((enum plait__sense_kind)kind), name) != 0) kind++;
    if (kind == PLAIT__SENSE_KIND_COUNT)
        return plait__json_fail(at, "kind", PLAIT_INVALID, "expected image, text, layout, audio or structured, found \"%s\"",
                                name);
    *kind_out = (enum plait__sense_kind)kind;
    return PLAIT_OK;
}

static enum plait_status read_sense(struct plait__package *package, const struct plait__json *at, struct plait__sense *sense) {
    static const struct plait__key keys[] = {{"width", PLAIT__INT, OF_SENSE(width), false, 1, WIDTH_MOST, 0},
                                             {"tokens", PLAIT__INT, OF_SENSE(tokens), false, 1, 4096, 0},
                                             {"quality_least", PLAIT__FLOAT, OF_SENSE(quality_least), false, 0, 1, 0},
                                             {"stale_after_us", PLAIT__TIME, OF_SENSE(stale_after_us), false, 1, 1e15, 0},
                                             {0}};
    static const char *const others[] = {"kind", "input", "encoder", "head", "drift", NULL};
    struct plait__json input;
    PLAIT__TRY(plait__keys_kept(package, at->key, &sense->name));
    PLAIT__TRY(plait__keys_read(package, at, keys, others, sense));
    PLAIT__TRY(read_kind(at, &sense->kind));
    PLAIT__TRY(plait__json_object(at, "input", &input));
    PLAIT__TRY(read_input(package, &input, sense->kind, &sense->input));
    PLAIT__TRY(read_network(package, at, "encoder", &sense->encoder));
    const int64_t plain = input_size(sense);
    if (sense->encoder.file && !sense->width)
        return plait__json_fail(at, "width", PLAIT_INVALID, "expected the width of the encoder's embeddings");
    if (!sense->encoder.file && (sense->tokens || (sense->width && sense->width != plain) || plain > WIDTH_MOST))
        return plait__json_fail(at, "width", PLAIT_INVALID, "without an encoder the embedding is the input, %lld floats",
                                (long long)plain);
    if (!sense->width) sense->width = (int)plain;
    sense->size = sense->width * (sense->tokens ? sense->tokens : 1);
    if (sense->size > WIDTH_MOST)
        return plait__json_fail(at, NULL, PLAIT_LIMIT, "expected embeddings of at most %d floats, found %d", WIDTH_MOST,
                                sense->size);
    return read_drift(package, at, &sense->drift);
}

/* What a modality says alone; after all modalities and heads are known. */
static enum plait_status read_sense_head(struct plait__package *package, const struct plait__json *at,
                                         struct plait__sense *sense) {
    static const char *const others[] = {"model", "weights", "bias", "calibrations", NULL};
    static const struct plait__key keys[] = {{0}};
    struct plait__json head;
    if (!plait__json_has(at, "head")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "head", &head));
    PLAIT__TRY(plait__keys_read(package, &head, keys, others, NULL));
    PLAIT__TRY(read_network(package, &head, "model", &sense->head.network));
    if (!sense->head.network.file)
        PLAIT__TRY(read_matrix(package, &head, package->multimodal->output_count, sense->size, &sense->head));
    return read_calibrations(package, &head, 1, &sense->temperatures);
}

static enum plait_status read_head(struct plait__package *package, const struct plait__json *at, struct plait__head *head) {
    static const char *const others[] = {"classes", NULL};
    static const struct plait__key keys[] = {{0}};
    struct plait__multimodal *multimodal = package->multimodal;
    PLAIT__TRY(plait__keys_kept(package, at->key, &head->name));
    PLAIT__TRY(plait__keys_read(package, at, keys, others, NULL));
    PLAIT__TRY(plait__keys_texts(package, at, "classes", &head->classes, &head->class_count));
    if (head->class_count < 2) return plait__json_fail(at, "classes", PLAIT_INVALID, "expected two classes or more");
    head->first = multimodal->output_count;
    multimodal->output_count += head->class_count;
    if (multimodal->output_count > PLAIT__OUTPUTS_MOST)
        return plait__json_fail(at, "classes", PLAIT_LIMIT, "expected at most %d classes in all", PLAIT__OUTPUTS_MOST);
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ patterns */

#define OF_PATTERN(member) offsetof(struct plait__pattern, member)

static enum plait_status read_other(struct plait__package *package, const struct plait__json *at, const char *key,
                                    struct plait__pattern *pattern) {
    const char *name;
    PLAIT__TRY(plait__json_text(at, key, &name));
    pattern->then = plait__pattern_find(package->multimodal, name);
    return pattern->then
               ? PLAIT_OK
               : plait__json_fail(at, key, PLAIT_INVALID, "expected a pattern that stands before, found \"%s\"", name);
}

/* Every modality must be able to speak for itself. */
static enum plait_status need_heads(const struct plait__package *package, const struct plait__json *at) {
    const struct plait__multimodal *multimodal = package->multimodal;
    for (int s = 0; s < multimodal->sense_count; s++)
        if (!multimodal->senses[s].temperatures)
            return plait__json_fail(at, NULL, PLAIT_INVALID, "the modality %s has no head", multimodal->senses[s].name);
    return PLAIT_OK;
}

static enum plait_status read_late(struct plait__package *package, const struct plait__json *at,
                                   struct plait__pattern *pattern) {
    const struct plait__multimodal *multimodal = package->multimodal;
    struct plait__json part, item = {0};
    PLAIT__TRY(need_heads(package, at));
    PLAIT__TRY(read_network(package, at, "model", &pattern->map.network));
    if (pattern->map.network.file) return PLAIT_OK;
    if (plait__json_has(at, "stack")) {
        PLAIT__TRY(plait__json_object(at, "stack", &part));
        return read_matrix(package, &part, multimodal->output_count, multimodal->sense_count * (multimodal->output_count + 1),
                           &pattern->map);
    }
    PLAIT__TRY(plait__json_object(at, "weights", &part));
    while (plait__json_next(&part, &item)) {
        const int sense = plait__sense_find(multimodal, item.key, strlen(item.key));
        double weight;
        if (sense < 0) return plait__json_fail(&item, NULL, PLAIT_INVALID, "there is no such modality in the package");
        PLAIT__TRY(plait__json_number(&item, NULL, 0, 1000, &weight));
        pattern->weights[sense] = (float)weight;
    }
    return PLAIT_OK;
}

static enum plait_status read_expert(struct plait__package *package, const struct plait__json *at,
                                     struct plait__expert *expert) {
    static const char *const others[] = {"model", "modalities", NULL};
    static const struct plait__key keys[] = {{0}};
    struct plait__json list, item = {0};
    PLAIT__TRY(plait__keys_read(package, at, keys, others, NULL));
    PLAIT__TRY(read_network(package, at, "model", &expert->network));
    if (!expert->network.file) return plait__json_fail(at, "model", PLAIT_INVALID, "expected a file");
    if (!plait__json_has(at, "modalities")) return PLAIT_OK;
    PLAIT__TRY(plait__json_array(at, "modalities", &list));
    while (plait__json_next(&list, &item)) {
        int sense;
        PLAIT__TRY(read_sense_name(package, &item, NULL, &sense));
        expert->needs |= 1u << sense;
    }
    return PLAIT_OK;
}

static enum plait_status read_experts(struct plait__package *package, const struct plait__json *at,
                                      struct plait__pattern *pattern) {
    struct plait__json list, item = {0};
    PLAIT__TRY(read_network(package, at, "gate", &pattern->map.network));
    PLAIT__TRY(plait__json_array(at, "experts", &list));
    const int count = plait__json_count(&list);
    if (!pattern->map.network.file || count < 1 || count > PLAIT__EXPERTS_MOST || pattern->top > count)
        return plait__json_fail(at, NULL, PLAIT_INVALID, "expected a gate and 1 to %d experts, top of them chosen",
                                PLAIT__EXPERTS_MOST);
    if (!(pattern->experts = plait__arena_array(&package->arena, (size_t)count, sizeof *pattern->experts))) return PLAIT_MEMORY;
    while (plait__json_next(&list, &item)) PLAIT__TRY(read_expert(package, &item, &pattern->experts[pattern->expert_count++]));
    return PLAIT_OK;
}

static enum plait_status read_examples(struct plait__package *package, const struct plait__json *at,
                                       struct plait__examples *examples) {
    static const char *const others[] = {"embeddings", NULL};
    static const struct plait__key keys[] = {
        {"labels", PLAIT__FILE_NAME, offsetof(struct plait__examples, labels_file), true, 0, 0, 0}, {0}};
    struct plait__json object, files, item = {0};
    if (!plait__json_has(at, "examples")) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(at, "examples", &object));
    PLAIT__TRY(plait__keys_read(package, &object, keys, others, examples));
    PLAIT__TRY(plait__json_object(&object, "embeddings", &files));
    while (plait__json_next(&files, &item)) {
        const int sense = plait__sense_find(package->multimodal, item.key, strlen(item.key));
        if (sense < 0) return plait__json_fail(&item, NULL, PLAIT_INVALID, "there is no such modality in the package");
        PLAIT__TRY(plait__keys_file(package, &files, item.key, &examples->files[sense]));
    }
    return PLAIT_OK;
}

static enum plait_status read_steps(struct plait__package *package, const struct plait__json *at,
                                    struct plait__pattern *pattern) {
    static const struct plait__key keys[] = {{"least", PLAIT__FLOAT, offsetof(struct plait__step, least), true, 0, 1, 0}, {0}};
    static const char *const others[] = {"modality", NULL};
    struct plait__json list, item = {0};
    PLAIT__TRY(plait__json_array(at, "steps", &list));
    const int count = plait__json_count(&list);
    if (count < 1 || count > PLAIT__SENSES_MOST)
        return plait__json_fail(&list, NULL, PLAIT_LIMIT, "expected 1 to %d steps, found %d", PLAIT__SENSES_MOST, count);
    if (!(pattern->steps = plait__arena_array(&package->arena, (size_t)count, sizeof *pattern->steps))) return PLAIT_MEMORY;
    while (plait__json_next(&list, &item)) {
        struct plait__step *step = &pattern->steps[pattern->step_count++];
        PLAIT__TRY(plait__keys_read(package, &item, keys, others, step));
        PLAIT__TRY(read_sense_name(package, &item, "modality", &step->sense));
        if (!package->multimodal->senses[step->sense].temperatures)
            return plait__json_fail(&item, "modality", PLAIT_INVALID, "this modality has no head");
    }
    return PLAIT_OK;
}

static enum plait_status read_pattern(struct plait__package *package, const struct plait__json *at,
                                      struct plait__pattern *pattern) {
    static const struct plait__key keys[] = {{"top", PLAIT__INT, OF_PATTERN(top), false, 1, PLAIT__EXPERTS_MOST, 1},
                                             {"neighbours", PLAIT__INT, OF_PATTERN(neighbours), false, 1, 1024, 8},
                                             {"sharpness", PLAIT__FLOAT, OF_PATTERN(sharpness), false, 0, 1000, 10},
                                             {"share", PLAIT__FLOAT, OF_PATTERN(share), false, 0, 1, 0.25},
                                             {0}};
    static const char *const others[] = {"pattern", "calibrations", "weights",  "model", "stack", "gate",
                                         "experts", "base",         "examples", "steps", "then",  NULL};
    const char *kind;
    PLAIT__TRY(plait__keys_kept(package, at->key, &pattern->name));
    PLAIT__TRY(plait__keys_read(package, at, keys, others, pattern));
    PLAIT__TRY(plait__json_text(at, "pattern", &kind));
    int k = 0;
    while (k < PLAIT__PATTERN_COUNT && strcmp(pattern_names[k], kind) != 0) k++;
    pattern->kind = (enum plait__pattern_kind)k;
    PLAIT__TRY(read_calibrations(package, at, 1 << package->multimodal->sense_count, &pattern->temperatures));
    switch (pattern->kind) {
    case PLAIT__PATTERN_LATE:
        return read_late(package, at, pattern);
    case PLAIT__PATTERN_EARLY:
    case PLAIT__PATTERN_CROSS_ATTENTION:
        PLAIT__TRY(read_network(package, at, "model", &pattern->map.network));
        return pattern->map.network.file ? PLAIT_OK : plait__json_fail(at, "model", PLAIT_INVALID, "expected a file");
    case PLAIT__PATTERN_EXPERTS:
        return read_experts(package, at, pattern);
    case PLAIT__PATTERN_RETRIEVAL:
        PLAIT__TRY(read_examples(package, at, &pattern->examples));
        PLAIT__TRY(read_other(package, at, "base", pattern));
        return pattern->then->kind != PLAIT__PATTERN_CASCADE
                   ? PLAIT_OK
                   : plait__json_fail(at, "base", PLAIT_INVALID, "a cascade cannot be the base of a retrieval");
    case PLAIT__PATTERN_CASCADE:
        PLAIT__TRY(read_steps(package, at, pattern));
        return read_other(package, at, "then", pattern);
    default:
        return plait__json_fail(at, "pattern", PLAIT_INVALID,
                                "expected late, early, cross_attention, experts, retrieval or cascade, found \"%s\"", kind);
    }
}

/* ------------------------------------------------------------------ the whole */

static enum plait_status read_prefer(struct plait__package *package, const struct plait__json *root) {
    struct plait__multimodal *multimodal = package->multimodal;
    struct plait__json list, item = {0};
    unsigned named = 0;
    int count = 0;
    if (plait__json_has(root, "prefer")) {
        PLAIT__TRY(plait__json_array(root, "prefer", &list));
        while (plait__json_next(&list, &item)) {
            int sense;
            PLAIT__TRY(read_sense_name(package, &item, NULL, &sense));
            if (named >> sense & 1) return plait__json_fail(&item, NULL, PLAIT_INVALID, "is named twice");
            named |= 1u << sense;
            multimodal->prefer[count++] = sense;
        }
    }
    for (int s = 0; s < multimodal->sense_count; s++)
        if (!(named >> s & 1)) multimodal->prefer[count++] = s;
    return PLAIT_OK;
}

static enum plait_status read_fusion(struct plait__package *package, const struct plait__json *root) {
    struct plait__multimodal *multimodal = package->multimodal;
    struct plait__json patterns, item = {0}, object;
    const char *name;
    PLAIT__TRY(members(package, root, "patterns", PLAIT__PATTERNS_MOST, sizeof *multimodal->patterns, &patterns,
                       &multimodal->patterns));
    while (plait__json_next(&patterns, &item)) {
        PLAIT__TRY(plait__json_object(&patterns, item.key, &object));
        PLAIT__TRY(read_pattern(package, &object, &multimodal->patterns[multimodal->pattern_count]));
        multimodal->pattern_count++; /* only now can those after it name it */
    }
    PLAIT__TRY(plait__json_text(root, "fusion", &name));
    multimodal->pattern = plait__pattern_find(multimodal, name);
    return multimodal->pattern ? PLAIT_OK : plait__json_fail(root, "fusion", PLAIT_INVALID, "there is no pattern \"%s\"", name);
}

enum plait_status plait__multimodal_read(struct plait__package *package, const struct plait__json *root) {
    struct plait__multimodal *multimodal = plait__arena_allocate(&package->arena, sizeof *multimodal);
    struct plait__json modalities, heads, item = {0}, object;
    if (!(package->multimodal = multimodal)) return PLAIT_MEMORY;
    if (!package->embedding_schema)
        return plait__json_fail(root, "embedding_schema", PLAIT_INVALID, "expected NAME/VERSION, found nothing");
    if (plait__json_has(root, "tolerance_us"))
        PLAIT__TRY(plait__json_int(root, "tolerance_us", 1, 1000000000000, &multimodal->tolerance_us));
    PLAIT__TRY(
        members(package, root, "modalities", PLAIT__SENSES_MOST, sizeof *multimodal->senses, &modalities, &multimodal->senses));
    while (plait__json_next(&modalities, &item)) {
        PLAIT__TRY(plait__json_object(&modalities, item.key, &object));
        PLAIT__TRY(read_sense(package, &object, &multimodal->senses[multimodal->sense_count++]));
    }
    PLAIT__TRY(members(package, root, "heads", PLAIT__HEADS_MOST, sizeof *multimodal->heads, &heads, &multimodal->heads));
    for (item = (struct plait__json){0}; plait__json_next(&heads, &item);) {
        PLAIT__TRY(plait__json_object(&heads, item.key, &object));
        PLAIT__TRY(read_head(package, &object, &multimodal->heads[multimodal->head_count++]));
    }
    for (item = (struct plait__json){0}; plait__json_next(&modalities, &item);) {
        const int sense = plait__sense_find(multimodal, item.key, strlen(item.key));
        PLAIT__TRY(read_sense_head(package, &item, &multimodal->senses[sense]));
    }
    PLAIT__TRY(read_prefer(package, root));
    return read_fusion(package, root);
}
