#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/json_write.h"
#include "base/sha256.h"
#include "server/internal.h"

enum { WAITING_MOST = 8192, LINE_MOST = 16384, DAY_US_SECONDS = 86400 };

/* What is known of a request when it is over. */
struct plait__entry {
    uint64_t unix_us, took_us, waited_us;
    const char *route, *method; /* static text */
    int status;                 /* 0: the client went first */
    size_t bytes_in, bytes_out;
    char id[40], trace[33], key[20], client[17], span[17];
    char model[80], failure[160];
    struct plait__entry *next;
};

/* ------------------------------------------------------------------ who asked */

/* 16 digits that are the same for a client all day, and of no use tomorrow. */
static void hash_client(struct plait__scribe *scribe, struct MHD_Connection *connection, uint64_t unix_us, char out[17]) {
    char digest[65];
    const uint64_t day = unix_us / 1000000 / DAY_US_SECONDS;
    struct plait__sha256 hash;
    if (scribe->salt_day != day && getrandom(scribe->salt, sizeof scribe->salt, 0) == sizeof scribe->salt)
        scribe->salt_day = day;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr) return;
    plait__sha256_begin(&hash);
    plait__sha256_add(&hash, scribe->salt, sizeof scribe->salt);
    if (info->client_addr->sa_family == AF_INET6)
        plait__sha256_add(&hash, &((const struct sockaddr_in6 *)info->client_addr)->sin6_addr, sizeof(struct in6_addr));
    else
        plait__sha256_add(&hash, &((const struct sockaddr_in *)info->client_addr)->sin_addr, sizeof(struct in_addr));
    plait__sha256_end(&hash, digest);
    snprintf(out, 17, "%.16s", digest);
}

/* ------------------------------------------------------------------ lines */

static void stamp(uint64_t unix_us, char out[40]) {
    const time_t seconds = (time_t)(unix_us / 1000000);
    struct tm parts;
    char text[24];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, 40, "%s.%06uZ", text, (unsigned)(unix_us % 1000000));
}

/* What both logs say. */
static void write_members(struct plait__writer *writer, const struct plait__entry *entry) {
    plait__write_text(writer, "request_id", entry->id);
    plait__write_text(writer, "route", entry->route);
    plait__write_text(writer, "method", entry->method);
    plait__write_int(writer, "status", entry->status);
    if (*entry->key) plait__write_text(writer, "key", entry->key);
    if (*entry->model) plait__write_text(writer, "model", entry->model);
}

static void log_entry(struct plait__buffer *line, const struct plait__entry *entry) {
    struct plait__writer writer = {.buffer = line};
    char time[40];
    stamp(entry->unix_us, time);
    line->size = 0;
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "time", time);
    plait__write_text(&writer, "level", entry->status >= 500 ? "error" : "info");
    plait__write_text(&writer, "message", "request");
    write_members(&writer, entry);
    plait__write_number(&writer, "ms", (double)entry->took_us / 1000, 3);
    plait__write_number(&writer, "waited_ms", (double)entry->waited_us / 1000, 3);
    plait__write_int(&writer, "bytes_in", (int64_t)entry->bytes_in);
    plait__write_int(&writer, "bytes_out", (int64_t)entry->bytes_out);
    plait__write_text(&writer, "client", entry->client);
    plait__write_text(&writer, "trace_id", entry->trace);
    plait__write_text(&writer, "span_id", entry->span);
    if (*entry->failure) plait__write_text(&writer, "error", entry->failure);
    plait__write_close(&writer, '}');
    if (writer.status == PLAIT_OK) fprintf(stderr, "%s\n", line->data);
}

static enum plait_status audit_entry(struct plait__scribe *scribe, struct plait__buffer *line,
                                     const struct plait__entry *entry) {
    struct plait__writer writer = {.buffer = line};
    char time[40];
    stamp(entry->unix_us, time);
    line->size = 0;
    plait__write_text(&writer, "time", time);
    write_members(&writer, entry);
    plait__write_text(&writer, "trace_id", entry->trace);
    PLAIT__TRY(writer.status);
    return plait__audit_add(&scribe->audit, line->data);
}

void plait__scribe_say(struct plait__server *server, const char *level, const char *message, const char *format, ...) {
    char detail[512], time[40];
    struct plait__buffer line;
    va_list arguments;
    (void)server;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    plait_context *context = NULL; /* any thread may say something */
    if (plait_context_create(NULL, &context) != PLAIT_OK) return;
    plait__buffer_init(&line, context, LINE_MOST);
    struct plait__writer writer = {.buffer = &line};
    stamp(plait__unix_now(), time);
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "time", time);
    plait__write_text(&writer, "level", level);
    plait__write_text(&writer, "message", message);
    plait__write_text(&writer, "detail", detail);
    plait__write_close(&writer, '}');
    if (writer.status == PLAIT_OK) fprintf(stderr, "%s\n", line.data);
    plait__buffer_end(&line);
    plait_context_destroy(context);
}

/* ------------------------------------------------------------------ the thread */

