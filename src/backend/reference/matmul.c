/* MatMul, Gemm and the products of quantised matrices. */
#include "graph/shape/matmul.h"
#include "backend/reference/product.h"
#include "backend/reference/quantise.h"

#include <math.h>

/* Every pair of matrices of the two batches.  Elements are double, or int64_t when `integers`; products are added to the sums.
 */
static enum plait_status multiply(struct plait__call *call, const plait_tensor *a_tensor, const plait_tensor *b_tensor,
                                  const void *a, const void *b, void *sums, bool integers) {
    struct plait__matmul matmul;
    PLAIT__TRY(plait__matmul_read(call, a_tensor, b_tensor, &matmul));
    int64_t rows = matmul.rows, depth = matmul.depth, columns = matmul.columns, done = 0;
    struct plait__walk walk;
    plait__walk_init(&walk, matmul.batch_rank, matmul.batch);
    plait__walk_add(&walk, &matmul.batch_a);
    plait__walk_add(&walk, &matmul.batch_b);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t i = 0; i < walk.count; i++, done++) {
            int64_t at_a = (walk.at[0] + i * walk.step[0]) * rows * depth;
            int64_t at_b = (walk.at[1] + i * walk.step[1]) * depth * columns;
            int64_t to = done * rows * columns;
            if (integers)
                plait__add_product_integers((uint64_t *)sums + to, (const uint64_t *)a + at_a, (const uint64_t *)b + at_b, rows,
                                            depth, columns);
            else
                plait__add_product((double *)sums + to, (const double *)a + at_a, (const double *)b + at_b, rows, depth,
                                   columns);
        }
    }
    return PLAIT_OK;
}

/* The whole of a tensor as the work type has it: double for floats, int64_t for integers. */
static const void *whole(struct plait__call *call, const plait_tensor *tensor) {
    return plait__is_float(tensor->dtype) ? (const void *)plait__reals(call, tensor)
                                          : (const void *)plait__integers(call, tensor);
}

enum plait_status plait__kernel_mat_mul(struct plait__call *call) {
    const plait_tensor *a = call->inputs[0], *b = call->inputs[1], *bias = plait__input(call, 2);
    plait_tensor *output = call->outputs[0];
    int64_t elements = plait_tensor_elements(output);
    const void *left = whole(call, a), *right = whole(call, b);
    double *sums = plait__scratch(call, elements, sizeof *sums);
    if (!left || !right || !sums) return PLAIT_MEMORY;
    if (bias) {
        int64_t columns = bias->dims[0];
        for (int64_t i = 0; i < elements; i += columns) plait__load(plait__work_of(bias->dtype), bias, 0, 1, columns, sums + i);
    }
    PLAIT__TRY(multiply(call, a, b, left, right, sums, !plait__is_float(a->dtype)));
    plait__store(plait__work_of(a->dtype), output, 0, 1, elements, sums);
    return PLAIT_OK;
}

/* ---- Gemm ---- */

/* The matrix itself, or its transpose, as eight bytes an element: turning it does not care whether they are reals. */
static const void *turned(struct plait__call *call, const plait_tensor *matrix, bool turn) {
    const uint64_t *from = whole(call, matrix);
    if (!turn || !from) return from;
    int64_t rows = matrix->dims[0], columns = matrix->dims[1];
    uint64_t *to = plait__scratch(call, rows * columns, sizeof *to);
    for (int64_t row = 0; to && row < rows; row++)
        for (int64_t column = 0; column < columns; column++) to[column * rows + row] = from[row * columns + column];
    return to;
}

