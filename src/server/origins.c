/* Pages of other origins: who of them may ask, and what their browsers are told (the CORS protocol of WHATWG's Fetch standard).
 */
#include <string.h>

#include "server/internal.h"

/* "https://a.example,https://b.example", or "*". */
static bool is_allowed(const char *origins, const char *origin) {
    if (strcmp(origins, "*") == 0) return true;
    const size_t length = strlen(origin);
    for (const char *at = origins; *at;) {
        const size_t size = strcspn(at, ",");
        if (size == length && memcmp(at, origin, size) == 0) return true;
        at += size + (at[size] == ',');
    }
    return false;
}

void plait__origin_headers(struct plait__exchange *exchange, struct MHD_Response *response) {
    const char *origins = exchange->server->options->origins;
    const char *origin = origins ? plait__header(exchange, "Origin") : NULL;
    if (origins) MHD_add_response_header(response, "Vary", "Origin");
    if (!origin || !is_allowed(origins, origin)) return;
    MHD_add_response_header(response, "Access-Control-Allow-Origin", strcmp(origins, "*") == 0 ? "*" : origin);
    MHD_add_response_header(
        response, "Access-Control-Expose-Headers",
        "Retry-After, Location, traceparent, X-Request-Id, Plait-Degraded, Plait-Note, Inference-Header-Content-Length");
}

void plait__handle_preflight(struct plait__exchange *exchange) {
    const char *origin = plait__header(exchange, "Origin");
    if (!origin || !is_allowed(exchange->server->options->origins, origin)) {
        plait__answer_error(exchange, 403, "pages of this origin may not ask");
        return;
    }
    plait__answer_header(exchange, "Access-Control-Allow-Methods", "GET, POST, DELETE");
    plait__answer_header(exchange, "Access-Control-Allow-Headers",
                         "Authorization, Content-Type, Prefer, traceparent, X-Request-Id, X-Request-Timeout-Ms, X-Sticky-Key, "
                         "Inference-Header-Content-Length");
    plait__answer_header(exchange, "Access-Control-Max-Age", "600");
    plait__answer(exchange, 204, "application/json");
}
