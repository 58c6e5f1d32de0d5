/* A subgraph, run node by node with memory as it comes: shapes may be others at every round. */
#include <string.h>

#include "backend/reference/reference.h"

struct run {
    const struct plait__graph *graph;
    void **owned; /* by value */
    int *readers; /* by value: that have yet to run, the graph's outputs included */
};

static enum plait_status allocate(struct plait__frame *frame, int value) {
    struct run *run = frame->user;
    plait__release(frame->context, run->owned[value]);
    run->owned[value] = plait__allocate(frame->context, plait_tensor_bytes(&frame->values[value]));
    frame->values[value].data = run->owned[value];
    return run->owned[value] ? PLAIT_OK : PLAIT_MEMORY;
}

static void release_read(struct plait__frame *frame, const struct plait__node *node) {
    struct run *run = frame->user;
    for (int i = 0; i < node->input_count; i++) {
        int value = node->inputs[i];
        if (value < 0 || --run->readers[value] > 0) continue;
        plait__release(frame->context, run->owned[value]);
        run->owned[value] = NULL;
    }
}

static enum plait_status run_nodes(struct plait__frame *frame, const struct plait__graph *graph) {
    struct plait__arena scratch;
    enum plait_status status = PLAIT_OK;
    plait__arena_init(&scratch, frame->context);
    for (int n = 0; n < graph->node_count && status == PLAIT_OK; n++) {
        if (plait__cancelled(frame->context)) {
            status = plait__fail(frame->context, PLAIT_CANCELLED, "cancelled by the caller");
            break;
        }
        status = plait__reference_run_node(frame, &graph->nodes[n], &scratch);
        release_read(frame, &graph->nodes[n]);
    }
    plait__arena_end(&scratch);
    return status;
}

/* What the run made is handed over; inputs, constants and what is an output twice are copied. */
static enum plait_status hand_over(struct plait__frame *frame, plait_tensor *outputs_out) {
    struct run *run = frame->user;
    const struct plait__graph *graph = run->graph;
    for (int i = 0; i < graph->output_count; i++) {
        int value = graph->outputs[i];
        plait_tensor *tensor = &frame->values[value];
        outputs_out[i] = *tensor;
        outputs_out[i].data = run->owned[value];
        run->owned[value] = NULL;
        if (outputs_out[i].data) continue;
        size_t bytes = plait_tensor_bytes(tensor);
        outputs_out[i].data = plait__allocate(frame->context, bytes);
        if (!outputs_out[i].data) return PLAIT_MEMORY;
        if (bytes) memcpy(outputs_out[i].data, tensor->data, bytes);
    }
    return PLAIT_OK;
}

static enum plait_status run_all(struct plait__frame *frame, const plait_tensor *inputs, plait_tensor *outputs_out) {
    struct run *run = frame->user;
    const struct plait__graph *graph = run->graph;
    for (int v = 0; v < graph->value_count; v++)
        if (graph->values[v].constant) frame->values[v] = graph->values[v].type;
    for (int i = 0; i < graph->input_count; i++) frame->values[graph->inputs[i]] = inputs[i];
    plait__graph_count_uses(graph, run->readers);
    PLAIT__TRY(run_nodes(frame, graph));
    return hand_over(frame, outputs_out);
}

enum plait_status plait__reference_run_graph(plait_context *context, const struct plait__graph *graph,
                                             const plait_tensor *inputs, plait_tensor *outputs_out) {
    size_t values = (size_t)graph->value_count;
    struct run run = {.graph = graph};
    struct plait__frame frame = {.context = context, .allocate = allocate, .user = &run};
    frame.values = plait__allocate_zero(context, values, sizeof *frame.values);
    run.owned = plait__allocate_zero(context, values, sizeof *run.owned);
    run.readers = plait__allocate_zero(context, values, sizeof *run.readers);
    enum plait_status status = PLAIT_MEMORY;
    for (int i = 0; i < graph->output_count; i++) outputs_out[i] = (plait_tensor){0};
    if (frame.values && run.owned && run.readers) status = run_all(&frame, inputs, outputs_out);
    for (size_t v = 0; run.owned && v < values; v++) plait__release(context, run.owned[v]);
    plait__release(context, frame.values);
    plait__release(context, run.owned);
    plait__release(context, run.readers);
    if (status == PLAIT_OK) return PLAIT_OK;
    for (int i = 0; i < graph->output_count; i++) {
        plait__release(context, outputs_out[i].data);
        outputs_out[i].data = NULL;
    }
    return status;
}
