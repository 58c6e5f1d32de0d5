/* Matrix products. */
#include "graph/shape/matmul.h"
#include "graph/shape/shape.h"

static plait_tensor batch_of(const plait_tensor *tensor) {
    plait_tensor batch = *tensor;
    batch.rank = tensor->rank > 2 ? tensor->rank - 2 : 0;
    return batch;
}

enum plait_status plait__matmul_read(struct plait__call *call, const plait_tensor *a, const plait_tensor *b,
                                     struct plait__matmul *matmul_out) {
    struct plait__matmul *matmul = matmul_out;
    *matmul = (struct plait__matmul){.rank = -1};
    if (!plait__known_rank(a) || !plait__known_rank(b)) return PLAIT_OK;
    if (a->rank < 1 || b->rank < 1) return plait__call_fail(call, PLAIT_INVALID, "expected matrices, found a scalar");
    matmul->rows = a->rank > 1 ? a->dims[a->rank - 2] : 1;
    matmul->depth = a->dims[a->rank - 1];
    matmul->columns = b->rank > 1 ? b->dims[b->rank - 1] : 1;
    PLAIT__TRY(
        plait__dim_join(call, "rows of the right matrix", &matmul->depth, b->rank > 1 ? b->dims[b->rank - 2] : b->dims[0]));
    matmul->batch_a = batch_of(a);
    matmul->batch_b = batch_of(b);
    PLAIT__TRY(plait__broadcast(call, &matmul->batch_a, &matmul->batch_b, &matmul->batch_rank, matmul->batch));
    matmul->rank = matmul->batch_rank;
    for (int i = 0; i < matmul->batch_rank; i++) matmul->dims[i] = matmul->batch[i];
    if (a->rank > 1) matmul->dims[matmul->rank++] = matmul->rows;
    if (b->rank > 1) matmul->dims[matmul->rank++] = matmul->columns;
    return PLAIT_OK;
}

/* A third input, which ONNX has not got, is a bias that a pass of src/graph/fuse found added: one number a column. */
enum plait_status plait__shape_mat_mul(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 3));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    PLAIT__TRY(plait__expect_rank(call, 2, 1));
    const plait_tensor *bias = plait__input(call, 2);
    struct plait__matmul matmul;
    PLAIT__TRY(plait__matmul_read(call, plait__input(call, 0), plait__input(call, 1), &matmul));
    plait__set_output(call, 0, plait__input(call, 0)->dtype, matmul.rank, matmul.dims);
    if (!bias || !plait__known_rank(bias) || matmul.rank < 0) return PLAIT_OK;
    return plait__dim_join(call, "length of the bias", &matmul.columns, bias->dims[0]);
}

/* alpha * a * b + beta * c, a and b perhaps transposed, c broadcast to the product. */
enum plait_status plait__shape_gemm(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, call->node->opset < 11 ? 3 : 2, 3));
    PLAIT__TRY(plait__expect_rank(call, 0, 2));
    PLAIT__TRY(plait__expect_rank(call, 1, 2));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 1));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    const plait_tensor *a = plait__input(call, 0), *b = plait__input(call, 1), *c = plait__input(call, 2);
    bool turn_a = plait__attribute_int(call->node, "transA", 0) != 0;
    bool turn_b = plait__attribute_int(call->node, "transB", 0) != 0;
    int64_t dims[2] = {-1, -1}, depth = -1;
    if (plait__known_rank(a)) {
        dims[0] = a->dims[turn_a];
        depth = a->dims[!turn_a];
    }
    if (plait__known_rank(b)) {
        dims[1] = b->dims[!turn_b];
        PLAIT__TRY(plait__dim_join(call, "rows of the right matrix", &depth, b->dims[turn_b]));
    }
    plait__set_output(call, 0, a->dtype, 2, dims);
    if (!c || !plait__known_shape(c) || dims[0] < 0 || dims[1] < 0) return PLAIT_OK;
    plait_tensor product = {.rank = 2, .dims = {dims[0], dims[1]}};
    int rank;
    int64_t both[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__broadcast(call, &product, c, &rank, both));
    if (rank != 2 || both[0] != dims[0] || both[1] != dims[1])
        return plait__call_fail(call, PLAIT_INVALID, "the shape of C does not broadcast to %lld by %lld", (long long)dims[0],
                                (long long)dims[1]);
    return PLAIT_OK;
}

/* q [batch..., queries, width], k [batch..., keys, width], v [batch..., keys, width of values], and a mask that is added
 * to the scores [batch..., queries, keys]. */
enum plait_status plait__shape_attention(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, 4));
    for (int i = 0; i < 3; i++) PLAIT__TRY(plait__expect_float(call, i));
    const plait_tensor *q = plait__input(call, 0), *k = plait__input(call, 1), *v = plait__input(call, 2);
    const plait_tensor *mask = plait__input(call, 3);
    plait__set_unknown(call, 0, q->dtype);
    if (!plait__known_rank(q) || !plait__known_rank(k) || !plait__known_rank(v)) return PLAIT_OK;
    if (q->rank < 2 || k->rank != q->rank || v->rank != q->rank)
        return plait__call_fail(call, PLAIT_INVALID, "expected q, k and v of one rank, 2 or more, found %d, %d and %d",
                                (int)q->rank, (int)k->rank, (int)v->rank);
    int rank = q->rank;
    int64_t dims[PLAIT_MAX_RANK], width = q->dims[rank - 1], keys = k->dims[rank - 2];
    for (int i = 0; i < rank - 2; i++) {
        dims[i] = q->dims[i];
        PLAIT__TRY(plait__dim_join(call, "batch of k", &dims[i], k->dims[i]));
        PLAIT__TRY(plait__dim_join(call, "batch of v", &dims[i], v->dims[i]));
    }
    PLAIT__TRY(plait__dim_join(call, "width of k", &width, k->dims[rank - 1]));
    PLAIT__TRY(plait__dim_join(call, "keys of v", &keys, v->dims[rank - 2]));
    dims[rank - 2] = q->dims[rank - 2];
    dims[rank - 1] = keys;
    plait_tensor scores = {.rank = rank};
    for (int i = 0; i < rank; i++) scores.dims[i] = dims[i];
    if (mask && plait__known_shape(mask) && plait__known_shape(&scores)) {
        plait_tensor both;
        PLAIT__TRY(plait__broadcast(call, &scores, mask, &both.rank, both.dims));
        bool fits = both.rank == rank;
        for (int i = 0; fits && i < rank; i++) fits = both.dims[i] == scores.dims[i];
        if (!fits) return plait__call_fail(call, PLAIT_INVALID, "the mask does not broadcast to the scores");
    }
    dims[rank - 1] = v->dims[rank - 1];
    plait__set_output(call, 0, q->dtype, rank, dims);
    return PLAIT_OK;
}
