/* What kernels are given, for those who launch them and for the kernels: one struct each, passed by value.  Pointers are to the
 * device's memory.  Every array is dense and in ONNX's layout unless it has steps; steps count elements. */
#ifndef PLAIT_BACKEND_CUDA_KERNELS_ARGUMENTS_H
#define PLAIT_BACKEND_CUDA_KERNELS_ARGUMENTS_H

#include <stdint.h>

enum {
    PLAIT__CUDA_RANK = 8,
    THREADS_MOST = 256, /* a block: with the 255 registers that a thread may have, they still fit on every GPU */
    TILE = 64,          /* rows and columns of a product that a block makes; or, */
    TILE_LOW = 16,      /* where that leaves less of the tile unused, so many rows */
    TILE_WIDE = 256,    /* and so many columns */
    TILE_DEPTH = 16,
    TILE_SHARE = 4 /* TILE_SHARE x TILE_SHARE of them a thread */
};

/* ---- elementwise ---- */

/* clang-format off */
#define PLAIT__CUDA_UNARY_MAP(X) \
    X(ABS) X(NEG) X(SIGN) X(RECIPROCAL) X(SQRT) X(EXP) X(LOG) X(ERF) X(TANH) X(FLOOR) X(CEIL) X(ROUND) X(CLIP) \
    X(LEAKY_RELU) X(THRESHOLDED_RELU) X(ELU) X(CELU) X(SELU) X(SOFTPLUS) X(SOFTSIGN) X(SIGMOID) X(HARD_SIGMOID) \
    X(HARD_SWISH) X(GELU) X(GELU_TANH) X(SILU) X(MISH) X(SIN) X(COS) X(TAN) X(ATAN) X(POWER) X(WHOLE_POWER)
#define PLAIT__CUDA_BINARY_MAP(X)  X(ADD) X(SUB) X(MUL) X(DIV) X(MIN) X(MAX) X(PRELU)
#define PLAIT__CUDA_COMPARE_MAP(X) X(EQUAL) X(GREATER) X(GREATER_OR_EQUAL) X(LESS) X(LESS_OR_EQUAL)
#define PLAIT__CUDA_LOGIC_MAP(X)   X(AND) X(OR) X(XOR) X(NOT)
/* clang-format on */
#define PLAIT__CUDA_NUMBER(name) PLAIT__CUDA_##name,
enum { PLAIT__CUDA_UNARY_MAP(PLAIT__CUDA_NUMBER) };
enum { PLAIT__CUDA_BINARY_MAP(PLAIT__CUDA_NUMBER) };
enum { PLAIT__CUDA_COMPARE_MAP(PLAIT__CUDA_NUMBER) };
enum { PLAIT__CUDA_LOGIC_MAP(PLAIT__CUDA_NUMBER) };
#undef PLAIT__CUDA_NUMBER

struct plait__cuda_unary {
    const float *x;
    float *y;
    int count, function;
    float alpha, beta; /* the function's parameters */
};

/* How the elements of the output are found in the inputs: a step of 0 where an input is broadcast. */
struct plait__cuda_spread {
    int rank, dims[PLAIT__CUDA_RANK];
    int steps[3][PLAIT__CUDA_RANK];
};

struct plait__cuda_binary {
    const float *x, *y;
    float *out;
    int count, function;
    float low, high;
    struct plait__cuda_spread spread;
};

/* Elements are f32, or integers of `bytes`. */
struct plait__cuda_compare {
    const void *x, *y;
    uint8_t *out;
    int count, function, bytes; /* 0: f32 */
    struct plait__cuda_spread spread;
};

struct plait__cuda_logic {
    const uint8_t *x, *y;
    uint8_t *out;
    int count, function;
    struct plait__cuda_spread spread;
};

struct plait__cuda_choose {
    const uint8_t *condition;
    const void *x, *y; /* of elements of `bytes` */
    void *out;
    int count, bytes;
    struct plait__cuda_spread spread;
};

/* What an element is, of those that are cast. */
enum { PLAIT__CUDA_F32, PLAIT__CUDA_I32, PLAIT__CUDA_I64, PLAIT__CUDA_U8, PLAIT__CUDA_BOOL };
struct plait__cuda_cast {
    const void *x;
    void *y;
    int count, from, to;
};

/* ---- moving ---- */

/* to[to_place + ...] = from[from_place + ...] for every element of `dims`. */
struct plait__cuda_move {
    const void *from;
    void *to;
    int64_t from_place, to_place;
    int count, bytes, rank, dims[PLAIT__CUDA_RANK], from_steps[PLAIT__CUDA_RANK], to_steps[PLAIT__CUDA_RANK];
};

/* Padding: dims are the output's, sizes the input's, modes those of plait__pad_mode. */
struct plait__cuda_pad {
    const void *from;
    void *to;
    uint64_t fill;
    int count, bytes, mode, rank, dims[PLAIT__CUDA_RANK], sizes[PLAIT__CUDA_RANK], before[PLAIT__CUDA_RANK];
};

