/* plait fuse: one answer from any modalities. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/indent.h"
#include "cli/packages.h"

enum { INPUT_BYTES_MOST = 1 << 28, INPUTS_MOST = 8, RECORDING_BYTES_MOST = 1 << 30 };

struct options {
    const char *model, *image, *audio, *text, *record, *layout, *pattern, *without, *now, *embedding, *save, *recording,
        *backend;
    struct plait__texts inputs, times;
    int threads, rate_hz, window_ms;
    bool line;
};

/* One modality as the command line gives it. */
struct given {
    const char *name, *path, *text; /* a file, or the text itself */
    struct plait__file file;
    plait_input input;
};

/* The first modality of that kind. */
static const char *of_kind(const plait_model *model, const char *kind) {
    const char *name, *found;
    for (size_t i = 0; (name = plait_model_modality(model, i, &found)); i++)
        if (strcmp(found, kind) == 0) return name;
    return NULL;
}

static enum plait_status of_kind_or_fail(plait_context *context, const plait_model *model, const char *kind,
                                         const char **name_out) {
    *name_out = of_kind(model, kind);
    return *name_out ? PLAIT_OK
                     : plait__fail(context, PLAIT_INVALID, "the package %s has no modality of kind %s", plait_model_name(model),
                                   kind);
}

/* "NAME=REST": REST, or NULL without one. */
static const char *split(struct plait__arena *arena, const char *text, const char **name_out) {
    const char *equals = strchr(text, '=');
    *name_out = equals ? plait__arena_string(arena, text, (size_t)(equals - text)) : NULL;
    return *name_out ? equals + 1 : NULL;
}

static enum plait_status read_time(plait_context *context, const char *what, const char *text, int64_t *time_out) {
    char *end = NULL;
    errno = 0;
    const long long time = text ? strtoll(text, &end, 10) : 0;
    if (!text || end == text || *end || errno)
        return plait__fail(context, PLAIT_INVALID, "%s: expected microseconds, a whole number", what);
    *time_out = time;
    return PLAIT_OK;
}

/* All modalities that the options name. */
static enum plait_status list(plait_context *context, struct plait__arena *arena, const plait_model *model,
                              const struct options *options, struct given given[INPUTS_MOST], int *count_out) {
    const struct {
        const char *kind, *path, *text;
    } kinds[] = {{"image", options->image, NULL},
                 {"audio", options->audio, NULL},
                 {"text", NULL, options->text},
                 {"structured", options->record, NULL},
                 {"layout", options->layout, NULL}};
    int count = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (!kinds[k].path && !kinds[k].text) continue;
        given[count] = (struct given){.path = kinds[k].path, .text = kinds[k].text};
        PLAIT__TRY(of_kind_or_fail(context, model, kinds[k].kind, &given[count++].name));
    }
    for (int i = 0; i < options->inputs.count; i++) {
        if (count == INPUTS_MOST) return plait__fail(context, PLAIT_LIMIT, "expected at most %d inputs", INPUTS_MOST);
        given[count] = (struct given){0};
        given[count].path = split(arena, options->inputs.items[i], &given[count].name);
        if (!given[count++].path)
            return plait__fail(context, PLAIT_INVALID, "--input: expected MODALITY=FILE, found \"%s\"",
                               options->inputs.items[i]);
    }
    for (int i = 0; i < options->times.count; i++) {
        const char *name, *text = split(arena, options->times.items[i], &name);
        int g = 0;
        while (name && g < count && strcmp(given[g].name, name) != 0) g++;
        if (!name || g == count)
            return plait__fail(context, PLAIT_INVALID,
                               "--at: expected MODALITY=TIMESTAMP_US of a modality that is given, found \"%s\"",
                               options->times.items[i]);
        given[g].input.timed = true;
        PLAIT__TRY(read_time(context, "--at", text, &given[g].input.timestamp_us));
    }
    *count_out = count;
    return PLAIT_OK;
}

static enum plait_status add(plait_context *context, plait_moment *moment, struct given *given) {
    given->input.modality = given->name;
    given->input.bytes = given->text;
    given->input.size = given->text ? strlen(given->text) : 0;
    if (given->path) {
        PLAIT__TRY(plait__file_open(context, given->path, INPUT_BYTES_MOST, &given->file));
        given->input.bytes = given->file.bytes;
        given->input.size = given->file.size;
    }
    const enum plait_status status = plait_moment_add(moment, &given->input);
    plait__file_close(context, &given->file);
    return status;
}

static enum plait_status fill(plait_context *context, struct plait__arena *arena, plait_model *model,
                              const struct options *options, plait_moment **moment_out) {
    struct given given[INPUTS_MOST + 5] = {0};
    int count = 0;
    PLAIT__TRY(list(context, arena, model, options, given, &count));
    if (options->embedding) {
        struct plait__file file;
        PLAIT__TRY(plait__file_open(context, options->embedding, INPUT_BYTES_MOST, &file));
        const enum plait_status status = plait_moment_load(model, file.bytes, file.size, moment_out);
        plait__file_close(context, &file);
        PLAIT__TRY(status);
    } else {
        PLAIT__TRY(plait_moment_create(model, moment_out));
    }
    for (int i = 0; i < count; i++) PLAIT__TRY(add(context, *moment_out, &given[i]));
    return PLAIT_OK;
}

