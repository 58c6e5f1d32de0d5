#include <string.h>

#include "session/session.h"

enum { PADDING = 64 }; /* bytes that may be read, not used, past any value: vector kernels load whole registers */

static enum plait_status check_input(const plait_session *session, int index, const plait_tensor *tensor) {
    const struct plait__value *value = &session->graph->values[session->graph->inputs[index]];
    plait_context *context = session->context;
    if (tensor->dtype != value->type.dtype)
        return plait__fail(context, PLAIT_INVALID, "input '%s': expected %s, found %s", value->name,
                           plait_dtype_name(value->type.dtype), plait_dtype_name(tensor->dtype));
    if (tensor->rank < 0 || tensor->rank > PLAIT_MAX_RANK || (value->type.rank >= 0 && tensor->rank != value->type.rank))
        return plait__fail(context, PLAIT_INVALID, "input '%s': expected rank %d, found %d", value->name, (int)value->type.rank,
                           (int)tensor->rank);
    for (int i = 0; i < tensor->rank; i++) {
        bool fits = value->type.rank < 0 || value->type.dims[i] < 0 || value->type.dims[i] == tensor->dims[i];
        if (tensor->dims[i] < 0 || !fits)
            return plait__fail(context, PLAIT_INVALID, "input '%s', dimension %d: expected %lld, found %lld", value->name, i,
                               value->type.rank < 0 ? -1LL : (long long)value->type.dims[i], (long long)tensor->dims[i]);
    }
    if (!tensor->data && plait_tensor_elements(tensor) > 0)
        return plait__fail(context, PLAIT_INVALID, "input '%s' has no data", value->name);
    return PLAIT_OK;
}

static bool same_type(const plait_tensor *a, const plait_tensor *b) {
    return a->dtype == b->dtype && a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof a->dims[0]) == 0;
}

static bool plan_fits(const struct plait__plan *plan, const plait_tensor *inputs) {
    for (int i = 0; i < plan->input_count; i++)
        if (!same_type(&plan->input_types[i], &inputs[i])) return false;
    return true;
}

static size_t memory_of(const struct plait__plan *plan) {
    return plan->workspace_bytes + plan->scratch_bytes;
}

static void drop_plan(plait_session *session, int place) {
    if (session->current == session->plans[place]) session->current = NULL;
    plait__plan_destroy(session->plans[place]);
    session->plans[place] = NULL;
}

/* Where a new plan that works in that much memory goes: the plan used longest ago makes way when there is no place left, and so
 * do more of them while all together stand for too much memory. */
static int make_place(plait_session *session, size_t bytes) {
    for (;;) {
        int oldest = -1, empty = -1;
        size_t sum = bytes;
        for (int i = 0; i < PLAIT__PLAN_CACHE; i++) {
            const struct plait__plan *plan = session->plans[i];
            if (!plan) {
                empty = i;
                continue;
            }
            sum += memory_of(plan);
            if (oldest < 0 || plan->last_used < session->plans[oldest]->last_used) oldest = i;
        }
        if (oldest < 0 || (empty >= 0 && sum <= PLAIT__PLAN_BYTES)) return empty;
        drop_plan(session, oldest);
    }
}

static enum plait_status find_plan(plait_session *session, const plait_tensor *inputs, struct plait__plan **plan_out) {
    for (int i = 0; i < PLAIT__PLAN_CACHE; i++) {
        struct plait__plan *plan = session->plans[i];
        if (plan && plan->threads != session->context->options.threads) drop_plan(session, i), plan = NULL;
        if (!plan || !plan_fits(plan, inputs)) continue;
        *plan_out = plan;
        return PLAIT_OK;
    }
    PLAIT__TRY(plait__plan_create(session, inputs, plan_out));
    session->plans[make_place(session, memory_of(*plan_out))] = *plan_out;
    return PLAIT_OK;
}

static enum plait_status ensure(plait_session *session, void **memory, size_t *held, size_t bytes) {
    if (*held >= bytes + PADDING) return PLAIT_OK;
    plait__release(session->context, *memory);
    *held = 0;
    *memory = plait__allocate(session->context, bytes + PADDING);
    if (!*memory) return PLAIT_MEMORY;
    *held = bytes + PADDING;
    return PLAIT_OK;
}

static void release_owned(plait_session *session) {
    for (int v = 0; v < session->value_capacity; v++) {
        plait__release(session->context, session->owned[v]);
        session->owned[v] = NULL;
    }
    session->owned_bytes = 0;
}

static enum plait_status ensure_values(plait_session *session, int count) {
    if (session->value_capacity >= count) return PLAIT_OK;
    plait_tensor *values = plait__allocate_zero(session->context, (size_t)count, sizeof *values);
    void **owned = plait__allocate_zero(session->context, (size_t)count, sizeof *owned);
    if (!values || !owned) {
        plait__release(session->context, values);
        plait__release(session->context, owned);
        return PLAIT_MEMORY;
    }
    plait__release(session->context, session->values);
    plait__release(session->context, session->owned);
    session->values = values;
    session->owned = owned;
    session->value_capacity = count;
    return PLAIT_OK;
}

