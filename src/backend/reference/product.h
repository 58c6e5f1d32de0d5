/* Sums of products: what matrix products, convolutions and recurrent layers are made of. */
#ifndef PLAIT_BACKEND_REFERENCE_PRODUCT_H
#define PLAIT_BACKEND_REFERENCE_PRODUCT_H

#include "backend/reference/taps.h"

double plait__dot(const double *a, const double *b, int64_t count);

/* sums[i] += factor * x[i] */
void plait__add_scaled(double *sums, double factor, const double *x, int64_t count);

/* sums[rows, columns] += a[rows, depth] b[depth, columns] */
void plait__add_product(double *sums, const double *a, const double *b, int64_t rows, int64_t depth, int64_t columns);

/* The same of integers, which wrap: int64_t by their bits. */
void plait__add_product_integers(uint64_t *sums, const uint64_t *a, const uint64_t *b, int64_t rows, int64_t depth,
                                 int64_t columns);

/* [batch, groups * inputs, covered...] by weights [groups * outputs, inputs, kernel...]: [batch, groups * outputs,
 * positions...] */
struct plait__convolution {
    struct plait__window window;
    int64_t batch, groups, inputs, outputs;
};
enum plait_status plait__convolution_read(struct plait__call *call, const plait_tensor *input, const plait_tensor *weights,
                                          struct plait__convolution *convolution_out);
enum plait_status plait__convolve(struct plait__call *call, const struct plait__convolution *convolution, const double *x,
                                  const double *weights, double *y);

#endif