static enum plait_status save(plait_context *context, plait_moment *moment, const char *path) {
    const void *bytes;
    size_t size;
    PLAIT__TRY(plait_moment_save(moment, &bytes, &size));
    return plait__file_write(context, path, bytes, size);
}

static enum plait_status answer(plait_context *context, plait_moment *moment, const struct options *options) {
    plait_fuse_options fuse_options;
    plait_fusion *fusion = NULL;
    const char *json;
    plait_fuse_options_default(&fuse_options);
    fuse_options.pattern = options->pattern;
    fuse_options.without = options->without;
    fuse_options.has_now = options->now;
    if (options->now) PLAIT__TRY(read_time(context, "--now", options->now, &fuse_options.now_us));
    PLAIT__TRY(plait_fuse(moment, &fuse_options, &fusion));
    enum plait_status status = plait_fusion_json(fusion, &json);
    if (status == PLAIT_OK && options->line) puts(json);
    if (status == PLAIT_OK && !options->line) plait__print_indented(json, stdout);
    plait_fusion_destroy(fusion);
    return status;
}

static void print_line(void *user, const char *json) {
    (void)user;
    puts(json);
}

/* All windows of a recording, a line each, then what became of its events. */
static enum plait_status replay(plait_context *context, plait_model *model, const struct options *options) {
    struct plait__file file;
    plait_live_options live_options;
    plait_live *live = NULL;
    const char *json;
    plait_live_options_default(&live_options);
    live_options.pattern = options->pattern;
    if (options->rate_hz) live_options.audio_rate_hz = options->rate_hz;
    if (options->window_ms) live_options.window_us = (int64_t)options->window_ms * 1000;
    PLAIT__TRY(plait__file_open(context, options->recording, RECORDING_BYTES_MOST, &file));
    enum plait_status status = plait_live_create(model, &live_options, print_line, NULL, &live);
    if (status == PLAIT_OK) status = plait_live_replay(live, file.bytes, file.size);
    if (status == PLAIT_OK) status = plait_live_finish(live);
    if (status == PLAIT_OK) status = plait_live_report(live, &json);
    if (status == PLAIT_OK) puts(json);
    plait_live_destroy(live);
    plait__file_close(context, &file);
    return status;
}

static int fuse(plait_context *context, const struct options *options) {
    plait_model *model = NULL;
    plait_moment *moment = NULL;
    struct plait__arena arena;
    if (plait__cli_model(context, options->model, options->backend, &model) != PLAIT_OK) return PLAIT__EXIT_FAILED;
    plait__arena_init(&arena, context);
    enum plait_status status =
        options->recording ? replay(context, model, options) : fill(context, &arena, model, options, &moment);
    if (status == PLAIT_OK && options->save) status = save(context, moment, options->save);
    if (status == PLAIT_OK && moment) status = answer(context, moment, options);
    if (status != PLAIT_OK) plait__cli_error(NULL, "%s", plait_context_error(context));
    plait_moment_destroy(moment);
    plait__arena_end(&arena);
    plait_model_destroy(model);
    return status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct options o = {0};
    const struct plait__option options[] = {
        {"--model", "NAME[@VERSION]", "package to use, or its folder", .text = &o.model},
        {"--image", "FILE", "a picture: JPEG, PNG, BMP, PNM or GIF", .text = &o.image},
        {"--audio", "FILE.wav", "a sound", .text = &o.audio},
        {"--text", "TEXT", "words", .text = &o.text},
        {"--record", "FILE.json", "a typed record: a JSON object", .text = &o.record},
        {"--layout", "FILE.json", "boxes: [[x0, y0, x1, y1], ...], shares of the page", .text = &o.layout},
        {"--input", "MODALITY=FILE", "by the modality's name, where a package has several of a kind", .texts = &o.inputs},
        {"--at", "MODALITY=TIMESTAMP_US", "when it was; microseconds of a clock that all share", .texts = &o.times},
        {"--now", "TIMESTAMP_US", "from when ages are counted; the newest by default", .text = &o.now},
        {"--pattern", "NAME", "pattern of fusion; the package's own by default", .text = &o.pattern},
        {"--without", "MODALITIES", "leave out these (commas between several)", .text = &o.without},
        {"--save", "FILE", "keep the embeddings", .text = &o.save},
        {"--embedding", "FILE", "use embeddings that were kept", .text = &o.embedding},
        {"--recording", "FILE", "events of several sources: one line of JSON a window, then a report", .text = &o.recording},
        {"--window", "MS", "of event time; 1000 by default", .number = &o.window_ms},
        {"--rate", "HZ", "of sound in a recording; 8000 by default", .number = &o.rate_hz},
        {"--line", NULL, "one line of JSON", .flag = &o.line},
        {"--threads", "N", "1 by default", .number = &o.threads},
        {"--backend", "NAME", "xnnpack (default), reference or cuda", .text = &o.backend},
        {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count != 0) return plait__cli_usage(command, "expected options alone: --image FILE, --audio FILE, ...");
    if (o.recording && o.save) return plait__cli_usage(command, "--save is for one answer, --recording gives many");
    if (!o.model) return plait__cli_usage(command, "expected --model NAME, a multimodal package");
    plait_context *context = plait__cli_context(o.threads);
    if (!context) return PLAIT__EXIT_FAILED;
    int exit = fuse(context, &o);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_fuse = {"fuse", "--model NAME [options]", "makes one answer of several modalities",
                                                   run};