static void note_peak(plait_session *session) {
    size_t bytes = session->workspace_bytes + session->scratch_bytes + session->owned_bytes;
    if (session->peak_bytes < bytes) session->peak_bytes = bytes;
}

/* Values of a size that only running tells have memory of their own. */
static enum plait_status allocate_owned(plait_session *session, int value) {
    size_t bytes = plait_tensor_bytes(&session->values[value]) + PADDING;
    plait__release(session->context, session->owned[value]);
    session->owned[value] = plait__allocate(session->context, bytes);
    if (!session->owned[value]) return PLAIT_MEMORY;
    session->values[value].data = session->owned[value];
    session->owned_bytes += bytes;
    note_peak(session);
    return PLAIT_OK;
}

static enum plait_status allocate(struct plait__frame *frame, int value) {
    plait_session *session = frame->user;
    size_t offset = session->current->offsets[value];
    /* The body of a loop may in the end make more than inference could tell. */
    bool fits = plait_tensor_bytes(&frame->values[value]) <= plait_tensor_bytes(&session->current->graph->values[value].type);
    if (offset == PLAIT__UNPLANNED || !fits) return allocate_owned(session, value);
    frame->values[value].data = (char *)session->workspace + offset;
    return PLAIT_OK;
}

static void count_node(struct plait__frame *frame, enum plait__op op, uint64_t us) {
    plait_session *session = frame->user;
    struct plait__op_time *time = &session->op_times[frame->backend != session->backend][op];
    time->runs++;
    time->us += us;
}

static enum plait_status run_segments(plait_session *session, struct plait__plan *plan, struct plait__frame *frame) {
    for (int s = 0; s < plan->segment_count; s++) {
        struct plait__segment *segment = &plan->segments[s];
        if (plait__cancelled(session->context))
            return plait__fail(session->context, PLAIT_CANCELLED, "cancelled by the caller");
        frame->backend = segment->backend;
        uint64_t start = session->options.profile ? plait__now_us(session->context) : 0;
        PLAIT__TRY(segment->backend->segment_run(segment->state, frame));
        if (session->options.profile) segment->total_us += plait__now_us(session->context) - start;
        segment->runs++;
    }
    return PLAIT_OK;
}

/* An output that is one of the inputs still belongs to the session. */
static enum plait_status copy_passed_through(plait_session *session, const struct plait__graph *graph) {
    for (int i = 0; i < graph->output_count; i++)
        for (int k = 0; k < graph->input_count; k++) {
            int value = graph->outputs[i];
            if (graph->inputs[k] != value || session->owned[value]) continue;
            const void *data = session->values[value].data;
            PLAIT__TRY(allocate_owned(session, value));
            if (data) memcpy(session->values[value].data, data, plait_tensor_bytes(&session->values[value]));
        }
    return PLAIT_OK;
}

enum plait_status plait_session_run(plait_session *session, const plait_tensor *inputs, size_t input_count,
                                    plait_tensor *outputs_out, size_t output_count) {
    const struct plait__graph *loaded = session->graph;
    struct plait__plan *plan;
    if (input_count != (size_t)loaded->input_count || output_count != (size_t)loaded->output_count)
        return plait__fail(session->context, PLAIT_INVALID, "expected %d inputs and %d outputs, found %zu and %zu",
                           loaded->input_count, loaded->output_count, input_count, output_count);
    for (int i = 0; i < loaded->input_count; i++) PLAIT__TRY(check_input(session, i, &inputs[i]));
    release_owned(session);
    PLAIT__TRY(find_plan(session, inputs, &plan));
    session->current = plan;
    plan->last_used = ++session->run_count;
    PLAIT__TRY(ensure(session, &session->workspace, &session->workspace_bytes, plan->workspace_bytes));
    PLAIT__TRY(ensure(session, &session->scratch, &session->scratch_bytes, plan->scratch_bytes));
    PLAIT__TRY(ensure_values(session, plan->graph->value_count));
    note_peak(session);

    struct plait__frame frame = {.context = session->context,
                                 .values = session->values,
                                 .allocate = allocate,
                                 .user = session,
                                 .scratch = session->scratch,
                                 .node_done = session->options.profile ? count_node : NULL};
    for (int v = 0; v < plan->graph->value_count; v++) session->values[v] = plan->graph->values[v].type;
    for (int i = 0; i < loaded->input_count; i++) session->values[plan->graph->inputs[i]] = inputs[i];
    PLAIT__TRY(run_segments(session, plan, &frame));
    PLAIT__TRY(copy_passed_through(session, plan->graph));
    for (int i = 0; i < plan->graph->output_count; i++) outputs_out[i] = session->values[plan->graph->outputs[i]];
    return PLAIT_OK;
}
