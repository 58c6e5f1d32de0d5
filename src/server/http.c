/* Between libmicrohttpd and the exchanges: heads, bodies with their limits, answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "server/internal.h"

enum {
    DRAINED_MOST = 64 << 20,    /* bytes of a refused body that are read so that the client sees its answer */
    BODIES_MOST = 512 << 20,    /* bytes of all bodies together */
    BODY_BYTES_A_SECOND = 65536 /* a body of more than this may take longer */
};

/* ------------------------------------------------------------------ the head */

static void refuse(struct plait__exchange *exchange, int status, const char *sentence) {
    exchange->refused = true;
    plait__answer_error(exchange, status, "%s", sentence);
}

/* A number of at most nine digits; -1 where it is none. */
static long number_of(const char *text) {
    if (!*text || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text)) return -1;
    return strtol(text, NULL, 10);
}

static void read_identity(struct plait__exchange *exchange) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *id = plait__header(exchange, "X-Request-Id");
    uint8_t random[24];
    if (getrandom(random, sizeof random, 0) != sizeof random) memset(random, 1, sizeof random);
    plait__trace_begin(&exchange->trace, plait__header(exchange, "traceparent"), random,
                       (double)exchange->server->options->sample / 100);
    exchange->span =
        plait__span_begin(&exchange->trace, exchange->route ? exchange->route->name : "none", -1, exchange->start_unix_us);
    plait__span_text(&exchange->trace, exchange->span, "http.request.method",
                     exchange->route ? exchange->route->method : "_OTHER");
    if (exchange->route) plait__span_text(&exchange->trace, exchange->span, "http.route", exchange->route->pattern);
    if (id && *id && strlen(id) < sizeof exchange->id && strspn(id, letters) == strlen(id))
        snprintf(exchange->id, sizeof exchange->id, "%s", id);
    else
        plait__trace_id(&exchange->trace, exchange->id);
}

static void read_deadline(struct plait__exchange *exchange) {
    const char *text = plait__header(exchange, "X-Request-Timeout-Ms");
    uint64_t most = 1000000 * (uint64_t)exchange->server->options->timeout;
    if (text) {
        const long milliseconds = number_of(text);
        if (milliseconds < 1) {
            refuse(exchange, 400, "X-Request-Timeout-Ms: expected a whole number from 1 to 999999999");
            return;
        }
        if (1000 * (uint64_t)milliseconds < most) most = 1000 * (uint64_t)milliseconds;
    }
    exchange->deadline_us = exchange->start_us + most;
}

static size_t body_most(const struct plait__exchange *exchange) {
    const size_t most = exchange->route->body_most;
    return most ? most : (size_t)exchange->server->options->body_most << 20;
}

/* What can be refused before the body is there. */
static void read_announcement(struct plait__exchange *exchange, unsigned long long announced) {
    struct plait__server *server = exchange->server;
    const unsigned long long most = body_most(exchange);
    char sentence[128];
    if (announced > most) {
        const bool large = most >= 1 << 20;
        snprintf(sentence, sizeof sentence, "expected a body of at most %llu %s, found %llu bytes", most >> (large ? 20 : 10),
                 large ? "MiB" : "KiB", announced);
        plait__count(server->measure.rejected, PLAIT__LABELS("body_size"), 1);
        refuse(exchange, 413, sentence);
    } else if (atomic_load(&server->body_bytes) + (long long)announced > BODIES_MOST) {
        plait__count(server->measure.rejected, PLAIT__LABELS("memory"), 1);
        refuse(exchange, 503, "too many bytes wait already: try again");
        plait__answer_header(exchange, "Retry-After", "1");
    }
}

static void read_head(struct plait__exchange *exchange, const char *url, const char *method) {
    const char *length = plait__header(exchange, "Content-Length"), *allow = NULL;
    const unsigned long long announced = length ? strtoull(length, NULL, 10) : 0;
    int status = 0;
    exchange->path = plait__arena_string(&exchange->arena, url, strlen(url));
    if (!exchange->path) {
        refuse(exchange, 503, "memory is out");
        return;
    }
    exchange->route = plait__route_find(exchange, method, exchange->path, &status, &allow);
    read_identity(exchange);
    if (!exchange->route) {
        refuse(exchange, status, status == 405 ? "this method is not for this path" : "there is nothing at this path");
        plait__answer_header(exchange, "Allow", allow);
    } else if (exchange->route->has_body && !atomic_load(&exchange->server->ready)) {
        refuse(exchange, 503, "the models are not loaded yet: try again");
        plait__answer_header(exchange, "Retry-After", "1");
    } else if (!plait__api_key_admit(exchange, plait__header(exchange, "Authorization"))) {
        exchange->refused = true;
    } else {
        read_deadline(exchange);
        if (!exchange->refused) read_announcement(exchange, announced);
    }
    plait__wire_set(exchange->server, exchange->wire, "body",
                    1000000 * ((uint64_t)exchange->server->options->slow + announced / BODY_BYTES_A_SECOND), NULL);
}

/* ------------------------------------------------------------------ the body */

static void take_body(struct plait__exchange *exchange, const char *bytes, size_t size) {
    struct plait__server *server = exchange->server;
    if (exchange->refused) return;
    if (!exchange->route->has_body) return;
    if (exchange->body.size + size > body_most(exchange)) { /* in pieces, of a size not announced */
        plait__count(server->measure.rejected, PLAIT__LABELS("body_size"), 1);
        refuse(exchange, 413, "the body is larger than may be");
    } else if (atomic_load(&server->body_bytes) + (long long)size > BODIES_MOST ||
               plait__buffer_append(&exchange->body, bytes, size) != PLAIT_OK) {
        plait__count(server->measure.rejected, PLAIT__LABELS("memory"), 1);
        refuse(exchange, 503, "too many bytes wait already: try again");
        plait__answer_header(exchange, "Retry-After", "1");
    } else {
        atomic_fetch_add(&server->body_bytes, (long long)size);
    }
}

