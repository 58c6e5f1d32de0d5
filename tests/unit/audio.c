/* Sound: every coding of WAV and its damage, resampling against sines, log-mel against PyTorch, voice and quality. */
#include "media/audio.h"

#include "base/file.h"
#include "media/audio_mel.h"
#include "tensor/npy.h"
#include "test.h"

#define PI 3.14159265358979323846

static plait_context *context;

/* ------------------------------------------------------------------ files made by hand */

struct bytes {
    uint8_t data[4096];
    size_t size;
};

static void add(struct bytes *to, const char *text) {
    memcpy(to->data + to->size, text, strlen(text));
    to->size += strlen(text);
}

static void add_le(struct bytes *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) to->data[to->size++] = (uint8_t)(value >> (8 * i));
}

/* Header and format of a file; the data chunk's length is put in when the samples are there. */
static struct bytes wav(int coding, int channels, int rate, int bits) {
    struct bytes file = {0};
    add(&file, "RIFF");
    add_le(&file, 0, 4); /* what RIFF says is not looked at: streams do not know it */
    add(&file, "WAVELIST");
    add_le(&file, 3, 4); /* an odd chunk, and its padding */
    add(&file, "abc.fmt ");
    add_le(&file, 16, 4);
    add_le(&file, (uint64_t)coding, 2);
    add_le(&file, (uint64_t)channels, 2);
    add_le(&file, (uint64_t)rate, 4);
    add_le(&file, (uint64_t)(rate * channels * bits / 8), 4);
    add_le(&file, (uint64_t)(channels * bits / 8), 2);
    add_le(&file, (uint64_t)bits, 2);
    add(&file, "data");
    return file;
}

static enum plait_status decode(const struct bytes *file, struct plait__audio *audio) {
    return plait__audio_decode(context, file->data, file->size, audio);
}

/* Three samples -1, 0.5, 0 of a mono file with this coding. */
static void check_coding(int coding, int bits, uint64_t low, uint64_t half, uint64_t zero) {
    struct bytes file = wav(coding, 1, 11025, bits);
    add_le(&file, (uint64_t)(3 * bits / 8), 4);
    add_le(&file, low, bits / 8);
    add_le(&file, half, bits / 8);
    add_le(&file, zero, bits / 8);
    struct plait__audio audio = {0};
    CHECK_INT(decode(&file, &audio), PLAIT_OK);
    CHECK_INT(audio.rate, 11025);
    CHECK_INT(audio.count, 3);
    if (audio.count == 3) {
        CHECK_NEAR(audio.samples[0], -1, 0);
        CHECK_NEAR(audio.samples[1], 0.5, 0);
        CHECK_NEAR(audio.samples[2], 0, 0);
    }
    plait__audio_end(context, &audio);
    /* However it is cut, it is one error or a shorter sound, never a read past the end (the sanitizer's part). */
    for (size_t size = 0; size < file.size; size++) {
        struct bytes cut = file;
        cut.size = size;
        CHECK_INT(decode(&cut, &audio), PLAIT_INVALID);
    }
}

TEST(codings) {
    check_coding(1, 8, 0, 192, 128);
    check_coding(1, 16, 0x8000, 0x4000, 0);
    check_coding(1, 24, 0x800000, 0x400000, 0);
    check_coding(1, 32, 0x80000000, 0x40000000, 0);
    check_coding(3, 32, 0xBF800000, 0x3F000000, 0);
    check_coding(3, 64, 0xBFF0000000000000, 0x3FE0000000000000, 0);
}

TEST(channels) {
    struct bytes file = wav(1, 2, 8000, 16);
    add_le(&file, 0xFFFFFFFF, 4); /* a stream: to the end of the file, whose last sample is cut */
    for (uint64_t i = 0; i < 5; i++) add_le(&file, i * 1000, 2);
    struct plait__audio audio = {0};
    CHECK_INT(decode(&file, &audio), PLAIT_OK);
    CHECK_INT(audio.count, 2);
    CHECK_NEAR(audio.samples[0], 500 / 32768.0, 0);
    CHECK_NEAR(audio.samples[1], 2500 / 32768.0, 0);
    plait__audio_end(context, &audio);
}

