/* Products of matrices, and convolutions as such: a block makes TILE x TILE elements of the output, a thread TILE_SHARE x
 * TILE_SHARE of them, from slices of TILE_DEPTH that the block brings to shared memory together.  What is past an edge of a
 * matrix is 0 there, so that the product itself has no conditions. */
#include "backend/cuda/kernels/kernel.h"

/* Rows of the slice lie apart by more than TILE, so that the threads that write a column of it do not get in each other's way.
 */
struct slice {
    float a[TILE_DEPTH][TILE + 1]; /* [depth][row] */
    float b[TILE_DEPTH][TILE + 1]; /* [depth][column] */
};
enum { TILE_THREADS = TILE / TILE_SHARE * (TILE / TILE_SHARE), LOADS = TILE * TILE_DEPTH / TILE_THREADS };
#define TILE_ROW    (thread / (TILE / TILE_SHARE))
#define TILE_COLUMN (thread % (TILE / TILE_SHARE))

#ifdef __NVPTX__
#define SHARED_POINTER __attribute__((address_space(3)))
#else
#define SHARED_POINTER
#endif

/* A thread's elements are TILE / TILE_SHARE apart, so that neighbours read, and write, neighbours. */
INLINE void add_slice(const SHARED_POINTER struct slice *slice, int row, int column, float sums[TILE_SHARE][TILE_SHARE]) {
    for (int k = 0; k < TILE_DEPTH; k++) {
        float left[TILE_SHARE], right[TILE_SHARE];
        for (int i = 0; i < TILE_SHARE; i++) {
            left[i] = slice->a[k][row + i * (TILE / TILE_SHARE)];
            right[i] = slice->b[k][column + i * (TILE / TILE_SHARE)];
        }
        for (int i = 0; i < TILE_SHARE; i++)
            for (int j = 0; j < TILE_SHARE; j++) sums[i][j] += left[i] * right[j];
    }
}

#define CLEAR(sums)                                                      \
    PHASE {                                                              \
        for (int i = 0; i < TILE_SHARE; i++)                             \
            for (int j = 0; j < TILE_SHARE; j++) sums[own][i][j] = 0.0f; \
    }

KERNEL(multiply) {
    SHARED struct slice slice;
    float sums[OWN][TILE_SHARE][TILE_SHARE];
    const float *matrix_a = a->a + place_of((unsigned)BLOCK_Z, a->batch_rank, a->batch_dims, a->a_batch);
    const float *matrix_b = a->b + place_of((unsigned)BLOCK_Z, a->batch_rank, a->batch_dims, a->b_batch);
    float *out = a->out + (int64_t)BLOCK_Z * a->rows * a->columns;
    int first_row = BLOCK_Y * TILE, first_column = BLOCK_X * TILE;
    bool a_by_depth = a->a_depth == 1, b_by_depth = a->b_depth == 1; /* neighbours in memory are neighbours in depth */
    CLEAR(sums)
    for (int depth = 0; depth < a->depth; depth += TILE_DEPTH) {
        PHASE {
            for (int load = 0; load < LOADS; load++) {
                int i = thread + load * TILE_THREADS;
                int k = a_by_depth ? i % TILE_DEPTH : i / TILE, row = a_by_depth ? i / TILE_DEPTH : i % TILE;
                bool inside = first_row + row < a->rows && depth + k < a->depth;
                slice.a[k][row] =
                    inside ? matrix_a[(int64_t)(first_row + row) * a->a_row + (int64_t)(depth + k) * a->a_depth] : 0.0f;
                int column = b_by_depth ? i / TILE_DEPTH : i % TILE;
                k = b_by_depth ? i % TILE_DEPTH : i / TILE;
                inside = first_column + column < a->columns && depth + k < a->depth;
                slice.b[k][column] =
                    inside ? matrix_b[(int64_t)(depth + k) * a->b_depth + (int64_t)(first_column + column) * a->b_column]
                           : 0.0f;
            }
        }
        PHASE {
            add_slice(&slice, TILE_ROW, TILE_COLUMN, sums[own]);
        }
    }
    PHASE {
        for (int i = 0; i < TILE_SHARE; i++)
            for (int j = 0; j < TILE_SHARE; j++) {
                int row = first_row + TILE_ROW + i * (TILE / TILE_SHARE),
                    column = first_column + TILE_COLUMN + j * (TILE / TILE_SHARE);
                if (row >= a->rows || column >= a->columns) continue;
                float value = a->alpha * sums[own][i][j];
                if (a->bias) value += a->beta * a->bias[(int64_t)row * a->bias_row + (int64_t)column * a->bias_column];
                out[(int64_t)row * a->columns + column] = clamped(value, a->low, a->high);
            }
    }
}

