/* Moving elements of any type: what transposing, slicing, joining and repeating have in common. */
#ifndef PLAIT_BACKEND_REFERENCE_COPY_H
#define PLAIT_BACKEND_REFERENCE_COPY_H

#include "backend/reference/kernel.h"

/* Copies along a walk whose operand 0 goes over `to` and operand 1 over `from`, which have one dtype. */
void plait__copy_walked(struct plait__walk *walk, plait_tensor *to, const plait_tensor *from);

/* Fills the output from tables that say, per dim, which input position stands at each output position; where a table says
 * PLAIT__OUTSIDE there stands the element `fill`. */
enum { PLAIT__OUTSIDE = -1 };
void plait__copy_tables(const plait_tensor *input, plait_tensor *output, int64_t *const *tables, const void *fill);

/* Element `index` of elements of `bytes` bytes; also for rows of them. */
static inline void *plait__at(void *data, int64_t index, size_t bytes) {
    return (char *)data + index * (int64_t)bytes;
}

/* Reads element `i` of an int32 or int64 tensor as a position among `size`, where negative ones count from the end; fails
 * with INVALID outside. */
enum plait_status plait__position(struct plait__call *call, const plait_tensor *indices, int64_t i, int64_t size,
                                  int64_t *position_out);

#endif
