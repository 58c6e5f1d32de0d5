#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "server/internal.h"

enum { BATCH = 64, BATCH_BYTES = 16 << 20, PAUSE_MS = 500, TRIES = 5, FIRST_WAIT_MS = 200, REQUEST_SECONDS = 5 };

/* ------------------------------------------------------------------ a batch */

static void write_text_attribute(struct plait__writer *writer, const char *key, const char *value) {
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "key", key);
    plait__write_open(writer, "value", '{');
    plait__write_text(writer, "stringValue", value);
    plait__write_close(writer, '}');
    plait__write_close(writer, '}');
}

static enum plait_status write_batch(const struct plait__exporter *exporter, const struct plait__trace *traces, int count,
                                     struct plait__buffer *body) {
    struct plait__writer writer = {.buffer = body};
    plait__write_open(&writer, NULL, '{');
    plait__write_open(&writer, "resourceSpans", '[');
    plait__write_open(&writer, NULL, '{');
    plait__write_open(&writer, "resource", '{');
    plait__write_open(&writer, "attributes", '[');
    write_text_attribute(&writer, "service.name", exporter->service);
    write_text_attribute(&writer, "service.version", PLAIT_VERSION);
    if (exporter->function) write_text_attribute(&writer, "faas.name", exporter->function);
    if (exporter->revision) write_text_attribute(&writer, "faas.version", exporter->revision);
    plait__write_close(&writer, ']');
    plait__write_close(&writer, '}');
    plait__write_open(&writer, "scopeSpans", '[');
    plait__write_open(&writer, NULL, '{');
    plait__write_open(&writer, "scope", '{');
    plait__write_text(&writer, "name", "plait");
    plait__write_text(&writer, "version", PLAIT_VERSION);
    plait__write_close(&writer, '}');
    plait__write_open(&writer, "spans", '[');
    for (int i = 0; i < count; i++) plait__trace_write(&traces[i], &writer);
    plait__write_close(&writer, ']');
    plait__write_close(&writer, '}');
    plait__write_close(&writer, ']');
    plait__write_close(&writer, '}');
    plait__write_close(&writer, ']');
    plait__write_close(&writer, '}');
    return writer.status;
}

/* ------------------------------------------------------------------ sending */

static size_t ignore(char *bytes, size_t size, size_t count, void *user) {
    (void)bytes, (void)user;
    return size * count;
}

static struct curl_slist *headers_of(const struct plait__curl *api, const char *text) {
    struct curl_slist *list = api->list_add(NULL, "Content-Type: application/json");
    for (const char *at = text ? text : ""; *at;) {
        char line[1024];
        const int length = (int)strcspn(at, ","), name = (int)strcspn(at, "=");
        if (name < length &&
            snprintf(line, sizeof line, "%.*s: %.*s", name, at, length - name - 1, at + name + 1) < (int)sizeof line)
            list = api->list_add(list, line);
        at += length + (at[length] == ',');
    }
    return list;
}

enum outcome { TAKEN, AGAIN, REFUSED };

