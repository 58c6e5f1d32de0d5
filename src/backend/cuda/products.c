/* Products of matrices: Gemm, MatMul and attention. */
#include "backend/cuda/families.h"
#include "graph/shape/matmul.h"

#include <math.h>

enum { BATCH_MOST = 65535 }; /* blocks along the third axis of a grid */

static int64_t tiles(int64_t count) {
    return (count + TILE - 1) / TILE;
}

int plait__cuda_tiles(int64_t rows, int64_t columns, int64_t batch, int64_t grid_out[3]) {
    int64_t low = (rows + TILE_LOW - 1) / TILE_LOW, wide = (columns + TILE_WIDE - 1) / TILE_WIDE;
    bool better = rows < 4 * TILE && low * wide < tiles(rows) * tiles(columns); /* both have as many elements */
    grid_out[0] = better ? wide : tiles(columns);
    grid_out[1] = better ? low : tiles(rows);
    grid_out[2] = batch;
    return better;
}

enum plait_status plait__cuda_multiply(struct plait__cuda_segment *segment, const struct plait__cuda_multiply *arguments,
                                       int64_t batch, struct plait__cuda_place a, struct plait__cuda_place b,
                                       struct plait__cuda_place bias, struct plait__cuda_place out) {
    int64_t grid[3];
    struct plait__cuda_multiply tiled = *arguments;
    tiled.wide = plait__cuda_tiles(tiled.rows, tiled.columns, batch, grid);
    const struct plait__cuda_place places[] = {a, b, bias, out};
    return plait__cuda_launch(segment, PLAIT__CUDA_KERNEL_multiply, grid, PLAIT__CUDA_TILE_THREADS, &tiled, sizeof tiled, 4,
                              places);
}

/* ---- Gemm ---- */

bool plait__cuda_supports_gemm(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    for (int i = 0; i < call->input_count; i++)
        if (call->inputs[i] && call->inputs[i]->dtype != PLAIT_F32) return false;
    return tiles(call->outputs[0]->dims[0]) <= BATCH_MOST;
}

enum plait_status plait__cuda_define_gemm(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *to = plait__cuda_output_type(segment->graph, node, 0),
                       *a = plait__cuda_input_type(segment->graph, node, 0);
    const plait_tensor *b = plait__cuda_input_type(segment->graph, node, 1),
                       *c = plait__cuda_input_type(segment->graph, node, 2);
    bool turn_a = plait__attribute_int(node, "transA", 0), turn_b = plait__attribute_int(node, "transB", 0);
    struct plait__cuda_multiply m = {.rows = (int)to->dims[0],
                                     .columns = (int)to->dims[1],
                                     .depth = (int)a->dims[!turn_a],
                                     .a_row = turn_a ? 1 : (int)a->dims[1],
                                     .a_depth = turn_a ? (int)a->dims[1] : 1,
                                     .b_depth = turn_b ? 1 : (int)b->dims[1],
                                     .b_column = turn_b ? (int)b->dims[1] : 1,
                                     .alpha = plait__attribute_float(node, "alpha", 1.0f),
                                     .beta = plait__attribute_float(node, "beta", 1.0f)};
    if (c && c->rank > 0) {
        int64_t width = c->dims[c->rank - 1];
        m.bias_column = width != 1;
        m.bias_row = c->rank > 1 && c->dims[c->rank - 2] != 1 ? (int)width : 0;
    }
    plait__cuda_bounds(node, &m.low, &m.high);
    return plait__cuda_multiply(segment, &m, 1, PLAIT__CUDA_PLACE(multiply, a, plait__cuda_read(segment, node->inputs[0])),
                                PLAIT__CUDA_PLACE(multiply, b, plait__cuda_read(segment, node->inputs[1])),
                                PLAIT__CUDA_PLACE(multiply, bias, plait__cuda_read_optional(segment, node, 2)),
                                PLAIT__CUDA_PLACE(multiply, out, plait__cuda_write(segment, node->outputs[0])));
}

/* ---- MatMul ---- */

/* Rows of several matrices that meet the same one are rows of one product. */
static bool read_matmul(struct plait__call *call, struct plait__cuda_multiply *m, int64_t *batch_out) {
    struct plait__matmul p;
    if (plait__matmul_read(call, call->inputs[0], call->inputs[1], &p) != PLAIT_OK) return false;
    *m = (struct plait__cuda_multiply){.rows = (int)p.rows,
                                       .columns = (int)p.columns,
                                       .depth = (int)p.depth,
                                       .a_row = (int)p.depth,
                                       .a_depth = 1,
                                       .b_depth = (int)p.columns,
                                       .b_column = 1,
                                       .bias_column = 1,
                                       .alpha = 1.0f,
                                       .beta = 1.0f};
    int64_t batch = 1, batch_a = plait_tensor_elements(&p.batch_a), batch_b = plait_tensor_elements(&p.batch_b);
    for (int i = 0; i < p.batch_rank; i++) batch *= p.batch[i];
    if (batch_b == 1 && batch_a == batch) {
        m->rows *= (int)batch;
        *batch_out = 1;
    } else {
        struct plait__cuda_spread spread;
        plait_tensor to = {.rank = p.batch_rank};
        for (int i = 0; i < p.batch_rank; i++) to.dims[i] = p.batch[i];
        plait__cuda_spread_of(&to, 2, (const plait_tensor *const[]){&p.batch_a, &p.batch_b}, &spread);
        m->batch_rank = spread.rank;
        for (int i = 0; i < spread.rank; i++) {
            m->batch_dims[i] = spread.dims[i];
            m->a_batch[i] = spread.steps[0][i] * (int)(p.rows * p.depth);
            m->b_batch[i] = spread.steps[1][i] * (int)(p.depth * p.columns);
        }
        *batch_out = batch;
    }
    return *batch_out <= BATCH_MOST && tiles(m->rows) <= BATCH_MOST;
}

