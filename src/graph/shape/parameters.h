/* What shape functions, kernels and other backends all work out from an operator's attributes and inputs, worked out in
 * one place.  Each `read` checks everything it reads; on the complete inputs of a kernel all of it is known. */
#ifndef PLAIT_GRAPH_SHAPE_PARAMETERS_H
#define PLAIT_GRAPH_SHAPE_PARAMETERS_H

#include "graph/op.h"

/* Transpose: output dim i is input dim permutation[i].  The input's rank must be known. */
enum plait_status plait__permutation_read(struct plait__call *call, int *permutation_out);

/* Split: the length of every part, -1 where not known, into an array of one number an output.  The input's rank must be known.
 */
enum plait_status plait__split_read(struct plait__call *call, int axis, int64_t *parts_out);

/* Slice, per dim of the input: `count` elements from `start` on, every `step`-th (which may be negative).
 * count is -1 where it is not known, start and step then say nothing. */
struct plait__slicing {
    int64_t start[PLAIT_MAX_RANK], step[PLAIT_MAX_RANK], count[PLAIT_MAX_RANK];
};
enum plait_status plait__slice_read(struct plait__call *call, struct plait__slicing *slice_out);

/* Pad, per dim of the input: elements added before and after it; negative numbers take away. */
enum plait__pad_mode { PLAIT__PAD_CONSTANT, PLAIT__PAD_REFLECT, PLAIT__PAD_EDGE, PLAIT__PAD_WRAP };
struct plait__pad {
    enum plait__pad_mode mode;
    bool known;
    int64_t before[PLAIT_MAX_RANK], after[PLAIT_MAX_RANK];
};
enum plait_status plait__pad_read(struct plait__call *call, struct plait__pad *pad_out);

/* Col2Im: per spatial dim, blocks of `block` elements, `dilation` apart, start at every `stride`-th position of the image from
 * -pad on, and there are `count` of them. */
struct plait__blocks {
    int dims;
    bool known;
    int64_t image[PLAIT_MAX_RANK], block[PLAIT_MAX_RANK], dilation[PLAIT_MAX_RANK], stride[PLAIT_MAX_RANK], pad[PLAIT_MAX_RANK],
        count[PLAIT_MAX_RANK];
};
enum plait_status plait__blocks_read(struct plait__call *call, struct plait__blocks *blocks_out);

/* Shape: the run of the input's dims that is asked for.  The input's rank must be known. */
void plait__shape_dims_read(const struct plait__call *call, int *first_out, int *count_out);

/* Constant: a view of the value in the node's attributes. */
enum plait_status plait__constant_read(struct plait__call *call, plait_tensor *value_out);

/* Unique and NonMaxSuppression: what the output's size depends on is most of the work, so it is done here for both the shape
 * and the kernel, in scratch memory.  *count_out is -1 when the inputs' data is not there. */
struct plait__unique {
    int64_t count;    /* of different rows */
    int64_t *first;   /* [count] the first row of each, in the order of the output */
    int64_t *counts;  /* [count] how many rows are equal to it */
    int64_t *inverse; /* [rows] which of them each row is */
};
enum plait_status plait__unique_read(struct plait__call *call, struct plait__unique *unique_out);

struct plait__selected {
    int64_t batch, class_index, box;
};
enum plait_status plait__suppression_read(struct plait__call *call, struct plait__selected **selected_out, int64_t *count_out);

/* DFT: transforms of `length` along `axis`, with the output's dims; -1 where not known.  The input's rank must be known. */
struct plait__dft {
    int axis;
    bool inverse, onesided;
    int64_t length, dims[PLAIT_MAX_RANK];
};
enum plait_status plait__dft_read(struct plait__call *call, struct plait__dft *dft_out);

/* Resize and Upsample: dims are the output's, -1 where unknown. */
enum plait__resize_mode { PLAIT__RESIZE_NEAREST, PLAIT__RESIZE_LINEAR, PLAIT__RESIZE_CUBIC };
enum plait__resize_coordinate {
    PLAIT__RESIZE_HALF_PIXEL,
    PLAIT__RESIZE_HALF_PIXEL_SYMMETRIC,
    PLAIT__RESIZE_PYTORCH_HALF_PIXEL,
    PLAIT__RESIZE_ALIGN_CORNERS,
    PLAIT__RESIZE_ASYMMETRIC,
    PLAIT__RESIZE_TF_HALF_PIXEL_FOR_NN,
    PLAIT__RESIZE_TF_CROP_AND_RESIZE
};
enum plait__resize_nearest {
    PLAIT__NEAREST_ROUND_PREFER_FLOOR,
    PLAIT__NEAREST_ROUND_PREFER_CEIL,
    PLAIT__NEAREST_FLOOR,
    PLAIT__NEAREST_CEIL
};
struct plait__resize {
    enum plait__resize_mode mode;
    enum plait__resize_coordinate coordinate;
    enum plait__resize_nearest nearest;
    bool exclude_outside, antialias;
    float cubic_a, extrapolation;
    int64_t dims[PLAIT_MAX_RANK];  /* of the output */
    double scale[PLAIT_MAX_RANK];  /* output over input, as given or as the sizes say */
    double length[PLAIT_MAX_RANK]; /* of the output before it was cut to whole elements: what corners are aligned with */
    double roi_start[PLAIT_MAX_RANK], roi_end[PLAIT_MAX_RANK]; /* of crop_and_resize: in units of the input's size */
};
enum plait_status plait__resize_read(struct plait__call *call, struct plait__resize *resize_out);

/* The weights of one dim: output position o is the sum over k of weight[o * taps + k] * input[index[o * taps + k]].  Where
 * `outside[o]` is set, crop_and_resize asked for something beyond the input. */
struct plait__resize_weights {
    int64_t taps;
    int64_t *index;
    double *weight;
    bool *outside;
};
/* Of dim `d`, all shapes known; in scratch memory. */
enum plait_status plait__resize_weigh(struct plait__call *call, const struct plait__resize *resize, int d,
                                      struct plait__resize_weights *weights_out);

#endif
