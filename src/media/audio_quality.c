/* Where someone speaks, and how good the recording is. */
#include <math.h>

#include "media/audio.h"

/* ------------------------------------------------------------------ voice */

enum { DB_LEAST = -120, DB_MOST = 60, DB_BINS = DB_MOST - DB_LEAST + 1 };
#define SILENCE_DB  -70.0 /* of full scale: what is nowhere louder is silent */
#define STEADY_DB   6.0   /* where loud and quiet frames differ by less, nothing but voice (or nothing but noise) is there */
#define SHARE       0.25  /* of the way from quiet to loud, in decibels */
#define DEPTH_DB    40.0  /* below the loud frames no voice is looked for */
#define MARGIN_STEP 4     /* frames added on both sides, for weak beginnings and endings */

/* Frames of 20 ms every 10 ms; a recording that is shorter is one frame. */
struct frames {
    const struct plait__audio *audio;
    size_t step, count;
};

static struct frames frames_of(const struct plait__audio *audio) {
    size_t step = (size_t)audio->rate / 100;
    return (struct frames){audio, step, audio->count <= 2 * step ? 1 : (audio->count - 2 * step) / step + 1};
}

static double frame_db(const struct frames *frames, size_t at) {
    const struct plait__audio *audio = frames->audio;
    size_t first = at * frames->step, end = first + 2 * frames->step;
    if (end > audio->count) end = audio->count;
    double sum = 0;
    for (size_t i = first; i < end; i++) sum += (double)audio->samples[i] * (double)audio->samples[i];
    double db = 10 * log10(sum / (double)(end - first) + 1e-12);
    return db > DB_MOST ? DB_MOST : db;
}

/* The level that a share of the frames lies below. */
static double level_at(const size_t histogram[DB_BINS], size_t count, double share) {
    size_t below = 0;
    for (int i = 0; i < DB_BINS; i++) {
        below += histogram[i];
        if ((double)below > share * (double)count) return DB_LEAST + i;
    }
    return DB_MOST;
}

bool plait__audio_voice(const struct plait__audio *audio, size_t *begin_out, size_t *end_out) {
    if (audio->count == 0) return false;
    struct frames frames = frames_of(audio);
    size_t histogram[DB_BINS] = {0};
    for (size_t i = 0; i < frames.count; i++) histogram[(int)floor(frame_db(&frames, i)) - DB_LEAST]++;
    double quiet = level_at(histogram, frames.count, 0.1), loud = level_at(histogram, frames.count, 0.95);
    if (loud < SILENCE_DB) return false;
    *begin_out = 0;
    *end_out = audio->count;
    if (loud - quiet < STEADY_DB) return true;
    double least = quiet + SHARE * (loud - quiet);
    if (least < loud - DEPTH_DB) least = loud - DEPTH_DB;
    size_t first = 0, last = frames.count - 1;
    while (first < last && frame_db(&frames, first) < least) first++;
    while (last > first && frame_db(&frames, last) < least) last--;
    if (first > MARGIN_STEP) *begin_out = (first - MARGIN_STEP) * frames.step;
    size_t end = (last + 2 + MARGIN_STEP) * frames.step;
    if (end < audio->count) *end_out = end;
    return true;
}

/* ------------------------------------------------------------------ quality */

/* ln E|x| - E ln|x| of a sum of speech, whose amplitudes are gamma distributed with shape 0.4, and normal noise, for signal to
 * noise ratios of -20, -15, ... 60 dB: means of four million draws each. */
static const float WADA[] = {0.4087F, 0.4092F, 0.4118F, 0.4235F, 0.4619F, 0.5436F, 0.6675F, 0.8124F, 0.9553F,
                             1.0842F, 1.1938F, 1.2841F, 1.3574F, 1.4164F, 1.4634F, 1.5006F, 1.5303F};
enum { WADA_COUNT = sizeof WADA / sizeof *WADA, WADA_LEAST = -20, WADA_STEP = 5 };
#define AMPLITUDE_LEAST 1e-3 /* of the root mean square: digital silence has no logarithm */

static double wada_db(double value) {
    if (value <= (double)WADA[0]) return WADA_LEAST;
    for (int i = 1; i < WADA_COUNT; i++)
        if (value < (double)WADA[i])
            return WADA_LEAST + WADA_STEP * (i - 1 + (value - (double)WADA[i - 1]) / (double)(WADA[i] - WADA[i - 1]));
    return WADA_LEAST + WADA_STEP * (WADA_COUNT - 1);
}

/* Samples in runs of three and more at the loudest level: what a converter or an amplifier cut off. */
static double clipped(const float *samples, size_t count) {
    float high = 0;
    for (size_t i = 0; i < count; i++) high = fabsf(samples[i]) > high ? fabsf(samples[i]) : high;
    float least = high * 0.999F;
    size_t found = 0;
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && fabsf(samples[end]) >= least && samples[end] * samples[i] > 0) end++;
        if (end - i >= 3) found += end - i;
        i = end > i ? end : i + 1;
    }
    return (double)found / (double)count;
}

static double within(double value, double low, double high) {
    double share = (value - low) / (high - low);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

void plait__audio_measure(const struct plait__audio *audio, struct plait__audio_quality *quality_out) {
    struct plait__audio_quality quality = {.snr_db = WADA_LEAST};
    size_t begin, end;
    if (plait__audio_voice(audio, &begin, &end)) {
        const float *samples = audio->samples + begin;
        size_t count = end - begin;
        double squares = 0, sum = 0, logarithms = 0;
        for (size_t i = 0; i < count; i++) squares += (double)samples[i] * (double)samples[i];
        double level = sqrt(squares / (double)count);
        for (size_t i = 0; i < count; i++) {
            double amplitude = fabs((double)samples[i]);
            if (amplitude < AMPLITUDE_LEAST * level) amplitude = AMPLITUDE_LEAST * level;
            sum += amplitude;
            logarithms += log(amplitude);
        }
        double snr = wada_db(log(sum / (double)count) - logarithms / (double)count);
        double share = clipped(samples, count);
        quality.level = (float)level;
        quality.clipped = (float)share;
        quality.snr_db = (float)snr;
        quality.quality = (float)(within(snr, -10, 15) * (1 - within(share, 0, 0.05)));
    }
    *quality_out = quality;
}
