#include "backend/reference/reference.h"

#include "backend/reference/kernel.h"
#include "tensor/tensor.h"

static const plait__kernel_function kernels[PLAIT__OP_COUNT] = {
#define OP(name, shape, kernel) [PLAIT__OP_##name] = plait__kernel_##kernel,
#include "graph/ops.def"
#undef OP
};

bool plait__reference_has(enum plait__op op) {
    return op > PLAIT__OP_NONE && op < PLAIT__OP_COUNT && kernels[op] != plait__kernel_none;
}

enum plait_status plait__kernel_none(struct plait__call *call) {
    return plait__call_fail(call, PLAIT_UNSUPPORTED, "the operator has no kernel");
}

static void clamp_output(const struct plait__clamp *clamp, plait_tensor *output) {
    int64_t count = plait_tensor_elements(output);
    double row[256];
    for (int64_t first = 0; first < count; first += 256) {
        int64_t width = count - first < 256 ? count - first : 256;
        plait__load_reals(output, first, 1, width, row);
        for (int64_t i = 0; i < width; i++) {
            if (row[i] < (double)clamp->low) row[i] = (double)clamp->low; /* a NaN stays one */
            if (row[i] > (double)clamp->high) row[i] = (double)clamp->high;
        }
        plait__store_reals(output, first, 1, width, row);
    }
}

/* A call on a frame: the frame's tensors by the node's indices. */
struct framed_call {
    struct plait__call call; /* first: a kernel's request for memory comes with it */
    struct plait__frame *frame;
};

static enum plait_status allocate_output(struct plait__call *call, int index) {
    struct framed_call *framed = (struct framed_call *)call;
    size_t bytes;
    enum plait_status status = plait__tensor_measure(call->context, call->outputs[index], NULL, &bytes);
    if (status != PLAIT_OK)
        return plait__fail_in(call->context, status, "%s '%s'", plait__op_name(call->node->op), call->node->name);
    if (index >= call->node->output_count || call->node->outputs[index] < 0) { /* nobody wants it, but kernels may rely on it */
        call->outputs[index]->data = plait__arena_allocate(call->scratch, bytes);
        return call->outputs[index]->data ? PLAIT_OK : PLAIT_MEMORY;
    }
    return framed->frame->allocate(framed->frame, call->node->outputs[index]);
}

/* Operators with graphs inside find out what their outputs are by running them. */
static bool allocates_itself(enum plait__op op) {
    return op == PLAIT__OP_If || op == PLAIT__OP_Loop || op == PLAIT__OP_Scan;
}

static enum plait_status run(struct framed_call *framed) {
    struct plait__call *call = &framed->call;
    PLAIT__TRY(plait__shape_of(call->node->op)(call));
    for (int i = 0; i < call->output_count; i++) {
        plait_tensor *output = call->outputs[i];
        if (!output || allocates_itself(call->node->op)) continue;
        if (output->dtype == PLAIT_DTYPE_NONE || !plait__known_shape(output))
            return plait__call_fail(call, PLAIT_INVALID, "output %d: these inputs do not say what it is", i);
        PLAIT__TRY(allocate_output(call, i));
    }
    PLAIT__TRY(kernels[call->node->op](call));
    for (int i = 0; i < call->output_count; i++) {
        const plait_tensor *output = call->outputs[i];
        if (output && (output->dtype == PLAIT_DTYPE_NONE || !plait__known_shape(output)))
            return plait__call_fail(call, PLAIT_INVALID, "output %d: the operator has none such", i);
    }
    if (call->node->clamp.on) clamp_output(&call->node->clamp, call->outputs[0]);
    return PLAIT_OK;
}

enum plait_status plait__reference_run_node(struct plait__frame *frame, const struct plait__node *node,
                                            struct plait__arena *scratch) {
    int output_count = node->output_count > 0 ? node->output_count : 1;
    const plait_tensor **inputs = plait__arena_array(scratch, (size_t)node->input_count, sizeof *inputs);
    plait_tensor **outputs = plait__arena_array(scratch, (size_t)output_count, sizeof *outputs), unwanted = {.rank = -1};
    if (!inputs || !outputs) return PLAIT_MEMORY;
    for (int i = 0; i < node->input_count; i++) inputs[i] = node->inputs[i] < 0 ? NULL : &frame->values[node->inputs[i]];
    for (int i = 0; i < node->output_count; i++) {
        if (node->outputs[i] < 0) continue;
        outputs[i] = &frame->values[node->outputs[i]];
        *outputs[i] = (plait_tensor){.rank = -1};
    }
    if (!outputs[0]) outputs[0] = &unwanted; /* the first output is always there, so that kernels need not ask */
    struct framed_call framed = {
        .call = {.context = frame->context, .node = node, .inputs = inputs, .outputs = outputs, .scratch = scratch},
        .frame = frame};
    framed.call.input_count = node->input_count;
    framed.call.output_count = output_count;
    framed.call.allocate = allocate_output;
    enum plait_status status = run(&framed);
    plait__arena_reset(scratch);
    return status;
}

/* ---- the backend ---- */

struct segment {
    const struct plait__graph *graph;
    const int *nodes;
    int node_count;
    struct plait__arena scratch;
};

static bool supports(const struct plait__graph *graph, const struct plait__node *node, const plait_session_options *options) {
    (void)graph;
    (void)options;
    return plait__reference_has(node->op) && node->layout == PLAIT__LAYOUT_ONNX;
}

static enum plait_status segment_create(plait_context *context, const struct plait__segment_plan *plan, void **segment_out) {
    struct segment *segment = plait__allocate_zero(context, 1, sizeof *segment);
    if (!segment) return PLAIT_MEMORY;
    segment->graph = plan->graph;
    segment->nodes = plan->nodes;
    segment->node_count = plan->node_count;
    plait__arena_init(&segment->scratch, context);
    *segment_out = segment;
    return PLAIT_OK;
}

static enum plait_status segment_run(void *state, struct plait__frame *frame) {
    struct segment *segment = state;
    for (int i = 0; i < segment->node_count; i++) {
        if (plait__cancelled(frame->context)) return plait__fail(frame->context, PLAIT_CANCELLED, "cancelled by the caller");
        const struct plait__node *node = &segment->graph->nodes[segment->nodes[i]];
        uint64_t start = frame->node_done ? plait__now_us(frame->context) : 0;
        PLAIT__TRY(plait__reference_run_node(frame, node, &segment->scratch));
        if (frame->node_done) frame->node_done(frame, node->op, plait__now_us(frame->context) - start);
    }
    return PLAIT_OK;
}

static void segment_destroy(void *state) {
    struct segment *segment = state;
    plait__arena_end(&segment->scratch);
    plait__release(segment->graph->context, segment);
}

const struct plait__backend plait__backend_reference = {
    .name = "reference",
    .supports = supports,
    .smallest_segment = 1,
    .segment_create = segment_create,
    .segment_run = segment_run,
    .segment_destroy = segment_destroy,
};
