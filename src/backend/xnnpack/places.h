/* One kernel for all that takes from each axis of its input a list of places: output[i, j, ...] = input[axes[0][i], axes[1][j],
 * ...]. */
#ifndef PLAIT_BACKEND_XNNPACK_PLACES_H
#define PLAIT_BACKEND_XNNPACK_PLACES_H

#include "backend/xnnpack/segment.h"

enum { PLAIT__XNN_NOWHERE = -1 }; /* a place that is `fill` */

struct plait__xnn_places {
    struct plait__xnn_segment *segment;
    int rank;
    size_t from[PLAIT__XNN_RANK], to[PLAIT__XNN_RANK]; /* dims */
    size_t element_bytes;
    int32_t *axes[PLAIT__XNN_RANK]; /* [to] places along each axis, to be filled in; at first 0, 1, 2, ... */
    float fill;
};

/* `from` and `to` have the same rank. */
enum plait_status plait__xnn_places_begin(struct plait__xnn_places *places, struct plait__xnn_segment *segment,
                                          const plait_tensor *from, const plait_tensor *to);
enum plait_status plait__xnn_places_step(struct plait__xnn_places *places, int read, int written);

#endif
