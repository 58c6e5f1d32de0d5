/* Resampling as a polyphase filter.  The place of output i among the inputs, i * old / new, has a whole part and a phase, one
 * of new / gcd; each phase has its weights in a table.  Where there are more phases than the table has rows, the two nearest
 * rows are mixed, which for 1024 rows is wrong by less than -100 dB (Smith, Digital Audio Resampling). */
#include <math.h>
#include <string.h>

#include "media/audio.h"

#define PI        3.14159265358979323846
#define CROSSINGS 48   /* zeros of the sinc a side */
#define CUTOFF    0.95 /* of the lower Nyquist frequency */
#define BETA      8.0  /* Kaiser's: side lobes of -80 dB; half the transition is then 0.052 of that frequency */
#define ROWS_MOST 1024

/* The modified Bessel function of order 0, by its power series. */
static double bessel(double x) {
    double sum = 1, term = 1;
    for (int k = 1; term > 1e-12 * sum; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/* A filter between two rates. */
struct filter {
    int64_t from, to; /* the rates without what divides both */
    int rows;         /* phases in the table, and one more at its end */
    int64_t half;     /* weights a side */
    float *weights;   /* [rows + 1, 2 * half] */
};

/* The weight of an input that lies `distance` samples from the output; `scale`: the cut-off, in cycles of two input samples. */
static double weight(double distance, double scale, int64_t half) {
    double inside = 1 - distance * distance / ((double)half * (double)half);
    if (inside <= 0) return 0;
    double x = PI * scale * distance;
    double sinc = fabs(x) < 1e-9 ? 1 : sin(x) / x;
    return scale * sinc * bessel(BETA * sqrt(inside)) / bessel(BETA);
}

static int64_t divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static enum plait_status filter_create(plait_context *context, int from, int to, struct filter *filter) {
    int64_t common = divisor(from, to);
    filter->from = from / common;
    filter->to = to / common;
    filter->rows = filter->to < ROWS_MOST ? (int)filter->to : ROWS_MOST;
    double scale = CUTOFF * (to < from ? (double)to / from : 1);
    filter->half = (int64_t)ceil(CROSSINGS / scale);
    size_t taps = 2 * (size_t)filter->half;
    filter->weights = plait__allocate(context, (size_t)(filter->rows + 1) * taps * sizeof(float));
    if (!filter->weights) return PLAIT_MEMORY;
    for (int row = 0; row <= filter->rows; row++) {
        float *weights = filter->weights + (size_t)row * taps;
        double phase = (double)row / filter->rows, sum = 0;
        for (size_t i = 0; i < taps; i++) {
            double w = weight((double)i - (double)(filter->half - 1) - phase, scale, filter->half);
            weights[i] = (float)w;
            sum += w;
        }
        for (size_t i = 0; i < taps; i++) weights[i] = (float)(weights[i] / sum); /* a constant stays what it is */
    }
    return PLAIT_OK;
}

static double dot(const float *weights, const float *samples, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)(weights[i] * samples[i]);
    return sum;
}

static float filtered(const struct filter *filter, const struct plait__audio *audio, int64_t at) {
    int64_t whole = at / filter->to, rest = at % filter->to;
    int64_t first = whole - filter->half + 1, end = whole + filter->half + 1;
    size_t skip = first < 0 ? (size_t)-first : 0, taps = 2 * (size_t)filter->half;
    if (first < 0) first = 0;
    if (end > (int64_t)audio->count) end = (int64_t)audio->count;
    if (end <= first) return 0;
    size_t count = (size_t)(end - first);
    double row = (double)rest * filter->rows / (double)filter->to;
    int lower = (int)row;
    double share = row - lower;
    const float *weights = filter->weights + (size_t)lower * taps + skip;
    double value = dot(weights, audio->samples + first, count);
    if (share > 1e-9) value += share * (dot(weights + taps, audio->samples + first, count) - value);
    return (float)value;
}

enum plait_status plait__audio_resample(plait_context *context, const struct plait__audio *audio, int rate,
                                        struct plait__audio *out) {
    if (rate < PLAIT__AUDIO_RATE_LEAST || rate > PLAIT__AUDIO_RATE_MOST)
        return plait__fail(context, PLAIT_INVALID, "resampling: expected a rate of %d to %d Hz, found %d",
                           PLAIT__AUDIO_RATE_LEAST, PLAIT__AUDIO_RATE_MOST, rate);
    struct filter filter = {0};
    struct plait__audio result = {.rate = rate};
    int64_t common = divisor(audio->rate, rate), from = audio->rate / common, to = rate / common;
    int64_t count = ((int64_t)audio->count * to + from - 1) / from;
    if (count > PLAIT__AUDIO_SAMPLES_MOST)
        return plait__fail(context, PLAIT_LIMIT, "resampling: %lld samples, at most %d are made", (long long)count,
                           PLAIT__AUDIO_SAMPLES_MOST);
    result.count = (size_t)count;
    result.samples = plait__allocate(context, result.count * sizeof(float));
    if (!result.samples) return PLAIT_MEMORY;
    enum plait_status status = PLAIT_OK;
    if (audio->rate == rate) {
        memcpy(result.samples, audio->samples, result.count * sizeof(float));
    } else {
        status = filter_create(context, audio->rate, rate, &filter);
        for (size_t i = 0; i < result.count && status == PLAIT_OK; i++) {
            if (i % 65536 == 0 && plait__cancelled(context))
                status = plait__fail(context, PLAIT_CANCELLED, "cancelled while resampling");
            else
                result.samples[i] = filtered(&filter, audio, (int64_t)i * filter.from);
        }
    }
    plait__release(context, filter.weights);
    if (status == PLAIT_OK)
        *out = result;
    else
        plait__audio_end(context, &result);
    return status;
}
