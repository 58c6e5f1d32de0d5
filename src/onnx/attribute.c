#include <string.h>

#include "onnx.pb.h"
#include "onnx/reader.h"

struct parts {
    onnx_AttributeProto message;
    struct plait__slice name, text, tensor, graph, reference;
    struct plait__numbers floats, ints;
    struct plait__slices texts;
};

/* Files of the first IR versions have no type: the field that is there tells. */
static int type_of(const struct parts *parts) {
    const onnx_AttributeProto *message = &parts->message;
    if (message->has_type && message->type != onnx_AttributeProto_AttributeType_UNDEFINED) return (int)message->type;
    if (message->has_f) return onnx_AttributeProto_AttributeType_FLOAT;
    if (message->has_i) return onnx_AttributeProto_AttributeType_INT;
    if (parts->text.data) return onnx_AttributeProto_AttributeType_STRING;
    if (parts->tensor.data) return onnx_AttributeProto_AttributeType_TENSOR;
    if (parts->graph.data) return onnx_AttributeProto_AttributeType_GRAPH;
    if (parts->floats.count) return onnx_AttributeProto_AttributeType_FLOATS;
    if (parts->texts.count) return onnx_AttributeProto_AttributeType_STRINGS;
    if (parts->ints.count) return onnx_AttributeProto_AttributeType_INTS;
    return onnx_AttributeProto_AttributeType_UNDEFINED;
}

static enum plait_status decode_parts(struct plait__onnx_reader *reader, struct plait__slice slice, struct parts *parts) {
    onnx_AttributeProto *message = &parts->message;
    *message = (onnx_AttributeProto)onnx_AttributeProto_init_zero;
    message->name = plait__take_slice(&parts->name);
    message->s = plait__take_slice(&parts->text);
    message->t = plait__take_slice(&parts->tensor);
    message->g = plait__take_slice(&parts->graph);
    message->ref_attr_name = plait__take_slice(&parts->reference);
    message->floats = plait__take_numbers(&parts->floats, PLAIT__NUMBER_FLOAT, &reader->scratch);
    message->strings = plait__take_slices(&parts->texts, &reader->scratch);
    message->ints = plait__take_numbers(&parts->ints, PLAIT__NUMBER_VARINT, &reader->scratch);
    return plait__decode(reader->context, slice, onnx_AttributeProto_fields, message, "attribute");
}

static enum plait_status keep(struct plait__arena *arena, const void *items, size_t count, size_t bytes,
                              const void **copy_out) {
    void *copy = plait__arena_array(arena, count, bytes);
    if (!copy) return PLAIT_MEMORY;
    if (count) memcpy(copy, items, count * bytes);
    *copy_out = copy;
    return PLAIT_OK;
}

static enum plait_status keep_texts(struct plait__arena *arena, const struct plait__slices *texts,
                                    struct plait__attribute *attribute) {
    const char **strings = plait__arena_array(arena, (size_t)texts->count, sizeof *strings);
    if (!strings) return PLAIT_MEMORY;
    for (int i = 0; i < texts->count; i++) PLAIT__TRY(plait__slice_text(arena, texts->items[i], &strings[i]));
    attribute->count = (size_t)texts->count;
    attribute->strings = strings;
    return PLAIT_OK;
}

static enum plait_status read_tensor(struct plait__scope *scope, struct plait__slice slice, plait_tensor *tensor) {
    struct plait__onnx_reader *reader = scope->reader;
    struct plait__tensor_reader tensors = {reader->context, &scope->graph->arena, &reader->scratch, reader->folder,
                                           reader->root};
    struct plait__slice name;
    return plait__tensor_proto_decode(&tensors, slice, tensor, &name);
}

/* The captures of all subgraphs of one node, one after the other; capture_first is set relative to the node's own inputs. */
struct captures {
    int *values;
    int count;
};

static enum plait_status append(struct plait__arena *scratch, struct captures *captures, const struct plait__capture *more,
                                int count) {
    if (!count) return PLAIT_OK;
    int *joined = plait__arena_array(scratch, (size_t)(captures->count + count), sizeof *joined);
    if (!joined) return PLAIT_MEMORY;
    if (captures->count) memcpy(joined, captures->values, (size_t)captures->count * sizeof *joined);
    for (int i = 0; i < count; i++) joined[captures->count + i] = more[i].outer;
    captures->values = joined;
    captures->count += count;
    return PLAIT_OK;
}

static enum plait_status read_subgraph(struct plait__scope *scope, struct plait__slice slice, int node,
                                       struct captures *captures, struct plait__graph **graph_out) {
    struct plait__onnx_reader *reader = scope->reader;
    struct plait__graph *graph;
    if (scope->depth + 1 >= PLAIT__DEEPEST_SCOPE)
        return plait__fail(reader->context, PLAIT_LIMIT, "subgraphs and functions nest deeper than %d", PLAIT__DEEPEST_SCOPE);
    PLAIT__TRY(plait__graph_create(reader->context, &graph));
    graph->next = reader->root->subgraphs; /* owned from here on, whatever fails */
    reader->root->subgraphs = graph;
    graph->opset = scope->graph->opset;
    struct plait__scope inner = {.reader = reader,
                                 .graph = graph,
                                 .names.arena = &reader->scratch,
                                 .opsets = scope->opsets,
                                 .opset_count = scope->opset_count,
                                 .depth = scope->depth + 1,
                                 .outer = scope,
                                 .caller_graph = scope->caller_graph,
                                 .caller = scope->caller};
    PLAIT__TRY(plait__read_graph(&inner, slice));
    graph->capture_first = scope->graph->nodes[node].input_count + captures->count;
    graph->capture_count = inner.capture_count;
    PLAIT__TRY(append(&reader->scratch, captures, inner.captures, inner.capture_count));
    *graph_out = graph;
    return PLAIT_OK;
}

