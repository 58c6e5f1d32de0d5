/* Einsum's equation, read in one place for its shape and its kernel. */
#ifndef PLAIT_GRAPH_SHAPE_EINSUM_H
#define PLAIT_GRAPH_SHAPE_EINSUM_H

#include "graph/op.h"

enum { PLAIT__EINSUM_INPUTS = 5 };

/* Every label is a dim: those of the output first, in its order, then those summed over. */
struct plait__einsum {
    int rank, output_rank; /* rank -1 when an input's is unknown */
    int64_t dims[PLAIT_MAX_RANK];
    int64_t strides[PLAIT__EINSUM_INPUTS][PLAIT_MAX_RANK]; /* of each input along each label; 0 where it has not got it */
};
enum plait_status plait__einsum_read(struct plait__call *call, struct plait__einsum *einsum_out);

#endif
