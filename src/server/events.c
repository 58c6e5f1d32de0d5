/* POST /: CloudEvents 1.0 over HTTP, in binary, structured and batched mode.  An event's data is a document; the answer is an
 * event with the document's JSON.  An event that comes again (same source and id) is not worked on again. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/sha256.h"
#include "server/documents.h"
#include "server/memos.h"

enum { EVENTS_MOST = 64, ANSWER_MOST = 256 << 20 };

enum mode { BINARY, STRUCTURED, BATCHED };

struct event {
    const char *id, *source, *type, *subject;
    const char *bytes;
    size_t size;
    char key[65];
};

struct events {
    enum mode mode;
    struct event binary; /* of binary mode: its attributes are headers */
};

/* ------------------------------------------------------------------ attributes */

static enum plait_status check_event(plait_context *context, const char *version, struct event *event) {
    if (!version || strcmp(version, "1.0") != 0)
        return plait__fail(context, PLAIT_INVALID, "specversion: expected \"1.0\", found \"%.20s\"", version ? version : "");
    if (!event->id || !*event->id || !event->source || !*event->source || !event->type || !*event->type)
        return plait__fail(context, PLAIT_INVALID, "expected an id, a source and a type that are not empty");
    struct plait__sha256 hash;
    plait__sha256_begin(&hash);
    plait__sha256_add(&hash, event->source, strlen(event->source) + 1); /* the NUL stands between them */
    plait__sha256_add(&hash, event->id, strlen(event->id));
    plait__sha256_end(&hash, event->key);
    return PLAIT_OK;
}

static const char *kept_header(struct plait__exchange *exchange, const char *name) {
    const char *value = plait__header(exchange, name);
    return value ? plait__arena_string(&exchange->arena, value, strlen(value)) : NULL;
}

static enum plait_status read_headers(struct plait__exchange *exchange, struct event *event) {
    *event = (struct event){.id = kept_header(exchange, "ce-id"),
                            .source = kept_header(exchange, "ce-source"),
                            .type = kept_header(exchange, "ce-type"),
                            .subject = kept_header(exchange, "ce-subject"),
                            .bytes = exchange->body.data,
                            .size = exchange->body.size};
    return check_event(exchange->context, plait__header(exchange, "ce-specversion"), event);
}

static enum plait_status text_of(const struct plait__json *at, const char *key, const char **text_out) {
    *text_out = NULL;
    return plait__json_has(at, key) ? plait__json_text(at, key, text_out) : PLAIT_OK;
}

static enum plait_status read_member(struct plait__exchange *exchange, const struct plait__json *at, struct event *event) {
    const char *version, *base64;
    *event = (struct event){0};
    if (!cJSON_IsObject(at->item)) return plait__json_fail(at, NULL, PLAIT_INVALID, "expected an event, an object");
    PLAIT__TRY(text_of(at, "specversion", &version));
    PLAIT__TRY(text_of(at, "id", &event->id));
    PLAIT__TRY(text_of(at, "source", &event->source));
    PLAIT__TRY(text_of(at, "type", &event->type));
    PLAIT__TRY(text_of(at, "subject", &event->subject));
    PLAIT__TRY(check_event(exchange->context, version, event));
    PLAIT__TRY(plait__json_text(at, "data_base64", &base64));
    return plait__base64_decode(&exchange->arena, base64, &event->bytes, &event->size);
}

/* ------------------------------------------------------------------ answers */

/* The document's JSON or {"error":...} into `out`, without a line end; the status. */
static int answer_event(struct plait__exchange *exchange, struct plait__replica *replica, const struct event *event,
                        struct plait__buffer *out) {
    struct plait__server *server = exchange->server;
    const struct plait__document_job job = {.bytes = event->bytes, .size = event->size, .name = event->subject};
    int status = 200;
    switch (plait__memo_look(server, event->key, out, &status)) {
    case PLAIT__MEMO_PENDING:
        plait__count(server->measure.events, PLAIT__LABELS("duplicate"), 1);
        plait__buffer_printf(out, "{\"error\":\"this event is being worked on already\"}");
        return 409;
    case PLAIT__MEMO_KNOWN:
        plait__count(server->measure.events, PLAIT__LABELS("duplicate"), 1);
        return status;
    case PLAIT__MEMO_NEW:
        break;
    }
    if (!plait__document_acceptable(exchange, &job) || !plait__document_read(exchange, replica, &job, out)) {
        status = exchange->status;
        size_t size = exchange->answer.size;
        if (size && exchange->answer.data[size - 1] == '\n') size--;
        out->size = 0;
        plait__buffer_append(out, exchange->answer.data, size);
        exchange->answer.size = 0;
        exchange->answered = false;
    }
    plait__count(server->measure.events, PLAIT__LABELS(status == 200 ? "read" : "failed"), 1);
    plait__memo_keep(server, event->key, out, status);
    return status;
}

static const char *type_of(int status) {
    return status == 200 ? "plait.document.read" : "plait.document.failed";
}

static const char *source_of(struct plait__exchange *exchange, char source[96]) {
    snprintf(source, 96, "/v2/models/%s", exchange->edition->name);
    return source;
}

static void write_event(struct plait__exchange *exchange, struct plait__writer *writer, const struct event *event, int status,
                        const struct plait__buffer *data) {
    char source[96], id[33];
    snprintf(id, sizeof id, "%.32s", event->key);
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "specversion", "1.0");
    plait__write_text(writer, "id", id);
    plait__write_text(writer, "source", source_of(exchange, source));
    plait__write_text(writer, "type", type_of(status));
    if (event->subject) plait__write_text(writer, "subject", event->subject);
    plait__write_text(writer, "causationid", event->id);
    plait__write_text(writer, "datacontenttype", "application/json");
    if (writer->status == PLAIT_OK) writer->status = plait__buffer_append(writer->buffer, ",\"data\":", 8);
    if (writer->status == PLAIT_OK) writer->status = plait__buffer_append(writer->buffer, data->data, data->size);
    plait__write_close(writer, '}');
}

