/* Matrix products as numpy's matmul has them, worked out in one place for shapes, kernels and other backends. */
#ifndef PLAIT_GRAPH_SHAPE_MATMUL_H
#define PLAIT_GRAPH_SHAPE_MATMUL_H

#include "graph/op.h"

/* [batch..., rows, depth] by [batch..., depth, columns].  A vector on the left is one row, on the right one column, and
 * that dim is left out of the output's.  -1 where unknown; rank -1 when nothing is known. */
struct plait__matmul {
    int rank;
    int64_t dims[PLAIT_MAX_RANK]; /* of the output */
    int64_t rows, depth, columns;
    plait_tensor batch_a, batch_b; /* shapes of the batch dims alone, to be broadcast against each other */
    int batch_rank;
    int64_t batch[PLAIT_MAX_RANK];
};
enum plait_status plait__matmul_read(struct plait__call *call, const plait_tensor *a, const plait_tensor *b,
                                     struct plait__matmul *matmul_out);

#endif
