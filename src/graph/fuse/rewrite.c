#include <math.h>
#include <string.h>

#include "graph/fuse/fuse.h"
#include "tensor/element.h"

struct plait__node *plait__made_by(const struct plait__fuse *fuse, int value, enum plait__op op) {
    if (value < 0 || fuse->maker[value] < 0) return NULL;
    struct plait__node *node = &fuse->graph->nodes[fuse->maker[value]];
    return node->op == op && !node->clamp.on && !node->removed && node->outputs[0] == value ? node : NULL;
}

struct plait__node *plait__made_for(const struct plait__fuse *fuse, int value, enum plait__op op) {
    struct plait__node *node = plait__made_by(fuse, value, op);
    return node && fuse->uses[value] == 1 ? node : NULL;
}

bool plait__scalar(const struct plait__fuse *fuse, int value, int beside, float *scalar_out) {
    if (value < 0 || !fuse->graph->values[value].constant) return false;
    const plait_tensor *type = plait__type(fuse, value);
    if (!plait__is_float(type->dtype) || plait_tensor_elements(type) != 1) return false;
    if (beside >= 0 && type->rank > 0 && type->rank > plait__type(fuse, beside)->rank) return false;
    *scalar_out = (float)plait__load_real(type, 0);
    return true;
}

bool plait__scalar_is(const struct plait__fuse *fuse, int value, int beside, double expected) {
    float scalar;
    return plait__scalar(fuse, value, beside, &scalar) && fabs((double)scalar - expected) <= 1e-6 * fabs(expected);
}

bool plait__with_scalar(const struct plait__fuse *fuse, const struct plait__node *node, int *other_out, float *scalar_out) {
    if (node->input_count != 2) return false;
    for (int i = 0; i < 2; i++) {
        if (!plait__scalar(fuse, node->inputs[i], node->inputs[1 - i], scalar_out)) continue;
        *other_out = node->inputs[1 - i];
        return true;
    }
    return false;
}

bool plait__scaled(const struct plait__fuse *fuse, const struct plait__node *node, int *x_out, float *factor_out) {
    if (node->op == PLAIT__OP_Mul) return plait__with_scalar(fuse, node, x_out, factor_out);
    if (node->op != PLAIT__OP_Div || !plait__scalar(fuse, node->inputs[1], node->inputs[0], factor_out)) return false;
    *x_out = node->inputs[0];
    *factor_out = 1.0f / *factor_out;
    return true;
}

bool plait__broadcasts_into(const plait_tensor *small, int rank, const int64_t *dims) {
    if (small->rank < 0 || small->rank > rank) return false;
    for (int i = 0; i < small->rank; i++)
        if (small->dims[i] != 1 && (small->dims[i] < 0 || small->dims[i] != dims[rank - small->rank + i])) return false;
    return true;
}

const float *plait__constant_floats(const struct plait__fuse *fuse, int value) {
    if (value < 0 || !fuse->graph->values[value].constant || plait__type(fuse, value)->dtype != PLAIT_F32) return NULL;
    return plait__type(fuse, value)->data;
}

int plait__add_floats(struct plait__fuse *fuse, const char *name, int rank, const int64_t *dims, float **data_out) {
    int value = plait__graph_add_value(fuse->graph, name);
    if (value < 0) return -1;
    plait_tensor *type = &fuse->graph->values[value].type;
    type->dtype = PLAIT_F32;
    type->rank = rank;
    for (int i = 0; i < rank; i++) type->dims[i] = dims[i];
    type->data = *data_out = plait__arena_allocate(&fuse->graph->arena, plait_tensor_bytes(type));
    fuse->graph->values[value].constant = true;
    return type->data ? value : -1;
}

enum plait_status plait__become(struct plait__fuse *fuse, struct plait__node *node, enum plait__op op, int opset,
                                int input_count, const int *inputs, int attribute_count) {
    struct plait__arena *arena = &fuse->graph->arena;
    int *copy = plait__arena_array(arena, (size_t)input_count, sizeof *copy);
    struct plait__attribute *attributes = plait__arena_array(arena, (size_t)attribute_count, sizeof *attributes);
    if (!copy || !attributes) return PLAIT_MEMORY;
    memcpy(copy, inputs, (size_t)input_count * sizeof *copy);
    node->op = op;
    node->opset = opset;
    node->inputs = copy;
    node->input_count = input_count;
    node->attributes = attributes;
    node->attribute_count = attribute_count;
    for (int i = 0; i < attribute_count; i++) attributes[i].name = "";
    return PLAIT_OK;
}

void plait__set_float(struct plait__node *node, int index, const char *name, float value) {
    node->attributes[index] = (struct plait__attribute){.name = name, .kind = PLAIT__ATTRIBUTE_FLOAT, .f = value};
}

void plait__set_int(struct plait__node *node, int index, const char *name, int64_t value) {
    node->attributes[index] = (struct plait__attribute){.name = name, .kind = PLAIT__ATTRIBUTE_INT, .i = value};
}

void plait__set_string(struct plait__node *node, int index, const char *name, const char *value) {
    node->attributes[index] =
        (struct plait__attribute){.name = name, .kind = PLAIT__ATTRIBUTE_STRING, .count = strlen(value), .string = value};
}

enum plait_status plait__set_ints(struct plait__fuse *fuse, struct plait__node *node, int index, const char *name, int count,
                                  const int64_t *values) {
    int64_t *copy = plait__arena_array(&fuse->graph->arena, (size_t)count, sizeof *copy);
    if (!copy) return PLAIT_MEMORY;
    memcpy(copy, values, (size_t)count * sizeof *copy);
    node->attributes[index] =
        (struct plait__attribute){.name = name, .kind = PLAIT__ATTRIBUTE_INTS, .count = (size_t)count, .ints = copy};
    return PLAIT_OK;
}

static bool is_graph_output(const struct plait__graph *graph, int value) {
    for (int i = 0; i < graph->output_count; i++)
        if (graph->outputs[i] == value) return true;
    return false;
}

bool plait__bypass(struct plait__fuse *fuse, struct plait__node *node, int value) {
    struct plait__graph *graph = fuse->graph;
    int output = node->outputs[0];
    if (!is_graph_output(graph, output)) {
        plait__graph_replace(graph, output, value);
        node->removed = true;
        return true;
    }
    /* The output's name must stay: the node that makes `value` makes the output instead, if nothing else names it. */
    if (fuse->maker[value] < 0 || is_graph_output(graph, value)) return false;
    struct plait__node *maker = &graph->nodes[fuse->maker[value]];
    for (int i = 0; i < maker->output_count; i++)
        if (maker->outputs[i] == value) maker->outputs[i] = output;
    node->removed = true;
    plait__graph_replace(graph, value, output);
    return true;
}

void plait__absorb(struct plait__node *first, struct plait__node *second) {
    first->outputs[0] = second->outputs[0];
    second->removed = true;
}
