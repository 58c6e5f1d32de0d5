/* What an elementwise operator's inputs mean, for its shape and its kernels. */
#ifndef PLAIT_GRAPH_SHAPE_ELEMENTWISE_H
#define PLAIT_GRAPH_SHAPE_ELEMENTWISE_H

#include "graph/op.h"

/* PRelu's slope as it broadcasts to the input: before version 7 a list has one number a channel, which is dim 1. */
plait_tensor plait__prelu_slope(const struct plait__call *call);

#endif
