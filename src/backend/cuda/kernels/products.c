/* Products of matrices, and convolutions as such: a block makes a tile of the output, a thread SHARE x SHARE elements of it,
 * from slices of TILE_DEPTH that the block brings to shared memory together.  What is past an edge of a matrix is 0 there, so
 * that the product itself has no conditions.  Tiles are square, or wide where there are few rows: the same text, since their
 * sizes are constants in it. */
#include "backend/cuda/kernels/kernel.h"

enum { SHARE = TILE_SHARE, TILE_THREADS = TILE * TILE / (SHARE * SHARE), ROWS_MOST = TILE, COLUMNS_MOST = TILE_WIDE };

#ifdef __NVPTX__
#define SHARED_POINTER __attribute__((address_space(3)))
#else
#define SHARED_POINTER
#endif

/* [depth][row] and [depth][column].  They lie apart by one more than there are, so that threads that write a column do not get
 * in each other's way. */
struct slices {
    SHARED_POINTER float *a, *b;
};
#define SLICES                                             \
    SHARED float slice_a[TILE_DEPTH * (ROWS_MOST + 1)];    \
    SHARED float slice_b[TILE_DEPTH * (COLUMNS_MOST + 1)]; \
    const struct slices slices = {slice_a, slice_b};

/* Where a thread's elements are in a tile: those of a row are so far apart that neighbours read, and write, neighbours. */
#define ROW(i)    (thread / (columns / SHARE) + (i) * (rows / SHARE))
#define COLUMN(j) (thread % (columns / SHARE) + (j) * (columns / SHARE))

#define CLEAR(sums)                                                                     \
    PHASE {                                                                             \
        for (int i = 0; i < SHARE * SHARE; i++) sums[own][i / SHARE][i % SHARE] = 0.0f; \
    }

INLINE void add_slices(const struct slices *slices, int rows, int columns, int thread, float sums[SHARE][SHARE]) {
    for (int k = 0; k < TILE_DEPTH; k++) {
        float left[SHARE], right[SHARE];
        for (int i = 0; i < SHARE; i++) {
            left[i] = slices->a[k * (rows + 1) + ROW(i)];
            right[i] = slices->b[k * (columns + 1) + COLUMN(i)];
        }
        for (int i = 0; i < SHARE; i++)
            for (int j = 0; j < SHARE; j++) sums[i][j] += left[i] * right[j];
    }
}

INLINE void multiply_tile(const struct plait__cuda_multiply *a, const struct slices *slices, int rows,
                          int columns BLOCK_PARAMETERS) {
    float sums[OWN][SHARE][SHARE];
    const float *matrix_a = a->a + place_of((unsigned)BLOCK_Z, a->batch_rank, a->batch_dims, a->a_batch);
    const float *matrix_b = a->b + place_of((unsigned)BLOCK_Z, a->batch_rank, a->batch_dims, a->b_batch);
    float *out = a->out + (int64_t)BLOCK_Z * a->rows * a->columns;
    int first_row = BLOCK_Y * rows, first_column = BLOCK_X * columns;
    bool a_by_depth = a->a_depth == 1, b_by_depth = a->b_depth == 1; /* neighbours in memory are neighbours in depth */
    CLEAR(sums)
    for (int depth = 0; depth < a->depth; depth += TILE_DEPTH) {
        PHASE {
            for (int i = thread; i < rows * TILE_DEPTH; i += TILE_THREADS) {
                int k = a_by_depth ? i % TILE_DEPTH : i / rows, row = a_by_depth ? i / TILE_DEPTH : i % rows;
                bool inside = first_row + row < a->rows && depth + k < a->depth;
                int64_t place = (int64_t)(first_row + row) * a->a_row + (int64_t)(depth + k) * a->a_depth;
                slices->a[k * (rows + 1) + row] = inside ? matrix_a[place] : 0.0f;
            }
            for (int i = thread; i < columns * TILE_DEPTH; i += TILE_THREADS) {
                int k = b_by_depth ? i % TILE_DEPTH : i / columns, column = b_by_depth ? i / TILE_DEPTH : i % columns;
                bool inside = first_column + column < a->columns && depth + k < a->depth;
                int64_t place = (int64_t)(depth + k) * a->b_depth + (int64_t)(first_column + column) * a->b_column;
                slices->b[k * (columns + 1) + column] = inside ? matrix_b[place] : 0.0f;
            }
        }
        PHASE {
            add_slices(slices, rows, columns, thread, sums[own]);
        }
    }
    PHASE {
        for (int i = 0; i < SHARE; i++)
            for (int j = 0; j < SHARE; j++) {
                int row = first_row + ROW(i), column = first_column + COLUMN(j);
                if (row >= a->rows || column >= a->columns) continue;
                float value = a->alpha * sums[own][i][j];
                if (a->bias) value += a->beta * a->bias[(int64_t)row * a->bias_row + (int64_t)column * a->bias_column];
                out[(int64_t)row * a->columns + column] = clamped(value, a->low, a->high);
            }
    }
}

