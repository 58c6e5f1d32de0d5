/* Convolutions and pools: where a window stands and what it covers.  Worked out from attributes and shapes in one place
 * for shape functions, kernels and other backends. */
#ifndef PLAIT_GRAPH_SHAPE_WINDOW_H
#define PLAIT_GRAPH_SHAPE_WINDOW_H

#include "graph/op.h"

enum { PLAIT__WINDOW_DIMS = PLAIT_MAX_RANK - 2 };

/* Per spatial dim (those after batch and channels): tap k of the window at position p covers element
 * p * stride + k * dilation - before.  A size that depends on an unknown dim is -1. */
struct plait__window {
    int rank; /* of the spatial dims; -1 when unknown */
    int64_t kernel[PLAIT__WINDOW_DIMS], stride[PLAIT__WINDOW_DIMS], dilation[PLAIT__WINDOW_DIMS];
    int64_t before[PLAIT__WINDOW_DIMS], after[PLAIT__WINDOW_DIMS]; /* padding */
    int64_t covered[PLAIT__WINDOW_DIMS];   /* elements it slides over: the input's, ConvTranspose's output's */
    int64_t positions[PLAIT__WINDOW_DIMS]; /* where it stands: the output's size, ConvTranspose's input's */
};

/* Of the spatial dims of `input`.  The kernel's sizes are those of `weights`, or the attribute kernel_shape when NULL. */
enum plait_status plait__window_read(struct plait__call *call, const plait_tensor *input, const plait_tensor *weights,
                                     struct plait__window *window_out);

/* Of ConvTranspose, and of MaxUnpool with NULL: the window stands on the first input and covers the output. */
enum plait_status plait__window_read_transposed(struct plait__call *call, const plait_tensor *weights,
                                                struct plait__window *window_out);

#endif
