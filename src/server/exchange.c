#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/json_write.h"
#include "server/internal.h"

enum { BODY_CEILING = 1 << 30, ANSWER_CEILING = 512 << 20 };

struct plait__exchange *plait__exchange_create(struct plait__server *server) {
    plait_context *context = NULL;
    if (plait_context_create(NULL, &context) != PLAIT_OK) return NULL;
    struct plait__exchange *exchange = plait__allocate_zero(context, 1, sizeof *exchange);
    if (!exchange) {
        plait_context_destroy(context);
        return NULL;
    }
    exchange->server = server;
    exchange->context = context;
    atomic_init(&exchange->references, 1);
    pthread_mutex_init(&exchange->lock, NULL);
    plait__buffer_init(&exchange->events, context, ANSWER_CEILING);
    plait__arena_init(&exchange->arena, context);
    plait__buffer_init(&exchange->body, context, BODY_CEILING);
    plait__buffer_init(&exchange->answer, context, ANSWER_CEILING);
    exchange->start_us = plait__server_now(server);
    exchange->start_unix_us = plait__unix_now();
    return exchange;
}

void plait__exchange_release(struct plait__exchange *exchange) {
    if (!exchange || atomic_fetch_sub(&exchange->references, 1) > 1) return;
    plait_context *context = exchange->context;
    plait__api_key_leave(exchange);
    atomic_fetch_sub(&exchange->server->body_bytes, (long long)exchange->body.size);
    pthread_mutex_destroy(&exchange->lock);
    plait__buffer_end(&exchange->events);
    plait__buffer_end(&exchange->body);
    plait__buffer_end(&exchange->answer);
    plait__arena_end(&exchange->arena);
    plait__release(context, exchange);
    plait_context_destroy(context);
}

/* ------------------------------------------------------------------ what was asked */

const char *plait__header(const struct plait__exchange *exchange, const char *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

const char *plait__argument(const struct plait__exchange *exchange, const char *name) {
    return MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ------------------------------------------------------------------ answers */

void plait__answer(struct plait__exchange *exchange, int status, const char *media_type) {
    exchange->answered = true;
    exchange->status = status;
    exchange->media_type = media_type;
}

void plait__answer_error(struct plait__exchange *exchange, int status, const char *format, ...) {
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    for (char *at = sentence; *at; at++) /* one line, whatever a client's names have in them */
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f) *at = '?';
    snprintf(exchange->failure, sizeof exchange->failure, "%.159s", status >= 500 ? sentence : "");
    struct plait__writer writer = {.buffer = &exchange->answer};
    exchange->answer.size = 0;
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "error", sentence);
    plait__write_close(&writer, '}');
    plait__buffer_append(&exchange->answer, "\n", 1);
    plait__answer(exchange, status, "application/json");
}

void plait__answer_failure(struct plait__exchange *exchange, enum plait_status status, const char *sentence) {
    static const int codes[] = {
        [PLAIT_INVALID] = 422, [PLAIT_UNSUPPORTED] = 422, [PLAIT_NOT_FOUND] = 404, [PLAIT_IO] = 500,
        [PLAIT_MEMORY] = 503,  [PLAIT_LIMIT] = 413,       [PLAIT_CANCELLED] = 504, [PLAIT_INTERNAL] = 500};
    const bool known = (size_t)status < sizeof codes / sizeof *codes && codes[status];
    plait__answer_error(exchange, known ? codes[status] : 500, "%s", sentence);
}

void plait__answer_header(struct plait__exchange *exchange, const char *name, const char *value) {
    if (!value || exchange->header_count == PLAIT__ANSWER_HEADERS) return;
    exchange->headers[exchange->header_count++] = (struct plait__answer_header){name, value};
}

/* ------------------------------------------------------------------ going on elsewhere */

static void answer_busy(struct plait__exchange *exchange, uint64_t wait_us) {
    char seconds[24];
    const unsigned long long wait = (wait_us + 999999) / 1000000;
    const int length = snprintf(seconds, sizeof seconds, "%llu", wait ? wait : 1);
    plait__count(exchange->server->measure.rejected, PLAIT__LABELS("queue"), 1);
    plait__answer_error(exchange, 429, "all workers are busy and %d requests wait: try again in %s s",
                        exchange->server->queue.limit, seconds);
    plait__answer_header(exchange, "Retry-After", plait__arena_string(&exchange->arena, seconds, (size_t)length));
}

