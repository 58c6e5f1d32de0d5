#include "cli/eval_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_write.h"
#include "cli/indent.h"
#include "fusion/fusion.h"
#include "observe/drift.h"

enum { FILE_BYTES_MOST = 1 << 30, PATH_BYTES = 4096, BINS = 15, SETS = 1 << PLAIT__SENSES_MOST, REPORT_BYTES_MOST = 1 << 20 };
enum { DRIFT_WINDOW = 1000 }; /* embeddings, the newest, that are compared with training */

/* How well one set of modalities answered: counts, and reliability in bins of equal width (Guo et al., 2017). */
struct tally {
    int count, right;
    int bin_count[BINS], bin_right[BINS];
    double bin_confidence[BINS];
};

struct evaluation {
    plait_context *context;
    plait_model *model;
    const struct plait__multimodal *multimodal;
    const struct plait__pairs_options *options;
    char root[PATH_BYTES]; /* ends in a slash, or is empty */
    struct plait__file arrays[PLAIT__SENSES_MOST];
    struct tally whole, sets[SETS];
    double shares[PLAIT__SENSES_MOST], agreement, expert_weights[PLAIT__EXPERTS_MOST];
    int expert_runs[PLAIT__EXPERTS_MOST], states[PLAIT__SENSES_MOST][PLAIT__STATE_NOT_NEEDED + 1];
    int explained, conflicts, shortcuts;
    struct plait__drift_window *drift[PLAIT__SENSES_MOST]; /* NULL: the package has no statistics of training */
    uint64_t *encode_us, *fuse_us;                         /* [pairs] */
};

static void count_in(struct tally *tally, bool right, float confidence) {
    int bin = (int)(confidence * BINS);
    if (bin >= BINS) bin = BINS - 1;
    tally->count++;
    tally->right += right;
    tally->bin_count[bin]++;
    tally->bin_right[bin] += right;
    tally->bin_confidence[bin] += confidence;
}

/* Expected calibration error. */
static double ece_of(const struct tally *tally) {
    double sum = 0;
    for (int b = 0; b < BINS; b++) {
        const double gap = tally->bin_confidence[b] - tally->bin_right[b];
        sum += gap < 0 ? -gap : gap;
    }
    return tally->count ? sum / tally->count : 0;
}

/* ------------------------------------------------------------------ inputs */

/* idx3-ubyte: 0x00000803, count, height, width, big-endian, then bytes. */
static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum plait_status open_arrays(struct evaluation *evaluation) {
    for (int i = 0; i < evaluation->options->arrays->count; i++) {
        const char *text = evaluation->options->arrays->items[i], *path = strchr(text, '=');
        const int sense = path ? plait__sense_find(evaluation->multimodal, text, (size_t)(path - text)) : -1;
        if (sense < 0 || evaluation->arrays[sense].bytes)
            return plait__fail(evaluation->context, PLAIT_INVALID, "--array: expected MODALITY=FILE, found \"%s\"", text);
        PLAIT__TRY(plait__file_open(evaluation->context, path + 1, FILE_BYTES_MOST, &evaluation->arrays[sense]));
        const struct plait__file *file = &evaluation->arrays[sense];
        const uint64_t count = file->size < 16 ? 0 : big_endian(file->bytes + 4),
                       height = count ? big_endian(file->bytes + 8) : 0, width = count ? big_endian(file->bytes + 12) : 0;
        if (!count || big_endian(file->bytes) != 0x803 || height > 65535 || width > 65535 || height < 1 || width < 1 ||
            (file->size - 16) / (height * width) < count)
            return plait__fail(evaluation->context, PLAIT_INVALID, "%s: expected an idx3-ubyte file (not compressed)",
                               path + 1);
    }
    return PLAIT_OK;
}

