#include "graph/layout.h"

#include "graph/layout_follow.h"

#include <string.h>

struct pass {
    struct plait__graph *graph;
    plait__layout_query can_turn;
    struct plait__node *old; /* the nodes as they came */
    int old_count;
    int *last;  /* [values as they came] the same value channels-last, or -1 */
    bool *made; /* [same] whether it exists in ONNX's layout */
    int *maker; /* [same] the new node that makes it in ONNX's layout, or -1 */
};

/* ---- values in the other layout ---- */

static bool has_space(const plait_tensor *type) {
    return type->rank >= 3;
}

/* ONNX's axis that becomes axis `i`. */
static int source_axis(int rank, int i) {
    return i == 0 ? 0 : i == rank - 1 ? 1 : i + 1;
}

static int add_value_like(struct pass *pass, int value, bool last) {
    int made = plait__graph_add_value(pass->graph, pass->graph->values[value].name);
    if (made < 0) return -1;
    plait_tensor type = pass->graph->values[value].type, *turned = &pass->graph->values[made].type;
    *turned = type;
    turned->data = NULL;
    for (int i = 0; last && i < type.rank; i++) turned->dims[i] = type.dims[source_axis(type.rank, i)];
    return made;
}

static enum plait_status add_transpose(struct pass *pass, int from, int to, const int64_t *permutation, int rank) {
    struct plait__graph *graph = pass->graph;
    int64_t *perm = plait__arena_array(&graph->arena, (size_t)rank, sizeof *perm);
    int index = plait__graph_add_node(graph, PLAIT__OP_Transpose, graph->values[to].name, 1, 1, 1);
    if (!perm || index < 0) return PLAIT_MEMORY;
    memcpy(perm, permutation, (size_t)rank * sizeof *perm);
    struct plait__node *node = &graph->nodes[index];
    node->inputs[0] = from;
    node->outputs[0] = to;
    node->attributes[0] =
        (struct plait__attribute){.name = "perm", .kind = PLAIT__ATTRIBUTE_INTS, .count = (size_t)rank, .ints = perm};
    return PLAIT_OK;
}

/* Constants are turned here and now. */
static enum plait_status turn_constant(struct pass *pass, int value, int turned) {
    const plait_tensor *from = &pass->graph->values[value].type;
    plait_tensor *to = &pass->graph->values[turned].type;
    size_t bytes = plait_dtype_bytes(from->dtype), space = 1, channels = (size_t)from->dims[1];
    for (int i = 2; i < from->rank; i++) space *= (size_t)from->dims[i];
    char *data = plait__arena_allocate(&pass->graph->arena, plait_tensor_bytes(from) + 1);
    if (!data) return PLAIT_MEMORY;
    for (size_t batch = 0; batch < (size_t)from->dims[0]; batch++)
        for (size_t place = 0; place < space; place++)
            for (size_t channel = 0; channel < channels; channel++)
                memcpy(data + ((batch * space + place) * channels + channel) * bytes,
                       (const char *)from->data + ((batch * channels + channel) * space + place) * bytes, bytes);
    to->data = data;
    pass->graph->values[turned].constant = true;
    return PLAIT_OK;
}

/* A value made by a transpose is turned by one transpose of what that read. */
static enum plait_status turn_value(struct pass *pass, int value, int turned) {
    struct plait__graph *graph = pass->graph;
    int rank = graph->values[value].type.rank, from = value;
    int64_t permutation[PLAIT_MAX_RANK];
    for (int i = 0; i < rank; i++) permutation[i] = source_axis(rank, i);
    if (pass->maker[value] >= 0 && graph->nodes[pass->maker[value]].op == PLAIT__OP_Transpose) {
        const struct plait__node *made_by = &graph->nodes[pass->maker[value]];
        int count;
        const int64_t *perm = plait__attribute_ints(made_by, "perm", &count);
        if (count == rank) {
            for (int i = 0; i < rank; i++) permutation[i] = perm[permutation[i]];
            from = made_by->inputs[0];
        }
    }
    return add_transpose(pass, from, turned, permutation, rank);
}

/* The value channels-last, made when it is not there yet.  Ranks without space are the same in both layouts. */
static enum plait_status need_last(struct pass *pass, int value, int *last_out) {
    if (!has_space(&pass->graph->values[value].type)) {
        *last_out = value;
        return PLAIT_OK;
    }
    if (pass->last[value] < 0) {
        int turned = add_value_like(pass, value, true);
        if (turned < 0) return PLAIT_MEMORY;
        PLAIT__TRY(pass->graph->values[value].constant ? turn_constant(pass, value, turned) : turn_value(pass, value, turned));
        pass->last[value] = turned;
    }
    *last_out = pass->last[value];
    return PLAIT_OK;
}

/* The value as ONNX has it. */
static enum plait_status need_onnx(struct pass *pass, int value) {
    if (pass->made[value]) return PLAIT_OK;
    int rank = pass->graph->values[value].type.rank;
    int64_t permutation[PLAIT_MAX_RANK];
    for (int i = 0; i < rank; i++) permutation[source_axis(rank, i)] = i;
    pass->made[value] = true;
    return add_transpose(pass, pass->last[value], value, permutation, rank);
}

