#include "cli/product.h"

#include "backend/backend.h"

enum { SIDE = 512, LEFT = 0, WEIGHTS, RIGHT, VALUES };

struct plait__product {
    plait_context *context;
    struct plait__graph *graph;
    void *segment, *scratch;
    plait_tensor values[VALUES];
};

static enum plait_status already_there(struct plait__frame *frame, int value) {
    (void)frame, (void)value;
    return PLAIT_OK;
}

static enum plait_status make_graph(struct plait__product *product) {
    PLAIT__TRY(plait__graph_create(product->context, &product->graph));
    struct plait__graph *graph = product->graph;
    static const char *const names[VALUES] = {"left", "weights", "right"};
    for (int v = 0; v < VALUES; v++) {
        if (plait__graph_add_value(graph, names[v]) < 0) return PLAIT_MEMORY;
        plait_tensor *type = &graph->values[v].type;
        *type = (plait_tensor){.dtype = PLAIT_F32, .rank = 2, .dims = {SIDE, SIDE}};
        product->values[v] = *type;
        float *data = plait__arena_allocate(&graph->arena, plait_tensor_bytes(type) + 64);
        if (!data) return PLAIT_MEMORY;
        for (int i = 0; i < SIDE * SIDE; i++) data[i] = (float)(i % 17) / 16.0f - 0.5f;
        product->values[v].data = data;
    }
    graph->values[WEIGHTS].type.data = product->values[WEIGHTS].data;
    graph->values[WEIGHTS].constant = true;
    int node = plait__graph_add_node(graph, PLAIT__OP_MatMul, "product", 2, 1, 0);
    if (node < 0) return PLAIT_MEMORY;
    graph->nodes[node].inputs[0] = LEFT;
    graph->nodes[node].inputs[1] = WEIGHTS;
    graph->nodes[node].outputs[0] = RIGHT;
    return PLAIT_OK;
}

static enum plait_status make_segment(struct plait__product *product) {
    const plait_session_options options = {0};
    const int node = 0, input = LEFT, output = RIGHT;
    const struct plait__segment_plan plan = {.graph = product->graph,
                                             .nodes = &node,
                                             .node_count = 1,
                                             .inputs = &input,
                                             .input_count = 1,
                                             .outputs = &output,
                                             .output_count = 1,
                                             .options = &options};
    PLAIT__TRY(plait__backend_xnnpack.segment_create(product->context, &plan, &product->segment));
    product->scratch = plait__allocate(product->context, plait__backend_xnnpack.segment_scratch(product->segment) + 64);
    return product->scratch ? PLAIT_OK : PLAIT_MEMORY;
}

enum plait_status plait__product_create(plait_context *context, struct plait__product **product_out) {
    struct plait__product *product = plait__allocate_zero(context, 1, sizeof *product);
    if (!product) return PLAIT_MEMORY;
    product->context = context;
    enum plait_status status = make_graph(product);
    if (status == PLAIT_OK) status = make_segment(product);
    if (status != PLAIT_OK) {
        plait__product_destroy(product);
        return status;
    }
    *product_out = product;
    return PLAIT_OK;
}

enum plait_status plait__product_run(struct plait__product *product) {
    struct plait__frame frame = {.context = product->context,
                                 .values = product->values,
                                 .allocate = already_there,
                                 .scratch = product->scratch,
                                 .backend = &plait__backend_xnnpack};
    return plait__backend_xnnpack.segment_run(product->segment, &frame);
}

void plait__product_destroy(struct plait__product *product) {
    if (!product) return;
    if (product->segment) plait__backend_xnnpack.segment_destroy(product->segment);
    plait__release(product->context, product->scratch);
    plait__graph_destroy(product->graph);
    plait__release(product->context, product);
}
