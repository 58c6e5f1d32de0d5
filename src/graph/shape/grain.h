/* QuantizeLinear and DequantizeLinear: which elements share a scale.  Worked out in one place for shapes and kernels. */
#ifndef PLAIT_GRAPH_SHAPE_GRAIN_H
#define PLAIT_GRAPH_SHAPE_GRAIN_H

#include "graph/op.h"

/* The input seen as [outer, blocks, block, inner], and the scale's strides along these, 0 where it is shared. */
struct plait__grain {
    int64_t dims[4], strides[4];
};
/* Of a complete input 0 with its scale in input 1. */
enum plait_status plait__grain_read(struct plait__call *call, struct plait__grain *grain_out);

#endif