/* The rows are output channels, the columns pixels of the output, the depth is the taps of every input channel: the second
 * matrix is not there, its elements are found in the picture (Chetlur et al., "cuDNN: efficient primitives for deep learning",
 * 2014). */
KERNEL(convolve) {
    SHARED struct slice slice;
    float sums[OWN][TILE_SHARE][TILE_SHARE];
    const struct plait__cuda_window *w = &a->window;
    int group = BLOCK_Z % a->groups, taps = w->kernel_height * w->kernel_width;
    int pixels = w->out_height * w->out_width, all = a->in_channels * taps;
    int first_row = BLOCK_Y * TILE, first_column = BLOCK_X * TILE;
    const float *x = a->x + (int64_t)BLOCK_Z * a->in_channels * w->height * w->width;
    const float *weights = a->weights + (int64_t)group * a->out_channels * all;
    float *y = a->y + (int64_t)BLOCK_Z * a->out_channels * pixels;
    int at_x[OWN], at_y[OWN]; /* where the window begins at the pixel that this thread loads */
    PHASE {
        int pixel = first_column + thread % TILE, row = pixel / w->out_width;
        at_x[own] = (pixel - row * w->out_width) * w->stride_x - w->left;
        at_y[own] = row * w->stride_y - w->top;
    }
    CLEAR(sums)
    for (int depth = 0; depth < all; depth += TILE_DEPTH) {
        PHASE {
            for (int load = 0; load < LOADS; load++) {
                int i = thread + load * TILE_THREADS, k = i % TILE_DEPTH, row = i / TILE_DEPTH;
                bool inside = first_row + row < a->out_channels && depth + k < all;
                slice.a[k][row] = inside ? weights[(int64_t)(first_row + row) * all + depth + k] : 0.0f;
                k = i / TILE;
                int tap = depth + k, channel = tap / taps, place = tap - channel * taps;
                int down = place / w->kernel_width, right = place - down * w->kernel_width;
                int row_of = at_y[own] + down * w->dilation_y, column_of = at_x[own] + right * w->dilation_x;
                inside = first_column + thread % TILE < pixels && tap < all && row_of >= 0 && row_of < w->height &&
                         column_of >= 0 && column_of < w->width;
                slice.b[k][thread % TILE] = inside ? x[((int64_t)channel * w->height + row_of) * w->width + column_of] : 0.0f;
            }
        }
        PHASE {
            add_slice(&slice, TILE_ROW, TILE_COLUMN, sums[own]);
        }
    }
    PHASE {
        for (int i = 0; i < TILE_SHARE; i++)
            for (int j = 0; j < TILE_SHARE; j++) {
                int row = first_row + TILE_ROW + i * (TILE / TILE_SHARE),
                    column = first_column + TILE_COLUMN + j * (TILE / TILE_SHARE);
                if (row >= a->out_channels || column >= pixels) continue;
                float value = sums[own][i][j] + (a->bias ? a->bias[group * a->out_channels + row] : 0.0f);
                y[(int64_t)row * pixels + column] = clamped(value, a->low, a->high);
            }
    }
}
