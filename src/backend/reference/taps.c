#include "backend/reference/taps.h"

static int64_t product(const int64_t *sizes, int count) {
    int64_t product = 1;
    for (int i = 0; i < count; i++) product *= sizes[i];
    return product;
}

int64_t plait__window_positions(const struct plait__window *window) {
    return product(window->positions, window->rank);
}
int64_t plait__window_covered(const struct plait__window *window) {
    return product(window->covered, window->rank);
}
int64_t plait__window_kernel(const struct plait__window *window) {
    return product(window->kernel, window->rank);
}

enum plait_status plait__taps_create(struct plait__call *call, const struct plait__window *window,
                                     struct plait__taps *taps_out) {
    int64_t most = plait__window_kernel(window);
    taps_out->at = plait__scratch(call, most, sizeof *taps_out->at);
    taps_out->tap = plait__scratch(call, most, sizeof *taps_out->tap);
    return taps_out->at && taps_out->tap ? PLAIT_OK : PLAIT_MEMORY;
}

/* An index in row-major order as one number a dim. */
static void unravel(int64_t index, const int64_t *sizes, int rank, int64_t *out) {
    for (int i = rank - 1; i >= 0; i--) {
        out[i] = index % sizes[i];
        index /= sizes[i];
    }
}

void plait__taps_at(const struct plait__window *window, int64_t position, struct plait__taps *taps) {
    int64_t place[PLAIT__WINDOW_DIMS], k[PLAIT__WINDOW_DIMS] = {0};
    unravel(position, window->positions, window->rank, place);
    taps->count = taps->padded = 0;
    int64_t most = plait__window_kernel(window);
    for (int64_t tap = 0; tap < most; tap++) {
        int64_t at = 0;
        bool on_element = true, on_padding = true;
        for (int i = 0; i < window->rank; i++) {
            int64_t x = place[i] * window->stride[i] + k[i] * window->dilation[i] - window->before[i];
            on_element = on_element && x >= 0 && x < window->covered[i];
            on_padding = on_padding && x < window->covered[i] + window->after[i];
            at = at * window->covered[i] + x;
        }
        taps->padded += on_padding;
        if (on_element) {
            taps->at[taps->count] = at;
            taps->tap[taps->count++] = tap;
        }
        for (int i = window->rank - 1; i >= 0 && ++k[i] == window->kernel[i]; i--) k[i] = 0;
    }
}
