#include "graph/infer.h"

enum plait_status plait__infer_node(struct plait__graph *graph, const struct plait__node *node, struct plait__arena *scratch) {
    const plait_tensor **inputs = plait__arena_array(scratch, (size_t)node->input_count, sizeof *inputs);
    plait_tensor **outputs = plait__arena_array(scratch, (size_t)node->output_count, sizeof *outputs);
    if (!inputs || !outputs) return PLAIT_MEMORY;
    for (int i = 0; i < node->input_count; i++) inputs[i] = node->inputs[i] < 0 ? NULL : &graph->values[node->inputs[i]].type;
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] < 0) continue;
        outputs[i] = &graph->values[node->outputs[i]].type;
        *outputs[i] = (plait_tensor){.rank = -1};
    }
    struct plait__call call = {.context = graph->context,
                               .node = node,
                               .input_count = node->input_count,
                               .output_count = node->output_count,
                               .inputs = inputs,
                               .outputs = outputs,
                               .scratch = scratch};
    enum plait_status status = plait__shape_of(node->op)(&call);
    plait__arena_reset(scratch);
    return status;
}

enum plait_status plait__infer_graph(struct plait__graph *graph) {
    struct plait__arena scratch;
    enum plait_status status = PLAIT_OK;
    plait__arena_init(&scratch, graph->context);
    for (int n = 0; n < graph->node_count && status == PLAIT_OK; n++)
        status = plait__infer_node(graph, &graph->nodes[n], &scratch);
    plait__arena_end(&scratch);
    return status;
}
