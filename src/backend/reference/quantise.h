/* Integers that stand for reals: real = (integer - zero point) * scale. */
#ifndef PLAIT_BACKEND_REFERENCE_QUANTISE_H
#define PLAIT_BACKEND_REFERENCE_QUANTISE_H

#include "backend/reference/kernel.h"

/* A tensor with its scale and zero point: one number each, or one for every index along `axis`.  NULL: 1 and 0. */
struct plait__quantised {
    const plait_tensor *tensor, *scale, *zero;
    int axis;
};

double plait__scale_at(const struct plait__quantised *quantised, int64_t index);
double plait__zero_at(const struct plait__quantised *quantised, int64_t index);

/* All elements less their zero points, in scratch memory; NULL with a recorded error. */
double *plait__centred(struct plait__call *call, const struct plait__quantised *quantised);

/* The integer nearest to real / scale + zero point (halves to even) that the dtype has. */
double plait__quantise(double real, double scale, double zero, enum plait_dtype dtype);

/* Stores reals in the call's first output, which has one scale and one zero point. */
void plait__quantise_all(struct plait__call *call, const plait_tensor *scale, const plait_tensor *zero, const double *reals);

#endif