TEST(extensible) {
    struct bytes file = {0};
    add(&file, "RIFF----WAVEfmt ");
    add_le(&file, 40, 4);
    add_le(&file, 0xFFFE, 2);
    add_le(&file, 1, 2);
    add_le(&file, 48000, 4);
    add_le(&file, 96000, 4);
    add_le(&file, 2, 2);
    add_le(&file, 16, 2);
    add_le(&file, 22, 2);
    add_le(&file, 16, 2);
    add_le(&file, 4, 4);
    add_le(&file, 1, 2);
    for (int i = 0; i < 14; i++) add_le(&file, 0, 1);
    add(&file, "data");
    add_le(&file, 2, 4);
    add_le(&file, 0x2000, 2);
    struct plait__audio audio = {0};
    CHECK_INT(decode(&file, &audio), PLAIT_OK);
    CHECK_INT(audio.rate, 48000);
    CHECK_NEAR(audio.samples[0], 0.25, 0);
    plait__audio_end(context, &audio);
}

static void refused(struct bytes file, enum plait_status status, const char *text) {
    struct plait__audio audio = {0};
    CHECK_INT(decode(&file, &audio), status);
    CHECK_TEXT(plait_context_error(context), text);
    CHECK(!audio.samples);
}

TEST(refused) {
    struct bytes file = {0};
    refused(file, PLAIT_INVALID, "expected a WAV file, found 0 bytes that do not begin as one");
    file = wav(1, 1, 8000, 16);
    add_le(&file, 0, 4);
    refused(file, PLAIT_INVALID, "WAV: no samples in a data chunk of 0 bytes");
    file = wav(1, 1, 8000, 16);
    add_le(&file, 1000, 4);
    refused(file, PLAIT_INVALID, "WAV: truncated: a chunk at byte 48 has 1000 bytes, 0 are left");
    file = wav(2, 1, 8000, 4);
    refused(file, PLAIT_UNSUPPORTED,
            "WAV: expected integers of 8, 16, 24 or 32 bits or floats of 32 or 64, found coding 2 with 4 bits");
    refused(wav(1, 0, 8000, 16), PLAIT_UNSUPPORTED, "WAV: expected 1 to 8 channels, found 0");
    refused(wav(1, 1, 0, 16), PLAIT_UNSUPPORTED, "WAV: expected a rate of 1000 to 384000 Hz, found 0");
    file = wav(1, 2, 8000, 16);
    file.data[44] = 3; /* bytes of a sample of all channels */
    refused(file, PLAIT_INVALID, "WAV: 2 channels of 16 bits take 4 bytes, the header says 3");
    file = wav(3, 1, 8000, 32);
    add_le(&file, 8, 4);
    add_le(&file, 0, 4);
    add_le(&file, 0x7FC00000, 4);
    refused(file, PLAIT_INVALID, "WAV: sample 1 is nan, expected a number in -1..1");
    file = wav(1, 1, 8000, 16);
    memcpy(file.data + 24, "junk", 4); /* the format by another name */
    add_le(&file, 2, 4);
    add_le(&file, 2, 2);
    refused(file, PLAIT_INVALID, "WAV: the data at byte 56 has no format before it");
}

/* ------------------------------------------------------------------ resampling */

#define SECONDS 0.25

static struct plait__audio sine(int rate, double hertz, double amplitude) {
    struct plait__audio audio = {.rate = rate, .count = (size_t)(rate * SECONDS)};
    audio.samples = plait__allocate(context, audio.count * sizeof(float));
    for (size_t i = 0; i < audio.count; i++) audio.samples[i] = (float)(amplitude * sin(2 * PI * hertz * (double)i / rate));
    return audio;
}

/* The largest difference from a sine of `amplitude` at the new rate, its ends left out, where the filter sees silence. */
static double sine_error(int from, int to, double hertz, double amplitude) {
    struct plait__audio in = sine(from, hertz, 1), out = {0};
    CHECK_INT(plait__audio_resample(context, &in, to, &out), PLAIT_OK);
    CHECK_INT(out.rate, to);
    CHECK_INT(out.count, (in.count * (size_t)to + (size_t)from - 1) / (size_t)from);
    double most = 0;
    for (size_t i = out.count / 4; i < out.count * 3 / 4; i++) {
        double error = fabs((double)out.samples[i] - amplitude * sin(2 * PI * hertz * (double)i / to));
        most = error > most ? error : most;
    }
    plait__audio_end(context, &in);
    plait__audio_end(context, &out);
    return most;
}

