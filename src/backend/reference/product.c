#include "backend/reference/product.h"

/* Four sums side by side, so that an addition need not wait for the one before. */
double plait__dot(const double *a, const double *b, int64_t count) {
    double sums[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int k = 0; k < 4; k++) sums[k] += a[i + k] * b[i + k];
    for (; i < count; i++) sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void plait__add_scaled(double *sums, double factor, const double *x, int64_t count) {
    for (int64_t i = 0; i < count; i++) sums[i] += factor * x[i];
}

void plait__add_product(double *sums, const double *a, const double *b, int64_t rows, int64_t depth, int64_t columns) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t k = 0; k < depth; k++)
            plait__add_scaled(sums + row * columns, a[row * depth + k], b + k * columns, columns);
}

void plait__add_product_integers(uint64_t *sums, const uint64_t *a, const uint64_t *b, int64_t rows, int64_t depth,
                                 int64_t columns) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t k = 0; k < depth; k++)
            for (int64_t column = 0; column < columns; column++)
                sums[row * columns + column] += a[row * depth + k] * b[k * columns + column];
}