static enum outcome post(const struct plait__exporter *exporter, CURL *curl, const struct plait__buffer *body) {
    struct curl_slist *headers = headers_of(&exporter->curl, exporter->headers);
    long status = 0;
    exporter->curl.set(curl, CURLOPT_URL, exporter->url);
    exporter->curl.set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    exporter->curl.set(curl, CURLOPT_HTTPHEADER, headers);
    exporter->curl.set(curl, CURLOPT_POSTFIELDS, body->data);
    exporter->curl.set(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
    exporter->curl.set(curl, CURLOPT_WRITEFUNCTION, ignore);
    exporter->curl.set(curl, CURLOPT_TIMEOUT, (long)REQUEST_SECONDS);
    exporter->curl.set(curl, CURLOPT_NOSIGNAL, 1L);
    const CURLcode code = exporter->curl.perform(curl);
    exporter->curl.get(curl, CURLINFO_RESPONSE_CODE, &status);
    exporter->curl.list_end(headers);
    if (code != CURLE_OK || status == 429 || (status >= 502 && status <= 504)) return AGAIN; /* what OTLP calls retryable */
    return status >= 200 && status < 300 ? TAKEN : REFUSED;
}

/* Waits, unless the server ends. */
static void wait_ms(struct plait__exporter *exporter, int milliseconds) {
    const struct timespec until = plait__condition_deadline(1000 * (uint64_t)milliseconds);
    pthread_mutex_lock(&exporter->lock);
    while (!exporter->ending && pthread_cond_timedwait(&exporter->filled, &exporter->lock, &until) == 0) continue;
    pthread_mutex_unlock(&exporter->lock);
}

static bool is_ending(struct plait__exporter *exporter) {
    pthread_mutex_lock(&exporter->lock);
    const bool ending = exporter->ending;
    pthread_mutex_unlock(&exporter->lock);
    return ending;
}

static void send_batch(struct plait__server *server, CURL *curl, const struct plait__trace *traces, int count) {
    struct plait__exporter *exporter = &server->exporter;
    struct plait__buffer body;
    enum outcome outcome = REFUSED;
    plait__buffer_init(&body, exporter->context, BATCH_BYTES);
    if (write_batch(exporter, traces, count, &body) == PLAIT_OK) {
        int wait = FIRST_WAIT_MS;
        outcome = post(exporter, curl, &body);
        for (int try = 1; try < TRIES && outcome == AGAIN && !is_ending(exporter); try++, wait *= 2) {
            wait_ms(exporter, wait);
            outcome = post(exporter, curl, &body);
        }
    }
    plait__buffer_end(&body);
    if (outcome == TAKEN)
        plait__count(server->measure.traces, NULL, count);
    else
        plait__count(server->measure.dropped, PLAIT__LABELS("traces"), count);
}

/* ------------------------------------------------------------------ the thread */

static int take(struct plait__exporter *exporter, struct plait__trace *traces) {
    pthread_mutex_lock(&exporter->lock);
    int count = 0;
    for (; count < BATCH && exporter->count; count++) {
        traces[count] = exporter->ring[exporter->first];
        exporter->first = (exporter->first + 1) % PLAIT__TRACES_MOST;
        exporter->count--;
    }
    pthread_mutex_unlock(&exporter->lock);
    return count;
}

static void *send_all(void *user) {
    struct plait__server *server = user;
    struct plait__exporter *exporter = &server->exporter;
    struct plait__trace *traces = plait__allocate(exporter->context, BATCH * sizeof *traces);
    CURL *curl = exporter->curl.begin();
    for (bool ending = false; traces && curl;) {
        const int count = take(exporter, traces);
        if (count)
            send_batch(server, curl, traces, count);
        else if (ending)
            break;
        if (count < BATCH && !ending) {
            wait_ms(exporter, PAUSE_MS);
            ending = is_ending(exporter);
        }
    }
    if (curl) exporter->curl.end(curl);
    plait__release(exporter->context, traces);
    return NULL;
}

void plait__exporter_add(struct plait__server *server, const struct plait__trace *trace) {
    struct plait__exporter *exporter = &server->exporter;
    if (!exporter->started || !trace->sampled) return;
    pthread_mutex_lock(&exporter->lock);
    const bool room = exporter->count < PLAIT__TRACES_MOST;
    if (room) exporter->ring[(exporter->first + exporter->count++) % PLAIT__TRACES_MOST] = *trace;
    pthread_mutex_unlock(&exporter->lock);
    if (!room) plait__count(server->measure.dropped, PLAIT__LABELS("traces"), 1);
}

/* NULL where it is not set, or empty. */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

enum plait_status plait__exporter_begin(struct plait__server *server, const char *url) {
    struct plait__exporter *exporter = &server->exporter;
    const char *service = variable("OTEL_SERVICE_NAME");
    if (!url) return PLAIT_OK;
    exporter->url = url;
    exporter->headers = getenv("OTEL_EXPORTER_OTLP_HEADERS");
    exporter->function = variable("K_SERVICE"); /* Knative's container contract, which Cloud Run keeps too */
    exporter->revision = variable("K_REVISION");
    exporter->service = service ? service : exporter->function ? exporter->function : "plait";
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return plait__fail(server->context, PLAIT_INVALID, "--traces: expected a URL of http or https, found \"%.80s\"", url);
    PLAIT__TRY(plait_context_create(NULL, &exporter->context));
    exporter->ring = plait__allocate(exporter->context, PLAIT__TRACES_MOST * sizeof *exporter->ring);
    if (!exporter->ring) return plait__fail(server->context, PLAIT_MEMORY, "memory for traces could not be had");
    PLAIT__TRY(plait__curl_open(server->context, &exporter->curl));
    pthread_mutex_init(&exporter->lock, NULL);
    plait__condition_begin(&exporter->filled);
    exporter->started = pthread_create(&exporter->thread, NULL, send_all, server) == 0;
    return exporter->started ? PLAIT_OK : plait__fail(server->context, PLAIT_MEMORY, "a thread could not be had");
}

void plait__exporter_end(struct plait__server *server) {
    struct plait__exporter *exporter = &server->exporter;
    if (exporter->started) {
        pthread_mutex_lock(&exporter->lock);
        exporter->ending = true;
        pthread_cond_broadcast(&exporter->filled);
        pthread_mutex_unlock(&exporter->lock);
        pthread_join(exporter->thread, NULL);
        pthread_mutex_destroy(&exporter->lock);
        pthread_cond_destroy(&exporter->filled);
        plait__curl_close(&exporter->curl);
    }
    if (exporter->context) plait__release(exporter->context, exporter->ring);
    plait_context_destroy(exporter->context);
}
