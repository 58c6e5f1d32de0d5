/* What convolutions and pools have in common: a picture [batch, height, width, channels], a window that slides over it,
 * and the padding around it.  One dimension less is a picture one pixel high. */
#ifndef PLAIT_BACKEND_XNNPACK_PICTURE_H
#define PLAIT_BACKEND_XNNPACK_PICTURE_H

#include "backend/xnnpack/segment.h"

struct plait__xnn_picture {
    size_t batch, height, width, channels;
};

struct plait__xnn_window {
    uint32_t height, width; /* of the kernel */
    uint32_t stride_height, stride_width;
    uint32_t dilation_height, dilation_width;
    uint32_t top, left, bottom, right; /* padding: exactly what the output's size asks for */
    bool padded;                       /* the node asks for padding, whatever of it is used */
};

/* Reads a value of rank 3 or 4 in the layout of its node; false for other ranks. */
bool plait__xnn_picture(const plait_tensor *type, enum plait__layout layout, struct plait__xnn_picture *picture_out);

/* The window of Conv and pools over `input` with kernel dims `kernel` (1 or 2 of them).  `output` decides the padding at
 * the end, so that ceil_mode needs no case of its own.  False when a padding is negative or a number is out of range. */
bool plait__xnn_window(const struct plait__node *node, const struct plait__xnn_picture *input,
                       const struct plait__xnn_picture *output, const int64_t *kernel, int kernel_rank,
                       struct plait__xnn_window *window_out);

/* Some rows of the output, the rows of the input that they see, and what of the padding. */
struct plait__xnn_band {
    size_t output_row, output_rows, input_row, input_rows;
    uint32_t top, bottom;
};

/* The band of at most `rows` rows that begins at `row`. */
struct plait__xnn_band plait__xnn_band(const struct plait__xnn_window *window, const struct plait__xnn_picture *input,
                                       const struct plait__xnn_picture *output, size_t row, size_t rows);

/* Whether what is made for one band does for the other, elsewhere in the picture. */
bool plait__xnn_same_band(const struct plait__xnn_band *a, const struct plait__xnn_band *b);

/* How many rows a band should have for so many threads; all of them when the picture is small, or cannot be cut. */
size_t plait__xnn_band_rows(const struct plait__xnn_window *window, const struct plait__xnn_picture *input,
                            const struct plait__xnn_picture *output, size_t threads);

#endif
