#include <limits.h>
#include <string.h>

#include "onnx.pb.h"
#include "onnx/onnx.h"
#include "onnx/reader.h"

struct parts {
    struct plait__slices nodes, initializers, sparse, inputs, outputs;
};

static enum plait_status decode_parts(struct plait__onnx_reader *reader, struct plait__slice slice, struct parts *parts) {
    onnx_GraphProto message = onnx_GraphProto_init_zero;
    message.node = plait__take_slices(&parts->nodes, &reader->scratch);
    message.initializer = plait__take_slices(&parts->initializers, &reader->scratch);
    message.sparse_initializer = plait__take_slices(&parts->sparse, &reader->scratch);
    message.input = plait__take_slices(&parts->inputs, &reader->scratch);
    message.output = plait__take_slices(&parts->outputs, &reader->scratch);
    return plait__decode(reader->context, slice, onnx_GraphProto_fields, &message, "graph");
}

static enum plait_status read_initializers(struct plait__scope *scope, const struct plait__slices *slices) {
    struct plait__onnx_reader *reader = scope->reader;
    struct plait__graph *graph = scope->graph;
    struct plait__tensor_reader tensors = {reader->context, &graph->arena, &reader->scratch, reader->folder, reader->root};
    for (int i = 0; i < slices->count; i++) {
        plait_tensor tensor;
        struct plait__slice slice = {0};
        const char *name = "";
        int value;
        enum plait_status status = plait__tensor_proto_decode(&tensors, slices->items[i], &tensor, &slice);
        if (slice.size) PLAIT__TRY(plait__slice_text(&graph->arena, slice, &name));
        if (status != PLAIT_OK) return plait__fail_in(reader->context, status, "initializer %d '%s'", i, name);
        PLAIT__TRY(plait__scope_add(scope, name, &value));
        graph->values[value].type = tensor;
        graph->values[value].constant = true;
    }
    return PLAIT_OK;
}

/* An initializer may be listed as an input, with the meaning of a default: here it is a constant and no input. */
static enum plait_status read_inputs(struct plait__scope *scope, const struct plait__slices *slices) {
    plait_context *context = scope->reader->context;
    struct plait__graph *graph = scope->graph;
    graph->inputs = plait__arena_array(&graph->arena, (size_t)slices->count, sizeof *graph->inputs);
    if (!graph->inputs) return PLAIT_MEMORY;
    for (int i = 0; i < slices->count; i++) {
        struct plait__value input;
        PLAIT__TRY(plait__read_value_info(scope, slices->items[i], &input));
        int value = plait__names_find(&scope->names, input.name);
        if (value >= 0 && graph->values[value].constant && !scope->outer) continue;
        PLAIT__TRY(plait__scope_add(scope, input.name, &value));
        graph->values[value] = input;
        graph->inputs[graph->input_count++] = value;
        if (!scope->outer && input.type.dtype == PLAIT_DTYPE_NONE)
            return plait__fail(context, PLAIT_INVALID, "input '%s' has no type", input.name);
    }
    return PLAIT_OK;
}

static enum plait_status read_outputs(struct plait__scope *scope, const struct plait__slices *slices) {
    struct plait__graph *graph = scope->graph;
    graph->outputs = plait__arena_array(&graph->arena, (size_t)slices->count, sizeof *graph->outputs);
    if (!graph->outputs) return PLAIT_MEMORY;
    for (int i = 0; i < slices->count; i++) {
        struct plait__value output;
        int value;
        PLAIT__TRY(plait__read_value_info(scope, slices->items[i], &output));
        PLAIT__TRY(plait__scope_find(scope, output.name, &value));
        if (value < 0) return plait__fail(scope->reader->context, PLAIT_INVALID, "no node makes the output '%s'", output.name);
        graph->outputs[graph->output_count++] = value;
    }
    return PLAIT_OK;
}

/* Captured values become the inputs after the graph's own. */
static enum plait_status append_captured_inputs(struct plait__scope *scope) {
    struct plait__graph *graph = scope->graph;
    if (!scope->capture_count) return PLAIT_OK;
    int *inputs = plait__arena_array(&graph->arena, (size_t)(graph->input_count + scope->capture_count), sizeof *inputs);
    if (!inputs) return PLAIT_MEMORY;
    memcpy(inputs, graph->inputs, (size_t)graph->input_count * sizeof *inputs);
    for (int i = 0; i < scope->capture_count; i++) inputs[graph->input_count + i] = scope->captures[i].inner;
    graph->inputs = inputs;
    graph->input_count += scope->capture_count;
    return PLAIT_OK;
}

enum plait_status plait__read_graph(struct plait__scope *scope, struct plait__slice slice) {
    struct parts parts;
    PLAIT__TRY(decode_parts(scope->reader, slice, &parts));
    if (parts.sparse.count) return plait__fail(scope->reader->context, PLAIT_UNSUPPORTED, "sparse initializers");
    PLAIT__TRY(read_initializers(scope, &parts.initializers));
    PLAIT__TRY(read_inputs(scope, &parts.inputs));
    for (int i = 0; i < parts.nodes.count; i++) PLAIT__TRY(plait__read_node(scope, parts.nodes.items[i]));
    PLAIT__TRY(read_outputs(scope, &parts.outputs));
    return append_captured_inputs(scope);
}