void plait__submit(struct plait__exchange *exchange) {
    struct plait__server *server = exchange->server;
    uint64_t wait_us = 0;
    if (exchange->connection) {
        const uint64_t most = (uint64_t)(server->options->timeout + server->options->slow);
        plait__wire_set(server, exchange->wire, "reader", exchange->streams ? 1000000 * most : 0, exchange);
        if (!exchange->streams) MHD_suspend_connection(exchange->connection); /* before a worker can see it */
    }
    atomic_fetch_add(&exchange->references, 1);
    exchange->queued_us = plait__server_now(server);
    if (plait__queue_put(&server->queue, exchange, server->worker_count, &wait_us)) return;
    plait__edition_release(&server->repository, exchange->edition);
    exchange->edition = NULL;
    answer_busy(exchange, wait_us);
    if (exchange->streams) { /* nothing went out yet: an ordinary answer */
        exchange->streams = false;
        exchange->queued_us = 0;
        plait__exchange_release(exchange);
    } else {
        plait__finish(exchange);
    }
}

/* An event of a stream; the lock is held. */
static void add_event(struct plait__exchange *exchange, const char *name, const char *data, size_t size) {
    while (size && data[size - 1] == '\n') size--;
    plait__buffer_printf(&exchange->events, "event: %s\ndata: ", name);
    plait__buffer_append(&exchange->events, data, size);
    plait__buffer_append(&exchange->events, "\n\n", 2);
}

/* Lets the stream go on, if it waits; the lock is held. */
static void wake(struct plait__exchange *exchange) {
    if (!exchange->parked) return;
    exchange->parked = false;
    MHD_resume_connection(exchange->connection);
}

void plait__exchange_progress(struct plait__exchange *exchange, const char *stage, double fraction) {
    enum { STEPS = 50 }; /* no more events than so many, and one a stage */
    pthread_mutex_lock(&exchange->lock);
    const bool told = stage == exchange->stage && (int)(fraction * STEPS) == (int)(exchange->fraction * STEPS);
    exchange->stage = stage;
    exchange->fraction = fraction;
    if (exchange->streams && !told) {
        char data[96];
        const int length = snprintf(data, sizeof data, "{\"stage\":\"%.40s\",\"fraction\":%.3f}", stage, fraction);
        add_event(exchange, "progress", data, (size_t)length);
        wake(exchange);
    }
    pthread_mutex_unlock(&exchange->lock);
}

void plait__finish(struct plait__exchange *exchange) {
    plait__api_key_leave(exchange);
    if (!exchange->connection) { /* the request's own trace has gone out already */
        plait__span_end(&exchange->trace, exchange->span, plait__exchange_unix_now(exchange), exchange->status >= 500);
        plait__exporter_add(exchange->server, &exchange->trace);
    }
    pthread_mutex_lock(&exchange->lock);
    exchange->finished = true;
    if (exchange->streams) {
        add_event(exchange, exchange->status == 200 ? "document" : "error", exchange->answer.data, exchange->answer.size);
        wake(exchange);
    }
    pthread_mutex_unlock(&exchange->lock);
    if (exchange->connection && !exchange->streams) {
        plait__wire_set(exchange->server, exchange->wire, "reader", 0, NULL);
        MHD_resume_connection(exchange->connection);
    }
    plait__exchange_release(exchange);
}

struct plait__exchange *plait__exchange_detach(struct plait__exchange *exchange) {
    struct plait__exchange *heir = plait__exchange_create(exchange->server);
    if (!heir) return NULL;
    heir->connection = exchange->connection;
    heir->wire = exchange->wire;
    heir->route = exchange->route;
    heir->start_us = exchange->start_us;
    heir->start_unix_us = exchange->start_unix_us;
    heir->trace = exchange->trace;
    heir->span = exchange->span;
    memcpy(heir->id, exchange->id, sizeof heir->id);
    exchange->connection = NULL;
    exchange->wire = NULL;
    exchange->heir = heir;
    snprintf(heir->key_id, sizeof heir->key_id, "%s", exchange->key_id);
    plait__trace_fork(&exchange->trace, heir->span);
    exchange->span = plait__span_begin(&exchange->trace, "task", -1, plait__exchange_unix_now(exchange));
    return heir;
}
