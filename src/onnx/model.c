#include "onnx.pb.h"
#include "onnx/onnx.h"
#include "onnx/reader.h"

struct parts {
    struct plait__slice graph;
    struct plait__slices opsets, functions;
};

static enum plait_status decode_parts(struct plait__onnx_reader *reader, struct plait__slice slice, struct parts *parts) {
    onnx_ModelProto message = onnx_ModelProto_init_zero;
    message.graph = plait__take_slice(&parts->graph);
    message.opset_import = plait__take_slices(&parts->opsets, &reader->scratch);
    message.functions = plait__take_slices(&parts->functions, &reader->scratch);
    PLAIT__TRY(plait__decode(reader->context, slice, onnx_ModelProto_fields, &message, "model"));
    if (!parts->graph.data) return plait__fail(reader->context, PLAIT_INVALID, "not an ONNX model: it has no graph");
    return PLAIT_OK;
}

enum plait_status plait__read_opsets(struct plait__onnx_reader *reader, const struct plait__slices *slices,
                                     struct plait__opset **opsets_out, int *count_out) {
    struct plait__opset *opsets = plait__arena_array(&reader->scratch, (size_t)slices->count, sizeof *opsets);
    if (!opsets) return PLAIT_MEMORY;
    for (int i = 0; i < slices->count; i++) {
        onnx_OperatorSetIdProto message = onnx_OperatorSetIdProto_init_zero;
        message.domain = plait__take_slice(&opsets[i].domain);
        PLAIT__TRY(plait__decode(reader->context, slices->items[i], onnx_OperatorSetIdProto_fields, &message, "opset"));
        bool is_default = opsets[i].domain.size == 0 || plait__slice_is(opsets[i].domain, "ai.onnx");
        if (is_default && (message.version < PLAIT__OPSET_LEAST || message.version > PLAIT__OPSET_MOST))
            return plait__fail(reader->context, PLAIT_UNSUPPORTED, "opset %lld: expected %d to %d", (long long)message.version,
                               PLAIT__OPSET_LEAST, PLAIT__OPSET_MOST);
        opsets[i].version = is_default || (message.version > 0 && message.version < 1000) ? (int)message.version : 1;
    }
    *opsets_out = opsets;
    *count_out = slices->count;
    return PLAIT_OK;
}

static enum plait_status list_functions(struct plait__onnx_reader *reader, const struct plait__slices *slices) {
    reader->functions = plait__arena_array(&reader->scratch, (size_t)slices->count, sizeof *reader->functions);
    if (!reader->functions) return PLAIT_MEMORY;
    for (int i = 0; i < slices->count; i++) {
        onnx_FunctionProto message = onnx_FunctionProto_init_zero;
        struct plait__function *function = &reader->functions[i];
        message.name = plait__take_slice(&function->name);
        message.domain = plait__take_slice(&function->domain);
        function->body = slices->items[i];
        PLAIT__TRY(plait__decode(reader->context, slices->items[i], onnx_FunctionProto_fields, &message, "function"));
    }
    reader->function_count = slices->count;
    return PLAIT_OK;
}

static enum plait_status read_model(struct plait__onnx_reader *reader, struct plait__slice bytes) {
    struct parts parts;
    struct plait__opset *opsets;
    struct plait__scope scope = {.reader = reader, .graph = reader->root, .names.arena = &reader->scratch};
    PLAIT__TRY(decode_parts(reader, bytes, &parts));
    PLAIT__TRY(plait__read_opsets(reader, &parts.opsets, &opsets, &scope.opset_count));
    PLAIT__TRY(list_functions(reader, &parts.functions));
    scope.opsets = opsets;
    for (int i = 0; i < scope.opset_count; i++)
        if (opsets[i].domain.size == 0 || plait__slice_is(opsets[i].domain, "ai.onnx")) reader->root->opset = opsets[i].version;
    PLAIT__TRY(plait__read_graph(&scope, parts.graph));
    return plait__graph_compact(reader->root);
}

enum plait_status plait__onnx_read(plait_context *context, const void *bytes, size_t size, const char *folder,
                                   struct plait__graph **graph_out) {
    if (size == 0) return plait__fail(context, PLAIT_INVALID, "not an ONNX model: the file is empty");
    if (size > INT32_MAX) /* the ceiling of protocol buffers themselves */
        return plait__fail(context, PLAIT_LIMIT, "a model file of %zu bytes: above 2 GB weights belong into external data",
                           size);
    struct plait__onnx_reader reader = {.context = context, .folder = folder};
    PLAIT__TRY(plait__graph_create(context, &reader.root));
    plait__arena_init(&reader.scratch, context);
    enum plait_status status = read_model(&reader, (struct plait__slice){bytes, size});
    plait__arena_end(&reader.scratch);
    if (status != PLAIT_OK) {
        plait__graph_destroy(reader.root);
        return status;
    }
    *graph_out = reader.root;
    return PLAIT_OK;
}
