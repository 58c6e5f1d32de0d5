/* POST /v1/feedback: what a person says is right, appended to a file as one line of JSON. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_write.h"
#include "server/internal.h"

enum { FEEDBACK_MOST = 1 << 20, TEXT_MOST = 4096 };

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

static void work(struct plait__exchange *exchange, struct plait__replica *replica) {
    struct plait__json root;
    struct plait__buffer line;
    (void)replica;
    const char *text = exchange->body.data ? exchange->body.data : "";
    enum plait_status status = exchange->body.size <= FEEDBACK_MOST
                                   ? plait__json_parse(exchange->context, text, exchange->body.size, "feedback", &root)
                                   : plait__fail(exchange->context, PLAIT_LIMIT, "expected at most %d bytes", FEEDBACK_MOST);
    if (status == PLAIT_OK) {
        plait__buffer_init(&line, exchange->context, 4 * FEEDBACK_MOST);
        status = check(&root);
        if (status == PLAIT_OK) status = write_line(exchange, &root, &line);
        if (status == PLAIT_OK) status = append(exchange, &line);
        plait__buffer_end(&line);
        plait__json_end(&root);
    }
    if (status == PLAIT_OK) {
        plait__buffer_printf(&exchange->answer, "{\"id\":\"%s\"}\n", exchange->id);
        plait__answer(exchange, 201, "application/json");
    } else {
        const int code = status == PLAIT_IO ? 507 : status == PLAIT_LIMIT ? 413 : status == PLAIT_MEMORY ? 503 : 400;
        plait__answer_error(exchange, code, "%s", plait_context_error(exchange->context));
    }
}

void plait__handle_feedback(struct plait__exchange *exchange) {
    if (!exchange->server->options->feedback) {
        plait__answer_error(exchange, 501, "this server keeps no feedback: it was started without --feedback");
        return;
    }
    exchange->work = work;
    plait__submit(exchange);
}
