/* /v2/repository: what models there are, loading and unloading them while requests are answered; Triton's extension of the
 * inference protocol.  Loading is a worker's work, so that nobody else waits for it. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/json.h"
#include "base/json_write.h"
#include "server/internal.h"

/* FNV-1a (Fowler, Noll and Vo). */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

unsigned plait__lot_of_chance(void) {
    uint32_t number = 0;
    return getrandom(&number, sizeof number, 0) == sizeof number ? number % 100 : 0;
}

unsigned plait__lot(struct plait__exchange *exchange) {
    const char *sticky = exchange->connection ? plait__header(exchange, "X-Sticky-Key") : NULL;
    if (!sticky && *exchange->key_id) sticky = exchange->key_id;
    return sticky ? hash_of(sticky) % 100 : plait__lot_of_chance();
}

void plait__say_unloaded(struct plait__server *server, const char *model, const char *sentence) {
    plait__count(server->measure.rolled_back, PLAIT__LABELS(model), 1);
    plait__scribe_say(server, "error", "canary unloaded", "%s", sentence);
}

/* ------------------------------------------------------------------ the index */

static void write_edition(void *user, const struct plait__edition *edition) {
    struct plait__writer *writer = user;
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "name", edition->name);
    plait__write_text(writer, "version", edition->version);
    plait__write_text(writer, "state", edition->state == PLAIT__EDITION_READY ? "READY" : "UNAVAILABLE");
    plait__write_text(writer, "reason", edition->trial.canary ? "canary" : edition->trial.shadow ? "shadow" : "");
    plait__write_close(writer, '}');
}

void plait__handle_index(struct plait__exchange *exchange) {
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '[');
    plait__editions_each(&exchange->server->repository, write_edition, &writer);
    plait__write_close(&writer, ']');
    if (writer.status == PLAIT_OK)
        plait__answer(exchange, 200, "application/json");
    else
        plait__answer_error(exchange, 503, "memory is out");
}

/* ------------------------------------------------------------------ loading */

struct order {
    const char *version; /* NULL: the newest; to unload, all */
    struct plait__trial trial;
};

static enum plait_status read_share(const struct plait__json *parameters, const char *key, int most, int *share_out) {
    int64_t share = 0;
    if (!plait__json_has(parameters, key)) return PLAIT_OK;
    PLAIT__TRY(plait__json_int(parameters, key, 1, most, &share));
    *share_out = (int)share;
    return PLAIT_OK;
}

static enum plait_status read_trial(const struct plait__json *parameters, struct plait__trial *trial) {
    const struct {
        const char *key;
        double low, high, *number;
    } margins[] = {{"canary_failures", 0, 1, &trial->failures},
                   {"canary_slower", 1, 1e6, &trial->slower},
                   {"canary_different", 0, 1, &trial->different},
                   {"canary_brier", 0, 1, &trial->surer}};
    PLAIT__TRY(read_share(parameters, "canary_percent", 99, &trial->canary));
    PLAIT__TRY(read_share(parameters, "shadow_percent", 100, &trial->shadow));
    if (trial->canary && trial->shadow)
        return plait__json_fail(parameters, "shadow_percent", PLAIT_INVALID, "expected canary_percent or it, found both");
    for (size_t i = 0; i < sizeof margins / sizeof *margins; i++)
        if (plait__json_has(parameters, margins[i].key))
            PLAIT__TRY(plait__json_number(parameters, margins[i].key, margins[i].low, margins[i].high, margins[i].number));
    return PLAIT_OK;
}

/* {"parameters":{"version":"0.2.0","canary_percent":10}}, or nothing at all. */
static enum plait_status read_order(struct plait__exchange *exchange, struct order *order) {
    struct plait__json root, parameters;
    const char *text;
    struct plait__trial *trial = &order->trial;
    *order = (struct order){.trial = {.failures = 0.05, .slower = 1.5, .different = 0.2, .surer = 0.05}};
    if (!exchange->body.size) return PLAIT_OK;
    PLAIT__TRY(plait__json_parse(exchange->context, exchange->body.data, exchange->body.size, "request", &root));
    enum plait_status status = PLAIT_OK;
    if (plait__json_has(&root, "parameters")) {
        status = plait__json_object(&root, "parameters", &parameters);
        if (status == PLAIT_OK && plait__json_has(&parameters, "version") &&
            (status = plait__json_text(&parameters, "version", &text)) == PLAIT_OK)
            order->version = plait__arena_string(&exchange->arena, text, strlen(text));
        if (status == PLAIT_OK) status = read_trial(&parameters, trial);
    }
    plait__json_end(&root);
    return status;
}

static void answer_done(struct plait__exchange *exchange, const char *version) {
    struct plait__writer writer = {.buffer = &exchange->answer};
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "name", exchange->parts[0]);
    if (version) plait__write_text(&writer, "version", version);
    plait__write_close(&writer, '}');
    plait__buffer_append(&exchange->answer, "\n", 1);
    plait__answer(exchange, 200, "application/json");
}

static void work_load(struct plait__exchange *exchange, struct plait__replica *replica) {
    struct plait__server *server = exchange->server;
    struct order order;
    char version[32] = "", sentence[256] = "";
    (void)replica;
    if (read_order(exchange, &order) != PLAIT_OK) {
        plait__answer_error(exchange, 400, "%s", plait_context_error(exchange->context));
        return;
    }
    const enum plait_status status =
        plait__repository_load(&server->repository, exchange->parts[0], order.version, &order.trial, version, sentence);
    if (status != PLAIT_OK) {
        plait__answer_error(exchange, status == PLAIT_NOT_FOUND ? 404 : 422, "%s", sentence);
        return;
    }
    plait__scribe_say(server, "info", "model loaded", "%s@%s%s", exchange->parts[0], version,
                      order.trial.canary   ? ", a canary"
                      : order.trial.shadow ? ", a shadow"
                                           : "");
    plait__repository_fill(&server->repository);
    answer_done(exchange, version);
}

static void work_unload(struct plait__exchange *exchange, struct plait__replica *replica) {
    struct plait__server *server = exchange->server;
    struct order order;
    (void)replica;
    if (read_order(exchange, &order) != PLAIT_OK) {
        plait__answer_error(exchange, 400, "%s", plait_context_error(exchange->context));
    } else if (plait__repository_unload(&server->repository, exchange->parts[0], order.version) != PLAIT_OK) {
        plait__answer_error(exchange, 404, "there is no model \"%.60s\" that is ready", exchange->parts[0]);
    } else {
        plait__scribe_say(server, "info", "model unloaded", "%s", exchange->parts[0]);
        answer_done(exchange, order.version);
    }
}

void plait__handle_load(struct plait__exchange *exchange) {
    exchange->work = work_load;
    plait__submit(exchange);
}

void plait__handle_unload(struct plait__exchange *exchange) {
    exchange->work = work_unload;
    plait__submit(exchange);
}