enum plait_status plait__kernel_gemm(struct plait__call *call) {
    const plait_tensor *c = plait__input(call, 2);
    plait_tensor *output = call->outputs[0];
    enum plait__work work = plait__work_of(output->dtype);
    bool turn_a = plait__attribute_int(call->node, "transA", 0) != 0;
    bool turn_b = plait__attribute_int(call->node, "transB", 0) != 0;
    double alpha = plait__attribute_float(call->node, "alpha", 1), beta = plait__attribute_float(call->node, "beta", 1);
    int64_t rows = output->dims[0], columns = output->dims[1], depth = call->inputs[0]->dims[!turn_a];
    const void *a = turned(call, call->inputs[0], turn_a), *b = turned(call, call->inputs[1], turn_b);
    void *sums = plait__scratch(call, rows * columns, sizeof(double));
    void *bias = plait__scratch(call, rows * columns, sizeof(double));
    if (!a || !b || !sums || !bias) return PLAIT_MEMORY;
    if (c) {
        struct plait__walk walk;
        plait__walk_init(&walk, output->rank, output->dims);
        plait__walk_add(&walk, output);
        plait__walk_add(&walk, c);
        for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk))
            plait__load(work, c, walk.at[1], walk.step[1], walk.count, (double *)bias + walk.at[0]);
    }
    if (work == PLAIT__WORK_REAL) {
        double *y = sums;
        plait__add_product(y, a, b, rows, depth, columns);
        for (int64_t i = 0; i < rows * columns; i++) y[i] = alpha * y[i] + (c ? beta * ((double *)bias)[i] : 0);
    } else {
        uint64_t *y = sums;
        plait__add_product_integers(y, a, b, rows, depth, columns);
        uint64_t by = (uint64_t)plait__integer_of(alpha), bias_by = (uint64_t)plait__integer_of(beta);
        for (int64_t i = 0; i < rows * columns; i++) y[i] = by * y[i] + bias_by * ((uint64_t *)bias)[i];
    }
    plait__store(work, output, 0, 1, rows * columns, sums);
    return PLAIT_OK;
}

/* ---- of quantised numbers: exact in double ---- */

static double *multiply_quantised(struct plait__call *call, const struct plait__quantised *a,
                                  const struct plait__quantised *b) {
    double *left = plait__centred(call, a), *right = plait__centred(call, b);
    double *sums = plait__scratch(call, plait_tensor_elements(call->outputs[0]), sizeof *sums);
    if (!left || !right || !sums) return NULL;
    return multiply(call, a->tensor, b->tensor, left, right, sums, false) == PLAIT_OK ? sums : NULL;
}

/* A scale and zero point for every row of a, and for every column of b. */
static struct plait__quantised rows_of(const plait_tensor *a, const plait_tensor *scale, const plait_tensor *zero) {
    return (struct plait__quantised){a, scale, zero, a->rank > 1 ? a->rank - 2 : 0};
}
static struct plait__quantised columns_of(const plait_tensor *b, const plait_tensor *scale, const plait_tensor *zero) {
    return (struct plait__quantised){b, scale, zero, b->rank - 1};
}

enum plait_status plait__kernel_mat_mul_integer(struct plait__call *call) {
    struct plait__quantised a = rows_of(call->inputs[0], NULL, plait__input(call, 2));
    struct plait__quantised b = columns_of(call->inputs[1], NULL, plait__input(call, 3));
    const double *sums = multiply_quantised(call, &a, &b);
    if (!sums) return PLAIT_MEMORY;
    plait__store_reals_all(call->outputs[0], sums);
    return PLAIT_OK;
}

enum plait_status plait__kernel_q_linear_mat_mul(struct plait__call *call) {
    struct plait__quantised a = rows_of(call->inputs[0], call->inputs[1], call->inputs[2]);
    struct plait__quantised b = columns_of(call->inputs[3], call->inputs[4], call->inputs[5]);
    double *sums = multiply_quantised(call, &a, &b);
    if (!sums) return PLAIT_MEMORY;
    struct plait__matmul matmul;
    PLAIT__TRY(plait__matmul_read(call, a.tensor, b.tensor, &matmul));
    int64_t elements = plait_tensor_elements(call->outputs[0]);
    for (int64_t i = 0; i < elements; i++)
        sums[i] *= plait__scale_at(&a, i / matmul.columns % matmul.rows) * plait__scale_at(&b, i % matmul.columns);
    plait__quantise_all(call, call->inputs[6], call->inputs[7], sums);
    return PLAIT_OK;
}