/* A picture of the array as a PGM, which the package then reads like any other. */
static enum plait_status add_indexed(const struct evaluation *evaluation, plait_moment *moment, const struct plait__json *item,
                                     int sense, plait_input *input) {
    const struct plait__file *file = &evaluation->arrays[sense];
    int64_t index;
    if (!file->bytes) return plait__json_fail(item, NULL, PLAIT_INVALID, "a number: expected --array %s=FILE", item->key);
    const size_t height = big_endian(file->bytes + 8), width = big_endian(file->bytes + 12);
    PLAIT__TRY(plait__json_int(item, NULL, 0, (int64_t)big_endian(file->bytes + 4) - 1, &index));
    char *bytes = plait__allocate(evaluation->context, 64 + height * width);
    if (!bytes) return PLAIT_MEMORY;
    const int head = snprintf(bytes, 64, "P5 %zu %zu 255\n", width, height);
    memcpy(bytes + head, file->bytes + 16 + (size_t)index * height * width, height * width);
    input->bytes = bytes;
    input->size = (size_t)head + height * width;
    const enum plait_status status = plait_moment_add(moment, input);
    plait__release(evaluation->context, bytes);
    return status;
}

static enum plait_status add_file(const struct evaluation *evaluation, plait_moment *moment, const struct plait__json *item,
                                  plait_input *input) {
    char path[PATH_BYTES];
    const char *name;
    struct plait__file file;
    PLAIT__TRY(plait__json_text(item, NULL, &name));
    if (snprintf(path, sizeof path, "%s%s", *name == '/' ? "" : evaluation->root, name) >= (int)sizeof path)
        return plait__json_fail(item, NULL, PLAIT_LIMIT, "expected a path under %d bytes", PATH_BYTES);
    PLAIT__TRY(plait__file_open(evaluation->context, path, FILE_BYTES_MOST, &file));
    input->bytes = file.bytes;
    input->size = file.size;
    const enum plait_status status = plait_moment_add(moment, input);
    plait__file_close(evaluation->context, &file);
    return status;
}

static enum plait_status add_inline(plait_moment *moment, const struct plait__json *item, plait_input *input) {
    char *text = cJSON_PrintUnformatted(item->item);
    if (!text) return PLAIT_MEMORY;
    input->bytes = text;
    input->size = strlen(text);
    const enum plait_status status = plait_moment_add(moment, input);
    cJSON_free(text);
    return status;
}

/* All modalities of a pair, with their times "at": {MODALITY: TIMESTAMP_US}. */
static enum plait_status fill(const struct evaluation *evaluation, const struct plait__json *pair, plait_moment *moment) {
    struct plait__json item = {0}, at = {0};
    if (plait__json_has(pair, "at")) PLAIT__TRY(plait__json_object(pair, "at", &at));
    while (plait__json_next(pair, &item)) {
        const int sense = plait__sense_find(evaluation->multimodal, item.key, strlen(item.key));
        if (sense < 0 || !plait__json_has(&item, NULL)) continue;
        plait_input input = {.modality = item.key};
        input.timed = at.item && plait__json_has(&at, item.key);
        if (input.timed) PLAIT__TRY(plait__json_int(&at, item.key, INT64_MIN, INT64_MAX, &input.timestamp_us));
        if (cJSON_IsNumber(item.item))
            PLAIT__TRY(add_indexed(evaluation, moment, &item, sense, &input));
        else if (cJSON_IsString(item.item) && evaluation->multimodal->senses[sense].kind != PLAIT__SENSE_TEXT)
            PLAIT__TRY(add_file(evaluation, moment, &item, &input));
        else if (cJSON_IsString(item.item)) {
            input.bytes = item.item->valuestring;
            input.size = strlen(item.item->valuestring);
            PLAIT__TRY(plait_moment_add(moment, &input));
        } else
            PLAIT__TRY(add_inline(moment, &item, &input));
    }
    return PLAIT_OK;
}

/* The class that "label" names. */
static enum plait_status read_label(const struct evaluation *evaluation, const struct plait__json *pair, int *label_out) {
    const struct plait__head *head = &evaluation->multimodal->heads[0];
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(pair->item, "label");
    char number[32];
    const char *text = number;
    snprintf(number, sizeof number, "%.15g", cJSON_IsNumber(item) ? item->valuedouble : 0);
    if (!cJSON_IsNumber(item)) PLAIT__TRY(plait__json_text(pair, "label", &text));
    for (*label_out = 0; *label_out < head->class_count; ++*label_out)
        if (strcmp(head->classes[*label_out], text) == 0) return PLAIT_OK;
    return plait__json_fail(pair, "label", PLAIT_INVALID, "the head %s has no class \"%s\"", head->name, text);
}