/* ---- nodes ---- */

static enum plait_status keep(struct pass *pass, const struct plait__node *node) {
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0) PLAIT__TRY(need_onnx(pass, node->inputs[i]));
    int index = plait__graph_add_node(pass->graph, node->op, node->name, 0, 0, 0);
    if (index < 0) return PLAIT_MEMORY;
    pass->graph->nodes[index] = *node;
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] < 0) continue;
        pass->made[node->outputs[i]] = true;
        pass->maker[node->outputs[i]] = index;
    }
    return PLAIT_OK;
}

/* The node with the inputs that `turned_inputs` says, and its outputs, channels-last.  Lists are copied: the old node's may
 * be borrowed from the graph this is a clone of. */
static enum plait_status turn(struct pass *pass, const struct plait__node *node, uint32_t turned_inputs, bool turned_outputs,
                              struct plait__node **node_out) {
    struct plait__graph *graph = pass->graph;
    int inputs[32];
    for (int i = 0; i < node->input_count; i++) {
        inputs[i] = node->inputs[i];
        if (inputs[i] < 0) continue;
        if (turned_inputs & 1u << i)
            PLAIT__TRY(need_last(pass, node->inputs[i], &inputs[i]));
        else
            PLAIT__TRY(need_onnx(pass, node->inputs[i]));
    }
    int index =
        plait__graph_add_node(graph, node->op, node->name, node->input_count, node->output_count, node->attribute_count);
    if (index < 0) return PLAIT_MEMORY;
    struct plait__node *turned = &graph->nodes[index];
    turned->opset = node->opset;
    turned->clamp = node->clamp;
    for (int i = 0; i < node->attribute_count; i++) turned->attributes[i] = node->attributes[i];
    for (int i = 0; i < node->input_count; i++) turned->inputs[i] = inputs[i];
    for (int i = 0; i < node->output_count; i++) {
        int value = node->outputs[i];
        if (value < 0) continue;
        bool spaced = turned_outputs && has_space(&graph->values[value].type);
        turned->outputs[i] = spaced ? add_value_like(pass, value, true) : value;
        if (turned->outputs[i] < 0) return PLAIT_MEMORY;
        if (spaced) {
            pass->last[value] = turned->outputs[i];
        } else {
            pass->made[value] = true;
            pass->maker[value] = index;
        }
    }
    *node_out = turned;
    return PLAIT_OK;
}

/* Of the inputs, which exist channels-last only: whoever takes them as they are saves a transpose. */
static uint32_t last_only(const struct pass *pass, const struct plait__node *node) {
    uint32_t inputs = 0;
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0 && !pass->made[node->inputs[i]] && pass->last[node->inputs[i]] >= 0) inputs |= 1u << i;
    return inputs;
}

static enum plait_status visit(struct pass *pass, const struct plait__node *node) {
    struct plait__node *turned = NULL;
    if (node->input_count > 31) return keep(pass, node);
    enum plait__layout_kind kind = plait__layout_kind(node->op);
    uint32_t waiting = last_only(pass, node);
    if (kind == PLAIT__LAYOUT_TURNS || (kind == PLAIT__LAYOUT_TURNS_IF_FED && (waiting & 1))) {
        if (!pass->can_turn(pass->graph, node)) return keep(pass, node);
        PLAIT__TRY(turn(pass, node, 1, true, &turned));
        turned->layout = PLAIT__LAYOUT_CHANNELS_LAST;
        return PLAIT_OK;
    }
    struct plait__follower follower;
    if (kind != PLAIT__LAYOUT_FOLLOWS || !waiting || !plait__layout_follow(pass->graph, node, &follower))
        return keep(pass, node);
    PLAIT__TRY(turn(pass, node, follower.turned_inputs, follower.turned_outputs, &turned));
    return plait__layout_rewrite(pass->graph, node, turned);
}

enum plait_status plait__graph_channels_last(struct plait__graph *graph, plait__layout_query can_turn) {
    struct pass pass = {.graph = graph, .can_turn = can_turn, .old = graph->nodes, .old_count = graph->node_count};
    size_t count = (size_t)graph->value_count + 1;
    pass.last = plait__arena_array(&graph->arena, count, sizeof *pass.last);
    pass.made = plait__arena_array(&graph->arena, count, sizeof *pass.made);
    pass.maker = plait__arena_array(&graph->arena, count, sizeof *pass.maker);
    if (!pass.last || !pass.made || !pass.maker) return PLAIT_MEMORY;
    for (size_t i = 0; i < count; i++) pass.last[i] = pass.maker[i] = -1;
    for (int i = 0; i < graph->value_count; i++) pass.made[i] = graph->values[i].constant;
    for (int i = 0; i < graph->input_count; i++) pass.made[graph->inputs[i]] = true;
    graph->nodes = NULL;
    graph->node_count = graph->node_capacity = 0;
    for (int i = 0; i < pass.old_count; i++)
        if (!pass.old[i].removed) PLAIT__TRY(visit(&pass, &pass.old[i]));
    for (int i = 0; i < graph->output_count; i++) PLAIT__TRY(need_onnx(&pass, graph->outputs[i]));
    return plait__graph_compact(graph);
}
