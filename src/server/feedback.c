/* POST /v1/feedback: what a person says is right: appended to a file as one line of JSON, remembered, held against the
 * version that answered. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_write.h"
#include "server/internal.h"

enum { FEEDBACK_MOST = 1 << 20, TEXT_MOST = 4096, FIELDS_MOST = 256 };

/* {"digest":"64 hexadecimal digits","fields":{"total":"12.30","date":null},"model":"receipt@0.1.0","comment":"..."} */
static enum plait_status check(const struct plait__json *root) {
    struct plait__json fields, field = {0}, member = {0};
    const char *text;
    if (!cJSON_IsObject(root->item)) return plait__json_fail(root, NULL, PLAIT_INVALID, "expected an object");
    while (plait__json_next(root, &member))
        if (strcmp(member.key, "digest") != 0 && strcmp(member.key, "fields") != 0 && strcmp(member.key, "model") != 0 &&
            strcmp(member.key, "comment") != 0)
            return plait__json_fail(root, NULL, PLAIT_INVALID, "expected digest, fields, model or comment, found \"%.60s\"",
                                    member.key);
    PLAIT__TRY(plait__json_text(root, "digest", &text));
    if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
        return plait__json_fail(root, "digest", PLAIT_INVALID, "expected the answer's source.digest, 64 hexadecimal digits");
    PLAIT__TRY(plait__json_object(root, "fields", &fields));
    if (plait__json_count(&fields) < 1) return plait__json_fail(root, "fields", PLAIT_INVALID, "expected a field or more");
    while (plait__json_next(&fields, &field)) {
        if (cJSON_IsNull(field.item)) continue; /* it is not on the document */
        PLAIT__TRY(plait__json_text(&fields, field.key, &text));
        if (strlen(text) > TEXT_MOST)
            return plait__json_fail(&fields, field.key, PLAIT_LIMIT, "expected at most %d bytes", TEXT_MOST);
    }
    if (plait__json_has(root, "model")) PLAIT__TRY(plait__json_text(root, "model", &text));
    return plait__json_has(root, "comment") ? plait__json_text(root, "comment", &text) : PLAIT_OK;
}

static enum plait_status write_line(struct plait__exchange *exchange, const struct plait__json *root,
                                    struct plait__buffer *line) {
    char stamp[32];
    const time_t now = time(NULL);
    struct tm parts;
    char *said = cJSON_PrintUnformatted(root->item);
    if (!said) return PLAIT_MEMORY;
    gmtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &parts);
    const enum plait_status status =
        plait__buffer_printf(line, "{\"time\":\"%s\",\"id\":\"%s\",\"feedback\":%s}\n", stamp, exchange->id, said);
    cJSON_free(said);
    return status;
}

/* One write, so that lines of several processes do not mix, and on the disk before it is answered. */
static enum plait_status append(struct plait__exchange *exchange, const struct plait__buffer *line) {
    struct plait__server *server = exchange->server;
    enum plait_status status = PLAIT_OK;
    pthread_mutex_lock(&server->feedback);
    const int file = open(server->options->feedback, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line->data, line->size) != (ssize_t)line->size || fdatasync(file) != 0)
        status = plait__fail(exchange->context, PLAIT_IO, "the feedback could not be kept: %s", strerror(errno));
    if (file >= 0) close(file);
    pthread_mutex_unlock(&server->feedback);
    return status;
}

/* ------------------------------------------------------------------ what it says of the answer */

struct correction {
    const char *json; /* the answer; NULL: it is not known any more */
    char model[80], id[17];
    plait_confirmed fields[FIELDS_MOST];
    size_t count;
    int judged;     /* fields that had a value, and so a confidence */
    double squares; /* of what the confidences were off by (Brier, 1950) */
};

static void judge(struct plait__server *server, const struct plait__json *answered, const plait_confirmed *right,
                  struct correction *correction) {
    const char *value;
    double confidence;
    if (!plait__json_has(answered, "value") || plait__json_text(answered, "value", &value) != PLAIT_OK ||
        plait__json_number(answered, "confidence", 0, 1, &confidence) != PLAIT_OK)
        return;
    const bool same = right->value && strcmp(value, right->value) == 0;
    correction->judged++;
    correction->squares += (confidence - same) * (confidence - same);
    plait__count(server->measure.corrected, PLAIT__LABELS(correction->model, same ? "true" : "false"), 1);
}