static enum plait_status read_value(struct plait__scope *scope, const struct parts *parts, int node, struct captures *captures,
                                    struct plait__attribute *attribute) {
    struct plait__arena *arena = &scope->graph->arena;
    switch (type_of(parts)) {
    case onnx_AttributeProto_AttributeType_INT:
        attribute->kind = PLAIT__ATTRIBUTE_INT;
        attribute->i = parts->message.i;
        return PLAIT_OK;
    case onnx_AttributeProto_AttributeType_FLOAT:
        attribute->kind = PLAIT__ATTRIBUTE_FLOAT;
        attribute->f = parts->message.f;
        return PLAIT_OK;
    case onnx_AttributeProto_AttributeType_STRING:
        attribute->kind = PLAIT__ATTRIBUTE_STRING;
        attribute->count = parts->text.size;
        return plait__slice_text(arena, parts->text, &attribute->string);
    case onnx_AttributeProto_AttributeType_INTS:
        attribute->kind = PLAIT__ATTRIBUTE_INTS;
        attribute->count = parts->ints.count;
        return keep(arena, parts->ints.ints, parts->ints.count, sizeof(int64_t), (const void **)&attribute->ints);
    case onnx_AttributeProto_AttributeType_FLOATS:
        attribute->kind = PLAIT__ATTRIBUTE_FLOATS;
        attribute->count = parts->floats.count;
        return keep(arena, parts->floats.floats, parts->floats.count, sizeof(float), (const void **)&attribute->floats);
    case onnx_AttributeProto_AttributeType_STRINGS:
        attribute->kind = PLAIT__ATTRIBUTE_STRINGS;
        return keep_texts(arena, &parts->texts, attribute);
    case onnx_AttributeProto_AttributeType_TENSOR:
        attribute->kind = PLAIT__ATTRIBUTE_TENSOR;
        return read_tensor(scope, parts->tensor, &attribute->tensor);
    case onnx_AttributeProto_AttributeType_GRAPH:
        attribute->kind = PLAIT__ATTRIBUTE_GRAPH;
        return read_subgraph(scope, parts->graph, node, captures, &attribute->graph);
    default:
        attribute->kind = PLAIT__ATTRIBUTE_OTHER;
        return PLAIT_OK;
    }
}

/* In a function's body an attribute may stand for one of the call's; *found_out is false when the call does not give it. */
static enum plait_status refer(struct plait__scope *scope, const struct parts *parts, struct plait__attribute *attribute,
                               bool *found_out) {
    const char *name;
    PLAIT__TRY(plait__slice_text(&scope->reader->scratch, parts->reference, &name));
    if (!scope->caller_graph)
        return plait__fail(scope->reader->context, PLAIT_INVALID, "a reference to attribute '%s' outside a function", name);
    const struct plait__attribute *given = plait__attribute(&scope->caller_graph->nodes[scope->caller], name);
    *found_out = given != NULL;
    if (!given) return PLAIT_OK;
    if (given->kind == PLAIT__ATTRIBUTE_GRAPH)
        return plait__fail(scope->reader->context, PLAIT_UNSUPPORTED, "a subgraph as the argument '%s' of a function", name);
    const char *own_name = attribute->name;
    *attribute = *given;
    attribute->name = own_name;
    return PLAIT_OK;
}

enum plait_status plait__read_attributes(struct plait__scope *scope, const struct plait__slices *slices, int node,
                                         int **captures_out, int *capture_count_out) {
    plait_context *context = scope->reader->context;
    struct captures captures = {0};
    int count = 0;
    for (int i = 0; i < slices->count; i++) {
        struct parts parts;
        struct plait__attribute attribute = {0};
        bool found = true;
        PLAIT__TRY(decode_parts(scope->reader, slices->items[i], &parts));
        PLAIT__TRY(plait__slice_text(&scope->graph->arena, parts.name, &attribute.name));
        enum plait_status status = parts.reference.size ? refer(scope, &parts, &attribute, &found)
                                                        : read_value(scope, &parts, node, &captures, &attribute);
        if (status != PLAIT_OK && parts.graph.data) return status; /* said of a node in there */
        if (status != PLAIT_OK)
            return plait__fail_in(context, status, "node '%s', attribute '%s'", scope->graph->nodes[node].name, attribute.name);
        if (found) scope->graph->nodes[node].attributes[count++] = attribute;
    }
    scope->graph->nodes[node].attribute_count = count;
    *captures_out = captures.values;
    *capture_count_out = captures.count;
    return PLAIT_OK;
}
