#include "backend/xnnpack/picture.h"

#include <string.h>

bool plait__xnn_picture(const plait_tensor *type, enum plait__layout layout, struct plait__xnn_picture *picture_out) {
    if (!type || type->dtype != PLAIT_F32 || type->rank < 3 || type->rank > 4) return false;
    bool last = layout == PLAIT__LAYOUT_CHANNELS_LAST;
    const int64_t *space = type->dims + (last ? 1 : 2);
    *picture_out = (struct plait__xnn_picture){
        .batch = (size_t)type->dims[0],
        .height = type->rank == 4 ? (size_t)space[0] : 1,
        .width = (size_t)space[type->rank - 3],
        .channels = (size_t)type->dims[last ? type->rank - 1 : 1],
    };
    return true;
}

/* One axis: the padding before, and after as far as the last window of `output` reaches. */
static bool place_axis(const char *auto_pad, int64_t before, int64_t input, int64_t output, int64_t kernel, int64_t stride,
                       int64_t dilation, uint32_t *before_out, uint32_t *after_out) {
    int64_t reach = (output - 1) * stride + (kernel - 1) * dilation + 1;
    int64_t total = reach > input ? reach - input : 0;
    if (strcmp(auto_pad, "SAME_UPPER") == 0)
        before = total / 2;
    else if (strcmp(auto_pad, "SAME_LOWER") == 0)
        before = total - total / 2;
    else if (strcmp(auto_pad, "VALID") == 0)
        before = 0;
    int64_t after = reach - input - before;
    if (before < 0 || before > INT32_MAX || after > INT32_MAX) return false;
    *before_out = (uint32_t)before;
    *after_out = after > 0 ? (uint32_t)after : 0;
    return true;
}

bool plait__xnn_window(const struct plait__node *node, const struct plait__xnn_picture *input,
                       const struct plait__xnn_picture *output, const int64_t *kernel, int kernel_rank,
                       struct plait__xnn_window *window_out) {
    int stride_count, dilation_count, pad_count;
    const int64_t *strides = plait__attribute_ints(node, "strides", &stride_count);
    const int64_t *dilations = plait__attribute_ints(node, "dilations", &dilation_count);
    const int64_t *pads = plait__attribute_ints(node, "pads", &pad_count);
    const char *auto_pad = plait__attribute_string(node, "auto_pad", "NOTSET");
    int64_t numbers[3][2] = {{1, 1}, {1, 1}, {1, 1}}, before[2] = {0, 0};
    bool padded = strcmp(auto_pad, "SAME_UPPER") == 0 || strcmp(auto_pad, "SAME_LOWER") == 0;
    for (int i = 0; i < kernel_rank; i++) {
        int axis = 2 - kernel_rank + i;
        numbers[0][axis] = kernel[i];
        if (i < stride_count) numbers[1][axis] = strides[i];
        if (i < dilation_count) numbers[2][axis] = dilations[i];
        if (pad_count == 2 * kernel_rank && strcmp(auto_pad, "NOTSET") == 0) {
            before[axis] = pads[i];
            if (pads[i] < 0 || pads[kernel_rank + i] < 0) return false;
            padded = padded || pads[i] || pads[kernel_rank + i];
        }
        for (int k = 0; k < 3; k++)
            if (numbers[k][axis] < 1 || numbers[k][axis] > 1 << 20) return false;
    }
    *window_out = (struct plait__xnn_window){
        .height = (uint32_t)numbers[0][0],
        .width = (uint32_t)numbers[0][1],
        .stride_height = (uint32_t)numbers[1][0],
        .stride_width = (uint32_t)numbers[1][1],
        .dilation_height = (uint32_t)numbers[2][0],
        .dilation_width = (uint32_t)numbers[2][1],
        .padded = padded,
    };
    return place_axis(auto_pad, before[0], (int64_t)input->height, (int64_t)output->height, numbers[0][0], numbers[1][0],
                      numbers[2][0], &window_out->top, &window_out->bottom) &&
           place_axis(auto_pad, before[1], (int64_t)input->width, (int64_t)output->width, numbers[0][1], numbers[1][1],
                      numbers[2][1], &window_out->left, &window_out->right);
}

struct plait__xnn_band plait__xnn_band(const struct plait__xnn_window *window, const struct plait__xnn_picture *input,
                                       const struct plait__xnn_picture *output, size_t row, size_t rows) {
    struct plait__xnn_band band = {.output_row = row, .output_rows = output->height - row < rows ? output->height - row : rows};
    int64_t from = (int64_t)(row * window->stride_height) - window->top;
    int64_t to =
        from + (int64_t)((band.output_rows - 1) * window->stride_height + (window->height - 1) * window->dilation_height + 1);
    band.top = from < 0 ? (uint32_t)-from : 0;
    band.bottom = to > (int64_t)input->height ? (uint32_t)(to - (int64_t)input->height) : 0;
    band.input_row = (size_t)(from < 0 ? 0 : from);
    band.input_rows = (size_t)(to > (int64_t)input->height ? (int64_t)input->height : to) - band.input_row;
    return band;
}

bool plait__xnn_same_band(const struct plait__xnn_band *a, const struct plait__xnn_band *b) {
    return a->output_rows == b->output_rows && a->input_rows == b->input_rows && a->top == b->top && a->bottom == b->bottom;
}

/* For each thread.  A band's pointers should stay in the second-level cache beside what they point to, and a band still be
 * enough to do. */
enum { BAND_POINTERS = 16384, BAND_PIXELS = 1024 };

size_t plait__xnn_band_rows(const struct plait__xnn_window *window, const struct plait__xnn_picture *input,
                            const struct plait__xnn_picture *output, size_t threads) {
    size_t taps = (size_t)window->height * window->width, reach = (window->height - 1) * (size_t)window->dilation_height + 1;
    if (taps * output->height * output->width <= 2 * BAND_POINTERS * threads) return output->height;
    if (window->top >= reach || window->bottom >= reach || reach > input->height) return output->height;
    size_t pixels = BAND_POINTERS / taps > BAND_PIXELS ? BAND_POINTERS / taps : BAND_PIXELS;
    size_t rows = (pixels * threads + output->width - 1) / output->width;
    return rows < output->height ? rows : output->height;
}
