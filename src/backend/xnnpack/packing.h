/* Weights on their way into an operator: digested, permuted and quantised only when they are not packed yet. */
#ifndef PLAIT_BACKEND_XNNPACK_PACKING_H
#define PLAIT_BACKEND_XNNPACK_PACKING_H

#include "backend/xnnpack/segment.h"

struct plait__xnn_packing {
    struct plait__xnn_segment *segment;
    struct plait__digest digest;
    bool known;    /* packed already: what is prepared below may be left as it is */
    float *floats; /* [rows, depth] f32 in XNNPACK's order; NULL: as in the model */
    int8_t *bytes; /* [rows, depth] i8, when quantised */
    float *scales; /* [rows] f32, when quantised */
};

/* What makes this packing differ from others: `numbers` (shapes, strides, flags), the weights and the bias, which may be NULL.
 */
void plait__xnn_packing_begin(struct plait__xnn_packing *packing, struct plait__xnn_segment *segment, const size_t *numbers,
                              size_t number_count, const plait_tensor *weights, const plait_tensor *bias);

/* Reorders [rows, channels, taps] to [rows, taps, channels]; nothing when that is the same. */
enum plait_status plait__xnn_packing_channels_last(struct plait__xnn_packing *packing, const float *weights, size_t rows,
                                                   size_t channels, size_t taps);

/* Makes `rows` of `depth` weights each symmetric int8 with a scale a row.  Element (row, i) is at row * row_step + i * step. */
enum plait_status plait__xnn_packing_quantise(struct plait__xnn_packing *packing, const float *weights, size_t rows,
                                              size_t depth, size_t row_step, size_t step);

/* Around the creation of each operator from these weights: what XNNPACK packs or finds, the segment holds from then on.
 * `keep` passes the operator's status on. */
void plait__xnn_packing_ready(struct plait__xnn_packing *packing);
enum plait_status plait__xnn_packing_keep(struct plait__xnn_packing *packing, enum xnn_status created);

/* Whatever came of it. */
void plait__xnn_packing_end(struct plait__xnn_packing *packing);

#endif
