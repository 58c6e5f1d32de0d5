#include "graph/inline.h"

#include <string.h>

/* The branch that this node takes whatever its inputs are; NULL when that is open. */
static const struct plait__graph *taken_branch(const struct plait__graph *graph, const struct plait__node *node) {
    if (node->op != PLAIT__OP_If || node->removed || node->input_count < 1 || node->inputs[0] < 0) return NULL;
    const struct plait__value *condition = &graph->values[node->inputs[0]];
    if (!condition->constant || condition->type.dtype != PLAIT_BOOL || plait_tensor_elements(&condition->type) != 1)
        return NULL;
    const char *name = *(const uint8_t *)condition->type.data ? "then_branch" : "else_branch";
    const struct plait__attribute *attribute = plait__attribute(node, name);
    if (!attribute || attribute->kind != PLAIT__ATTRIBUTE_GRAPH || attribute->graph->output_count != node->output_count)
        return NULL;
    return attribute->graph;
}

/* Every value of the branch gets one here: a captured one that which it stands for, the others new ones. */
static enum plait_status map_values(struct plait__graph *graph, const struct plait__graph *branch, const int *inputs,
                                    int *map) {
    for (int v = 0; v < branch->value_count; v++) {
        map[v] = plait__graph_add_value(graph, branch->values[v].name);
        if (map[v] < 0) return PLAIT_MEMORY;
        graph->values[map[v]].type = branch->values[v].type;
        graph->values[map[v]].constant = branch->values[v].constant;
    }
    for (int i = 0; i < branch->capture_count; i++)
        map[branch->inputs[branch->input_count - branch->capture_count + i]] = inputs[branch->capture_first + i];
    return PLAIT_OK;
}

static int *mapped(struct plait__graph *graph, const int *list, int count, const int *map) {
    int *copy = plait__arena_array(&graph->arena, (size_t)count, sizeof *copy);
    for (int i = 0; copy && i < count; i++) copy[i] = list[i] < 0 ? -1 : map[list[i]];
    return copy;
}

static enum plait_status copy_nodes(struct plait__graph *graph, const struct plait__graph *branch, const int *map,
                                    struct plait__node *nodes_out) {
    for (int n = 0; n < branch->node_count; n++) {
        nodes_out[n] = branch->nodes[n];
        nodes_out[n].inputs = mapped(graph, branch->nodes[n].inputs, branch->nodes[n].input_count, map);
        nodes_out[n].outputs = mapped(graph, branch->nodes[n].outputs, branch->nodes[n].output_count, map);
        if (!nodes_out[n].inputs || !nodes_out[n].outputs) return PLAIT_MEMORY;
    }
    return PLAIT_OK;
}

/* The If's outputs keep their names: each is an Identity of what the branch gives. */
static enum plait_status join_outputs(struct plait__graph *graph, const struct plait__graph *branch,
                                      const struct plait__node *node, const int *map, struct plait__node *nodes_out) {
    for (int i = 0; i < node->output_count; i++) {
        int *ends = plait__arena_array(&graph->arena, 2, sizeof *ends);
        if (!ends) return PLAIT_MEMORY;
        ends[0] = map[branch->outputs[i]];
        ends[1] = node->outputs[i];
        nodes_out[i] = (struct plait__node){.op = PLAIT__OP_Identity,
                                            .name = node->name,
                                            .opset = node->opset,
                                            .input_count = 1,
                                            .output_count = 1,
                                            .inputs = ends,
                                            .outputs = ends + 1,
                                            .removed = node->outputs[i] < 0};
    }
    return PLAIT_OK;
}

static enum plait_status replace(struct plait__graph *graph, int index, const struct plait__graph *branch) {
    const struct plait__node node = graph->nodes[index];
    int count = branch->node_count + node.output_count, rest = graph->node_count - index - 1;
    int *map = plait__arena_array(&graph->arena, (size_t)branch->value_count, sizeof *map);
    struct plait__node *nodes = plait__arena_array(&graph->arena, (size_t)(index + count + rest), sizeof *nodes);
    if (!map || !nodes) return PLAIT_MEMORY;
    memcpy(nodes, graph->nodes, (size_t)index * sizeof *nodes);
    memcpy(nodes + index + count, graph->nodes + index + 1, (size_t)rest * sizeof *nodes);
    PLAIT__TRY(map_values(graph, branch, node.inputs, map));
    PLAIT__TRY(copy_nodes(graph, branch, map, nodes + index));
    PLAIT__TRY(join_outputs(graph, branch, &node, map, nodes + index + branch->node_count));
    graph->nodes = nodes;
    graph->node_count = graph->node_capacity = index + count + rest;
    return PLAIT_OK;
}

enum plait_status plait__inline_branches(struct plait__graph *graph, bool *changed_out) {
    *changed_out = false;
    for (int n = 0; n < graph->node_count; n++) {
        const struct plait__graph *branch = taken_branch(graph, &graph->nodes[n]);
        if (!branch) continue;
        PLAIT__TRY(replace(graph, n--, branch)); /* and again from the branch's first node */
        *changed_out = true;
    }
    return PLAIT_OK;
}