/* The fields of a correction, and how sure the answer had been of each. */
static enum plait_status read_correction(struct plait__exchange *exchange, const struct plait__json *root,
                                         struct correction *correction) {
    struct plait__json fields, field = {0}, answer, answered, one;
    const char *digest;
    PLAIT__TRY(plait__json_text(root, "digest", &digest));
    if (!plait__answer_find(exchange->server, digest, &exchange->arena, &correction->json, correction->model)) return PLAIT_OK;
    PLAIT__TRY(plait__json_object(root, "fields", &fields));
    PLAIT__TRY(plait__json_parse(exchange->context, correction->json, strlen(correction->json), "answer", &answer));
    enum plait_status status = plait__json_object(&answer, "fields", &answered);
    while (status == PLAIT_OK && plait__json_next(&fields, &field)) {
        plait_confirmed *right = &correction->fields[correction->count];
        if (correction->count == FIELDS_MOST)
            status = plait__json_fail(root, "fields", PLAIT_LIMIT, "expected at most %d", FIELDS_MOST);
        else if ((status = plait__json_object(&answered, field.key, &one)) == PLAIT_OK) {
            right->field = field.key;
            if (!cJSON_IsNull(field.item)) status = plait__json_text(&fields, field.key, &right->value);
            if (status == PLAIT_OK) judge(exchange->server, &one, right, correction);
            correction->count++;
        }
    }
    plait__json_end(&answer);
    return status;
}

/* It becomes known to the edition that answered, and to the memory. */
static enum plait_status learn(struct plait__exchange *exchange, const struct plait__json *root,
                               struct correction *correction) {
    struct plait__server *server = exchange->server;
    char sentence[256];
    PLAIT__TRY(read_correction(exchange, root, correction));
    if (!correction->json) return PLAIT_OK;
    if (plait__edition_correct(&server->repository, correction->model, correction->judged, correction->squares, sentence))
        plait__say_unloaded(server, correction->model, sentence);
    return server->options->memory
               ? plait__remember_document(exchange, correction->json, correction->fields, correction->count, correction->id)
               : PLAIT_OK;
}

/* ------------------------------------------------------------------ the request */

static enum plait_status take(struct plait__exchange *exchange, const struct plait__json *root, struct correction *correction) {
    struct plait__buffer line;
    PLAIT__TRY(check(root));
    PLAIT__TRY(learn(exchange, root, correction));
    if (!exchange->server->options->feedback) return PLAIT_OK;
    plait__buffer_init(&line, exchange->context, 4 * FEEDBACK_MOST);
    enum plait_status status = write_line(exchange, root, &line);
    if (status == PLAIT_OK) status = append(exchange, &line);
    plait__buffer_end(&line);
    return status;
}

static void answer(struct plait__exchange *exchange, const struct correction *correction) {
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "id", exchange->id);
    if (exchange->server->options->memory) plait__write_text(&writer, "remembered", *correction->id ? correction->id : NULL);
    plait__write_close(&writer, '}');
    plait__buffer_append(&exchange->answer, "\n", 1);
    plait__answer(exchange, 201, "application/json");
}

static void work(struct plait__exchange *exchange, struct plait__replica *replica) {
    struct plait__json root;
    struct correction *correction = plait__arena_allocate(&exchange->arena, sizeof *correction);
    (void)replica;
    const char *text = exchange->body.data ? exchange->body.data : "";
    enum plait_status status = !correction ? PLAIT_MEMORY
                               : exchange->body.size <= FEEDBACK_MOST
                                   ? plait__json_parse(exchange->context, text, exchange->body.size, "feedback", &root)
                                   : plait__fail(exchange->context, PLAIT_LIMIT, "expected at most %d bytes", FEEDBACK_MOST);
    if (status == PLAIT_OK) {
        status = take(exchange, &root, correction);
        plait__json_end(&root);
    }
    if (status == PLAIT_OK) {
        answer(exchange, correction);
    } else {
        const int code = status == PLAIT_IO ? 507 : status == PLAIT_LIMIT ? 413 : status == PLAIT_MEMORY ? 503 : 400;
        plait__answer_error(exchange, code, "%s", plait_context_error(exchange->context));
    }
}

void plait__handle_feedback(struct plait__exchange *exchange) {
    if (!exchange->server->options->feedback && !exchange->server->options->memory) {
        plait__answer_error(exchange, 501, "this server keeps no feedback: it was started without --feedback and --memory");
        return;
    }
    exchange->work = work;
    plait__submit(exchange);
}