bool plait__cuda_supports_matmul(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__cuda_multiply m;
    int64_t batch;
    (void)graph;
    for (int i = 0; i < call->input_count; i++)
        if (!plait__cuda_is_f32(call->inputs[i])) return false;
    return read_matmul(call, &m, &batch);
}

enum plait_status plait__cuda_define_matmul(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct plait__cuda_multiply m;
    int64_t batch;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    read_matmul(&call, &m, &batch);
    plait__cuda_bounds(node, &m.low, &m.high);
    return plait__cuda_multiply(segment, &m, batch, PLAIT__CUDA_PLACE(multiply, a, plait__cuda_read(segment, node->inputs[0])),
                                PLAIT__CUDA_PLACE(multiply, b, plait__cuda_read(segment, node->inputs[1])),
                                PLAIT__CUDA_PLACE(multiply, bias, plait__cuda_read_optional(segment, node, 2)),
                                PLAIT__CUDA_PLACE(multiply, out, plait__cuda_write(segment, node->outputs[0])));
}

/* ---- attention: softmax(q k' scale + mask) v ---- */

bool plait__cuda_supports_attention(const struct plait__graph *graph, struct plait__call *call) {
    (void)graph;
    const plait_tensor *q = call->inputs[0], *k = call->inputs[1];
    for (int i = 0; i < call->input_count; i++)
        if (!plait__cuda_is_f32(call->inputs[i])) return false;
    int64_t batch = plait__cuda_product(q, 0, q->rank - 2), queries = q->dims[q->rank - 2], keys = k->dims[k->rank - 2];
    return batch <= BATCH_MOST && tiles(queries) <= BATCH_MOST && batch * queries <= INT32_MAX / keys;
}

enum plait_status plait__cuda_define_attention(struct plait__cuda_segment *segment, const struct plait__node *node) {
    const plait_tensor *q = plait__cuda_input_type(segment->graph, node, 0),
                       *k = plait__cuda_input_type(segment->graph, node, 1);
    const plait_tensor *v = plait__cuda_input_type(segment->graph, node, 2),
                       *mask = plait__cuda_input_type(segment->graph, node, 3);
    int rank = q->rank;
    int64_t batch = plait__cuda_product(q, 0, rank - 2);
    int queries = (int)q->dims[rank - 2], keys = (int)k->dims[rank - 2], width = (int)q->dims[rank - 1];
    plait_tensor scores = *q;
    scores.dims[rank - 1] = keys;
    int made = plait__cuda_scratch(segment, (size_t)plait_tensor_elements(&scores) * sizeof(float));
    int shares = plait__cuda_scratch(segment, (size_t)plait_tensor_elements(&scores) * sizeof(float));
    if (made < 0 || shares < 0) return PLAIT_MEMORY;

    struct plait__cuda_multiply m = {.rows = queries,
                                     .columns = keys,
                                     .depth = width,
                                     .a_row = width,
                                     .a_depth = 1,
                                     .b_depth = 1,
                                     .b_column = width,
                                     .alpha = plait__attribute_float(node, "scale", 1.0f),
                                     .low = -INFINITY,
                                     .high = INFINITY,
                                     .batch_rank = 1,
                                     .batch_dims = {(int)batch},
                                     .a_batch = {queries * width},
                                     .b_batch = {keys * width}};
    const struct plait__cuda_place nothing = PLAIT__CUDA_PLACE(multiply, bias, PLAIT__CUDA_NOTHING);
    PLAIT__TRY(plait__cuda_multiply(segment, &m, batch,
                                    PLAIT__CUDA_PLACE(multiply, a, plait__cuda_read(segment, node->inputs[0])),
                                    PLAIT__CUDA_PLACE(multiply, b, plait__cuda_read(segment, node->inputs[1])), nothing,
                                    PLAIT__CUDA_PLACE(multiply, out, made)));
    if (mask)
        PLAIT__TRY(plait__cuda_combine(segment, PLAIT__CUDA_ADD, -INFINITY, INFINITY, &scores, &scores, mask, made,
                                       plait__cuda_read(segment, node->inputs[3]), made));
    PLAIT__TRY(plait__cuda_softmax(segment, batch * queries, keys, 1, false, made, shares));

    m.columns = (int)v->dims[rank - 1];
    m.depth = m.a_row = keys;
    m.b_depth = m.columns;
    m.b_column = 1;
    m.alpha = 1.0f;
    m.a_batch[0] = queries * keys;
    m.b_batch[0] = keys * m.columns;
    plait__cuda_bounds(node, &m.low, &m.high);
    return plait__cuda_multiply(segment, &m, batch, PLAIT__CUDA_PLACE(multiply, a, shares),
                                PLAIT__CUDA_PLACE(multiply, b, plait__cuda_read(segment, node->inputs[2])), nothing,
                                PLAIT__CUDA_PLACE(multiply, out, plait__cuda_write(segment, node->outputs[0])));
}