/* ------------------------------------------------------------------ one pair */

static void count_fusion(struct evaluation *evaluation, const plait_fusion *fusion, int label) {
    const struct plait__answer *answer = &fusion->answers[0];
    count_in(&evaluation->whole, answer->label == label, answer->confidence);
    for (int set = 1; set < 1 << evaluation->multimodal->sense_count; set++)
        if (fusion->set_labels[set] >= 0)
            count_in(&evaluation->sets[set], fusion->set_labels[set] == label, fusion->set_confidences[set]);
    for (int s = 0; s < evaluation->multimodal->sense_count; s++) {
        evaluation->states[s][fusion->states[s]]++;
        if (answer->label >= 0) evaluation->shares[s] += answer->shares[s];
    }
    evaluation->explained += answer->label >= 0;
    evaluation->agreement += fusion->agreement;
    evaluation->conflicts += fusion->conflict;
    evaluation->shortcuts += answer->label >= 0 && !fusion->pattern;
    for (int e = 0; e < PLAIT__EXPERTS_MOST; e++) {
        evaluation->expert_runs[e] += fusion->expert_weights[e] > 0;
        evaluation->expert_weights[e] += fusion->expert_weights[e];
    }
}

static enum plait_status evaluate_moment(struct evaluation *evaluation, plait_moment *moment, int index, int label) {
    plait_fuse_options options;
    plait_fusion *fusion = NULL;
    const char *json;
    plait_fuse_options_default(&options);
    options.pattern = evaluation->options->pattern;
    options.without = evaluation->options->without;
    PLAIT__TRY(plait_fuse(moment, &options, &fusion));
    enum plait_status status = PLAIT_OK;
    count_fusion(evaluation, fusion, label);
    for (int s = 0; s < evaluation->multimodal->sense_count; s++)
        if (evaluation->drift[s] && moment->given[s].embedding)
            plait__drift_add(evaluation->drift[s], moment->given[s].embedding);
    evaluation->encode_us[index] = fusion->encode_us;
    evaluation->fuse_us[index] = fusion->fuse_us;
    if (evaluation->options->predictions && (status = plait_fusion_json(fusion, &json)) == PLAIT_OK)
        fprintf(evaluation->options->predictions, "%s\n", json);
    plait_fusion_destroy(fusion);
    return status;
}

static enum plait_status evaluate(struct evaluation *evaluation, const struct plait__json *pair, int index) {
    plait_moment *moment = NULL;
    int label;
    PLAIT__TRY(read_label(evaluation, pair, &label));
    PLAIT__TRY(plait_moment_create(evaluation->model, &moment));
    enum plait_status status = fill(evaluation, pair, moment);
    if (status == PLAIT_OK) status = evaluate_moment(evaluation, moment, index, label);
    plait_moment_destroy(moment);
    return status;
}

/* ------------------------------------------------------------------ the report */

static void write_tally(struct plait__writer *writer, const char *key, const struct tally *tally) {
    plait__write_open(writer, key, '{');
    plait__write_int(writer, "count", tally->count);
    plait__write_number(writer, "accuracy", tally->count ? (double)tally->right / tally->count : 0, 4);
    plait__write_number(writer, "ece", ece_of(tally), 4);
    plait__write_close(writer, '}');
}

