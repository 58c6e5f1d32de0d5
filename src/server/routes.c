/* What may be asked for, and of whom. */
#include <string.h>

#include "server/internal.h"

static const struct plait__route routes[] = {
    {"POST", "/", "event", true, "documents", plait__handle_event, 0},
    {"POST", "/v1/documents", "documents", true, "documents", plait__handle_documents, 0},
    {"GET", "/v1/documents/{}", "task", false, "documents", plait__handle_task, 0},
    {"DELETE", "/v1/documents/{}", "task", false, "documents", plait__handle_task_stop, 0},
    {"POST", "/v1/feedback", "feedback", true, "feedback", plait__handle_feedback, 0},
    {"POST", "/v1/telemetry", "telemetry", true, "telemetry", plait__handle_telemetry, 16384},
    {"GET", "/metrics", "metrics", false, "metrics", plait__handle_metrics, 0},
    {"GET", "/openapi.json", "openapi", false, NULL, plait__handle_openapi, 0},
    {"GET", "/schemas/document.json", "openapi", false, NULL, plait__handle_document_schema, 0},
    {"GET", "/v2", "server", false, NULL, plait__handle_server, 0},
    {"GET", "/v2/health/live", "live", false, NULL, plait__handle_live, 0},
    {"GET", "/v2/health/ready", "ready", false, NULL, plait__handle_ready, 0},
    {"GET", "/v2/models/{}", "model", false, "infer", plait__handle_model, 0},
    {"GET", "/v2/models/{}/ready", "model_ready", false, "infer", plait__handle_model_ready, 0},
    {"GET", "/v2/models/{}/versions/{}", "model", false, "infer", plait__handle_model, 0},
    {"GET", "/v2/models/{}/versions/{}/ready", "model_ready", false, "infer", plait__handle_model_ready, 0},
    {"POST", "/v2/repository/index", "repository", true, "models", plait__handle_index, 0},
    {"POST", "/v2/repository/models/{}/load", "repository", true, "models", plait__handle_load, 0},
    {"POST", "/v2/repository/models/{}/unload", "repository", true, "models", plait__handle_unload, 0},
    {"POST", "/v2/models/{}/infer", "infer", true, "infer", plait__handle_infer, 0},
    {"POST", "/v2/models/{}/versions/{}/infer", "infer", true, "infer", plait__handle_infer, 0},
};

static const struct plait__route preflight = {"OPTIONS", "*", "preflight", false, NULL, plait__handle_preflight, 0};

/* Takes the parts of the path that stand for {}. */
static bool matches(struct plait__exchange *exchange, const char *pattern, const char *path) {
    int part = 0;
    while (*pattern && *path) {
        if (strncmp(pattern, "{}", 2) == 0) {
            const size_t length = strcspn(path, "/");
            if (length == 0) return false;
            exchange->parts[part++] = plait__arena_string(&exchange->arena, path, length);
            pattern += 2;
            path += length;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && (!*path || strcmp(path, "/") == 0);
}

const struct plait__route *plait__route_find(struct plait__exchange *exchange, const char *method, const char *path,
                                             int *status_out, const char **allow_out) {
    const char *sought = strcmp(method, "HEAD") == 0 ? "GET" : method;
    *status_out = 404;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        memset(exchange->parts, 0, sizeof exchange->parts);
        if (!matches(exchange, routes[i].pattern, path)) continue;
        if (strcmp(routes[i].method, sought) == 0) return &routes[i];
        *allow_out = *status_out == 405 ? "GET, DELETE" : routes[i].method; /* one path alone has two methods */
        *status_out = 405;
    }
    if (*status_out == 405 && strcmp(method, "OPTIONS") == 0 && exchange->server->options->origins) return &preflight;
    return NULL;
}
