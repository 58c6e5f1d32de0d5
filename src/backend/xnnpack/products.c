/* Matrix products: against constants (fully connected) and between two computed matrices. */
#include "backend/xnnpack/families.h"
#include "backend/xnnpack/packing.h"

#include <math.h>

/* ---- against a constant ---- */

struct product {
    size_t rows, depth, width;
    bool transposed; /* the constant is [width, depth] rather than [depth, width] */
    const plait_tensor *weights, *bias;
    float low, high;
};

static enum xnn_status bind_f32(const struct plait__xnn_step *step) {
    return xnn_setup_fully_connected_nc_f32(step->xnn, step->places[0], step->places[1]);
}

static enum xnn_status bind_int8(const struct plait__xnn_step *step) {
    return xnn_setup_fully_connected_nc_qd8_f32_qc8w(step->xnn, step->places[0], step->places[1], step->places[2]);
}

static enum plait_status create_operator(struct plait__xnn_segment *segment, const struct product *p, bool int8,
                                         xnn_operator_t *operator_out) {
    size_t numbers[] = {PLAIT__OP_Gemm, int8, p->transposed, p->depth, p->width};
    const float *bias = p->bias ? p->bias->data : NULL;
    struct plait__xnn_packing packing;
    plait__xnn_packing_begin(&packing, segment, numbers, sizeof numbers / sizeof *numbers, p->weights, p->bias);
    plait__xnn_packing_ready(&packing);
    enum xnn_status created = xnn_status_out_of_memory;
    if (!int8)
        created = xnn_create_fully_connected_nc_f32(p->depth, p->width, p->depth, p->width, p->weights->data, bias, p->low,
                                                    p->high, p->transposed ? 0 : XNN_FLAG_TRANSPOSE_WEIGHTS, NULL,
                                                    &segment->cache->provider, operator_out);
    else if (plait__xnn_packing_quantise(&packing, p->weights->data, p->width, p->depth, p->transposed ? p->depth : 1,
                                         p->transposed ? 1 : p->width) == PLAIT_OK)
        created =
            xnn_create_fully_connected_nc_qd8_f32_qc8w(p->depth, p->width, p->depth, p->width, packing.scales, packing.bytes,
                                                       bias, p->low, p->high, 0, NULL, &segment->cache->provider, operator_out);
    enum plait_status status = plait__xnn_packing_keep(&packing, created);
    plait__xnn_packing_end(&packing);
    return status;
}

/* Written `offset` bytes into the slot. */
static enum plait_status define_product(struct plait__xnn_segment *segment, const struct product *p, int read, int written,
                                        size_t offset) {
    bool int8 = segment->int8 && p->depth >= 32;
    int parameters = -1;
    if (int8) PLAIT__TRY(plait__xnn_quantise_step(segment, p->rows, p->depth, &read, &parameters));
    xnn_operator_t xnn = NULL;
    PLAIT__TRY(create_operator(segment, p, int8, &xnn));
    int slots[] = {read, written, parameters};
    struct plait__xnn_step *step = plait__xnn_operator_step(segment, xnn, int8 ? bind_int8 : bind_f32, int8 ? 3 : 2, slots);
    if (!step) return PLAIT_MEMORY;
    step->offsets[1] = offset;
    plait__xnn_set_work(step, 2.0 * (double)p->rows * (double)p->depth * (double)p->width,
                        (double)plait_tensor_bytes(p->weights));
    return plait__xnn_check(segment, (int8 ? xnn_reshape_fully_connected_nc_qd8_f32_qc8w
                                           : xnn_reshape_fully_connected_nc_f32)(xnn, p->rows, plait__xnn_pool(segment)));
}

enum plait_status plait__xnn_against_constant_step(struct plait__xnn_segment *segment, size_t rows, const plait_tensor *weights,
                                                   const plait_tensor *bias, int read, int written, size_t offset) {
    struct product p = {.rows = rows,
                        .depth = (size_t)weights->dims[1],
                        .width = (size_t)weights->dims[0],
                        .transposed = true,
                        .weights = weights,
                        .bias = bias,
                        .low = -INFINITY,
                        .high = INFINITY};
    return define_product(segment, &p, read, written, offset);
}

/* ---- dynamic quantisation, for convolutions too ---- */

static enum xnn_status bind_quantise(const struct plait__xnn_step *step) {
    return xnn_setup_convert_nc_f32_qd8(step->xnn, step->places[0], step->places[1], step->places[2]);
}

enum plait_status plait__xnn_quantise_step(struct plait__xnn_segment *segment, size_t rows, size_t depth, int *slot,
                                           int *parameters_out) {
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_convert_nc_f32_qd8(0, &xnn));
    int bytes = plait__xnn_scratch(segment, rows * depth);
    int parameters =
        plait__xnn_scratch(segment, (rows + XNN_EXTRA_QUANTIZATION_PARAMS) * sizeof(struct xnn_quantization_params));
    if (!plait__xnn_operator_step(segment, xnn, bind_quantise, 3, (int[]){*slot, bytes, parameters})) return PLAIT_MEMORY;
    *slot = bytes;
    *parameters_out = parameters;
    return plait__xnn_check(segment, xnn_reshape_convert_nc_f32_qd8(xnn, rows, depth, depth, depth, plait__xnn_pool(segment)));
}

/* ---- between two ---- */

static enum xnn_status bind_product(const struct plait__xnn_step *step) {
    return xnn_setup_batch_matrix_multiply_nc_f32(step->xnn, step->places[3], step->places[0], step->places[2],
                                                  step->places[1]);
}