/* All that waits; NULL: nothing does any more. */
static struct plait__entry *take_all(struct plait__scribe *scribe) {
    pthread_mutex_lock(&scribe->lock);
    while (!scribe->first && !scribe->ending) pthread_cond_wait(&scribe->filled, &scribe->lock);
    struct plait__entry *entries = scribe->first;
    scribe->first = NULL;
    scribe->last = &scribe->first;
    scribe->count = 0;
    pthread_mutex_unlock(&scribe->lock);
    return entries;
}

static void *write_entries(void *user) {
    struct plait__server *server = user;
    struct plait__scribe *scribe = &server->scribe;
    struct plait__buffer line;
    plait__buffer_init(&line, scribe->context, LINE_MOST);
    for (struct plait__entry *entries; (entries = take_all(scribe));) {
        enum plait_status status = PLAIT_OK;
        while (entries) {
            struct plait__entry *entry = entries;
            entries = entry->next;
            if (!scribe->quiet) log_entry(&line, entry);
            if (scribe->has_audit && status == PLAIT_OK) status = audit_entry(scribe, &line, entry);
            if (status != PLAIT_OK) plait__count(server->measure.dropped, PLAIT__LABELS("audit"), 1);
            free(entry);
        }
        if (scribe->has_audit && status == PLAIT_OK) status = plait__audit_flush(&scribe->audit);
        if (status != PLAIT_OK) plait__scribe_say(server, "error", "audit", "%s", plait_context_error(scribe->context));
    }
    plait__buffer_end(&line);
    return NULL;
}

void plait__scribe_request(struct plait__exchange *exchange, bool sent) {
    struct plait__server *server = exchange->server;
    struct plait__scribe *scribe = &server->scribe;
    if (!scribe->started || (scribe->quiet && !scribe->has_audit)) return;
    struct plait__entry *entry = calloc(1, sizeof *entry);
    if (entry) {
        *entry = (struct plait__entry){.unix_us = exchange->start_unix_us,
                                       .took_us = plait__server_now(server) - exchange->start_us,
                                       .route = exchange->route ? exchange->route->name : "none",
                                       .method = exchange->route ? exchange->route->method : "",
                                       .status = !sent               ? 0
                                                 : exchange->streams ? 200
                                                                     : exchange->status,
                                       .bytes_in = exchange->body.size,
                                       .bytes_out = exchange->streams ? exchange->events_sent : exchange->answer.size};
        if (exchange->began_us > exchange->queued_us && exchange->queued_us)
            entry->waited_us = exchange->began_us - exchange->queued_us;
        memcpy(entry->id, exchange->id, sizeof entry->id);
        snprintf(entry->key, sizeof entry->key, "%s", exchange->key_id);
        snprintf(entry->model, sizeof entry->model, "%s", exchange->model);
        memcpy(entry->failure, exchange->failure, sizeof entry->failure);
        plait__trace_id(&exchange->trace, entry->trace);
        snprintf(entry->span, sizeof entry->span, "%016llx", (unsigned long long)exchange->trace.spans[0].id);
        hash_client(scribe, exchange->connection, entry->unix_us, entry->client);
    }
    pthread_mutex_lock(&scribe->lock);
    const bool room = entry && scribe->count < WAITING_MOST;
    if (room) {
        *scribe->last = entry;
        scribe->last = &entry->next;
        scribe->count++;
        pthread_cond_signal(&scribe->filled);
    }
    pthread_mutex_unlock(&scribe->lock);
    if (room) return;
    plait__count(server->measure.dropped, PLAIT__LABELS("log"), 1);
    free(entry);
}

/* ------------------------------------------------------------------ life */

enum plait_status plait__scribe_begin(struct plait__server *server, const char *audit, bool quiet) {
    struct plait__scribe *scribe = &server->scribe;
    scribe->quiet = quiet;
    scribe->last = &scribe->first;
    PLAIT__TRY(plait_context_create(NULL, &scribe->context));
    if (audit) {
        const enum plait_status status = plait__audit_open(scribe->context, audit, &scribe->audit);
        if (status != PLAIT_OK) return plait__fail(server->context, status, "%s", plait_context_error(scribe->context));
        scribe->has_audit = true;
    }
    pthread_mutex_init(&scribe->lock, NULL);
    pthread_cond_init(&scribe->filled, NULL);
    scribe->started = pthread_create(&scribe->thread, NULL, write_entries, server) == 0;
    return scribe->started ? PLAIT_OK : plait__fail(server->context, PLAIT_MEMORY, "a thread could not be had");
}

void plait__scribe_end(struct plait__server *server) {
    struct plait__scribe *scribe = &server->scribe;
    if (scribe->started) {
        pthread_mutex_lock(&scribe->lock);
        scribe->ending = true;
        pthread_cond_signal(&scribe->filled);
        pthread_mutex_unlock(&scribe->lock);
        pthread_join(scribe->thread, NULL);
        pthread_mutex_destroy(&scribe->lock);
        pthread_cond_destroy(&scribe->filled);
    }
    plait__audit_close(&scribe->audit);
    plait_context_destroy(scribe->context);
}
