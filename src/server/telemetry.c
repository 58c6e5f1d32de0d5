/* POST /v1/telemetry: what happened on devices, as the npm package counts it, so that failures there are not silent.  A report
 * says how often something was done, how it ended and how long it took; it has no room for anything of a document.  Whoever may
 * ask can report what he likes: every word is one of a few, every number has an end, and reports come at a rate. */
#include <string.h>

#include "base/json.h"
#include "server/internal.h"

enum { COUNT_MOST = 1000, EVENTS_MOST = 64, DURATIONS_MOST = 64, DURATION_MOST_MS = 3600000 };

/* What a word may be; the lists end in NULL. */
static const char *const schemas[] = {"plait.telemetry/1", NULL};
static const char *const variants[] = {"wasm-simd", "wasm-threads", "wasm-relaxed", "wasm-relaxed-threads", "none", NULL};
static const char *const kinds[] = {"start", "read", "server", "live", "report", NULL};
/* ErrorCode of js/src/errors.ts, and what is none. */
static const char *const outcomes[] = {"OK",        "ABORTED",     "OTHER",     "INVALID",   "UNSUPPORTED", "NOT_FOUND",
                                       "IO",        "MEMORY",      "LIMIT",     "CANCELLED", "INTERNAL",    "CLOSED",
                                       "WORKER",    "VERSION",     "INTEGRITY", "NETWORK",   "SERVER",      "PERMISSION_DENIED",
                                       "NO_DEVICE", "DEVICE_LOST", NULL};

static enum plait_status read_word(const struct plait__json *at, const char *key, const char *const *words, const char **out) {
    const char *text;
    PLAIT__TRY(plait__json_text(at, key, &text));
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            *out = words[i];
            return PLAIT_OK;
        }
    return plait__json_fail(at, key, PLAIT_INVALID, "expected \"%s\"%s, found \"%.40s\"", words[0],
                            words[1] ? " or another word of the schema" : "", text);
}

/* Nothing but these members. */
static enum plait_status check_members(const struct plait__json *at, const char *const *names) {
    struct plait__json member = {0};
    if (!cJSON_IsObject(at->item)) return plait__json_fail(at, NULL, PLAIT_INVALID, "expected an object");
    while (plait__json_next(at, &member)) {
        int i = 0;
        while (names[i] && strcmp(names[i], member.key) != 0) i++;
        if (!names[i]) return plait__json_fail(at, NULL, PLAIT_INVALID, "found a member too many: \"%.40s\"", member.key);
    }
    return PLAIT_OK;
}

struct report {
    struct plait__server *server;
    const char *variant;
    bool counts; /* otherwise it is only looked through, so that a report counts whole or not at all */
};

static enum plait_status read_event(const struct report *report, const struct plait__json *at) {
    static const char *const names[] = {"event", "outcome", "count", "ms", NULL};
    const struct plait__measure *measure = &report->server->measure;
    const char *kind = NULL, *outcome = NULL;
    int64_t count;
    struct plait__json durations, duration = {0};
    PLAIT__TRY(check_members(at, names));
    PLAIT__TRY(read_word(at, "event", kinds, &kind));
    PLAIT__TRY(read_word(at, "outcome", outcomes, &outcome));
    PLAIT__TRY(plait__json_int(at, "count", 1, COUNT_MOST, &count));
    if (report->counts) plait__count(measure->client_events, PLAIT__LABELS(kind, outcome, report->variant), (double)count);
    if (!plait__json_has(at, "ms")) return PLAIT_OK;
    PLAIT__TRY(plait__json_array(at, "ms", &durations));
    if (plait__json_count(&durations) > DURATIONS_MOST || plait__json_count(&durations) > count)
        return plait__json_fail(at, "ms", PLAIT_INVALID, "expected at most count of them, and at most %d", DURATIONS_MOST);
    while (plait__json_next(&durations, &duration)) {
        double ms;
        PLAIT__TRY(plait__json_number(&duration, NULL, 0, DURATION_MOST_MS, &ms));
        if (report->counts) plait__observe(measure->client_seconds, PLAIT__LABELS(kind, report->variant), ms / 1000);
    }
    return PLAIT_OK;
}

static enum plait_status read_report(struct report *report, const struct plait__json *root) {
    static const char *const names[] = {"schema", "variant", "events", NULL};
    const char *schema = NULL;
    struct plait__json events, event = {0};
    PLAIT__TRY(check_members(root, names));
    PLAIT__TRY(read_word(root, "schema", schemas, &schema));
    PLAIT__TRY(read_word(root, "variant", variants, &report->variant));
    PLAIT__TRY(plait__json_array(root, "events", &events));
    if (plait__json_count(&events) < 1 || plait__json_count(&events) > EVENTS_MOST)
        return plait__json_fail(root, "events", PLAIT_INVALID, "expected 1 to %d", EVENTS_MOST);
    while (plait__json_next(&events, &event)) PLAIT__TRY(read_event(report, &event));
    return PLAIT_OK;
}

void plait__handle_telemetry(struct plait__exchange *exchange) {
    struct plait__server *server = exchange->server;
    struct report report = {.server = server};
    struct plait__json root;
    double wait;
    if (!server->options->telemetry) {
        plait__answer_error(exchange, 501, "this server takes no telemetry: it was started without --telemetry");
        return;
    }
    if (!plait__bucket_take(&server->telemetry, plait__server_now(server), &wait)) {
        plait__count(server->measure.rejected, PLAIT__LABELS("telemetry"), 1);
        plait__answer_error(exchange, 429, "more reports come than may: drop this one, or try again");
        plait__answer_header(exchange, "Retry-After", "1");
        return;
    }
    enum plait_status status = plait__json_parse(exchange->context, exchange->body.data ? exchange->body.data : "",
                                                 exchange->body.size, "report", &root);
    if (status == PLAIT_OK) {
        status = read_report(&report, &root);
        report.counts = true;
        if (status == PLAIT_OK) status = read_report(&report, &root);
        plait__json_end(&root);
    }
    if (status == PLAIT_OK)
        plait__answer(exchange, 204, "application/json");
    else
        plait__answer_error(exchange, status == PLAIT_MEMORY ? 503 : 400, "%s", plait_context_error(exchange->context));
}
