/* A thread an element: windows over single channels of pictures, and transposed convolution. */
#include "backend/cuda/kernels/numbers.h"

/* Which element of the output this is. */
struct position {
    int x, y;
    int64_t plane; /* of batch * channels */
};

INLINE struct position position_of(unsigned element, int height, int width) {
    unsigned row = element / (unsigned)width, plane = row / (unsigned)height;
    return (struct position){
        .x = (int)(element - row * (unsigned)width), .y = (int)(row - plane * (unsigned)height), .plane = plane};
}

KERNEL(convolve_depthwise) {
    const struct plait__cuda_window *w = &a->window;
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        struct position at = position_of((unsigned)i, w->out_height, w->out_width);
        int64_t batch = at.plane / a->channels, channel = at.plane - batch * a->channels;
        int64_t input = batch * (a->channels / a->multiplier) + channel / a->multiplier;
        const float *x = a->x + input * w->height * w->width;
        const float *weights = a->weights + channel * w->kernel_height * w->kernel_width;
        float sum = a->bias ? a->bias[channel] : 0.0f;
        for (int ky = 0; ky < w->kernel_height; ky++) {
            int y = at.y * w->stride_y - w->top + ky * w->dilation_y;
            if (y < 0 || y >= w->height) continue;
            for (int kx = 0; kx < w->kernel_width; kx++) {
                int column = at.x * w->stride_x - w->left + kx * w->dilation_x;
                if (column >= 0 && column < w->width)
                    sum += weights[ky * w->kernel_width + kx] * x[(int64_t)y * w->width + column];
            }
        }
        a->y[i] = clamped(sum, a->low, a->high);
    }
}

/* The tap of a window that covers `covered`, when it stands on a position: -1 otherwise. */
INLINE int position_under(int covered, int tap, int stride, int dilation, int before, int positions) {
    int from = covered + before - tap * dilation;
    return from >= 0 && from % stride == 0 && from / stride < positions ? from / stride : -1;
}

KERNEL(convolve_transposed) {
    const struct plait__cuda_window *w = &a->window;
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        struct position at = position_of((unsigned)i, w->out_height, w->out_width);
        int channels = a->groups * a->out_channels;
        int64_t batch = at.plane / channels;
        int channel = (int)(at.plane - batch * channels), group = channel / a->out_channels;
        int64_t taps = (int64_t)w->kernel_height * w->kernel_width, size = (int64_t)w->height * w->width;
        const float *x = a->x + (batch * a->groups + group) * a->in_channels * size;
        const float *weights =
            a->weights + ((int64_t)group * a->in_channels * a->out_channels + channel - group * a->out_channels) * taps;
        float sum = a->bias ? a->bias[channel] : 0.0f;
        for (int ky = 0; ky < w->kernel_height; ky++) {
            int y = position_under(at.y, ky, w->stride_y, w->dilation_y, w->top, w->height);
            for (int kx = 0; kx < w->kernel_width && y >= 0; kx++) {
                int column = position_under(at.x, kx, w->stride_x, w->dilation_x, w->left, w->width);
                if (column < 0) continue;
                for (int c = 0; c < a->in_channels; c++)
                    sum += weights[(int64_t)c * a->out_channels * taps + ky * w->kernel_width + kx] *
                           x[c * size + (int64_t)y * w->width + column];
            }
        }
        a->y[i] = clamped(sum, a->low, a->high);
    }
}

KERNEL(pool) {
    const struct plait__cuda_window *w = &a->window;
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        struct position at = position_of((unsigned)i, w->out_height, w->out_width);
        const float *x = a->x + at.plane * w->height * w->width;
        float most = -INFINITE, sum = 0.0f;
        int covered = 0, padded = 0; /* taps on an element; those on padding too, but not past it */
        for (int ky = 0; ky < w->kernel_height; ky++) {
            int y = at.y * w->stride_y - w->top + ky * w->dilation_y;
            for (int kx = 0; kx < w->kernel_width; kx++) {
                int column = at.x * w->stride_x - w->left + kx * w->dilation_x;
                padded += y < w->height + a->bottom && column < w->width + a->right;
                if (y < 0 || y >= w->height || column < 0 || column >= w->width) continue;
                float value = x[(int64_t)y * w->width + column];
                most = greater_of(most, value);
                sum += value;
                covered++;
            }
        }
        float value =
            a->function == PLAIT__CUDA_POOL_MAX ? most : sum / (float)(a->function == PLAIT__CUDA_POOL_MEAN ? covered : padded);
        a->y[i] = clamped(value, a->low, a->high);
    }
}
