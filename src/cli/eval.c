/* plait eval: reads a labelled set and says how well. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/eval.h"
#include "cli/eval_pairs.h"
#include "cli/indent.h"
#include "cli/packages.h"
#include "cli/remember.h"

enum { FILE_BYTES_MOST = 1 << 30, PATH_BYTES = 4096, REPORT_BYTES_MOST = 1 << 20 };

static int unread(const struct plait__evaluation *evaluation, const char *name) {
    plait__cli_error(name, "%s", plait__cli_sentence(evaluation->context, name));
    return 1;
}

/* ------------------------------------------------------------------ the set */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The stems of all .json files, sorted. */
static enum plait_status list_stems(struct plait__evaluation *evaluation, const char ***stems_out, int *count_out) {
    enum { STEMS_MOST = 100000 };
    DIR *folder = opendir(evaluation->folder);
    if (!folder) return plait__fail(evaluation->context, PLAIT_NOT_FOUND, "expected a folder with a labelled set");
    const char **stems = plait__arena_array(&evaluation->arena, STEMS_MOST, sizeof *stems);
    int count = 0;
    for (struct dirent *entry; stems && count < STEMS_MOST && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length <= 5 || strcmp(entry->d_name + length - 5, ".json") != 0) continue;
        stems[count] = plait__arena_string(&evaluation->arena, entry->d_name, length - 5);
        if (!stems[count++]) break;
    }
    closedir(folder);
    if (!stems || (count && !stems[count - 1])) return PLAIT_MEMORY;
    if (!count) return plait__fail(evaluation->context, PLAIT_NOT_FOUND, "expected labelled documents (NAME.json), found none");
    qsort(stems, (size_t)count, sizeof *stems, compare_names);
    *stems_out = stems;
    *count_out = count;
    return PLAIT_OK;
}

static enum plait_status open_beside(const struct plait__evaluation *evaluation, const char *name, const char *suffix,
                                     struct plait__file *file) {
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/%s%s", evaluation->folder, name, suffix) >= (int)sizeof path)
        return plait__fail(evaluation->context, PLAIT_LIMIT, "expected a path under %zu bytes", sizeof path);
    return plait__file_open(evaluation->context, path, FILE_BYTES_MOST, file);
}

static enum plait_status read_truth(struct plait__evaluation *evaluation, struct plait__case *one) {
    struct plait__file file;
    PLAIT__TRY(open_beside(evaluation, one->stem, ".json", &file));
    enum plait_status status =
        plait__truth_read(&evaluation->arena, (const char *)file.bytes, file.size, one->stem, &one->truth);
    plait__file_close(evaluation->context, &file);
    return status;
}

/* ------------------------------------------------------------------ one document */

enum plait_status plait__eval_read(const struct plait__evaluation *evaluation, const struct plait__case *one,
                                   struct plait__file *picture_out, plait_document **document_out) {
    struct plait__file picture = {0}, label = {0};
    plait_read_options options;
    plait_read_options_default(&options);
    options.name = one->truth.image;
    options.without = evaluation->without;
    enum plait_status status = open_beside(evaluation, one->truth.image, "", &picture);
    if (status == PLAIT_OK && evaluation->true_text) {
        status = open_beside(evaluation, one->stem, ".json", &label);
        options.text = (const char *)label.bytes;
        options.text_size = label.size;
    }
    if (status == PLAIT_OK) status = plait_read(evaluation->model, picture.bytes, picture.size, &options, document_out);
    plait__file_close(evaluation->context, &label);
    if (status == PLAIT_OK)
        *picture_out = picture;
    else
        plait__file_close(evaluation->context, &picture);
    return status;
}

