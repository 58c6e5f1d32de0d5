#include <string.h>

#include "onnx.pb.h"
#include "onnx/onnx.h"
#include "onnx/reader.h"

struct parts {
    struct plait__slice name, op, domain;
    struct plait__slices inputs, outputs, attributes;
};

static bool is_default_domain(struct plait__slice domain) {
    return domain.size == 0 || plait__slice_is(domain, "ai.onnx");
}

static bool same_domain(struct plait__slice a, struct plait__slice b) {
    if (is_default_domain(a) || is_default_domain(b)) return is_default_domain(a) && is_default_domain(b);
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static enum plait_status decode_parts(struct plait__onnx_reader *reader, struct plait__slice slice, struct parts *parts) {
    onnx_NodeProto message = onnx_NodeProto_init_zero;
    message.name = plait__take_slice(&parts->name);
    message.op_type = plait__take_slice(&parts->op);
    message.domain = plait__take_slice(&parts->domain);
    message.input = plait__take_slices(&parts->inputs, &reader->scratch);
    message.output = plait__take_slices(&parts->outputs, &reader->scratch);
    message.attribute = plait__take_slices(&parts->attributes, &reader->scratch);
    return plait__decode(reader->context, slice, onnx_NodeProto_fields, &message, "node");
}

/* What errors call the node: its own name, or its first output's. */
static enum plait_status name_of(struct plait__scope *scope, const struct parts *parts, const char **name_out) {
    struct plait__slice name = parts->name;
    if (!name.size && parts->outputs.count) name = parts->outputs.items[0];
    return plait__slice_text(&scope->graph->arena, name, name_out);
}

static const struct plait__function *find_function(const struct plait__onnx_reader *reader, const struct parts *parts) {
    for (int i = 0; i < reader->function_count; i++) {
        const struct plait__function *function = &reader->functions[i];
        if (same_domain(function->domain, parts->domain) && function->name.size == parts->op.size &&
            memcmp(function->name.data, parts->op.data, parts->op.size) == 0)
            return function;
    }
    return NULL;
}

static enum plait_status find_operator(struct plait__scope *scope, const struct parts *parts, const char *name,
                                       enum plait__op *op_out, int *opset_out) {
    plait_context *context = scope->reader->context;
    const char *text, *domain;
    PLAIT__TRY(plait__slice_text(&scope->reader->scratch, parts->op, &text));
    PLAIT__TRY(plait__slice_text(&scope->reader->scratch, parts->domain, &domain));
    int version = 0;
    for (int i = 0; i < scope->opset_count; i++)
        if (same_domain(scope->opsets[i].domain, parts->domain)) version = scope->opsets[i].version;
    *op_out = is_default_domain(parts->domain) ? plait__op_find(text) : PLAIT__OP_NONE;
    /* Names that our own passes make, and ONNX of these versions does not have. */
    if (*op_out == PLAIT__OP_Silu || *op_out == PLAIT__OP_Attention) *op_out = PLAIT__OP_NONE;
    if (*op_out == PLAIT__OP_NONE)
        return plait__fail(context, PLAIT_UNSUPPORTED, "node '%s': there is no operator %s%s%s", name, domain,
                           domain[0] ? "." : "", text);
    if (version == 0) return plait__fail(context, PLAIT_INVALID, "node '%s': the model imports no version of its domain", name);
    *opset_out = version;
    return PLAIT_OK;
}

/* Every input must have been made by a node before: this is what rules cycles out. */
static enum plait_status find_inputs(struct plait__scope *scope, const struct plait__slices *names, const char *node_name,
                                     int *inputs_out) {
    for (int i = 0; i < names->count; i++) {
        const char *name;
        inputs_out[i] = -1;
        if (!names->items[i].size) continue;
        PLAIT__TRY(plait__slice_text(&scope->reader->scratch, names->items[i], &name));
        PLAIT__TRY(plait__scope_find(scope, name, &inputs_out[i]));
        if (inputs_out[i] == -1)
            return plait__fail(scope->reader->context, PLAIT_INVALID,
                               "node '%s': no node before it makes its input '%s' (is the graph cyclic or not in order?)",
                               node_name, name);
        if (inputs_out[i] == PLAIT__OMITTED) inputs_out[i] = -1;
    }
    return PLAIT_OK;
}

static enum plait_status add_outputs(struct plait__scope *scope, const struct plait__slices *names, int *outputs_out) {
    for (int i = 0; i < names->count; i++) {
        const char *name;
        outputs_out[i] = -1;
        if (!names->items[i].size) continue;
        PLAIT__TRY(plait__slice_text(&scope->graph->arena, names->items[i], &name));
        PLAIT__TRY(plait__scope_add(scope, name, &outputs_out[i]));
    }
    return PLAIT_OK;
}

/* Until opset 6 an `axis` said where the second operand's dimensions belong; without one they broadcast as today. */
static enum plait_status refuse_old_broadcast(plait_context *context, const struct plait__node *node) {
    if (node->opset >= 7 || !plait__attribute_int(node, "broadcast", 0) || !plait__attribute(node, "axis")) return PLAIT_OK;
    return plait__fail(context, PLAIT_UNSUPPORTED, "node '%s': broadcasting along an axis, as before opset 7", node->name);
}

static enum plait_status append_captures(struct plait__graph *graph, int node_index, const int *captures, int count) {
    struct plait__node *node = &graph->nodes[node_index];
    if (!count) return PLAIT_OK;
    int *inputs = plait__arena_array(&graph->arena, (size_t)(node->input_count + count), sizeof *inputs);
    if (!inputs) return PLAIT_MEMORY;
    memcpy(inputs, node->inputs, (size_t)node->input_count * sizeof *inputs);
    memcpy(inputs + node->input_count, captures, (size_t)count * sizeof *inputs);
    node->inputs = inputs;
    node->input_count += count;
    return PLAIT_OK;
}

static enum plait_status read_operator(struct plait__scope *scope, const struct parts *parts, const char *name) {
    struct plait__graph *graph = scope->graph;
    enum plait__op op;
    int opset, capture_count;
    int *captures;
    PLAIT__TRY(find_operator(scope, parts, name, &op, &opset));
    int index = plait__graph_add_node(graph, op, name, parts->inputs.count, parts->outputs.count, parts->attributes.count);
    if (index < 0) return PLAIT_MEMORY;
    graph->nodes[index].opset = opset;
    PLAIT__TRY(find_inputs(scope, &parts->inputs, name, graph->nodes[index].inputs));
    PLAIT__TRY(plait__read_attributes(scope, &parts->attributes, index, &captures, &capture_count));
    PLAIT__TRY(refuse_old_broadcast(scope->reader->context, &graph->nodes[index]));
    PLAIT__TRY(append_captures(graph, index, captures, capture_count));
    return add_outputs(scope, &parts->outputs, graph->nodes[index].outputs);
}

/* ---- functions: the body's nodes take the place of the call ---- */

struct function_parts {
    struct plait__slices inputs, outputs, nodes, opsets;
};

static enum plait_status decode_function(struct plait__onnx_reader *reader, struct plait__slice slice,
                                         struct function_parts *parts) {
    onnx_FunctionProto message = onnx_FunctionProto_init_zero;
    message.input = plait__take_slices(&parts->inputs, &reader->scratch);
    message.output = plait__take_slices(&parts->outputs, &reader->scratch);
    message.node = plait__take_slices(&parts->nodes, &reader->scratch);
    message.opset_import = plait__take_slices(&parts->opsets, &reader->scratch);
    return plait__decode(reader->context, slice, onnx_FunctionProto_fields, &message, "function");
}

static enum plait_status bind_inputs(struct plait__scope *body, const struct function_parts *function,
                                     struct plait__scope *caller, const struct parts *call, const char *name) {
    if (call->inputs.count > function->inputs.count)
        return plait__fail(body->reader->context, PLAIT_INVALID, "node '%s': %d inputs for a function of %d", name,
                           call->inputs.count, function->inputs.count);
    int *values = plait__arena_array(&body->reader->scratch, (size_t)call->inputs.count, sizeof *values);
    if (!values) return PLAIT_MEMORY;
    PLAIT__TRY(find_inputs(caller, &call->inputs, name, values));
    for (int i = 0; i < function->inputs.count; i++) {
        const char *formal;
        PLAIT__TRY(plait__slice_text(&body->graph->arena, function->inputs.items[i], &formal));
        if (plait__names_find(&body->names, formal) != -1)
            return plait__fail(body->reader->context, PLAIT_INVALID, "node '%s': a function with two inputs '%s'", name,
                               formal);
        int value = i < call->inputs.count && values[i] >= 0 ? values[i] : PLAIT__OMITTED;
        PLAIT__TRY(plait__names_add(&body->names, formal, value));
    }
    return PLAIT_OK;
}

static enum plait_status bind_outputs(struct plait__scope *body, const struct function_parts *function,
                                      struct plait__scope *caller, const struct parts *call, const char *name) {
    plait_context *context = body->reader->context;
    if (call->outputs.count > function->outputs.count)
        return plait__fail(context, PLAIT_INVALID, "node '%s': %d outputs of a function of %d", name, call->outputs.count,
                           function->outputs.count);
    for (int i = 0; i < call->outputs.count; i++) {
        const char *inner, *outer;
        if (!call->outputs.items[i].size) continue;
        PLAIT__TRY(plait__slice_text(&body->reader->scratch, function->outputs.items[i], &inner));
        PLAIT__TRY(plait__slice_text(&caller->graph->arena, call->outputs.items[i], &outer));
        int value = plait__names_find(&body->names, inner);
        if (value < 0) return plait__fail(context, PLAIT_INVALID, "node '%s': the function makes no output '%s'", name, inner);
        if (plait__names_find(&caller->names, outer) >= 0)
            return plait__fail(context, PLAIT_INVALID, "the name '%s' is given to two values", outer);
        PLAIT__TRY(plait__names_add(&caller->names, outer, value));
    }
    return PLAIT_OK;
}

static enum plait_status read_call(struct plait__scope *scope, const struct plait__function *function, const struct parts *call,
                                   const char *name) {
    struct plait__onnx_reader *reader = scope->reader;
    struct plait__graph *graph = scope->graph;
    struct function_parts parts;
    struct plait__opset *opsets;
    if (scope->depth + 1 >= PLAIT__DEEPEST_SCOPE)
        return plait__fail(reader->context, PLAIT_LIMIT, "node '%s': functions and subgraphs nest deeper than %d", name,
                           PLAIT__DEEPEST_SCOPE);
    PLAIT__TRY(decode_function(reader, function->body, &parts));
    struct plait__scope body = {.reader = reader, .graph = graph, .depth = scope->depth + 1, .names.arena = &reader->scratch};
    PLAIT__TRY(plait__read_opsets(reader, &parts.opsets, &opsets, &body.opset_count));
    body.opsets = opsets;
    /* The call's attributes, for the body's references to them, on a node that is gone when the body has been read. */
    int caller = plait__graph_add_node(graph, PLAIT__OP_Identity, name, 0, 0, call->attributes.count);
    int *captures, capture_count;
    if (caller < 0) return PLAIT_MEMORY;
    PLAIT__TRY(plait__read_attributes(scope, &call->attributes, caller, &captures, &capture_count));
    if (capture_count)
        return plait__fail(reader->context, PLAIT_UNSUPPORTED, "node '%s': a subgraph with captures as an argument", name);
    graph->nodes[caller].removed = true;
    body.caller_graph = graph;
    body.caller = caller;
    PLAIT__TRY(bind_inputs(&body, &parts, scope, call, name));
    for (int i = 0; i < parts.nodes.count; i++) PLAIT__TRY(plait__read_node(&body, parts.nodes.items[i]));
    return bind_outputs(&body, &parts, scope, call, name);
}

enum plait_status plait__read_node(struct plait__scope *scope, struct plait__slice slice) {
    struct parts parts;
    const char *name;
    if (scope->graph->node_count >= PLAIT__MOST_NODES)
        return plait__fail(scope->reader->context, PLAIT_LIMIT, "more than %d nodes", PLAIT__MOST_NODES);
    PLAIT__TRY(decode_parts(scope->reader, slice, &parts));
    PLAIT__TRY(name_of(scope, &parts, &name));
    const struct plait__function *function = find_function(scope->reader, &parts);
    return function ? read_call(scope, function, &parts, name) : read_operator(scope, &parts, name);
}
