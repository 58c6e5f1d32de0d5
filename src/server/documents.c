/* POST /v1/documents: a picture or a PDF in, the document's JSON out, as `plait read --lines` writes it. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "document/document.h"
#include "document/pdf.h"
#include "server/documents.h"
#include "server/multipart.h"

/* ------------------------------------------------------------------ what was asked */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/'), *back = strrchr(path, '\\');
    if (back && (!slash || back > slash)) slash = back;
    return slash ? slash + 1 : path;
}

/* {"model":"receipt@0.1","without":"text","fields_only":true,"degrade":true,"name":"a.jpg"} */
static enum plait_status read_options(struct plait__exchange *exchange, const char *text, size_t size,
                                      struct plait__document_job *job) {
    struct plait__json root;
    PLAIT__TRY(plait__json_parse(exchange->context, text, size, "options", &root));
    enum plait_status status = PLAIT_OK;
    struct plait__json member = {0};
    if (!cJSON_IsObject(root.item)) status = plait__json_fail(&root, NULL, PLAIT_INVALID, "expected an object");
    while (status == PLAIT_OK && plait__json_next(&root, &member)) {
        const char *value = NULL;
        bool *flag = strcmp(member.key, "fields_only") == 0 ? &job->fields_only
                     : strcmp(member.key, "degrade") == 0   ? &job->may_degrade
                                                            : NULL;
        if (flag) {
            status = plait__json_bool(&root, member.key, flag);
            continue;
        }
        const char **target = strcmp(member.key, "model") == 0     ? &job->model
                              : strcmp(member.key, "without") == 0 ? &job->without
                              : strcmp(member.key, "name") == 0    ? &job->name
                                                                   : NULL;
        if (!target)
            status = plait__json_fail(&root, NULL, PLAIT_INVALID,
                                      "expected model, without, fields_only, degrade or name, found \"%.60s\"", member.key);
        else if ((status = plait__json_text(&root, member.key, &value)) == PLAIT_OK &&
                 !(*target = plait__arena_string(&exchange->arena, value, strlen(value))))
            status = PLAIT_MEMORY;
    }
    plait__json_end(&root);
    return status;
}

static enum plait_status read_parts(struct plait__exchange *exchange, const char *type, struct plait__document_job *job) {
    struct plait__part parts[PLAIT__PARTS_MOST];
    int count = 0;
    PLAIT__TRY(plait__multipart_parse(&exchange->arena, type, exchange->body.data, exchange->body.size, parts, &count));
    for (int i = 0; i < count; i++) {
        const struct plait__part *part = &parts[i];
        if (strcmp(part->name, "document") == 0) {
            job->bytes = part->bytes;
            job->size = part->size;
            if (part->filename && !job->name) job->name = base_name(part->filename);
        } else if (strcmp(part->name, "text") == 0) {
            job->text = plait__arena_string(&exchange->arena, part->bytes, part->size); /* so that it ends in NUL */
            job->text_size = part->size;
            if (!job->text) return PLAIT_MEMORY;
        } else if (strcmp(part->name, "audio") == 0) {
            job->audio = part->bytes;
            job->audio_size = part->size;
        } else if (strcmp(part->name, "options") == 0) {
            PLAIT__TRY(read_options(exchange, part->bytes, part->size, job));
        } else {
            return plait__fail(exchange->context, PLAIT_INVALID,
                               "multipart: expected parts named document, audio, text or options, found \"%.60s\"", part->name);
        }
    }
    if (!job->bytes) return plait__fail(exchange->context, PLAIT_INVALID, "multipart: expected a part named document");
    return PLAIT_OK;
}

static bool is_picture(const char *bytes, size_t size) {
    static const char *const beginnings[] = {"\xff\xd8", "\x89PNG", "BM", "GIF8", "P1", "P2", "P3", "P4", "P5", "P6", "P7"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        const size_t length = strlen(beginnings[i]);
        if (size >= length && memcmp(bytes, beginnings[i], length) == 0) return true;
    }
    return false;
}