/* [outer, indices, inner] from [outer, size, inner]. */
struct plait__cuda_gather {
    const void *from, *indices;
    void *to;
    int *fault; /* set when an index is out of bounds */
    int count, bytes, index_bytes, size, index_count, inner;
};

/* One axis weighed anew: [outer, to, inner] from [outer, from, inner]; y[o] is the sum of weight[o, k] * x[index[o, k]]. */
struct plait__cuda_resample {
    const float *x;
    float *y;
    const int *index;    /* [to, taps] */
    const float *weight; /* [to, taps] */
    int count, from, to, inner, taps;
};

/* ---- folding ---- */

enum {
    PLAIT__CUDA_SUM,
    PLAIT__CUDA_MEAN,
    PLAIT__CUDA_GREATEST,
    PLAIT__CUDA_LEAST,
    PLAIT__CUDA_PRODUCT,
    PLAIT__CUDA_L1,
    PLAIT__CUDA_L2,
    PLAIT__CUDA_LOG_SUM,
    PLAIT__CUDA_LOG_SUM_EXP,
    PLAIT__CUDA_SQUARES
};
struct plait__cuda_reduce { /* a block an element of the output */
    const float *x;
    float *y;
    int function, folded;
    float low, high;
    int kept_rank, kept_dims[PLAIT__CUDA_RANK], kept_steps[PLAIT__CUDA_RANK];
    int folded_rank, folded_dims[PLAIT__CUDA_RANK], folded_steps[PLAIT__CUDA_RANK];
};

/* Along the middle of [outer, width, inner]; a block each of outer * inner. */
struct plait__cuda_softmax {
    const float *x;
    float *y;
    int width, inner, logarithm;
};

/* Where the greatest or the least is, along the middle of [outer, width, inner]; the first or the last of equal ones. */
struct plait__cuda_choose_row {
    const float *x;
    int64_t *y;
    int width, inner, least, last;
};

/* Rows of `width` elements brought to mean 0 and variance 1, then by scale and bias: of element i of all, those of number
 * i / inner % channels / run.  A block a row. */
struct plait__cuda_normalise {
    const float *x, *scale, *bias; /* bias may be NULL */
    float *y;
    int width, channels, inner, run;
    float epsilon;
};

struct plait__cuda_batch_normalise {
    const float *x, *scale, *bias, *mean, *variance; /* [channels] */
    float *y;
    int count, channels, inner;
    float epsilon;
};

/* ---- products ---- */

/* out[batch, row, column] = alpha * sum over depth of a[row, depth] b[depth, column], + beta * bias[row, column], bounded. */
struct plait__cuda_multiply {
    const float *a, *b, *bias; /* bias may be NULL */
    float *out;
    int rows, columns, depth, wide;
    int a_row, a_depth, b_depth, b_column, bias_row, bias_column; /* steps */
    float alpha, beta, low, high;
    int batch_rank, batch_dims[PLAIT__CUDA_RANK], a_batch[PLAIT__CUDA_RANK], b_batch[PLAIT__CUDA_RANK];
};

/* Windows over pictures, [batch, channels, height, width]. */
struct plait__cuda_window {
    int height, width;         /* of the input */
    int out_height, out_width; /* of the output */
    int kernel_height, kernel_width, stride_y, stride_x, dilation_y, dilation_x, top, left;
};

/* weights [groups * out_channels, in_channels, kernel], a picture [groups * in_channels, ...]; channels are those of a group.
 */
struct plait__cuda_convolve {
    const float *x, *weights, *bias; /* bias may be NULL */
    float *y;
    int groups, in_channels, out_channels, wide;
    float low, high;
    struct plait__cuda_window window;
};
/* The same where a group has one input channel: a thread an element. */
struct plait__cuda_convolve_depthwise {
    const float *x, *weights, *bias;
    float *y;
    int count, channels, multiplier; /* output channels, and how many of them an input channel has */
    float low, high;
    struct plait__cuda_window window;
};
/* Transposed: the window stands on the input and covers the output; weights [groups * in_channels, out_channels, kernel]. */
struct plait__cuda_convolve_transposed {
    const float *x, *weights, *bias;
    float *y;
    int count, groups, in_channels, out_channels;
    float low, high;
    struct plait__cuda_window window;
};

enum { PLAIT__CUDA_POOL_MAX, PLAIT__CUDA_POOL_MEAN, PLAIT__CUDA_POOL_MEAN_PADDED };
struct plait__cuda_pool {
    const float *x;
    float *y;
    int count, function;
    int bottom, right; /* padding after: it counts in the padded mean */
    float low, high;
    struct plait__cuda_window window;
};

/* ---- recurrent ---- */

/* One step of an LSTM: gates [batch, 4 * hidden] in ONNX's order i, o, f, c, from what the inputs and the hidden state give,
 * with biases [8 * hidden] of both.  Hidden and cell states are [batch, hidden]; `y` is where the step's output goes. */
struct plait__cuda_lstm_cell {
    const float *from_inputs, *from_hidden, *bias; /* bias may be NULL */
    const float *cell_before;
    float *cell, *hidden, *y; /* y may be NULL */
    int count, width;         /* batch * hidden, hidden */
};

#endif
