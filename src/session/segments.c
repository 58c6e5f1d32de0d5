/* Who runs what: each node goes to the preferred backend if that takes it, else to reference; then the order is chosen so
 * that nodes of one backend come together, and each run of them becomes a segment. */
#include <string.h>

#include "session/session.h"

static enum plait_status assign(const struct plait__graph *graph, const struct plait__backend *preferred,
                                const plait_session_options *options, const struct plait__backend **backends) {
    for (int n = 0; n < graph->node_count; n++) {
        const struct plait__node *node = &graph->nodes[n];
        if (preferred->supports(graph, node, options)) {
            backends[n] = preferred;
        } else if (plait__backend_reference.supports(graph, node, options)) {
            backends[n] = &plait__backend_reference;
        } else {
            return plait__fail(graph->context, PLAIT_UNSUPPORTED, "%s '%s': no backend has this operator",
                               plait__op_name(node->op), node->name);
        }
    }
    return PLAIT_OK;
}

/* maker[v]: the node that makes v, or -1. */
static bool is_ready(const struct plait__node *node, const int *maker, const bool *done) {
    for (int i = 0; i < node->input_count; i++) {
        int made_by = node->inputs[i] < 0 ? -1 : maker[node->inputs[i]];
        if (made_by >= 0 && !done[made_by]) return false;
    }
    return true;
}

/* As long as one backend has nodes that are ready it goes on; then the other has its turn.  Nodes are in order already, so
 * that one pass finds all that a turn can take. */
static int arrange(const struct plait__graph *graph, const struct plait__backend **backends, const int *maker, bool *done,
                   const struct plait__backend *first, int *order) {
    const struct plait__backend *turn = first;
    int arranged = 0;
    while (arranged < graph->node_count) {
        for (int n = 0; n < graph->node_count; n++) {
            if (done[n] || backends[n] != turn || !is_ready(&graph->nodes[n], maker, done)) continue;
            done[n] = true;
            order[arranged++] = n;
        }
        turn = turn == first ? &plait__backend_reference : first;
    }
    return arranged;
}

static int count_segments(const struct plait__backend **backends, const int *order, int count) {
    int segments = 0;
    for (int i = 0; i < count; i++) segments += i == 0 || backends[order[i]] != backends[order[i - 1]];
    return segments;
}

/* Runs too short to be worth it go to reference, where reference can run them. */
static void give_up_short_runs(const struct plait__graph *graph, const struct plait__backend **backends, const int *order,
                               const plait_session_options *options) {
    for (int i = 0, end; i < graph->node_count; i = end) {
        const struct plait__backend *backend = backends[order[i]];
        bool can_move = true;
        for (end = i; end < graph->node_count && backends[order[end]] == backend; end++)
            can_move &= plait__backend_reference.supports(graph, &graph->nodes[order[end]], options);
        if (end - i >= backend->smallest_segment || !can_move) continue;
        for (int k = i; k < end; k++) backends[order[k]] = &plait__backend_reference;
    }
}

/* Which segment makes each value (-1: none), and whether anybody outside of it, or the caller, needs it. */
static void list_values(struct plait__plan *plan, int *home, bool *needed, bool *listed, int *list) {
    const struct plait__graph *graph = plan->graph;
    for (int s = 0; s < plan->segment_count; s++) {
        const struct plait__segment_plan *segment = &plan->segments[s].plan;
        for (int n = 0; n < segment->node_count; n++) {
            const struct plait__node *node = &graph->nodes[segment->nodes[n]];
            for (int i = 0; i < node->output_count; i++)
                if (node->outputs[i] >= 0) home[node->outputs[i]] = s;
        }
    }
    for (int s = 0; s < plan->segment_count; s++) {
        struct plait__segment_plan *segment = &plan->segments[s].plan;
        segment->inputs = list;
        for (int n = 0; n < segment->node_count; n++) {
            const struct plait__node *node = &graph->nodes[segment->nodes[n]];
            for (int i = 0; i < node->input_count; i++) {
                int value = node->inputs[i];
                if (value < 0 || graph->values[value].constant || home[value] == s || listed[value]) continue;
                needed[value] = listed[value] = true;
                list[segment->input_count++] = value;
            }
        }
        for (int i = 0; i < segment->input_count; i++) listed[list[i]] = false;
        list += segment->input_count;
    }
    for (int i = 0; i < graph->output_count; i++) needed[graph->outputs[i]] = true;
    for (int s = 0; s < plan->segment_count; s++) {
        struct plait__segment_plan *segment = &plan->segments[s].plan;
        segment->outputs = list;
        for (int v = 0; v < graph->value_count; v++)
            if (home[v] == s && needed[v]) list[segment->output_count++] = v;
        list += segment->output_count;
    }
}

static enum plait_status cut(struct plait__plan *plan, const struct plait__backend **backends,
                             const plait_session_options *options) {
    const struct plait__graph *graph = plan->graph;
    int count = graph->node_count;
    plan->segments =
        plait__arena_array(&plan->graph->arena, (size_t)count_segments(backends, plan->order, count), sizeof *plan->segments);
    if (!plan->segments) return PLAIT_MEMORY;
    size_t list_length = (size_t)graph->value_count;
    for (int i = 0; i < count; i++) {
        list_length += (size_t)graph->nodes[i].input_count;
        if (i == 0 || backends[plan->order[i]] != backends[plan->order[i - 1]])
            plan->segments[plan->segment_count++] = (struct plait__segment){
                .backend = backends[plan->order[i]], .plan = {.graph = graph, .nodes = plan->order + i, .options = options}};
        plan->segments[plan->segment_count - 1].plan.node_count++;
    }
    int *list = plait__arena_array(&plan->graph->arena, list_length, sizeof *list);
    int *home = plait__arena_array(&plan->graph->arena, (size_t)graph->value_count, sizeof *home);
    bool *flags = plait__arena_array(&plan->graph->arena, 2 * (size_t)graph->value_count, sizeof *flags);
    if (!list || !home || !flags) return PLAIT_MEMORY;
    for (int v = 0; v < graph->value_count; v++) home[v] = -1;
    list_values(plan, home, flags, flags + graph->value_count, list);
    return PLAIT_OK;
}

enum plait_status plait__plan_segments(struct plait__plan *plan, const struct plait__backend *preferred,
                                       const plait_session_options *options) {
    struct plait__graph *graph = plan->graph;
    size_t nodes = (size_t)graph->node_count;
    const struct plait__backend **backends = plait__arena_array(&graph->arena, nodes, sizeof *backends);
    int *maker = plait__arena_array(&graph->arena, (size_t)graph->value_count, sizeof *maker);
    bool *done = plait__arena_array(&graph->arena, nodes, sizeof *done);
    plan->order = plait__arena_array(&graph->arena, nodes, sizeof *plan->order);
    if (!backends || !maker || !done || !plan->order) return PLAIT_MEMORY;
    for (int v = 0; v < graph->value_count; v++) maker[v] = -1;
    for (int n = 0; n < graph->node_count; n++)
        for (int i = 0; i < graph->nodes[n].output_count; i++)
            if (graph->nodes[n].outputs[i] >= 0) maker[graph->nodes[n].outputs[i]] = n;
    PLAIT__TRY(assign(graph, preferred, options, backends));
    arrange(graph, backends, maker, done, preferred, plan->order);
    give_up_short_runs(graph, backends, plan->order, options);
    return cut(plan, backends, options);
}