/* Reads the document and writes its JSON, timed. */
static enum plait_status read_document(const struct plait__evaluation *evaluation, struct plait__case *one,
                                       plait_document **document_out) {
    struct plait__file picture;
    const char *json = NULL;
    uint64_t start = plait__now_us(evaluation->context);
    PLAIT__TRY(plait__eval_read(evaluation, one, &picture, document_out));
    plait__file_close(evaluation->context, &picture);
    PLAIT__TRY(plait_document_json(*document_out, &json));
    one->wall_us = plait__now_us(evaluation->context) - start;
    if (evaluation->predictions) fprintf(evaluation->predictions, "%s\n", json);
    return PLAIT_OK;
}

static const char *truth_of(const struct plait__case *one, const char *field) {
    for (int i = 0; i < one->truth.field_count; i++)
        if (strcmp(one->truth.fields[i].name, field) == 0) return one->truth.fields[i].text;
    return NULL;
}

static const char *kept(struct plait__evaluation *evaluation, const char *text) {
    return text ? plait__arena_string(&evaluation->arena, text, strlen(text)) : NULL;
}

/* Scores what was read; `document` NULL scores as an empty one. */
static enum plait_status score_document(struct plait__evaluation *evaluation, struct plait__case *one,
                                        const plait_document *document, struct plait__arena *scratch) {
    struct plait__page_score *score = &evaluation->set.pages[one - evaluation->cases];
    const struct plait__page empty = {.width = one->truth.width, .height = one->truth.height};
    const struct plait__page *page = document ? document->pages : &empty;
    bool *found = plait__arena_array(scratch, (size_t)one->truth.line_count, sizeof *found);
    if (!found) return PLAIT_MEMORY;
    PLAIT__TRY(plait__score_page(scratch, &one->truth, page, score, found));
    one->word_f1 = plait__score_word_f1(score);
    for (int f = 0; f < evaluation->set.field_count; f++) {
        const struct plait__field nothing = {.rule = &evaluation->model->fields[f]};
        const struct plait__field *field = document ? &document->fields[f] : &nothing;
        PLAIT__TRY(
            plait__score_field(scratch, field, truth_of(one, field->rule->name), &one->truth, found, page, &one->scores[f]));
        one->faults += one->scores[f].fault != PLAIT__FAULT_NONE;
        one->texts[f] = kept(evaluation, field->text);
        one->values[f] = kept(evaluation, field->value);
    }
    return PLAIT_OK;
}

/* 0, or 1 when the document could not be read. */
static int evaluate(struct plait__evaluation *evaluation, struct plait__case *one) {
    struct plait__arena scratch;
    plait_document *document = NULL;
    plait__arena_init(&scratch, evaluation->context);
    enum plait_status status = read_document(evaluation, one, &document);
    int failed = status == PLAIT_OK ? 0 : unread(evaluation, one->truth.image);
    if (document) memcpy(one->stage_us, document->stage_us, sizeof one->stage_us);
    one->read = document;
    if (score_document(evaluation, one, document, &scratch) != PLAIT_OK) failed = unread(evaluation, one->stem);
    plait_document_destroy(document);
    plait__arena_end(&scratch);
    return failed;
}

/* ------------------------------------------------------------------ the report */

