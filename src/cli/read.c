/* plait read: pictures and PDFs in, JSON out. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/indent.h"
#include "cli/packages.h"
#include "cli/remember.h"
#include "document/pdf.h"
#include "model/package.h"

enum {
    INPUT_BYTES_MOST = 1 << 30,
    TEXT_BYTES_MOST = 64 << 20,
    AUDIO_BYTES_MOST = 1 << 30,
    NAMES_BYTES = 128,
    PATH_BYTES = 4096
};

struct options {
    const char *model, *audio, *text, *annotate, *backend;
    struct plait__memory_options memory;
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

/* One file under way. */
struct job {
    plait_context *context;
    plait_model *model;
    const struct options *options;
    const char *path;
    struct plait__file file, text, note;
    plait_document *document;
};

/* OUT.png for the first page, OUT-2.png for the second. */
static enum plait_status annotate(struct job *job, int page, const void *bytes, size_t size) {
    char path[PATH_BYTES];
    const char *out = job->options->annotate, *dot = strrchr(base_name(out), '.');
    const int stem = dot ? (int)(dot - out) : (int)strlen(out);
    const int length = page == 0 ? snprintf(path, sizeof path, "%s", out)
                                 : snprintf(path, sizeof path, "%.*s-%d%s", stem, out, page + 1, dot ? dot : "");
    if (length >= (int)sizeof path)
        return plait__fail(job->context, PLAIT_LIMIT, "--annotate: expected a path under %d bytes", PATH_BYTES);
    const void *png;
    size_t png_size;
    PLAIT__TRY(plait_document_annotate(job->document, page, bytes, size, &png, &png_size));
    return plait__file_write(job->context, path, png, png_size);
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

static enum plait_status read_picture(struct job *job, plait_read_options *read_options) {
    PLAIT__TRY(plait_read(job->model, job->file.bytes, job->file.size, read_options, &job->document));
    return job->options->annotate ? annotate(job, 0, job->file.bytes, job->file.size) : PLAIT_OK;
}

/* One page of a PDF, rendered: read it, or draw what was read. */
static enum plait_status with_page(struct job *job, const struct plait__pdf *pdf, int page,
                                   enum plait_status (*use)(struct job *job, int page, const struct plait__buffer *picture,
                                                            const struct plait__buffer *text)) {
    struct plait__buffer picture, text;
    plait__buffer_init(&picture, job->context, INPUT_BYTES_MOST);
    plait__buffer_init(&text, job->context, TEXT_BYTES_MOST);
    enum plait_status status = plait__pdf_page(pdf, page, &picture, &text);
    if (status == PLAIT_OK) status = use(job, page, &picture, &text);
    plait__buffer_end(&text);
    plait__buffer_end(&picture);
    return status;
}

static enum plait_status annotate_page(struct job *job, int page, const struct plait__buffer *picture,
                                       const struct plait__buffer *text) {
    (void)text;
    return annotate(job, page, picture->data, picture->size);
}

static void show_page(void *user, int page, int count) {
    (void)user;
    if (count > 1) plait__cli_progress("page", page, count);
}

static enum plait_status read_pages(struct job *job, const plait_read_options *read_options, const struct plait__pdf *pdf) {
    PLAIT__TRY(plait__read_pdf(job->model, pdf, read_options, show_page, NULL, &job->document));
    for (int page = 0; page < pdf->page_count && job->options->annotate; page++)
        PLAIT__TRY(with_page(job, pdf, page, annotate_page));
    return PLAIT_OK;
}

static enum plait_status read_pdf(struct job *job, plait_read_options *read_options) {
    struct plait__pdf pdf = {0};
    if (job->options->text)
        return plait__fail(job->context, PLAIT_INVALID, "--text is for a picture of a page: a PDF has its own words");
    PLAIT__TRY(plait__pdf_open(job->context, job->file.bytes, job->file.size, &pdf));
    const enum plait_status status = read_pages(job, read_options, &pdf);
    show_page(NULL, pdf.page_count, pdf.page_count);
    plait__pdf_close(&pdf);
    return status;
}

static enum plait_status read_file(struct job *job) {
    plait_read_options read_options;
    char without[NAMES_BYTES] = "";
    join(&job->options->without, without);
    plait_read_options_default(&read_options);
    read_options.name = base_name(job->path);
    read_options.without = without;
    PLAIT__TRY(plait__file_open(job->context, job->path, INPUT_BYTES_MOST, &job->file));
    if (job->options->text) {
        PLAIT__TRY(plait__file_open(job->context, job->options->text, TEXT_BYTES_MOST, &job->text));
        read_options.text = job->text.size ? (const char *)job->text.bytes : "";
        read_options.text_size = job->text.size;
    }
    if (job->options->audio) {
        PLAIT__TRY(plait__file_open(job->context, job->options->audio, AUDIO_BYTES_MOST, &job->note));
        read_options.audio = job->note.bytes;
        read_options.audio_size = job->note.size;
    }
    PLAIT__TRY((plait__pdf_is(job->file.bytes, job->file.size) ? read_pdf : read_picture)(job, &read_options));
    return print(job->context, job->document, job->options->lines);
}

static void end_job(struct job *job) {
    plait_document_destroy(job->document);
    plait__file_close(job->context, &job->note);
    plait__file_close(job->context, &job->text);
    plait__file_close(job->context, &job->file);
}

static int read_files(plait_context *context, const struct options *options, int count, char **paths) {
    plait_model *model = NULL;
    if (plait__cli_model(context, options->model, options->backend, &model) != PLAIT_OK) return PLAIT__EXIT_FAILED;
    if (options->audio && !model->voice.network.file)
        plait__cli_error(options->audio, "the package %s has no audio modality: the voice note is left out",
                         plait_model_name(model));
    plait_memory *memory = NULL;
    if (plait__cli_memory(context, &options->memory, false, &memory) != PLAIT_OK) {
        plait_model_destroy(model);
        return PLAIT__EXIT_FAILED;
    }
    plait_model_remember(model, memory);
    int exit = PLAIT__EXIT_OK;
    for (int i = 0; i < count; i++) {
        if (count > 1) plait__cli_progress("reading", i, count);
        struct job job = {.context = context, .model = model, .options = options, .path = paths[i]};
        const enum plait_status status = read_file(&job);
        end_job(&job);
        if (status == PLAIT_OK) continue;
        plait__cli_error(paths[i], "%s", plait__cli_sentence(context, paths[i]));
        exit = PLAIT__EXIT_FAILED;
    }
    if (count > 1) plait__cli_progress("reading", count, count);
    plait_model_destroy(model);
    plait_memory_destroy(memory);
    return exit;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct options o = {0};
    const struct plait__option options[] = {
        {"--model", "NAME[@VERSION]", "package to use, or its folder; receipt by default", .text = &o.model},
        {"--audio", "FILE.wav", "a voice note that belongs to the document", .text = &o.audio},
        {"--text", "FILE", "the words are known: JSON with lines of box and text, or plain text", .text = &o.text},
        {"--without", "MODALITY", "leave out text, layout, image or audio; may be given several times", .texts = &o.without},
        {"--annotate", "OUT.png", "the page with boxes, names and confidences drawn on it; OUT-2.png is the second page",
         .text = &o.annotate},
        {"--memory", "FILE|URL", "read with what was confirmed (plait confirm); PLAIT_MEMORY by default",
         .text = &o.memory.path},
        {"--key-file", "FILE", "the memory's key; PLAIT_MEMORY_KEY by default", .text = &o.memory.key_file},
        {"--lines", NULL, "one line a document", .flag = &o.lines},
        {"--threads", "N", "1 by default", .number = &o.threads},
        {"--backend", "NAME", "xnnpack (default), reference or cuda", .text = &o.backend},
        {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count == 0) return plait__cli_usage(command, "expected a picture or a PDF to read, found no FILE");
    if (count > 1 && (o.text || o.annotate || o.audio))
        return plait__cli_usage(command, "--text, --audio and --annotate are for one FILE");
    plait_context *context = plait__cli_context(o.threads);
    if (!context) return PLAIT__EXIT_FAILED;
    int exit = read_files(context, &o, count, argv);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_read = {"read", "[options] FILE...", "reads documents and prints JSON", run};
