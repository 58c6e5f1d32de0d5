#include "media/audio_mel.h"

#include <math.h>
#include <string.h>

#include "media/fft.h"

#define PI         3.14159265358979323846
#define FFT_MOST   32768
#define BANDS_MOST 512

/* A triangle over bins first .. first + count. */
struct band {
    int first, count;
    size_t weights; /* where its weights begin */
};

struct plait__mel {
    plait_context *context;
    struct plait__mel_options options;
    struct plait__fft *fft;
    double *hann;    /* [window] */
    double *input;   /* [fft] */
    double *power;   /* [fft / 2 + 1] */
    double *weights; /* of all bands */
    struct band *bands;
    void *memory; /* all of the above but the fft */
};

void plait__mel_options_default(struct plait__mel_options *options) {
    *options = (struct plait__mel_options){
        .rate = 8000, .window = 200, .hop = 100, .fft = 256, .bands = 40, .low = 60, .high = 3900, .floor = 1e-8F};
}

static enum plait_status check(plait_context *context, const struct plait__mel_options *o) {
    if (o->rate < PLAIT__AUDIO_RATE_LEAST || o->rate > PLAIT__AUDIO_RATE_MOST)
        return plait__fail(context, PLAIT_INVALID, "log-mel: expected a rate of %d to %d Hz, found %d", PLAIT__AUDIO_RATE_LEAST,
                           PLAIT__AUDIO_RATE_MOST, o->rate);
    if (o->fft > FFT_MOST || !plait__fft_takes(o->fft))
        return plait__fail(context, PLAIT_INVALID,
                           "log-mel: expected an even fft of 2 to %d without prime factors above 5, found %d", FFT_MOST,
                           o->fft);
    if (o->window < 1 || o->window > o->fft || o->hop < 1 || o->hop > FFT_MOST)
        return plait__fail(context, PLAIT_INVALID,
                           "log-mel: expected a window of 1 to %d and a hop of 1 to %d, found %d and %d", o->fft, FFT_MOST,
                           o->window, o->hop);
    if (o->bands < 1 || o->bands > BANDS_MOST)
        return plait__fail(context, PLAIT_INVALID, "log-mel: expected 1 to %d bands, found %d", BANDS_MOST, o->bands);
    if (!(o->low >= 0 && o->low < o->high && (double)o->high <= o->rate / 2.0))
        return plait__fail(context, PLAIT_INVALID, "log-mel: expected 0 <= low < high <= %g Hz, found %g and %g", o->rate / 2.0,
                           (double)o->low, (double)o->high);
    if (!(o->floor > 0 && isfinite(o->floor)))
        return plait__fail(context, PLAIT_INVALID, "log-mel: expected a floor above 0, found %g", (double)o->floor);
    return PLAIT_OK;
}

static double mel_of(double hertz) {
    return 2595 * log10(1 + hertz / 700);
}

/* The frequency of corner i of bands + 2. */
static double corner(const struct plait__mel_options *o, int i) {
    double low = mel_of((double)o->low), high = mel_of((double)o->high);
    return 700 * (pow(10, (low + (high - low) * i / (o->bands + 1)) / 2595) - 1);
}

static double triangle(double hertz, const double corners[3]) {
    double up = (hertz - corners[0]) / (corners[1] - corners[0]), down = (corners[2] - hertz) / (corners[2] - corners[1]);
    double least = up < down ? up : down;
    return least > 0 ? least : 0;
}

/* Neighbouring bands overlap by one half: a bin lies in two, so that all weights have room in 2 * bins. */
static void fill_bands(struct plait__mel *mel) {
    const struct plait__mel_options *o = &mel->options;
    size_t used = 0;
    for (int b = 0; b < o->bands; b++) {
        double corners[3] = {corner(o, b), corner(o, b + 1), corner(o, b + 2)};
        struct band *band = &mel->bands[b];
        band->weights = used;
        for (int bin = 0; bin <= o->fft / 2; bin++) {
            double w = triangle((double)bin * o->rate / o->fft, corners);
            if (w <= 0) continue;
            if (!band->count) band->first = bin;
            band->count = bin - band->first + 1;
            mel->weights[used++] = w;
        }
    }
}

enum plait_status plait__mel_create(plait_context *context, const struct plait__mel_options *options,
                                    struct plait__mel **mel_out) {
    PLAIT__TRY(check(context, options));
    struct plait__mel *mel = plait__allocate_zero(context, 1, sizeof *mel);
    if (!mel) return PLAIT_MEMORY;
    mel->context = context;
    mel->options = *options;
    size_t fft = (size_t)options->fft, bins = fft / 2 + 1, window = (size_t)options->window, bands = (size_t)options->bands;
    size_t numbers = window + fft + bins + 2 * (bins + 1);
    mel->memory = plait__allocate_zero(context, 1, numbers * sizeof(double) + bands * sizeof(struct band));
    enum plait_status status = mel->memory ? plait__fft_create(context, options->fft, &mel->fft) : PLAIT_MEMORY;
    if (status != PLAIT_OK) {
        plait__mel_destroy(mel);
        return status;
    }
    mel->hann = mel->memory;
    mel->input = mel->hann + window;
    mel->power = mel->input + fft;
    mel->weights = mel->power + bins;
    mel->bands = (void *)(mel->hann + numbers);
    for (int i = 0; i < options->window; i++) mel->hann[i] = 0.5 - 0.5 * cos(2 * PI * i / options->window);
    fill_bands(mel);
    *mel_out = mel;
    return PLAIT_OK;
}

void plait__mel_destroy(struct plait__mel *mel) {
    if (!mel) return;
    plait__fft_destroy(mel->fft);
    plait__release(mel->context, mel->memory);
    plait__release(mel->context, mel);
}

size_t plait__mel_frames(const struct plait__mel *mel, size_t samples) {
    size_t window = (size_t)mel->options.window, hop = (size_t)mel->options.hop;
    return samples < window ? 0 : (samples - window) / hop + 1;
}

void plait__mel_run(struct plait__mel *mel, const float *samples, size_t count, size_t frames, float *out) {
    const struct plait__mel_options *o = &mel->options;
    size_t window = (size_t)o->window;
    double floor_log = log((double)o->floor);
    for (size_t t = 0; t < frames; t++) {
        size_t at = t * (size_t)o->hop;
        size_t there = at >= count ? 0 : count - at < window ? count - at : window;
        for (size_t i = 0; i < window; i++) mel->input[i] = i < there ? (double)samples[at + i] * mel->hann[i] : 0;
        plait__fft_power(mel->fft, mel->input, mel->power);
        for (int b = 0; b < o->bands; b++, out++) {
            const struct band *band = &mel->bands[b];
            const double *weights = mel->weights + band->weights;
            double energy = 0;
            for (int i = 0; i < band->count; i++) energy += weights[i] * mel->power[band->first + i];
            *out = (float)(energy > (double)o->floor ? log(energy) : floor_log);
        }
    }
}
