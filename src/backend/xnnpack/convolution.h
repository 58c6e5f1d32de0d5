/* What a convolution and a transposed one have in common. */
#ifndef PLAIT_BACKEND_XNNPACK_CONVOLUTION_H
#define PLAIT_BACKEND_XNNPACK_CONVOLUTION_H

#include "backend/xnnpack/picture.h"

/* Everything about one convolution that does not change in a run. */
struct plait__xnn_convolution {
    struct plait__xnn_picture input, output;
    struct plait__xnn_window window;
    const plait_tensor *weights;
    const float *bias;          /* [output channels], or NULL */
    const plait_tensor *biases; /* the same as a tensor */
    size_t groups, group_input, group_output;
    uint32_t adjust_height, adjust_width; /* of a transposed one: rows and columns after the last window */
    float low, high;
};

/* Reads all but the window; false when weights or bias are not constants of floats, or the shapes do not fit. */
bool plait__xnn_convolution_parameters(const struct plait__graph *graph, const struct plait__node *node,
                                       struct plait__xnn_convolution *convolution_out);

#endif