enum plait_status plait__xnn_product_step(struct plait__xnn_segment *segment, int batch_rank, const size_t *batch_a,
                                          const size_t *batch_b, size_t m, size_t k, size_t n, bool transposed, int a, int b,
                                          int written) {
    xnn_operator_t xnn = NULL;
    PLAIT__XNN_TRY(segment, xnn_create_batch_matrix_multiply_nc_f32(transposed ? XNN_FLAG_TRANSPOSE_B : 0, &xnn));
    size_t workspace = 0, alignment = 0;
    enum xnn_status shaped = xnn_reshape_batch_matrix_multiply_nc_f32(xnn, (size_t)batch_rank, batch_a, batch_b, m, k, n,
                                                                      &workspace, &alignment, plait__xnn_pool(segment));
    int slots[] = {a, written, b, plait__xnn_scratch(segment, workspace)};
    struct plait__xnn_step *step = plait__xnn_operator_step(segment, xnn, bind_product, 4, slots);
    if (!step) return PLAIT_MEMORY;
    double batch = 1.0;
    for (int i = 0; i < batch_rank; i++) batch *= (double)(batch_a[i] > batch_b[i] ? batch_a[i] : batch_b[i]);
    plait__xnn_set_work(step, 2.0 * batch * (double)m * (double)k * (double)n, 0.0);
    return plait__xnn_check(segment, shaped);
}

/* ---- Gemm ---- */

static bool read_gemm(const struct plait__graph *graph, const struct plait__node *node, struct product *p) {
    const plait_tensor *a = plait__xnn_input_type(graph, node, 0), *c = plait__xnn_input_type(graph, node, 2);
    *p = (struct product){.weights = plait__xnn_constant(graph, node, 1), .bias = plait__xnn_constant(graph, node, 2)};
    plait__xnn_bounds(node, &p->low, &p->high);
    if (a->dtype != PLAIT_F32 || a->rank != 2 || !p->weights || p->weights->dtype != PLAIT_F32 || p->weights->rank != 2)
        return false;
    if (plait__attribute_int(node, "transA", 0) || plait__attribute_float(node, "alpha", 1.0f) != 1.0f || !(p->low < p->high))
        return false;
    p->transposed = plait__attribute_int(node, "transB", 0) != 0;
    p->rows = (size_t)a->dims[0];
    p->depth = (size_t)a->dims[1];
    p->width = (size_t)p->weights->dims[p->transposed ? 0 : 1];
    if (!c) return true;
    /* Only a bias a column long is packed with the weights. */
    return p->bias && c->dtype == PLAIT_F32 && plait__attribute_float(node, "beta", 1.0f) == 1.0f && c->rank >= 1 &&
           (size_t)plait_tensor_elements(c) == p->width && (size_t)c->dims[c->rank - 1] == p->width;
}

bool plait__xnn_supports_gemm(const struct plait__graph *graph, const struct plait__node *node) {
    struct product p;
    return read_gemm(graph, node, &p);
}

enum plait_status plait__xnn_define_gemm(struct plait__xnn_segment *segment, const struct plait__node *node) {
    struct product p;
    if (!read_gemm(segment->graph, node, &p)) return plait__xnn_check(segment, xnn_status_invalid_parameter);
    return define_product(segment, &p, plait__xnn_read(segment, node->inputs[0]), plait__xnn_write(segment, node->outputs[0]),
                          0);
}

/* ---- MatMul: a third input, put there by the fusion of an addition, is a bias ---- */

static bool against_constant(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *b = plait__xnn_constant(graph, node, 1);
    return b && b->rank == 2;
}

bool plait__xnn_supports_matmul(const struct plait__graph *graph, const struct plait__node *node) {
    const plait_tensor *a = plait__xnn_input_type(graph, node, 0), *b = plait__xnn_input_type(graph, node, 1);
    if (a->dtype != PLAIT_F32 || b->dtype != PLAIT_F32) return false;
    return a->rank >= 1 && b->rank >= 1 && (!plait__xnn_input_type(graph, node, 2) || against_constant(graph, node));
}

enum plait_status plait__xnn_define_matmul(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const struct plait__graph *graph = segment->graph;
    const plait_tensor *a = plait__xnn_input_type(graph, node, 0), *b = plait__xnn_input_type(graph, node, 1);
    int read = plait__xnn_read(segment, node->inputs[0]), written = plait__xnn_write(segment, node->outputs[0]);
    if (against_constant(graph, node)) {
        struct product p = {.rows = plait__xnn_product(a->dims, 0, a->rank - 1),
                            .depth = (size_t)b->dims[0],
                            .width = (size_t)b->dims[1],
                            .weights = b,
                            .bias = plait__xnn_constant(graph, node, 2),
                            .low = -INFINITY,
                            .high = INFINITY};
        return define_product(segment, &p, read, written, 0);
    }
    /* A vector is a matrix of one row before, and of one column after. */
    size_t m = a->rank > 1 ? (size_t)a->dims[a->rank - 2] : 1, k = (size_t)a->dims[a->rank - 1];
    size_t n = b->rank > 1 ? (size_t)b->dims[b->rank - 1] : 1;
    int batch_a = a->rank > 2 ? a->rank - 2 : 0, batch_b = b->rank > 2 ? b->rank - 2 : 0;
    int batch_rank = batch_a > batch_b ? batch_a : batch_b;
    size_t dims_a[PLAIT__XNN_RANK], dims_b[PLAIT__XNN_RANK];
    for (int i = 0; i < batch_rank; i++) {
        dims_a[i] = i < batch_rank - batch_a ? 1 : (size_t)a->dims[i - (batch_rank - batch_a)];
        dims_b[i] = i < batch_rank - batch_b ? 1 : (size_t)b->dims[i - (batch_rank - batch_b)];
    }
    return plait__xnn_product_step(segment, batch_rank, dims_a, dims_b, m, k, n, false, read,
                                   plait__xnn_read(segment, node->inputs[1]), written);
}
