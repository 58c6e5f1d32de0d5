/* plait read: pictures in, JSON out. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/indent.h"
#include "cli/packages.h"

enum { INPUT_BYTES_MOST = 1 << 30, TEXT_BYTES_MOST = 64 << 20, NAMES_BYTES = 128 };

struct options {
    const char *model, *audio, *text, *annotate, *backend;
    struct plait__texts without;
    int threads;
    bool lines;
};

/* "text,image" */
static void join(const struct plait__texts *texts, char names[NAMES_BYTES]) {
    size_t used = 0;
    for (int i = 0; i < texts->count && used < NAMES_BYTES; i++)
        used += (size_t)snprintf(names + used, NAMES_BYTES - used, "%s%s", i ? "," : "", texts->items[i]);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum plait_status annotate(plait_context *context, plait_document *document, const struct plait__file *file,
                                  const char *path) {
    const void *png;
    size_t size;
    PLAIT__TRY(plait_document_annotate(document, 0, file->bytes, file->size, &png, &size));
    return plait__file_write(context, path, png, size);
}

static enum plait_status print(plait_context *context, plait_document *document, bool lines) {
    const char *json;
    PLAIT__TRY(plait_document_json(document, &json));
    if (lines)
        puts(json);
    else
        plait__print_indented(json, stdout);
    return fflush(stdout) == 0 ? PLAIT_OK : plait__fail(context, PLAIT_IO, "the document could not be written to stdout");
}

static enum plait_status read_file(plait_context *context, plait_model *model, const struct options *options,
                                   const char *path) {
    plait_read_options read_options;
    plait_document *document = NULL;
    struct plait__file file = {0}, text = {0};
    char without[NAMES_BYTES] = "";
    join(&options->without, without);
    plait_read_options_default(&read_options);
    read_options.name = base_name(path);
    read_options.without = without;

    enum plait_status status = plait__file_open(context, path, INPUT_BYTES_MOST, &file);
    if (status == PLAIT_OK && options->text) {
        status = plait__file_open(context, options->text, TEXT_BYTES_MOST, &text);
        read_options.text = text.size ? (const char *)text.bytes : "";
        read_options.text_size = text.size;
    }
    if (status == PLAIT_OK) status = plait_read(model, file.bytes, file.size, &read_options, &document);
    if (status == PLAIT_OK && options->annotate) status = annotate(context, document, &file, options->annotate);
    if (status == PLAIT_OK) status = print(context, document, options->lines);
    plait_document_destroy(document);
    plait__file_close(context, &text);
    plait__file_close(context, &file);
    return status;
}

/* No package has an encoder for sound yet: says that the note is left out, unless it cannot be read at all. */
static bool listen(plait_context *context, const plait_model *model, const char *path) {
    struct plait__file note;
    if (plait__file_open(context, path, INPUT_BYTES_MOST, &note) != PLAIT_OK) {
        plait__cli_error(path, "%s", plait__cli_sentence(context, path));
        return false;
    }
    plait__file_close(context, &note);
    plait__cli_error(path, "the package %s has no audio modality: the voice note is left out", plait_model_name(model));
    return true;
}

static int read_files(plait_context *context, const struct options *options, int count, char **paths) {
    plait_model *model = NULL;
    if (plait__cli_model(context, options->model, options->backend, &model) != PLAIT_OK) return PLAIT__EXIT_FAILED;
    if (options->audio && !listen(context, model, options->audio)) {
        plait_model_destroy(model);
        return PLAIT__EXIT_FAILED;
    }
    int exit = PLAIT__EXIT_OK;
    for (int i = 0; i < count; i++) {
        if (count > 1) plait__cli_progress("reading", i, count);
        if (read_file(context, model, options, paths[i]) == PLAIT_OK) continue;
        plait__cli_error(paths[i], "%s", plait__cli_sentence(context, paths[i]));
        exit = PLAIT__EXIT_FAILED;
    }
    if (count > 1) plait__cli_progress("reading", count, count);
    plait_model_destroy(model);
    return exit;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct options o = {0};
    const struct plait__option options[] = {
        {"--model", "NAME[@VERSION]", "package to use, or its folder; receipt by default", .text = &o.model},
        {"--audio", "FILE.wav", "a voice note that belongs to the document", .text = &o.audio},
        {"--text", "FILE", "the words are known: JSON with lines of box and text, or plain text", .text = &o.text},
        {"--without", "MODALITY", "leave out text, layout, image or audio; may be given several times", .texts = &o.without},
        {"--annotate", "OUT.png", "the page with boxes, names and confidences drawn on it", .text = &o.annotate},
        {"--lines", NULL, "one line a document", .flag = &o.lines},
        {"--threads", "N", "1 by default", .number = &o.threads},
        {"--backend", "NAME", "xnnpack (default), reference or cuda", .text = &o.backend},
        {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count == 0) return plait__cli_usage(command, "expected a picture to read, found no FILE");
    if (count > 1 && (o.text || o.annotate || o.audio))
        return plait__cli_usage(command, "--text, --audio and --annotate are for one FILE");
    plait_context *context = plait__cli_context(o.threads);
    if (!context) return PLAIT__EXIT_FAILED;
    int exit = read_files(context, &o, count, argv);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_read = {"read", "[options] FILE...", "reads documents and prints JSON", run};
