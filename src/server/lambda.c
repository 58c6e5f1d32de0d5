#include "server/lambda.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_write.h"
#include "server/internal.h"

enum {
    EVENT_MOST = 8 << 20 /* Lambda's own limit is 6 MB */,
    ANSWER_MOST = 64 << 20,
    ID_BYTES = 128,
    TYPE_BYTES = 128,
    PAUSE_MS = 100
};

/* One invocation, from the interface and back. */
struct invocation {
    struct plait__server *server;
    const struct plait__curl *api;
    plait_context *context;
    struct plait__arena arena;
    CURL *interface, *self;
    struct plait__buffer event, answer, reply;
    char id[ID_BYTES], type[TYPE_BYTES];
    long status;
};

static size_t keep(char *bytes, size_t size, size_t count, void *user) {
    return plait__buffer_append(user, bytes, size * count) == PLAIT_OK ? size * count : 0;
}

/* Takes "Name: value" when it is that header. */
static void take_header(const char *line, size_t size, const char *name, char *out, size_t capacity) {
    const size_t length = strlen(name);
    if (size <= length || strncasecmp(line, name, length) != 0 || line[length] != ':') return;
    size_t from = length + 1;
    while (from < size && line[from] == ' ') from++;
    while (size > from && (line[size - 1] == '\r' || line[size - 1] == '\n')) size--;
    snprintf(out, capacity, "%.*s", (int)(size - from), line + from);
}

static size_t look_at_header(char *line, size_t size, size_t count, void *user) {
    struct invocation *invocation = user;
    take_header(line, size * count, "Lambda-Runtime-Aws-Request-Id", invocation->id, sizeof invocation->id);
    take_header(line, size * count, "Content-Type", invocation->type, sizeof invocation->type);
    return size * count;
}

static int stop(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    const struct invocation *invocation = user;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&invocation->server->draining); /* no invocation is under way while one is waited for */
}

/* ------------------------------------------------------------------ the interface */

static bool fetch(struct invocation *invocation) {
    char url[512];
    CURL *curl = invocation->interface;
    invocation->event.size = 0;
    *invocation->id = '\0';
    snprintf(url, sizeof url, "http://%s/2018-06-01/runtime/invocation/next", invocation->server->lambda.api);
    invocation->api->reset(curl);
    invocation->api->set(curl, CURLOPT_URL, url);
    invocation->api->set(curl, CURLOPT_NOSIGNAL, 1L);
    invocation->api->set(curl, CURLOPT_WRITEFUNCTION, keep);
    invocation->api->set(curl, CURLOPT_WRITEDATA, &invocation->event);
    invocation->api->set(curl, CURLOPT_HEADERFUNCTION, look_at_header);
    invocation->api->set(curl, CURLOPT_HEADERDATA, invocation);
    invocation->api->set(curl, CURLOPT_NOPROGRESS, 0L);
    invocation->api->set(curl, CURLOPT_XFERINFOFUNCTION, stop);
    invocation->api->set(curl, CURLOPT_XFERINFODATA, invocation);
    return invocation->api->perform(curl) == CURLE_OK && *invocation->id;
}

