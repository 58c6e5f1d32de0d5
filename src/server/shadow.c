/* Shadows: what one version answered is read by another too, and their fields are compared.  It is done when no request waits,
 * and given up when one comes; nobody sees the second answer. */
#include <string.h>

#include "base/json.h"
#include "server/documents.h"

struct shadow {
    struct plait__exchange *original; /* one reference: its document and its answer stay */
    const struct plait__document_job *job;
    struct plait__edition *subject; /* the one on trial; held */
};

/* ------------------------------------------------------------------ comparing */

static bool same_value(const struct plait__json *a, const struct plait__json *b) {
    const char *x = NULL, *y = NULL;
    if (plait__json_has(a, "value") && plait__json_text(a, "value", &x) != PLAIT_OK) return false;
    if (plait__json_has(b, "value") && plait__json_text(b, "value", &y) != PLAIT_OK) return false;
    return x && y ? strcmp(x, y) == 0 : x == y;
}

/* How many fields `a` has, and how many of them `b` has not, or with another value. */
static enum plait_status compare(const struct plait__json *a, const struct plait__json *b, int *count_out, int *different_out) {
    struct plait__json fields, others, field = {0}, other;
    PLAIT__TRY(plait__json_object(a, "fields", &fields));
    PLAIT__TRY(plait__json_object(b, "fields", &others));
    while (plait__json_next(&fields, &field)) {
        ++*count_out;
        if (plait__json_object(&others, field.key, &other) != PLAIT_OK || !same_value(&field, &other)) ++*different_out;
    }
    return PLAIT_OK;
}

static enum plait_status compare_texts(plait_context *context, const struct plait__buffer *answer, const char *text,
                                       int *count_out, int *different_out) {
    struct plait__json a, b;
    PLAIT__TRY(plait__json_parse(context, answer->data, answer->size, "answer", &a));
    enum plait_status status = plait__json_parse(context, text, strlen(text), "answer", &b);
    if (status == PLAIT_OK) {
        status = compare(&a, &b, count_out, different_out);
        plait__json_end(&b);
    }
    plait__json_end(&a);
    return status;
}

/* ------------------------------------------------------------------ the work */

static enum plait_status read_again(struct plait__exchange *exchange, struct plait__replica *replica) {
    const struct shadow *shadow = exchange->job;
    struct plait__server *server = exchange->server;
    struct plait__edition *subject = shadow->subject;
    plait_document *document = NULL;
    const char *text = NULL;
    int count = 0, different = 0;
    enum plait_status status = plait__document_run(server, replica, shadow->job, &document);
    if (status == PLAIT_OK) status = plait_document_json(document, &text);
    if (status == PLAIT_OK) status = compare_texts(exchange->context, &shadow->original->answer, text, &count, &different);
    plait_document_destroy(document);
    PLAIT__TRY(status);
    char sentence[256];
    plait__count(server->measure.shadow_fields, PLAIT__LABELS(subject->name, subject->version, "true"), count - different);
    plait__count(server->measure.shadow_fields, PLAIT__LABELS(subject->name, subject->version, "false"), different);
    if (plait__edition_compare(&server->repository, subject, count, different, sentence))
        plait__say_unloaded(server, subject->name, sentence);
    return status;
}

static void count(const struct plait__exchange *exchange, const char *outcome) {
    const struct plait__edition *subject = ((const struct shadow *)exchange->job)->subject;
    plait__count(exchange->server->measure.shadow_documents, PLAIT__LABELS(subject->name, subject->version, outcome), 1);
}

static void work(struct plait__exchange *exchange, struct plait__replica *replica) {
    const struct shadow *shadow = exchange->job;
    const enum plait_status status = replica ? read_again(exchange, replica) : PLAIT_CANCELLED;
    count(exchange, status == PLAIT_OK ? "compared" : status == PLAIT_CANCELLED ? "given_up" : "failed");
    plait__edition_release(&exchange->server->repository, shadow->subject);
    plait__exchange_release(shadow->original);
}

void plait__shadow_offer(struct plait__exchange *original, const struct plait__document_job *job) {
    struct plait__server *server = original->server;
    struct plait__edition *edition = original->edition,
                          *other = plait__edition_counterpart(&server->repository, edition, plait__lot_of_chance());
    if (!other) return;
    struct plait__exchange *exchange = plait__exchange_create(server);
    struct shadow *shadow = exchange ? plait__arena_allocate(&exchange->arena, sizeof *shadow) : NULL;
    if (!shadow) {
        plait__edition_release(&server->repository, other);
        plait__exchange_release(exchange);
        return;
    }
    *shadow = (struct shadow){original, job, edition->trial.canary ? edition : other};
    exchange->spare = true;
    exchange->edition = other;
    exchange->job = shadow;
    exchange->work = work;
    plait__edition_keep(&server->repository, shadow->subject);
    atomic_fetch_add(&original->references, 1);
    if (plait__queue_offer(&server->queue, exchange)) return;
    count(exchange, "no_time");
    plait__edition_release(&server->repository, shadow->subject);
    plait__edition_release(&server->repository, other);
    plait__exchange_release(exchange);
    plait__exchange_release(original);
}
