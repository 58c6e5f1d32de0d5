/* The elements that a window covers at one position. */
#ifndef PLAIT_BACKEND_REFERENCE_TAPS_H
#define PLAIT_BACKEND_REFERENCE_TAPS_H

#include "backend/reference/kernel.h"
#include "graph/shape/window.h"

struct plait__taps {
    int64_t count;  /* taps that stand on an element; those on padding are left out */
    int64_t *at;    /* index of that element among those of a channel */
    int64_t *tap;   /* index of the tap in the kernel */
    int64_t padded; /* taps that stand on an element or its padding (not past it, where a last window may reach) */
};

/* Room in scratch memory for all taps of the window. */
enum plait_status plait__taps_create(struct plait__call *call, const struct plait__window *window,
                                     struct plait__taps *taps_out);

/* The taps at `position`, an index among the window's positions, in the order of the kernel. */
void plait__taps_at(const struct plait__window *window, int64_t position, struct plait__taps *taps);

/* How many positions, elements covered and taps a window has. */
int64_t plait__window_positions(const struct plait__window *window);
int64_t plait__window_covered(const struct plait__window *window);
int64_t plait__window_kernel(const struct plait__window *window);

#endif
