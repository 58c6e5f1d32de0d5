/* Log-mel spectra: what a network that hears is given. */
#ifndef PLAIT_MEDIA_AUDIO_MEL_H
#define PLAIT_MEDIA_AUDIO_MEL_H

#include "media/audio.h"

/* Frame t covers samples [t * hop, t * hop + window), times a periodic Hann window, with zeros up to `fft`; its power spectrum
 * |X|^2 (not divided by anything) goes through `bands` triangles of height 1, whose corners are equally far apart between `low`
 * and `high` on the mel scale 2595 log10(1 + f / 700) (O'Shaughnessy 1987); then the natural logarithm of max(energy, floor).
 */
struct plait__mel_options {
    int rate;             /* Hz */
    int window, hop, fft; /* samples; 1 <= hop, 1 <= window <= fft <= 32768, fft as plait__fft_takes */
    int bands;            /* 1..512 */
    float low, high;      /* Hz, 0 <= low < high <= rate / 2 */
    float floor;          /* energy, > 0 */
};

void plait__mel_options_default(
    struct plait__mel_options *options); /* 8 kHz, 25 ms every 12.5, 40 bands of 60..3900 Hz, 1e-8 */

/* A plan for one set of options; INVALID where they are not as above. */
struct plait__mel;
enum plait_status plait__mel_create(plait_context *context, const struct plait__mel_options *options,
                                    struct plait__mel **mel_out);
void plait__mel_destroy(struct plait__mel *mel);

/* Whole frames in so many samples; of fewer than a window, none. */
size_t plait__mel_frames(const struct plait__mel *mel, size_t samples);

/* Samples [count] f32 to [frames, bands] f32.  What lies beyond the last sample is silent, so that `frames` may be any number.
 */
void plait__mel_run(struct plait__mel *mel, const float *samples, size_t count, size_t frames, float *out);

#endif