/* ------------------------------------------------------------------ the answer */

static void add_headers(struct plait__exchange *exchange, struct MHD_Response *response, const char *media_type) {
    char traceparent[PLAIT__TRACEPARENT_BYTES];
    plait__traceparent(&exchange->trace, exchange->span, traceparent);
    MHD_add_response_header(response, "Content-Type", media_type);
    MHD_add_response_header(response, "X-Request-Id", exchange->id);
    MHD_add_response_header(response, "traceparent", traceparent);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (int i = 0; i < exchange->header_count; i++)
        MHD_add_response_header(response, exchange->headers[i].name, exchange->headers[i].value);
    plait__origin_headers(exchange, response);
    if (atomic_load(&exchange->server->draining)) MHD_add_response_header(response, "Connection", "close");
}

static enum MHD_Result send_answer(struct plait__exchange *exchange) {
    const uint64_t seconds = (uint64_t)exchange->server->options->slow + exchange->answer.size / BODY_BYTES_A_SECOND;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        exchange->answer.size, exchange->answer.data ? exchange->answer.data : (char *)"", MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    add_headers(exchange, response, exchange->media_type);
    plait__wire_set(exchange->server, exchange->wire, "reader", 1000000 * seconds, NULL);
    const enum MHD_Result result = MHD_queue_response(exchange->connection, (unsigned)exchange->status, response);
    MHD_destroy_response(response);
    return result;
}

/* What the library asks for more of a stream's events. */
static ssize_t read_events(void *user, uint64_t position, char *out, size_t most) {
    struct plait__exchange *exchange = user;
    (void)position;
    pthread_mutex_lock(&exchange->lock);
    const size_t left = exchange->events.size - exchange->events_sent, size = left < most ? left : most;
    ssize_t result = (ssize_t)size;
    if (size) {
        memcpy(out, exchange->events.data + exchange->events_sent, size);
        exchange->events_sent += size;
    } else if (exchange->finished) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        exchange->parked = true;
        MHD_suspend_connection(exchange->connection);
    }
    pthread_mutex_unlock(&exchange->lock);
    return result;
}

/* The answer to a client that watches: it begins now, and ends when the work does. */
static enum MHD_Result send_stream(struct plait__exchange *exchange) {
    enum { PIECE = 16384 };
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_events, exchange, NULL);
    if (!response) return MHD_NO;
    add_headers(exchange, response, "text/event-stream");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    const enum MHD_Result result = MHD_queue_response(exchange->connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

/* ------------------------------------------------------------------ the library's callbacks */

static struct plait__wire *wire_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static enum MHD_Result begin(struct plait__server *server, struct MHD_Connection *connection, const char *url,
                             const char *method, void **slot) {
    struct plait__exchange *exchange = plait__exchange_create(server);
    if (!exchange) return MHD_NO;
    exchange->connection = connection;
    exchange->wire = wire_of(connection);
    *slot = exchange;
    atomic_fetch_add(&server->open, 1);
    read_head(exchange, url, method);
    const char *expect = plait__header(exchange, "Expect"), *length = plait__header(exchange, "Content-Length");
    /* Who asks first, or would send much for nothing, is told now; the connection ends with that. */
    if (exchange->refused && (expect || (length && strtoull(length, NULL, 10) > DRAINED_MOST))) return send_answer(exchange);
    return MHD_YES;
}

enum MHD_Result plait__http_handle(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                   const char *version, const char *upload, size_t *upload_size, void **slot) {
    struct plait__exchange *exchange = *slot;
    (void)version;
    if (!exchange) return begin(user, connection, url, method, slot);
    if (*upload_size) {
        take_body(exchange, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (!exchange->answered) {
        exchange->route->handle(exchange);
        if (exchange->heir) {
            struct plait__exchange *heir = *slot = exchange->heir;
            plait__exchange_release(exchange);
            return send_answer(heir);
        }
        if (exchange->queued_us) /* it is the worker's now, and comes back here */
            return exchange->streams ? send_stream(exchange) : MHD_YES;
    }
    return send_answer(exchange);
}

void plait__http_completed(void *user, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode code) {
    struct plait__server *server = user;
    struct plait__exchange *exchange = *slot;
    const bool sent = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (sent)
        plait__wire_answered(server, wire_of(connection));
    else
        plait__wire_give_up(server, wire_of(connection), exchange);
    if (!exchange) return;
    *slot = NULL;
    if (!sent) atomic_store(&exchange->stopped, true);
    plait__measure_exchange(server, exchange, sent);
    plait__scribe_request(exchange, sent);
    pthread_mutex_lock(&exchange->lock);
    const bool over = !exchange->queued_us || exchange->finished; /* no worker adds to the trace any more */
    pthread_mutex_unlock(&exchange->lock);
    if (over) {
        plait__span_number(&exchange->trace, exchange->span, "http.response.status_code", sent ? exchange->status : 499);
        plait__span_end(&exchange->trace, exchange->span, plait__exchange_unix_now(exchange), exchange->status >= 500);
        plait__exporter_add(server, &exchange->trace);
    }
    plait__wire_set(server, exchange->wire, "head", 1000000 * (uint64_t)server->options->idle, NULL);
    plait__exchange_release(exchange);
    atomic_fetch_sub(&server->open, 1);
}
