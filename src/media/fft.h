/* The Fourier transform of real numbers in double precision: in single precision, bands 60 dB below the loudest one would be
 * wrong by more than the 1e-4 that a log-mel spectrum may differ from PyTorch's. */
#ifndef PLAIT_MEDIA_FFT_H
#define PLAIT_MEDIA_FFT_H

#include "base/context.h"

struct plait__fft;

/* Even lengths without a prime factor above 5, for which kissfft needs no memory while it runs. */
bool plait__fft_takes(int length);

/* A `length` that plait__fft_takes. */
enum plait_status plait__fft_create(plait_context *context, int length, struct plait__fft **fft_out);
void plait__fft_destroy(struct plait__fft *fft); /* accepts NULL */

/* [length] to |X|^2 [length / 2 + 1]. */
void plait__fft_power(struct plait__fft *fft, const double *input, double *power_out);

#endif
