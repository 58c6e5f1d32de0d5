#include <string.h>

#include "backend/reference/reference.h"
#include "graph/infer.h"
#include "graph/inline.h"
#include "session/session.h"

/* A file of a few bytes must not become constants of gigabytes: so much more than their inputs may results take together. */
#define LARGEST_GROWTH ((size_t)16 << 20) /* bytes */

/* Whether the result can be computed now: from constants, or from nothing but the input's shape. */
static bool is_foldable(const struct plait__graph *graph, const struct plait__node *node, size_t *growth) {
    if (node->op == PLAIT__OP_Loop || node->op == PLAIT__OP_Scan /* may run for long */) return false;
    if (node->op == PLAIT__OP_Dropout /* may be random */ || !plait__reference_has(node->op)) return false;
    if (node->op == PLAIT__OP_Shape || node->op == PLAIT__OP_Size)
        return node->input_count == 1 && node->inputs[0] >= 0 && plait__known_shape(&graph->values[node->inputs[0]].type);
    size_t read = 0, made = 0;
    for (int i = 0; i < node->input_count; i++) {
        if (node->inputs[i] < 0) continue;
        const struct plait__value *value = &graph->values[node->inputs[i]];
        if (!value->constant) return false;
        read += plait_tensor_bytes(&value->type);
    }
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] < 0) continue;
        const plait_tensor *type = &graph->values[node->outputs[i]].type;
        if (type->dtype != PLAIT_DTYPE_NONE && plait__known_shape(type)) made += plait_tensor_bytes(type);
    }
    if (made > read && made - read > LARGEST_GROWTH - *growth) return false;
    if (made > read) *growth += made - read;
    return true;
}

static enum plait_status allocate_constant(struct plait__frame *frame, int value) {
    struct plait__graph *graph = frame->user;
    frame->values[value].data = plait__arena_allocate(&graph->arena, plait_tensor_bytes(&frame->values[value]));
    return frame->values[value].data ? PLAIT_OK : PLAIT_MEMORY;
}

static enum plait_status fold(struct plait__graph *graph, struct plait__node *node, struct plait__frame *frame,
                              struct plait__arena *scratch) {
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0) frame->values[node->inputs[i]] = graph->values[node->inputs[i]].type;
    PLAIT__TRY(plait__reference_run_node(frame, node, scratch));
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] < 0) continue;
        graph->values[node->outputs[i]].type = frame->values[node->outputs[i]];
        graph->values[node->outputs[i]].constant = true;
    }
    node->removed = true;
    return PLAIT_OK;
}

static enum plait_status infer_and_fold(struct plait__graph *graph) {
    plait_context *context = graph->context;
    struct plait__arena scratch;
    struct plait__frame frame = {.context = context, .allocate = allocate_constant, .user = graph};
    frame.values = plait__allocate_zero(context, (size_t)graph->value_count, sizeof *frame.values);
    if (!frame.values) return PLAIT_MEMORY;
    plait__arena_init(&scratch, context);
    enum plait_status status = PLAIT_OK;
    size_t growth = 0;
    for (int n = 0; n < graph->node_count && status == PLAIT_OK; n++) {
        struct plait__node *node = &graph->nodes[n];
        status = plait__infer_node(graph, node, &scratch);
        if (status == PLAIT_OK && is_foldable(graph, node, &growth)) status = fold(graph, node, &frame, &scratch);
    }
    plait__arena_end(&scratch);
    plait__release(context, frame.values);
    return status == PLAIT_OK ? plait__graph_compact(graph) : status;
}

enum plait_status plait__simplify(struct plait__graph *graph) {
    bool changed = true;
    while (changed) {
        PLAIT__TRY(infer_and_fold(graph));
        PLAIT__TRY(plait__inline_branches(graph, &changed));
    }
    return PLAIT_OK;
}