static int compare_times(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The value below which `share` of them lie (nearest rank), in milliseconds.  Sorts. */
static double percentile_ms(uint64_t *times_us, int count, double share) {
    if (!count) return 0;
    qsort(times_us, (size_t)count, sizeof *times_us, compare_times);
    int rank = (int)(share * count);
    return (double)times_us[rank < count ? rank : count - 1] / 1000;
}

static enum plait_status write_times(struct plait__evaluation *evaluation, struct plait__writer *writer) {
    uint64_t *times = plait__arena_array(&evaluation->arena, (size_t)evaluation->count, sizeof *times), sum = 0;
    if (!times) return PLAIT_MEMORY;
    int count = 0;
    for (int i = 0; i < evaluation->count; i++)
        if (evaluation->cases[i].read) sum += times[count++] = evaluation->cases[i].wall_us;
    plait__write_open(writer, "latency_ms", '{');
    plait__write_number(writer, "p50", percentile_ms(times, count, 0.5), 2);
    plait__write_number(writer, "p95", percentile_ms(times, count, 0.95), 2);
    plait__write_close(writer, '}');
    plait__write_number(writer, "documents_per_second", sum ? count * 1e6 / (double)sum : 0, 2);
    plait__write_open(writer, "stage_p50_ms", '{');
    for (int s = 0; s < PLAIT__STAGE_COUNT; s++) {
        count = 0;
        for (int i = 0; i < evaluation->count; i++)
            if (evaluation->cases[i].read) times[count++] = evaluation->cases[i].stage_us[s];
        plait__write_number(writer, plait__stage_name((enum plait__stage)s), percentile_ms(times, count, 0.5), 2);
    }
    plait__write_close(writer, '}');
    return PLAIT_OK;
}

static enum plait_status print_report(struct plait__evaluation *evaluation) {
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    int missing = 0;
    for (int i = 0; i < evaluation->count; i++) missing += !evaluation->cases[i].read;
    plait__buffer_init(&buffer, evaluation->context, REPORT_BYTES_MOST);
    plait__write_open(&writer, NULL, '{');
    plait__write_int(&writer, "documents", evaluation->count);
    plait__write_int(&writer, "missing", missing);
    enum plait_status status = plait__score_write(&evaluation->arena, &evaluation->set, &writer);
    if (status == PLAIT_OK) status = write_times(evaluation, &writer);
    plait__write_close(&writer, '}');
    if (status == PLAIT_OK) status = writer.status;
    if (status == PLAIT_OK) plait__print_indented(buffer.data, stdout);
    plait__buffer_end(&buffer);
    return status;
}

/* ------------------------------------------------------------------ the whole */

/* Room for everything that is kept of the documents. */
static enum plait_status prepare(struct plait__evaluation *evaluation) {
    const char **stems = NULL, **names;
    struct plait__arena *arena = &evaluation->arena;
    PLAIT__TRY(list_stems(evaluation, &stems, &evaluation->count));
    size_t count = (size_t)evaluation->count, fields = (size_t)evaluation->model->field_count;
    struct plait__field_score *scores = plait__arena_array(arena, count * fields, sizeof *scores);
    struct plait__page_score *pages = plait__arena_array(arena, count, sizeof *pages);
    const char **texts = plait__arena_array(arena, 2 * count * fields, sizeof *texts);
    evaluation->cases = plait__arena_array(arena, count, sizeof *evaluation->cases);
    names = plait__arena_array(arena, fields, sizeof *names);
    if (!scores || !pages || !texts || !evaluation->cases || !names) return PLAIT_MEMORY;
    for (size_t f = 0; f < fields; f++) names[f] = evaluation->model->fields[f].name;
    for (size_t i = 0; i < count; i++) {
        evaluation->cases[i] = (struct plait__case){.stem = stems[i],
                                                    .scores = scores + i * fields,
                                                    .texts = texts + 2 * i * fields,
                                                    .values = texts + (2 * i + 1) * fields};
    }
    evaluation->set = (struct plait__set_score){.document_count = evaluation->count,
                                                .field_count = (int)fields,
                                                .field_names = names,
                                                .pages = pages,
                                                .fields = scores};
    return PLAIT_OK;
}

static int evaluate_set(struct plait__evaluation *evaluation, const char *worst) {
    int failed = 0;
    enum plait_status status = prepare(evaluation);
    for (int i = 0; i < evaluation->count && status == PLAIT_OK; i++) {
        plait__cli_progress("evaluating", i, evaluation->count);
        status = read_truth(evaluation, &evaluation->cases[i]);
        if (status == PLAIT_OK) failed += evaluate(evaluation, &evaluation->cases[i]);
    }
    plait__cli_progress("evaluating", evaluation->count, evaluation->count);
    if (status == PLAIT_OK) status = print_report(evaluation);
    if (status == PLAIT_OK && worst) status = plait__eval_worst(evaluation, worst);
    if (status != PLAIT_OK) failed = unread(evaluation, evaluation->folder);
    return failed ? PLAIT__EXIT_FAILED : PLAIT__EXIT_OK;
}

/* With a memory only where one was named: what is measured does not depend on who measures. */
static int evaluate_remembering(struct plait__evaluation *evaluation, const struct plait__memory_options *options,
                                const char *worst) {
    plait_memory *memory = NULL;
    if (options->path && plait__cli_memory(evaluation->context, options, true, &memory) != PLAIT_OK) return PLAIT__EXIT_FAILED;
    plait_model_remember(evaluation->model, memory);
    const int exit = evaluate_set(evaluation, worst);
    plait_model_remember(evaluation->model, NULL);
    plait_memory_destroy(memory);
    return exit;
}

static int evaluate_pairs(const struct plait__evaluation *evaluation, struct plait__pairs_options *options) {
    options->without = evaluation->without;
    options->predictions = evaluation->predictions;
    if (plait__eval_pairs(evaluation->context, evaluation->model, evaluation->folder, options) == PLAIT_OK)
        return PLAIT__EXIT_OK;
    return unread(evaluation, evaluation->folder) ? PLAIT__EXIT_FAILED : PLAIT__EXIT_OK;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    const char *model = NULL, *backend = NULL, *predictions = NULL, *worst = NULL;
    int threads = 0;
    struct plait__texts arrays = {0};
    struct plait__memory_options memory = {0};
    struct plait__pairs_options pairs = {.arrays = &arrays};
    struct plait__evaluation evaluation = {0};
    const struct plait__option options[] = {
        {"--model", "NAME[@VERSION]", "package to use, or its folder; receipt by default", .text = &model},
        {"--without", "MODALITIES", "leave these modalities out (commas between several)", .text = &evaluation.without},
        {"--true-text", NULL, "take the words from the labels: fields alone are measured", .flag = &evaluation.true_text},
        {"--predictions", "FILE", "keep the documents, one JSON a line", .text = &predictions},
        {"--memory", "FILE", "read with what people confirmed", .text = &memory.path},
        {"--key-file", "FILE", "its key; PLAIT_MEMORY_KEY by default", .text = &memory.key_file},
        {"--pattern", "NAME", "of a multimodal package: its pattern of fusion", .text = &pairs.pattern},
        {"--array", "MODALITY=FILE", "an idx3-ubyte file that numbers in the pairs are indices of", .texts = &arrays},
        {"--worst", "DIR", "a page of the worst cases, with annotated pictures", .text = &worst},
        {"--threads", "N", "1 by default", .number = &threads},
        {"--backend", "NAME", "xnnpack (default), reference or cuda", .text = &backend},
        {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count != 1) return plait__cli_usage(command, "expected one folder with a labelled set, or a file of pairs");
    evaluation.folder = argv[0];
    evaluation.context = plait__cli_context(threads);
    if (!evaluation.context) return PLAIT__EXIT_FAILED;
    plait__arena_init(&evaluation.arena, evaluation.context);
    int exit = PLAIT__EXIT_FAILED;
    if (predictions && !(evaluation.predictions = fopen(predictions, "w")))
        plait__cli_error(predictions, "the file cannot be written");
    else if (plait__cli_model(evaluation.context, model, backend, &evaluation.model) == PLAIT_OK)
        exit = evaluation.model->multimodal ? evaluate_pairs(&evaluation, &pairs)
                                            : evaluate_remembering(&evaluation, &memory, worst);
    if (evaluation.predictions && fclose(evaluation.predictions) != 0) plait__cli_error(predictions, "writing failed");
    plait__arena_end(&evaluation.arena);
    plait_model_destroy(evaluation.model);
    plait_context_destroy(evaluation.context);
    return exit;
}

const struct plait__command plait__command_eval = {"eval", "[options] DIR|PAIRS.json",
                                                   "reads a labelled set and measures how well", run};
