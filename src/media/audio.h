/* Sound: decoding, resampling, and how good it is.
 *
 * Samples are f32 in -1..1, mono, evenly spaced; sample i is at i / rate seconds. */
#ifndef PLAIT_MEDIA_AUDIO_H
#define PLAIT_MEDIA_AUDIO_H

#include "base/context.h"

#define PLAIT__AUDIO_SAMPLES_MOST  100000000 /* a channel, checked before anything is allocated: 37 minutes at 44.1 kHz */
#define PLAIT__AUDIO_CHANNELS_MOST 8
#define PLAIT__AUDIO_RATE_LEAST    1000 /* Hz */
#define PLAIT__AUDIO_RATE_MOST     384000

struct plait__audio {
    int rate;       /* Hz */
    size_t count;   /* samples */
    float *samples; /* [count] f32; owned, see plait__audio_end */
};

/* What the file's header says. */
struct plait__audio_header {
    int rate, channels, bits; /* Hz; 1..8; of a sample */
    bool floating;            /* IEEE floats instead of integers */
    size_t count;             /* samples a channel */
    size_t at;                /* where they begin, in bytes */
};

/* RIFF WAVE (Microsoft and IBM, 1991; WAVEFORMATEXTENSIBLE): integers of 8, 16, 24 or 32 bits, floats of 32 or 64.  A data
 * chunk of unknown length (0xFFFFFFFF, written by what streams) goes to the end of the file; a last sample that is cut is
 * dropped. INVALID: no such file, truncated, without samples; UNSUPPORTED: another coding; LIMIT: the ceilings above. */
enum plait_status plait__audio_inspect(plait_context *context, const uint8_t *bytes, size_t size,
                                       struct plait__audio_header *header_out);

/* Decodes; channels become their mean.  Integers of n bits are divided by 2^(n-1).  Floats are kept as they are, beyond -1..1
 * too; one that is no finite number, or beyond 1000, is INVALID. */
enum plait_status plait__audio_decode(plait_context *context, const uint8_t *bytes, size_t size,
                                      struct plait__audio *audio_out);
void plait__audio_end(plait_context *context, struct plait__audio *audio); /* accepts a zeroed one; zeroes it */

/* Band-limited resampling without delay: output i is at i / rate seconds of the input; ceil(count * rate / old rate)
 * samples.  A Kaiser-windowed sinc (J. O. Smith, Digital Audio Resampling; Kaiser and Schafer 1980) of 48 zero crossings a
 * side, cut off at 0.95 of the lower of both Nyquist frequencies: flat within 0.001 to 0.9 of it, aliases below -80 dB from 1.0
 * on. Before its beginning and after its end the sound is silent.  A copy when the rate is the same. */
enum plait_status plait__audio_resample(plait_context *context, const struct plait__audio *audio, int rate,
                                        struct plait__audio *out);

/* Where someone speaks: [begin, end) in samples, false when nobody does.  From energies of 20 ms every 10 ms, against a level
 * between the quietest tenth and the loudest twentieth of them (after Rabiner and Sambur 1975); pauses inside belong to it. */
bool plait__audio_voice(const struct plait__audio *audio, size_t *begin_out, size_t *end_out);

/* How good a recording is, measured from its samples alone. */
struct plait__audio_quality {
    float level;   /* root mean square where someone speaks, 0..1 */
    float clipped; /* share of samples in runs of 3 and more at the loudest level; 0..1 */
    float snr_db;  /* signal against noise, -20..60, from the distribution of amplitudes (WADA, Kim and Stern 2008) */
    float quality; /* 0..1: 1 is clean; clipping of 5% or noise 10 dB above the voice make it 0, and so does silence */
};

void plait__audio_measure(const struct plait__audio *audio, struct plait__audio_quality *quality_out);

#endif
