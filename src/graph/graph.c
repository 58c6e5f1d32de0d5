#include "graph/graph.h"

#include <limits.h>
#include <string.h>

enum plait_status plait__graph_create(plait_context *context, struct plait__graph **graph_out) {
    struct plait__graph *graph = plait__allocate_zero(context, 1, sizeof *graph);
    if (!graph) return PLAIT_MEMORY;
    graph->context = context;
    plait__arena_init(&graph->arena, context);
    *graph_out = graph;
    return PLAIT_OK;
}

void plait__graph_destroy(struct plait__graph *graph) {
    if (!graph) return;
    for (struct plait__graph *subgraph = graph->subgraphs, *next; subgraph; subgraph = next) {
        next = subgraph->next;
        plait__graph_destroy(subgraph);
    }
    plait_context *context = graph->context;
    for (struct plait__graph_file *file = graph->files; file; file = file->next) plait__file_close(context, &file->file);
    plait__arena_end(&graph->arena);
    plait__release(context, graph);
}

/* Arena memory cannot grow in place: a doubled copy leaves at most as much behind as it holds. */
static void *grow(struct plait__graph *graph, void *array, int count, int *capacity, size_t bytes) {
    if (count < *capacity) return array;
    if (*capacity > INT_MAX / 2) {
        plait__fail(graph->context, PLAIT_LIMIT, "a graph of more than %d entries", *capacity);
        return NULL;
    }
    int capacity_new = *capacity ? *capacity * 2 : 16;
    void *grown = plait__arena_array(&graph->arena, (size_t)capacity_new, bytes);
    if (!grown) return NULL;
    if (count) memcpy(grown, array, (size_t)count * bytes);
    *capacity = capacity_new;
    return grown;
}

int plait__graph_add_value(struct plait__graph *graph, const char *name) {
    void *values = grow(graph, graph->values, graph->value_count, &graph->value_capacity, sizeof *graph->values);
    if (!values) return -1;
    graph->values = values;
    graph->values[graph->value_count] = (struct plait__value){.name = name, .type.rank = -1};
    return graph->value_count++;
}

static int *index_list(struct plait__graph *graph, int count) {
    int *list = plait__arena_array(&graph->arena, (size_t)count, sizeof *list);
    if (list)
        for (int i = 0; i < count; i++) list[i] = -1;
    return list;
}

int plait__graph_add_node(struct plait__graph *graph, enum plait__op op, const char *name, int input_count, int output_count,
                          int attribute_count) {
    void *nodes = grow(graph, graph->nodes, graph->node_count, &graph->node_capacity, sizeof *graph->nodes);
    if (!nodes) return -1;
    graph->nodes = nodes;
    struct plait__node node = {.op = op, .name = name, .opset = graph->opset};
    node.input_count = input_count;
    node.output_count = output_count;
    node.attribute_count = attribute_count;
    node.inputs = index_list(graph, input_count);
    node.outputs = index_list(graph, output_count);
    node.attributes = plait__arena_array(&graph->arena, (size_t)attribute_count, sizeof *node.attributes);
    if (!node.inputs || !node.outputs || !node.attributes) return -1;
    graph->nodes[graph->node_count] = node;
    return graph->node_count++;
}

static int *copy_list(struct plait__arena *arena, const int *list, int count) {
    int *copy = plait__arena_array(arena, (size_t)count, sizeof *copy);
    if (copy && count) memcpy(copy, list, (size_t)count * sizeof *copy);
    return copy;
}

enum plait_status plait__graph_clone(const struct plait__graph *graph, struct plait__graph **clone_out) {
    struct plait__graph *clone = NULL;
    PLAIT__TRY(plait__graph_create(graph->context, &clone));
    struct plait__arena *arena = &clone->arena;
    clone->opset = graph->opset;
    clone->value_count = clone->value_capacity = graph->value_count;
    clone->node_count = clone->node_capacity = graph->node_count;
    clone->input_count = graph->input_count;
    clone->output_count = graph->output_count;
    clone->capture_first = graph->capture_first;
    clone->capture_count = graph->capture_count;
    clone->values = plait__arena_array(arena, (size_t)graph->value_count, sizeof *clone->values);
    clone->nodes = plait__arena_array(arena, (size_t)graph->node_count, sizeof *clone->nodes);
    clone->inputs = copy_list(arena, graph->inputs, graph->input_count);
    clone->outputs = copy_list(arena, graph->outputs, graph->output_count);
    if (!clone->values || !clone->nodes || !clone->inputs || !clone->outputs) goto memory;
    if (graph->value_count) memcpy(clone->values, graph->values, (size_t)graph->value_count * sizeof *clone->values);
    for (int n = 0; n < graph->node_count; n++) {
        const struct plait__node *node = &graph->nodes[n];
        clone->nodes[n] = *node;
        clone->nodes[n].inputs = copy_list(arena, node->inputs, node->input_count);
        clone->nodes[n].outputs = copy_list(arena, node->outputs, node->output_count);
        if (!clone->nodes[n].inputs || !clone->nodes[n].outputs) goto memory;
    }
    *clone_out = clone;
    return PLAIT_OK;
memory:
    plait__graph_destroy(clone);
    return PLAIT_MEMORY;
}

void plait__graph_count_uses(const struct plait__graph *graph, int *counts_out) {
    for (int v = 0; v < graph->value_count; v++) counts_out[v] = 0;
    for (int n = 0; n < graph->node_count; n++) {
        const struct plait__node *node = &graph->nodes[n];
        for (int i = 0; i < node->input_count && !node->removed; i++)
            if (node->inputs[i] >= 0) counts_out[node->inputs[i]]++;
    }
    for (int i = 0; i < graph->output_count; i++) counts_out[graph->outputs[i]]++;
}

void plait__graph_replace(struct plait__graph *graph, int from, int to) {
    for (int n = 0; n < graph->node_count; n++)
        for (int i = 0; i < graph->nodes[n].input_count; i++)
            if (graph->nodes[n].inputs[i] == from) graph->nodes[n].inputs[i] = to;
    for (int i = 0; i < graph->output_count; i++)
        if (graph->outputs[i] == from) graph->outputs[i] = to;
}

/* Marks, walking backwards, the nodes that no output depends on. */
static void remove_unused(struct plait__graph *graph, int *uses) {
    for (int n = graph->node_count - 1; n >= 0; n--) {
        struct plait__node *node = &graph->nodes[n];
        bool used = false;
        for (int i = 0; i < node->output_count; i++) used |= node->outputs[i] >= 0 && uses[node->outputs[i]] > 0;
        if (node->removed || used) continue;
        node->removed = true;
        for (int i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0) uses[node->inputs[i]]--;
    }
}

enum plait_status plait__graph_compact(struct plait__graph *graph) {
    int *uses = plait__allocate_zero(graph->context, (size_t)graph->value_count, sizeof *uses);
    if (!uses) return PLAIT_MEMORY;
    plait__graph_count_uses(graph, uses);
    remove_unused(graph, uses);
    plait__release(graph->context, uses);
    int kept = 0;
    for (int n = 0; n < graph->node_count; n++)
        if (!graph->nodes[n].removed) graph->nodes[kept++] = graph->nodes[n];
    graph->node_count = kept;
    return PLAIT_OK;
}