KERNEL(multiply) {
    SLICES
    if (a->wide)
        multiply_tile(a, &slices, TILE_LOW, TILE_WIDE BLOCK);
    else
        multiply_tile(a, &slices, TILE, TILE BLOCK);
}

/* The rows are output channels, the columns pixels of the output, the depth is the taps of every input channel: the second
 * matrix is not there, its elements are found in the picture (Chetlur et al., "cuDNN: efficient primitives for deep learning",
 * 2014). */
INLINE void convolve_tile(const struct plait__cuda_convolve *a, const struct slices *slices, int rows,
                          int columns BLOCK_PARAMETERS) {
    float sums[OWN][SHARE][SHARE];
    const struct plait__cuda_window *w = &a->window;
    int group = BLOCK_Z % a->groups, taps = w->kernel_height * w->kernel_width;
    int pixels = w->out_height * w->out_width, all = a->in_channels * taps;
    int first_row = BLOCK_Y * rows, first_column = BLOCK_X * columns;
    const float *x = a->x + (int64_t)BLOCK_Z * a->in_channels * w->height * w->width;
    const float *weights = a->weights + (int64_t)group * a->out_channels * all;
    float *y = a->y + (int64_t)BLOCK_Z * a->out_channels * pixels;
    int at_x[OWN], at_y[OWN]; /* where the window begins at the pixel that this thread loads */
    PHASE {
        int pixel = first_column + thread % columns, row = pixel / w->out_width;
        at_x[own] = (pixel - row * w->out_width) * w->stride_x - w->left;
        at_y[own] = row * w->stride_y - w->top;
    }
    CLEAR(sums)
    for (int depth = 0; depth < all; depth += TILE_DEPTH) {
        PHASE {
            for (int i = thread; i < rows * TILE_DEPTH; i += TILE_THREADS) {
                int k = i % TILE_DEPTH, row = i / TILE_DEPTH;
                bool inside = first_row + row < a->out_channels && depth + k < all;
                slices->a[k * (rows + 1) + row] = inside ? weights[(int64_t)(first_row + row) * all + depth + k] : 0.0f;
            }
            for (int i = thread; i < columns * TILE_DEPTH; i += TILE_THREADS) {
                int k = i / columns, tap = depth + k, channel = tap / taps, place = tap - channel * taps;
                int down = place / w->kernel_width, right = place - down * w->kernel_width;
                int row = at_y[own] + down * w->dilation_y, column = at_x[own] + right * w->dilation_x;
                bool inside = first_column + thread % columns < pixels && tap < all && row >= 0 && row < w->height &&
                              column >= 0 && column < w->width;
                slices->b[k * (columns + 1) + thread % columns] =
                    inside ? x[((int64_t)channel * w->height + row) * w->width + column] : 0.0f;
            }
        }
        PHASE {
            add_slices(slices, rows, columns, thread, sums[own]);
        }
    }
    PHASE {
        for (int i = 0; i < SHARE; i++)
            for (int j = 0; j < SHARE; j++) {
                int row = first_row + ROW(i), column = first_column + COLUMN(j);
                if (row >= a->out_channels || column >= pixels) continue;
                float value = sums[own][i][j] + (a->bias ? a->bias[group * a->out_channels + row] : 0.0f);
                y[(int64_t)row * pixels + column] = clamped(value, a->low, a->high);
            }
    }
}

KERNEL(convolve) {
    SLICES
    if (a->wide)
        convolve_tile(a, &slices, TILE_LOW, TILE_WIDE BLOCK);
    else
        convolve_tile(a, &slices, TILE, TILE BLOCK);
}