static void send_back(struct invocation *invocation, const char *verb, const struct plait__buffer *body) {
    char url[512];
    CURL *curl = invocation->interface;
    struct plait__buffer ignored;
    plait__buffer_init(&ignored, invocation->context, 1 << 16);
    snprintf(url, sizeof url, "http://%s/2018-06-01/runtime/invocation/%s/%s", invocation->server->lambda.api, invocation->id,
             verb);
    struct curl_slist *headers = invocation->api->list_add(NULL, "Content-Type: application/json");
    invocation->api->reset(curl);
    invocation->api->set(curl, CURLOPT_URL, url);
    invocation->api->set(curl, CURLOPT_NOSIGNAL, 1L);
    invocation->api->set(curl, CURLOPT_HTTPHEADER, headers);
    invocation->api->set(curl, CURLOPT_POSTFIELDS, body->data);
    invocation->api->set(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
    invocation->api->set(curl, CURLOPT_WRITEFUNCTION, keep);
    invocation->api->set(curl, CURLOPT_WRITEDATA, &ignored);
    if (invocation->api->perform(curl) != CURLE_OK)
        plait__scribe_say(invocation->server, "error", "lambda", "the answer to %.60s could not be given back", invocation->id);
    invocation->api->list_end(headers);
    plait__buffer_end(&ignored);
}

/* ------------------------------------------------------------------ asking ourselves */

/* What the invocation asks for. */
struct asked {
    const char *method, *path, *query;
    struct curl_slist *headers;
    const char *body;
    size_t size;
};

/* A text of an object; "" when it has none. */
static const char *text_of(const struct plait__json *at, const char *key) {
    const char *text = "";
    return plait__json_has(at, key) && plait__json_text(at, key, &text) == PLAIT_OK ? text : "";
}

/* Payload format 2 has rawPath and requestContext.http.method, format 1 path and httpMethod. */
static enum plait_status read_request(struct invocation *invocation, const struct plait__json *root, struct asked *asked) {
    struct plait__json context, http, headers, header = {0};
    asked->method = text_of(root, "httpMethod");
    asked->path = *text_of(root, "rawPath") ? text_of(root, "rawPath") : text_of(root, "path");
    asked->query = text_of(root, "rawQueryString");
    if (plait__json_has(root, "requestContext")) {
        PLAIT__TRY(plait__json_object(root, "requestContext", &context));
        if (plait__json_has(&context, "http")) {
            PLAIT__TRY(plait__json_object(&context, "http", &http));
            asked->method = text_of(&http, "method");
        }
    }
    if (plait__json_has(root, "headers")) {
        PLAIT__TRY(plait__json_object(root, "headers", &headers));
        while (plait__json_next(&headers, &header)) {
            char line[4096];
            if (!cJSON_IsString(header.item) || strcasecmp(header.key, "content-length") == 0 ||
                strcasecmp(header.key, "transfer-encoding") == 0 || strcasecmp(header.key, "connection") == 0 ||
                strpbrk(header.key, "\r\n:") || strpbrk(header.item->valuestring, "\r\n"))
                continue;
            snprintf(line, sizeof line, "%s: %s", header.key, header.item->valuestring);
            asked->headers = invocation->api->list_add(asked->headers, line);
        }
    }
    bool base64 = false;
    asked->body = text_of(root, "body");
    asked->size = strlen(asked->body);
    if (plait__json_has(root, "isBase64Encoded")) PLAIT__TRY(plait__json_bool(root, "isBase64Encoded", &base64));
    return base64 ? plait__base64_decode(&invocation->arena, asked->body, &asked->body, &asked->size) : PLAIT_OK;
}

static bool ask(struct invocation *invocation, const struct asked *asked) {
    char url[8192];
    CURL *curl = invocation->self;
    if (snprintf(url, sizeof url, "http://127.0.0.1:%d%s%s%s", invocation->server->port,
                 *asked->path == '/' ? asked->path : "/", *asked->query ? "?" : "", asked->query) >= (int)sizeof url)
        return false;
    invocation->answer.size = 0;
    snprintf(invocation->type, sizeof invocation->type, "application/json");
    invocation->api->reset(curl);
    invocation->api->set(curl, CURLOPT_URL, url);
    invocation->api->set(curl, CURLOPT_NOSIGNAL, 1L);
    invocation->api->set(curl, CURLOPT_PROXY, "");
    invocation->api->set(curl, CURLOPT_HTTPHEADER, asked->headers);
    invocation->api->set(curl, CURLOPT_WRITEFUNCTION, keep);
    invocation->api->set(curl, CURLOPT_WRITEDATA, &invocation->answer);
    invocation->api->set(curl, CURLOPT_HEADERFUNCTION, look_at_header);
    invocation->api->set(curl, CURLOPT_HEADERDATA, invocation);
    if (asked->size || strcmp(asked->method, "POST") == 0) {
        invocation->api->set(curl, CURLOPT_POSTFIELDS, asked->body);
        invocation->api->set(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)asked->size);
    }
    invocation->api->set(curl, CURLOPT_CUSTOMREQUEST, *asked->method ? asked->method : "GET");
    const bool done = invocation->api->perform(curl) == CURLE_OK;
    invocation->api->get(curl, CURLINFO_RESPONSE_CODE, &invocation->status);
    return done;
}

/* ------------------------------------------------------------------ the answer */

static enum plait_status write_reply(struct invocation *invocation) {
    struct plait__writer writer = {.buffer = &invocation->reply};
    const bool text = !strstr(invocation->type, "octet-stream");
    plait__write_open(&writer, NULL, '{');
    plait__write_int(&writer, "statusCode", invocation->status);
    plait__write_open(&writer, "headers", '{');
    plait__write_text(&writer, "content-type", invocation->type);
    plait__write_close(&writer, '}');
    plait__write_bool(&writer, "isBase64Encoded", !text);
    if (text) {
        plait__write_text(&writer, "body", invocation->answer.data ? invocation->answer.data : "");
    } else {
        const size_t size = sodium_base64_ENCODED_LEN(invocation->answer.size, sodium_base64_VARIANT_ORIGINAL);
        char *encoded = plait__arena_allocate(&invocation->arena, size);
        if (!encoded) return PLAIT_MEMORY;
        sodium_bin2base64(encoded, size, (const unsigned char *)invocation->answer.data, invocation->answer.size,
                          sodium_base64_VARIANT_ORIGINAL);
        plait__write_text(&writer, "body", encoded);
    }
    plait__write_close(&writer, '}');
    return writer.status;
}