TEST(resample) {
    static const int rates[][2] = {{44100, 8000}, {48000, 8000}, {8000, 16000}, {11025, 8000},
                                   {8000, 44100}, {44101, 8000}, {96000, 8009}};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        int from = rates[i][0], to = rates[i][1];
        double nyquist = (from < to ? from : to) / 2.0, worst = 0;
        for (double share = 0.05; share <= 0.901; share += 0.17) {
            double error = sine_error(from, to, share * nyquist, 1);
            worst = error > worst ? error : worst;
        }
        CHECK_NEAR(worst, 0, 1e-3); /* promised in the header: flat within 0.001 */
        double alias = from > to ? sine_error(from, to, 1.01 * nyquist, 0) : 0;
        CHECK_NEAR(alias, 0, 1e-4); /* -80 dB */
        printf("%d to %d Hz: %.1e in the band, %.1e above it\n", from, to, worst, alias);
    }
    struct plait__audio one = {.rate = 8000, .count = 1, .samples = &(float){0.5F}}, out = {0};
    CHECK_INT(plait__audio_resample(context, &one, 8000, &out), PLAIT_OK);
    CHECK_INT(out.count, 1);
    CHECK_NEAR(out.samples[0], 0.5, 0);
    plait__audio_end(context, &out);
    CHECK_INT(plait__audio_resample(context, &one, 44100, &out), PLAIT_OK);
    CHECK_INT(out.count, 6);
    plait__audio_end(context, &out);
    CHECK_INT(plait__audio_resample(context, &one, 999, &out), PLAIT_INVALID);
}

/* ------------------------------------------------------------------ log-mel */

static plait_tensor read(struct plait__arena *arena, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "tests/golden/audio/%s.npy", name);
    struct plait__file file = {0};
    plait_tensor tensor = {0};
    CHECK_INT(plait__file_open(context, path, 0, &file), PLAIT_OK);
    CHECK_INT(plait__npy_read(context, file.bytes, file.size, arena, &tensor), PLAIT_OK);
    plait__file_close(context, &file);
    return tensor;
}

static void check_mel(const char *name, const char *expected_name, const struct plait__mel_options *options) {
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    plait_tensor samples = read(&arena, name), expected = read(&arena, expected_name);
    struct plait__mel *mel = NULL;
    CHECK_INT(plait__mel_create(context, options, &mel), PLAIT_OK);
    size_t count = (size_t)samples.dims[0], frames = plait__mel_frames(mel, count);
    CHECK_INT(frames, expected.dims[0]);
    CHECK_INT(options->bands, expected.dims[1]);
    float *found = plait__arena_allocate(&arena, (frames + 3) * (size_t)options->bands * sizeof(float));
    plait__mel_run(mel, samples.data, count, frames + 3, found);
    double most = 0;
    for (size_t i = 0; i < frames * (size_t)options->bands; i++) {
        double error = fabs((double)(found[i] - ((float *)expected.data)[i]));
        most = error > most ? error : most;
    }
    CHECK_NEAR(most, 0, 1e-4);
    printf("log-mel %s: differs from PyTorch by %.1e at most\n", name, most);
    CHECK_NEAR(found[(frames + 3) * (size_t)options->bands - 1], log((double)options->floor), 1e-6); /* silence after the end */
    plait__mel_destroy(mel);
    plait__arena_end(&arena);
}

TEST(log_mel) {
    struct plait__mel_options options;
    plait__mel_options_default(&options);
    check_mel("narrow", "narrow_mel", &options);
    struct plait__mel_options wide = {16000, 400, 160, 480, 80, 0, 8000, 1e-10F};
    check_mel("wide", "wide_mel", &wide);
    struct plait__mel *mel = NULL;
    CHECK_INT(plait__mel_create(context, &options, &mel), PLAIT_OK);
    CHECK_INT(plait__mel_frames(mel, 199), 0);
    CHECK_INT(plait__mel_frames(mel, 200), 1);
    CHECK_INT(plait__mel_frames(mel, 299), 1);
    CHECK_INT(plait__mel_frames(mel, 8000), 79);
    plait__mel_destroy(mel);
}

TEST(log_mel_refuses) {
    struct plait__mel *mel = NULL;
    struct plait__mel_options good, bad;
    plait__mel_options_default(&good);
    bad = good, bad.fft = 254; /* 2 * 127 */
    CHECK_INT(plait__mel_create(context, &bad, &mel), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context),
               "log-mel: expected an even fft of 2 to 32768 without prime factors above 5, found 254");
    bad = good, bad.window = 257;
    CHECK_INT(plait__mel_create(context, &bad, &mel), PLAIT_INVALID);
    bad = good, bad.hop = 0;
    CHECK_INT(plait__mel_create(context, &bad, &mel), PLAIT_INVALID);
    bad = good, bad.bands = 513;
    CHECK_INT(plait__mel_create(context, &bad, &mel), PLAIT_INVALID);
    bad = good, bad.high = 4001;
    CHECK_INT(plait__mel_create(context, &bad, &mel), PLAIT_INVALID);
    bad = good, bad.low = NAN;
    CHECK_INT(plait__mel_create(context, &bad, &mel), PLAIT_INVALID);
    bad = good, bad.floor = 0;
    CHECK_INT(plait__mel_create(context, &bad, &mel), PLAIT_INVALID);
    CHECK(!mel);
}