static int compare_times(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void write_times(struct plait__writer *writer, const char *key, uint64_t *times, int count) {
    qsort(times, (size_t)count, sizeof *times, compare_times);
    plait__write_open(writer, key, '{');
    plait__write_number(writer, "p50", count ? (double)times[count / 2] / 1000 : 0, 3);
    plait__write_number(writer, "p95", count ? (double)times[count * 95 / 100] / 1000 : 0, 3);
    plait__write_close(writer, '}');
}

/* Measuring may fail for want of memory, which the writer keeps. */
static void write_drift(struct plait__writer *writer, struct plait__drift_window *window) {
    struct plait__drift_figures figures;
    const enum plait_status status = plait__drift_measure(window, &figures);
    if (writer->status == PLAIT_OK) writer->status = status;
    if (writer->status != PLAIT_OK) return;
    plait__write_open(writer, "drift", '{');
    plait__drift_write(writer, &figures);
    plait__write_close(writer, '}');
}

static void write_modality(struct plait__writer *writer, const struct evaluation *evaluation, int s) {
    plait__write_open(writer, evaluation->multimodal->senses[s].name, '{');
    plait__write_number(writer, "contribution", evaluation->explained ? evaluation->shares[s] / evaluation->explained : 0, 4);
    for (int i = 0; i <= PLAIT__STATE_NOT_NEEDED; i++)
        if (evaluation->states[s][i])
            plait__write_int(writer, plait__state_name((enum plait__state)i), evaluation->states[s][i]);
    if (evaluation->drift[s]) write_drift(writer, evaluation->drift[s]);
    plait__write_close(writer, '}');
}

/* "image+audio" */
static void name_set(const struct plait__multimodal *multimodal, unsigned set, char *name, size_t size) {
    size_t used = 0;
    name[0] = '\0';
    for (int s = 0; s < multimodal->sense_count && used < size; s++)
        if (set >> s & 1)
            used += (size_t)snprintf(name + used, size - used, "%s%s", used ? "+" : "", multimodal->senses[s].name);
}

static void write_experts(struct plait__writer *writer, const struct evaluation *evaluation,
                          const struct plait__pattern *pattern, int count) {
    while (pattern->kind == PLAIT__PATTERN_CASCADE || pattern->kind == PLAIT__PATTERN_RETRIEVAL) pattern = pattern->then;
    if (pattern->kind != PLAIT__PATTERN_EXPERTS) return;
    plait__write_open(writer, "experts", '[');
    for (int e = 0; e < pattern->expert_count; e++) {
        plait__write_open(writer, NULL, '{');
        plait__write_number(writer, "load", (double)evaluation->expert_runs[e] / count, 4);
        plait__write_number(writer, "weight", evaluation->expert_weights[e] / count, 4);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
}

static void write_report(struct plait__writer *writer, struct evaluation *evaluation, const struct plait__pattern *pattern) {
    const struct plait__multimodal *multimodal = evaluation->multimodal;
    const int count = evaluation->whole.count;
    char name[512];
    double most = 0;
    for (int s = 0; s < multimodal->sense_count && evaluation->explained; s++)
        if (evaluation->shares[s] / evaluation->explained > most) most = evaluation->shares[s] / evaluation->explained;
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "pattern", pattern->name);
    plait__write_int(writer, "samples", count);
    plait__write_number(writer, "accuracy", count ? (double)evaluation->whole.right / count : 0, 4);
    plait__write_number(writer, "ece", ece_of(&evaluation->whole), 4);
    plait__write_number(writer, "agreement", count ? evaluation->agreement / count : 0, 4);
    plait__write_number(writer, "conflicts", count ? (double)evaluation->conflicts / count : 0, 4);
    plait__write_open(writer, "modalities", '{');
    for (int s = 0; s < multimodal->sense_count; s++) write_modality(writer, evaluation, s);
    plait__write_close(writer, '}');
    plait__write_number(writer, "dominance", most, 4);
    plait__write_open(writer, "by_modalities", '{');
    for (unsigned set = 1; set < 1u << multimodal->sense_count; set++) {
        if (!evaluation->sets[set].count) continue;
        name_set(multimodal, set, name, sizeof name);
        write_tally(writer, name, &evaluation->sets[set]);
    }
    plait__write_close(writer, '}');
    if (count) write_experts(writer, evaluation, pattern, count);
    if (pattern->kind == PLAIT__PATTERN_CASCADE && count)
        plait__write_number(writer, "ended_early", (double)evaluation->shortcuts / count, 4);
    plait__write_open(writer, "latency_ms", '{');
    write_times(writer, "encode", evaluation->encode_us, count);
    write_times(writer, "fuse", evaluation->fuse_us, count);
    plait__write_close(writer, '}');
    plait__write_close(writer, '}');
}

static enum plait_status print_report(struct evaluation *evaluation) {
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    const char *name = evaluation->options->pattern;
    plait__buffer_init(&buffer, evaluation->context, REPORT_BYTES_MOST);
    write_report(&writer, evaluation,
                 name ? plait__pattern_find(evaluation->multimodal, name) : evaluation->multimodal->pattern);
    if (writer.status == PLAIT_OK) plait__print_indented(buffer.data, stdout);
    plait__buffer_end(&buffer);
    return writer.status;
}

/* ------------------------------------------------------------------ the whole */

static enum plait_status watch_drift(struct evaluation *evaluation) {
    for (int s = 0; s < evaluation->multimodal->sense_count; s++) {
        const struct plait__sense *sense = &evaluation->multimodal->senses[s];
        if (!sense->drift.reference.count) continue;
        const enum plait_status status =
            plait__drift_create(evaluation->context, &sense->drift.reference, sense->size, DRIFT_WINDOW, &evaluation->drift[s]);
        if (status != PLAIT_OK) return plait__fail_in(evaluation->context, status, "%s", sense->name);
    }
    return PLAIT_OK;
}

/* Where paths in the file begin: beside it, or where its "root" says. */
static enum plait_status find_root(struct evaluation *evaluation, const struct plait__json *root, const char *path) {
    const char *slash = strrchr(path, '/'), *below = "";
    const int length = slash ? (int)(slash - path) + 1 : 0;
    if (plait__json_has(root, "root")) PLAIT__TRY(plait__json_text(root, "root", &below));
    if (snprintf(evaluation->root, PATH_BYTES, "%.*s%s%s", *below == '/' ? 0 : length, path, below, *below ? "/" : "") <
        PATH_BYTES)
        return PLAIT_OK;
    return plait__fail(evaluation->context, PLAIT_LIMIT, "expected a path under %d bytes", PATH_BYTES);
}

static enum plait_status evaluate_all(struct evaluation *evaluation, const struct plait__json *root, const char *path) {
    struct plait__json pairs, pair = {0}, one;
    PLAIT__TRY(find_root(evaluation, root, path));
    PLAIT__TRY(open_arrays(evaluation));
    PLAIT__TRY(watch_drift(evaluation));
    PLAIT__TRY(plait__json_array(root, "pairs", &pairs));
    const int count = plait__json_count(&pairs);
    evaluation->encode_us = plait__allocate_zero(evaluation->context, (size_t)count + 1, 2 * sizeof(uint64_t));
    if (!evaluation->encode_us) return PLAIT_MEMORY;
    evaluation->fuse_us = evaluation->encode_us + count + 1;
    for (int i = 0; plait__json_next(&pairs, &pair); i++) {
        plait__cli_progress("evaluating", i, count);
        PLAIT__TRY(plait__json_object(&pair, NULL, &one));
        PLAIT__TRY(evaluate(evaluation, &pair, i));
    }
    plait__cli_progress("evaluating", count, count);
    return print_report(evaluation);
}

enum plait_status plait__eval_pairs(plait_context *context, plait_model *model, const char *path,
                                    const struct plait__pairs_options *options) {
    struct evaluation *evaluation = plait__allocate_zero(context, 1, sizeof *evaluation);
    struct plait__file file;
    struct plait__json root;
    if (!evaluation) return PLAIT_MEMORY;
    evaluation->context = context;
    evaluation->model = model;
    evaluation->multimodal = model->multimodal;
    evaluation->options = options;
    enum plait_status status = plait__file_open(context, path, FILE_BYTES_MOST, &file);
    if (status == PLAIT_OK) {
        status = plait__json_parse(context, (const char *)file.bytes, file.size, path, &root);
        plait__file_close(context, &file);
        if (status == PLAIT_OK) {
            status = evaluate_all(evaluation, &root, path);
            plait__json_end(&root);
        }
    }
    for (int s = 0; s < PLAIT__SENSES_MOST; s++) {
        plait__file_close(context, &evaluation->arrays[s]);
        plait__drift_destroy(evaluation->drift[s]);
    }
    plait__release(context, evaluation->encode_us);
    plait__release(context, evaluation);
    return status;
}
