/* Where the time of a session went, and what of it went to operators that its backend left to reference. */
#include "session/session.h"

size_t plait__session_profile(const plait_session *session, struct plait__segment_profile *entries_out, size_t capacity) {
    size_t count = 0;
    for (int p = 0; p < PLAIT__PLAN_CACHE; p++) {
        const struct plait__plan *plan = session->plans[p];
        for (int s = 0; plan && s < plan->segment_count; s++, count++) {
            const struct plait__segment *segment = &plan->segments[s];
            const struct plait__node *first = &plan->graph->nodes[segment->plan.nodes[0]];
            if (!entries_out || count >= capacity) continue;
            entries_out[count] = (struct plait__segment_profile){.backend = segment->backend->name,
                                                                 .first_node = first->name,
                                                                 .first_op = plait__op_name(first->op),
                                                                 .node_count = segment->plan.node_count,
                                                                 .runs = segment->runs,
                                                                 .total_us = segment->total_us};
        }
    }
    return count;
}

static double share_of(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

/* Names come from a file: quotes, backslashes and control characters are escaped. */
static enum plait_status write_text(struct plait__buffer *out, const char *text) {
    PLAIT__TRY(plait__buffer_append(out, "\"", 1));
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == '"' || c == '\\')
            PLAIT__TRY(plait__buffer_printf(out, "\\u%04x", c));
        else
            PLAIT__TRY(plait__buffer_append(out, text, 1));
    }
    return plait__buffer_append(out, "\"", 1);
}

static enum plait_status write_segments(struct plait__buffer *out, const struct plait__segment_profile *entries, size_t count,
                                        uint64_t total_us) {
    PLAIT__TRY(plait__buffer_printf(out, ",\"segments\":["));
    for (size_t i = 0; i < count; i++) {
        PLAIT__TRY(plait__buffer_printf(out, "%s{\"backend\":\"%s\",\"nodes\":%d,\"first\":", i ? "," : "", entries[i].backend,
                                        entries[i].node_count));
        PLAIT__TRY(write_text(out, entries[i].first_node));
        PLAIT__TRY(plait__buffer_printf(out, ",\"operator\":\"%s\",\"runs\":%llu,\"us\":%llu,\"share\":%.4f}",
                                        entries[i].first_op, (unsigned long long)entries[i].runs,
                                        (unsigned long long)entries[i].total_us, share_of(entries[i].total_us, total_us)));
    }
    return plait__buffer_append(out, "]", 1);
}

/* `which`: 0 the session's backend, 1 what it left to reference. */
static enum plait_status write_operators(struct plait__buffer *out, const plait_session *session, int which,
                                         uint64_t total_us) {
    PLAIT__TRY(plait__buffer_printf(out, ",\"%s\":[", which ? "fallbacks" : "operators"));
    for (int op = 0, written = 0; session->op_times[which] && op < PLAIT__OP_COUNT; op++) {
        const struct plait__op_time *time = &session->op_times[which][op];
        if (!time->runs) continue;
        PLAIT__TRY(plait__buffer_printf(out, "%s{\"operator\":\"%s\",\"runs\":%llu,\"us\":%llu,\"share\":%.4f}",
                                        written++ ? "," : "", plait__op_name((enum plait__op)op),
                                        (unsigned long long)time->runs, (unsigned long long)time->us,
                                        share_of(time->us, total_us)));
    }
    return plait__buffer_append(out, "]", 1);
}

static enum plait_status write_report(plait_session *session, const struct plait__segment_profile *entries, size_t count) {
    struct plait__buffer *out = &session->report;
    uint64_t total_us = 0, fallback_us = 0;
    for (size_t i = 0; i < count; i++) {
        total_us += entries[i].total_us;
        if (entries[i].backend != session->backend->name) fallback_us += entries[i].total_us;
    }
    PLAIT__TRY(plait__buffer_printf(out,
                                    "{\"backend\":\"%s\",\"runs\":%llu,\"us\":%llu,\"peak_bytes\":%zu,\"fallback_share\":%.4f",
                                    session->backend->name, (unsigned long long)session->run_count,
                                    (unsigned long long)total_us, session->peak_bytes, share_of(fallback_us, total_us)));
    PLAIT__TRY(write_segments(out, entries, count, total_us));
    PLAIT__TRY(write_operators(out, session, 0, total_us));
    PLAIT__TRY(write_operators(out, session, 1, total_us));
    return plait__buffer_append(out, "}", 1);
}

enum plait_status plait_session_profile_json(plait_session *session, const char **json_out) {
    plait_context *context = session->context;
    size_t count = plait__session_profile(session, NULL, 0);
    struct plait__segment_profile *entries = plait__allocate_zero(context, count, sizeof *entries);
    if (!entries) return PLAIT_MEMORY;
    plait__session_profile(session, entries, count);
    plait__buffer_end(&session->report);
    plait__buffer_init(&session->report, context, PLAIT__REPORT_CEILING);
    enum plait_status status = write_report(session, entries, count);
    plait__release(context, entries);
    if (status != PLAIT_OK) return status;
    *json_out = session->report.data;
    return PLAIT_OK;
}

size_t plait_session_peak_bytes(const plait_session *session) {
    return session->peak_bytes;
}