bool plait__document_acceptable(struct plait__exchange *exchange, const struct plait__document_job *job) {
    struct plait__image_header header;
    const int most = exchange->server->options->pixels_most;
    if (job->size == 0) {
        plait__answer_error(exchange, 400, "expected a document, found no bytes");
    } else if (plait__pdf_is(job->bytes, job->size)) {
        if (!job->text) return true;
        plait__answer_error(exchange, 422, "text is for a picture of a page: a PDF has its own words");
    } else if (!is_picture(job->bytes, job->size)) {
        plait__answer_error(exchange, 415, "expected a picture (JPEG, PNG, BMP, PNM, GIF) or a PDF");
    } else {
        const enum plait_status status =
            plait__image_inspect(exchange->context, (const uint8_t *)job->bytes, job->size, &header);
        if (status != PLAIT_OK) {
            plait__answer_failure(exchange, status, plait_context_error(exchange->context));
        } else if ((int64_t)header.width * header.height > (int64_t)most * 1000000) {
            plait__count(exchange->server->measure.rejected, PLAIT__LABELS("pixels"), 1);
            plait__answer_error(exchange, 413, "expected at most %d million pixels, found %d x %d", most, header.width,
                                header.height);
        } else {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ the work */

/* Within the stage encode, in the order they are asked: what of it belongs to no encoder comes last. */
static void open_encoders(struct plait__trace *trace, int parent, const struct plait__document *document, uint64_t at) {
    static const char *const names[PLAIT__MODALITY_COUNT] = {[PLAIT__MODALITY_TEXT] = "encode text",
                                                             [PLAIT__MODALITY_LAYOUT] = "encode layout",
                                                             [PLAIT__MODALITY_IMAGE] = "encode image",
                                                             [PLAIT__MODALITY_AUDIO] = "encode audio"};
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) {
        if (!document->encoder_us[m] || !names[m]) continue;
        const int encoder = plait__span_begin(trace, names[m], parent, at);
        plait__span_text(trace, encoder, "plait.modality", plait__modality_name((enum plait__modality)m));
        plait__span_end(trace, encoder, at += document->encoder_us[m], false);
    }
}

static void open_stages(struct plait__exchange *exchange, const struct plait__document *document, uint64_t start_us) {
    const int read = plait__span_begin(&exchange->trace, "read", exchange->span, start_us);
    uint64_t at = start_us;
    for (int s = 0; s < PLAIT__STAGE_COUNT; s++) { /* they follow each other; of several pages, all of one stage together */
        if (!document->stage_us[s]) continue;
        const int stage = plait__span_begin(&exchange->trace, plait__stage_name((enum plait__stage)s), read, at);
        if (s == PLAIT__STAGE_ENCODE) open_encoders(&exchange->trace, stage, document, at);
        at += document->stage_us[s];
        plait__span_end(&exchange->trace, stage, at, false);
    }
    plait__span_number(&exchange->trace, read, "plait.pages", document->page_count);
    plait__span_end(&exchange->trace, read, start_us + document->total_us, false);
}

static enum plait_status read_pdf(const struct plait__server *server, struct plait__replica *replica,
                                  const struct plait__document_job *job, const plait_read_options *options,
                                  plait_document **document_out) {
    const int most = server->options->pages_most;
    struct plait__pdf pdf = {0};
    PLAIT__TRY(plait__pdf_open(replica->context, job->bytes, job->size, &pdf));
    const enum plait_status status =
        pdf.page_count > most
            ? plait__fail(replica->context, PLAIT_LIMIT, "expected at most %d pages, found %d", most, pdf.page_count)
            : plait__read_pdf(replica->model, &pdf, options, NULL, NULL, document_out);
    plait__pdf_close(&pdf);
    return status;
}

static void answer_unread(struct plait__exchange *exchange, const struct plait__replica *replica, bool pdf,
                          enum plait_status status) {
    if (pdf && status == PLAIT_NOT_FOUND) /* poppler-utils */
        plait__answer_error(exchange, 501, "%s", plait_context_error(replica->context));
    else if (status == PLAIT_CANCELLED && atomic_load(&exchange->stopped))
        plait__answer_error(exchange, 499, "nobody waits for the document any more");
    else if (status == PLAIT_CANCELLED)
        plait__answer_error(exchange, 504, "the deadline passed while the document was read");
    else
        plait__answer_failure(exchange, status, plait_context_error(replica->context));
}

enum plait_status plait__document_run(struct plait__server *server, struct plait__replica *replica,
                                      const struct plait__document_job *job, plait_document **document_out) {
    plait_read_options options;
    plait_read_options_default(&options);
    options.name = job->name ? job->name : "";
    options.without = job->without;
    options.fields_only = job->fields_only;
    options.text = job->text;
    options.text_size = job->text_size;
    options.audio = job->audio;
    options.audio_size = job->audio_size;
    PLAIT__TRY(plait__remember_in(server, replica));
    return plait__pdf_is(job->bytes, job->size) ? read_pdf(server, replica, job, &options, document_out)
                                                : plait_read(replica->model, job->bytes, job->size, &options, document_out);
}

static void count_document(struct plait__server *server, const struct plait__edition *edition, enum plait_status status) {
    plait__count(server->measure.documents, PLAIT__LABELS(edition->name, edition->version, plait_status_name(status)), 1);
}

bool plait__document_read(struct plait__exchange *exchange, struct plait__replica *replica,
                          const struct plait__document_job *job, struct plait__buffer *json) {
    struct plait__server *server = exchange->server;
    const uint64_t start = plait__exchange_unix_now(exchange);
    plait_document *document = NULL;
    const char *text = NULL;
    enum plait_status status = plait__document_run(server, replica, job, &document);
    struct plait__replica *other = status != PLAIT_OK ? plait__stand_in(exchange) : NULL;
    if (other) {
        count_document(exchange->server, exchange->canary, status);
        status = plait__document_run(server, replica = other, job, &document);
    }
    if (status == PLAIT_OK) {
        open_stages(exchange, document, start);
        plait__measure_document(&server->measure, document);
        status = plait_document_json(document, &text);
    }
    if (status == PLAIT_OK && (status = plait__buffer_append(json, text, strlen(text))) != PLAIT_OK)
        plait__fail(replica->context, status, "%s", plait_context_error(json->context));
    if (status == PLAIT_OK) plait__answer_keep(exchange, json);
    if (status != PLAIT_OK) answer_unread(exchange, replica, plait__pdf_is(job->bytes, job->size), status);
    plait_document_destroy(document);
    count_document(server, exchange->edition, status);
    if (other) plait__stand_in_end(exchange, other, status == PLAIT_OK);
    return status == PLAIT_OK;
}

/* Where as many wait as there are workers: the fields from text and layout, without the picture's part, evidence and tables. */
static bool degrade(struct plait__exchange *exchange, struct plait__document_job *job) {
    struct plait__server *server = exchange->server;
    int waiting, busy;
    if (!job->may_degrade || job->without || job->fields_only) return false;
    plait__queue_state(&server->queue, &waiting, &busy);
    if (waiting < server->worker_count) return false;
    job->fields_only = true;
    job->without = "image";
    plait__count(server->measure.degraded, NULL, 1);
    return true;
}

static void work(struct plait__exchange *exchange, struct plait__replica *replica) {
    static const char said[] = ",\"degraded\":{\"reason\":\"load\",\"without\":[\"image\"],\"fields_only\":true}}";
    const bool degraded = degrade(exchange, exchange->job);
    const struct plait__document_job *job = exchange->job;
    if (job->audio && !replica->model->voice.network.file)
        plait__answer_header(exchange, "Plait-Note", "the package has no audio modality: the voice note is left out");
    if (!plait__document_read(exchange, replica, job, &exchange->answer)) return;
    if (degraded) {
        exchange->answer.size--; /* the object's last bracket */
        plait__buffer_append(&exchange->answer, said, sizeof said - 1);
        plait__answer_header(exchange, "Plait-Degraded", "load");
    }
    plait__buffer_append(&exchange->answer, "\n", 1);
    plait__answer(exchange, 200, "application/json");
    if (!degraded) plait__shadow_offer(exchange, exchange->job);
}

/* ------------------------------------------------------------------ the handler */

/* A copy that outlives the connection; NULL where nothing is given, or memory is out. */
static const char *kept(struct plait__exchange *exchange, const char *text) {
    return text ? plait__arena_string(&exchange->arena, text, strlen(text)) : NULL;
}

static bool is_said(const char *argument) {
    return argument && strcmp(argument, "false") != 0 && strcmp(argument, "0") != 0;
}

static enum plait_status read_request(struct plait__exchange *exchange, struct plait__document_job *job) {
    const char *type = plait__header(exchange, "Content-Type");
    job->name = kept(exchange, plait__argument(exchange, "name"));
    job->model = kept(exchange, plait__argument(exchange, "model"));
    job->without = kept(exchange, plait__argument(exchange, "without"));
    job->fields_only = is_said(plait__argument(exchange, "fields_only"));
    job->may_degrade = is_said(plait__argument(exchange, "degrade"));
    if (type && strncasecmp(type, "multipart/", 10) == 0) return read_parts(exchange, type, job);
    job->bytes = exchange->body.data;
    job->size = exchange->body.size;
    return PLAIT_OK;
}

bool plait__document_hold(struct plait__exchange *exchange, const char *model) {
    struct plait__server *server = exchange->server;
    const char *request = model ? model : server->options->model, *at = strchr(request, '@');
    const char *name = plait__arena_string(&exchange->arena, request, at ? (size_t)(at - request) : strlen(request));
    char sentence[256] = "memory is out";
    exchange->edition = name ? plait__edition_hold(&server->repository, name, at ? at + 1 : NULL, plait__lot(exchange),
                                                   &exchange->card, sentence)
                             : NULL;
    if (!exchange->edition) {
        plait__answer_error(exchange, 404, "%s", sentence);
    } else if (!exchange->edition->package || *exchange->card->network) {
        plait__edition_release(&server->repository, exchange->edition);
        exchange->edition = NULL;
        plait__answer_error(exchange, 422, "the model \"%.60s\" is a network: documents are read with a package", name);
    }
    exchange->version_named = at;
    return exchange->edition;
}

void plait__handle_documents(struct plait__exchange *exchange) {
    struct plait__document_job *job = plait__arena_allocate(&exchange->arena, sizeof *job);
    const enum plait_status status = job ? read_request(exchange, job) : PLAIT_MEMORY;
    if (status != PLAIT_OK) {
        plait__answer_error(exchange, status == PLAIT_MEMORY ? 503 : 400, "%s", plait_context_error(exchange->context));
        return;
    }
    if (!plait__document_acceptable(exchange, job) || !plait__document_hold(exchange, job->model)) return;
    const char *accept = plait__header(exchange, "Accept"), *prefer = plait__header(exchange, "Prefer");
    exchange->job = job;
    exchange->work = work;
    exchange->streams = accept && strstr(accept, "text/event-stream");
    if (!exchange->streams && prefer && strstr(prefer, "respond-async"))
        plait__task_submit(exchange);
    else
        plait__submit(exchange);
}