static void fail(struct invocation *invocation, const char *sentence) {
    struct plait__writer writer = {.buffer = &invocation->reply};
    invocation->reply.size = 0;
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "errorType", "Plait.Failed");
    plait__write_text(&writer, "errorMessage", sentence);
    plait__write_close(&writer, '}');
    send_back(invocation, "error", &invocation->reply);
}

static void serve(struct invocation *invocation) {
    struct plait__json root;
    struct asked asked = {"", "", "", NULL, NULL, 0};
    invocation->reply.size = 0;
    if (plait__json_parse(invocation->context, invocation->event.data ? invocation->event.data : "", invocation->event.size,
                          "event", &root) != PLAIT_OK) {
        fail(invocation, plait_context_error(invocation->context));
        return;
    }
    enum plait_status status = PLAIT_OK;
    const bool http = plait__json_has(&root, "rawPath") || plait__json_has(&root, "httpMethod");
    if (http) {
        status = read_request(invocation, &root, &asked);
    } else { /* as it came, which is right for a structured CloudEvent and is said to be wrong for others */
        asked = (struct asked){"POST",
                               "/",
                               "",
                               invocation->api->list_add(NULL, "Content-Type: application/cloudevents+json"),
                               invocation->event.data,
                               invocation->event.size};
    }
    if (status != PLAIT_OK)
        fail(invocation, plait_context_error(invocation->context));
    else if (!ask(invocation, &asked))
        fail(invocation, "the server did not answer itself");
    else if (http && write_reply(invocation) == PLAIT_OK)
        send_back(invocation, "response", &invocation->reply);
    else if (!http && invocation->status == 200)
        send_back(invocation, "response", &invocation->answer);
    else
        fail(invocation, invocation->answer.data ? invocation->answer.data : "memory is out");
    invocation->api->list_end(asked.headers);
    plait__json_end(&root);
}

static void *run(void *user) {
    struct plait__server *server = user;
    struct invocation invocation = {.server = server, .api = &server->lambda.curl};
    if (sodium_init() < 0 || plait_context_create(NULL, &invocation.context) != PLAIT_OK) return NULL;
    plait__arena_init(&invocation.arena, invocation.context);
    plait__buffer_init(&invocation.event, invocation.context, EVENT_MOST);
    plait__buffer_init(&invocation.answer, invocation.context, ANSWER_MOST);
    plait__buffer_init(&invocation.reply, invocation.context, 2 * (size_t)ANSWER_MOST);
    invocation.interface = invocation.api->begin();
    invocation.self = invocation.api->begin();
    while (invocation.interface && invocation.self && !atomic_load(&invocation.server->draining)) {
        if (fetch(&invocation))
            serve(&invocation);
        else if (!atomic_load(&invocation.server->draining))
            plait__sleep_ms(PAUSE_MS);
        plait__arena_reset(&invocation.arena);
    }
    invocation.api->end(invocation.interface);
    invocation.api->end(invocation.self);
    plait__buffer_end(&invocation.reply);
    plait__buffer_end(&invocation.answer);
    plait__buffer_end(&invocation.event);
    plait__arena_end(&invocation.arena);
    plait_context_destroy(invocation.context);
    return NULL;
}

enum plait_status plait__lambda_begin(struct plait__server *server) {
    server->lambda.api = getenv("AWS_LAMBDA_RUNTIME_API");
    if (!server->lambda.api || !*server->lambda.api) return PLAIT_OK;
    PLAIT__TRY(plait__curl_open(server->context, &server->lambda.curl));
    if (pthread_create(&server->lambda.thread, NULL, run, server) != 0)
        return plait__fail(server->context, PLAIT_MEMORY, "a thread for Lambda could not be had");
    server->lambda.started = true;
    return PLAIT_OK;
}

void plait__lambda_end(struct plait__server *server) {
    if (!server->lambda.started) return;
    pthread_join(server->lambda.thread, NULL);
    plait__curl_close(&server->lambda.curl);
}
