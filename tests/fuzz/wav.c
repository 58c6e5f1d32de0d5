/* A sound from a stranger: its header, its samples, then what is done with them. */
#include "media/audio.h"
#include "media/audio_mel.h"

#include "fuzz.h"

enum { FRAMES = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct fuzz fuzz;
    plait_context *context = fuzz_context(&fuzz);
    struct plait__audio_header header;
    struct plait__audio audio = {0}, narrow = {0};
    bool readable = plait__audio_inspect(context, bytes, size, &header) == PLAIT_OK;
    if (plait__audio_decode(context, bytes, size, &audio) == PLAIT_OK) {
        if (!readable || audio.count != header.count) abort();
        struct plait__audio_quality quality;
        plait__audio_measure(&audio, &quality);
        if (!(quality.quality >= 0 && quality.quality <= 1)) abort();
        size_t begin, end;
        if (plait__audio_voice(&audio, &begin, &end) && (begin >= end || end > audio.count)) abort();
        struct plait__mel_options options;
        struct plait__mel *mel = NULL;
        plait__mel_options_default(&options);
        /* Filters between odd rates are large honest work; one input in so many of this size is enough. */
        if (audio.count < 2000 && plait__audio_resample(context, &audio, options.rate, &narrow) == PLAIT_OK &&
            plait__mel_create(context, &options, &mel) == PLAIT_OK) {
            float out[FRAMES * 40];
            plait__mel_run(mel, narrow.samples, narrow.count, FRAMES, out);
            for (size_t i = 0; i < sizeof out / sizeof *out; i++)
                if (!(out[i] > -100 && out[i] < 100)) abort();
        }
        plait__mel_destroy(mel);
    }
    plait__audio_end(context, &narrow);
    plait__audio_end(context, &audio);
    fuzz_end(&fuzz, context);
    return 0;
}