/* One event alone: its failure is the request's. */
static void answer_one(struct plait__exchange *exchange, struct plait__replica *replica, const struct event *event,
                       enum mode mode) {
    struct plait__buffer data;
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__buffer_init(&data, exchange->context, ANSWER_MOST);
    const int status = answer_event(exchange, replica, event, &data);
    exchange->answer.size = 0;
    if (status == 200 && mode == STRUCTURED)
        write_event(exchange, &writer, event, status, &data);
    else
        writer.status = plait__buffer_append(&exchange->answer, data.data, data.size);
    if (writer.status == PLAIT_OK) writer.status = plait__buffer_append(&exchange->answer, "\n", 1);
    plait__buffer_end(&data);
    if (writer.status != PLAIT_OK) {
        plait__answer_error(exchange, 503, "memory is out");
        return;
    }
    if (status == 409) plait__answer_header(exchange, "Retry-After", "1");
    if (status == 200 && mode == BINARY) {
        char source[96];
        source_of(exchange, source);
        plait__answer_header(exchange, "ce-specversion", "1.0");
        plait__answer_header(exchange, "ce-id", plait__arena_string(&exchange->arena, event->key, 32));
        plait__answer_header(exchange, "ce-source", plait__arena_string(&exchange->arena, source, strlen(source)));
        plait__answer_header(exchange, "ce-type", type_of(status));
        if (event->subject) plait__answer_header(exchange, "ce-subject", event->subject);
        plait__answer_header(exchange, "ce-causationid", event->id);
    }
    plait__answer(exchange, status, status == 200 && mode == STRUCTURED ? "application/cloudevents+json" : "application/json");
}

/* Each event has an answer of its own; one that stands in the batch twice has one. */
static enum plait_status answer_batch(struct plait__exchange *exchange, struct plait__replica *replica,
                                      const struct plait__json *root) {
    struct plait__json member = {0};
    struct plait__buffer all, data;
    struct plait__writer writer = {.buffer = &all};
    struct event events[EVENTS_MOST];
    int count = 0;
    if (!cJSON_IsArray(root->item) || plait__json_count(root) > EVENTS_MOST)
        return plait__json_fail(root, NULL, PLAIT_INVALID, "expected an array of at most %d events", EVENTS_MOST);
    while (plait__json_next(root, &member)) PLAIT__TRY(read_member(exchange, &member, &events[count++]));
    plait__buffer_init(&all, exchange->context, ANSWER_MOST);
    plait__write_open(&writer, NULL, '[');
    for (int i = 0; i < count && writer.status == PLAIT_OK; i++) {
        int before = 0;
        while (strcmp(events[before].key, events[i].key) != 0) before++;
        if (before < i) {
            plait__count(exchange->server->measure.events, PLAIT__LABELS("duplicate"), 1);
            continue;
        }
        plait__buffer_init(&data, exchange->context, ANSWER_MOST);
        const int status = answer_event(exchange, replica, &events[i], &data);
        write_event(exchange, &writer, &events[i], status, &data);
        plait__buffer_end(&data);
    }
    plait__write_close(&writer, ']');
    exchange->answer.size = 0;
    if (writer.status == PLAIT_OK) writer.status = plait__buffer_append(&exchange->answer, all.data, all.size);
    plait__buffer_end(&all);
    if (writer.status == PLAIT_OK) plait__answer(exchange, 200, "application/cloudevents-batch+json");
    return writer.status;
}

/* ------------------------------------------------------------------ the work */

static enum plait_status work_json(struct plait__exchange *exchange, struct plait__replica *replica, enum mode mode) {
    struct plait__json root;
    struct event event;
    PLAIT__TRY(plait__json_parse(exchange->context, exchange->body.data ? exchange->body.data : "", exchange->body.size,
                                 "event", &root));
    enum plait_status status;
    if (mode == BATCHED)
        status = answer_batch(exchange, replica, &root);
    else if ((status = read_member(exchange, &root, &event)) == PLAIT_OK)
        answer_one(exchange, replica, &event, mode);
    plait__json_end(&root);
    return status;
}

static void work(struct plait__exchange *exchange, struct plait__replica *replica) {
    const struct events *events = exchange->job;
    if (events->mode == BINARY) {
        answer_one(exchange, replica, &events->binary, BINARY);
        return;
    }
    const enum plait_status status = work_json(exchange, replica, events->mode);
    if (status != PLAIT_OK)
        plait__answer_error(exchange, status == PLAIT_MEMORY ? 503 : 400, "%s", plait_context_error(exchange->context));
}

void plait__handle_event(struct plait__exchange *exchange) {
    struct events *events = plait__arena_allocate(&exchange->arena, sizeof *events);
    const char *type = plait__header(exchange, "Content-Type");
    if (!events) {
        plait__answer_error(exchange, 503, "memory is out");
        return;
    }
    events->mode = type && strncasecmp(type, "application/cloudevents-batch+json", 34) == 0 ? BATCHED
                   : type && strncasecmp(type, "application/cloudevents+json", 28) == 0     ? STRUCTURED
                                                                                            : BINARY;
    if (events->mode == BINARY && read_headers(exchange, &events->binary) != PLAIT_OK) {
        plait__answer_error(exchange, 400, "%s", plait_context_error(exchange->context));
        return;
    }
    if (!plait__document_hold(exchange, NULL)) return;
    exchange->job = events;
    exchange->work = work;
    plait__submit(exchange);
}