/* ------------------------------------------------------------------ voice and quality */

static uint32_t state = 1;

static double uniform(void) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) / 16777216.0;
}
static double normal(void) {
    return sqrt(-2 * log(1 - uniform())) * cos(2 * PI * uniform());
}

/* A second in whose middle, from 0.3 to 0.7, there are amplitudes like those of speech: in syllables, and bursts of them. */
static struct plait__audio voice(double noise) {
    struct plait__audio audio = sine(32000, 0, 0); /* 8000 samples */
    audio.rate = 8000;
    for (size_t i = 0; i < audio.count; i++) {
        double t = (double)i / 8000, loud = t >= 0.3 && t < 0.7 ? fabs(sin(PI * (t - 0.3) / 0.1)) : 0;
        audio.samples[i] = (float)(0.3 * loud * pow(sin(2 * PI * 120 * t), 9) * sin(2 * PI * 700 * t) + noise * normal());
    }
    return audio;
}

TEST(voice) {
    for (double noise = 0; noise < 0.03; noise += 0.005) {
        struct plait__audio audio = voice(noise);
        size_t begin = 0, end = 0;
        CHECK(plait__audio_voice(&audio, &begin, &end));
        CHECK_NEAR(begin / 8000.0, 0.3, 0.06); /* a frame of 20 ms and the margin of 40 */
        CHECK_NEAR(end / 8000.0, 0.7, 0.06);
        plait__audio_end(context, &audio);
    }
    struct plait__audio silent = sine(8000, 100, 1e-5);
    size_t begin, end;
    CHECK(!plait__audio_voice(&silent, &begin, &end));
    struct plait__audio steady = sine(8000, 100, 0.1); /* nothing to tell voice from: all of it */
    CHECK(plait__audio_voice(&steady, &begin, &end));
    CHECK_INT(begin, 0);
    CHECK_INT(end, steady.count);
    steady.count = 1;
    CHECK(!plait__audio_voice(&steady, &begin, &end)); /* sin 0 */
    steady.count = 0;
    CHECK(!plait__audio_voice(&steady, &begin, &end));
    steady.count = 1;
    plait__audio_end(context, &silent);
    plait__audio_end(context, &steady);
}

static struct plait__audio_quality measured(double noise, float ceiling) {
    struct plait__audio audio = voice(noise);
    for (size_t i = 0; i < audio.count; i++)
        if (fabsf(audio.samples[i]) > ceiling) audio.samples[i] = audio.samples[i] > 0 ? ceiling : -ceiling;
    struct plait__audio_quality quality;
    plait__audio_measure(&audio, &quality);
    plait__audio_end(context, &audio);
    return quality;
}

TEST(quality) {
    struct plait__audio_quality clean = measured(1e-5, 1), noisy = measured(0.05, 1), drowned = measured(0.5, 1),
                                cut = measured(1e-5, 0.02F);
    printf("clean %.1f dB, noisy %.1f dB, drowned %.1f dB, cut %.3f\n", (double)clean.snr_db, (double)noisy.snr_db,
           (double)drowned.snr_db, (double)cut.clipped);
    CHECK_NEAR(clean.quality, 1, 0);
    CHECK_NEAR(clean.clipped, 0, 0);
    CHECK(noisy.quality > 0.1F && noisy.quality < 0.8F);
    CHECK(drowned.quality < 0.2F);
    CHECK(drowned.snr_db < noisy.snr_db && noisy.snr_db < clean.snr_db);
    CHECK(cut.clipped > 0.05F);
    CHECK_NEAR(cut.quality, 0, 0);
    struct plait__audio silent = {.rate = 8000, .count = 1, .samples = &(float){0}};
    plait__audio_measure(&silent, &clean);
    CHECK_NEAR(clean.quality, 0, 0);
}

TEST(all) {
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    test_codings();
    test_channels();
    test_extensible();
    test_refused();
    test_resample();
    test_log_mel();
    test_log_mel_refuses();
    test_voice();
    test_quality();
    plait_context_destroy(context);
}

TEST_MAIN(all)
