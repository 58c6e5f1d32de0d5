#include <string.h>

#include "graph/fuse/fuse.h"
#include "graph/layout.h"
#include "session/session.h"

static enum plait_status set_inputs(struct plait__plan *plan, const plait_tensor *inputs) {
    struct plait__graph *graph = plan->graph;
    plan->input_count = graph->input_count;
    plan->input_types = plait__arena_array(&graph->arena, (size_t)graph->input_count, sizeof *plan->input_types);
    if (!plan->input_types) return PLAIT_MEMORY;
    for (int i = 0; i < graph->input_count; i++) {
        plan->input_types[i] = inputs[i];
        plan->input_types[i].data = NULL;
        graph->values[graph->inputs[i]].type = plan->input_types[i];
    }
    return PLAIT_OK;
}

static enum plait_status create_segments(struct plait__plan *plan) {
    for (int s = 0; s < plan->segment_count; s++) {
        struct plait__segment *segment = &plan->segments[s];
        PLAIT__TRY(segment->backend->segment_create(plan->context, &segment->plan, &segment->state));
        size_t scratch = segment->backend->segment_scratch ? segment->backend->segment_scratch(segment->state) : 0;
        if (plan->scratch_bytes < scratch) plan->scratch_bytes = scratch;
    }
    return PLAIT_OK;
}

static enum plait_status fill(struct plait__plan *plan, plait_session *session, const plait_tensor *inputs) {
    PLAIT__TRY(set_inputs(plan, inputs));
    PLAIT__TRY(plait__simplify(plan->graph));
    PLAIT__TRY(plait__fuse_graph(plan->graph));
    if (session->backend->prefers_channels_last)
        PLAIT__TRY(plait__graph_channels_last(plan->graph, session->backend->prefers_channels_last));
    PLAIT__TRY(plait__plan_segments(plan, session->backend, &session->options));
    PLAIT__TRY(plait__plan_memory(plan));
    return create_segments(plan);
}

enum plait_status plait__plan_create(plait_session *session, const plait_tensor *inputs, struct plait__plan **plan_out) {
    plait_context *context = session->context;
    struct plait__plan *plan = plait__allocate_zero(context, 1, sizeof *plan);
    if (!plan) return PLAIT_MEMORY;
    plan->context = context;
    plan->threads = context->options.threads;
    enum plait_status status = plait__graph_clone(session->graph, &plan->graph);
    if (status == PLAIT_OK) status = fill(plan, session, inputs);
    if (status != PLAIT_OK) {
        plait__plan_destroy(plan);
        return status;
    }
    *plan_out = plan;
    return PLAIT_OK;
}

void plait__plan_destroy(struct plait__plan *plan) {
    if (!plan) return;
    for (int s = 0; s < plan->segment_count; s++)
        if (plan->segments[s].state) plan->segments[s].backend->segment_destroy(plan->segments[s].state);
    plait__release(plan->context, plan->offsets);
    plait__graph_destroy(plan->graph);
    plait__release(plan->context, plan);
}
