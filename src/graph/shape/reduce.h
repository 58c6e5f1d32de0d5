/* Which dims an operator of the Reduce family folds: read in one place for shapes, kernels and other backends. */
#ifndef PLAIT_GRAPH_SHAPE_REDUCE_H
#define PLAIT_GRAPH_SHAPE_REDUCE_H

#include "graph/op.h"

struct plait__reduce {
    bool known;                  /* false when the axes are an input whose data is not there */
    bool folded[PLAIT_MAX_RANK]; /* per dim of the input, whose rank must be known */
    bool keep;                   /* folded dims stay as 1 */
};
enum plait_status plait__reduce_read(struct plait__call *call, struct plait__reduce *reduce_out);

/* Of MeanVarianceNormalization: the dims that share a mean. */
enum plait_status plait__mean_variance_axes(struct plait__call *call, struct plait__reduce *reduce_out);

#endif
