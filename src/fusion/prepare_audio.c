/* Sound for encoders: [1, 1, frames, bands] f32, (log-mel - mean) / deviation. */
#include "fusion/moment.h"
#include "media/audio.h"
#include "media/audio_mel.h"

static enum plait_status run_mel(struct plait__arena *arena, const struct plait__input *input, const struct plait__audio *audio,
                                 size_t begin, size_t end, float *out) {
    const struct plait__mel_options options = {.rate = input->rate_hz,
                                               .window = input->window,
                                               .hop = input->hop,
                                               .fft = input->fft,
                                               .bands = input->bands,
                                               .low = input->low_hz,
                                               .high = input->high_hz,
                                               .floor = input->floor};
    struct plait__mel *mel = NULL;
    PLAIT__TRY(plait__mel_create(arena->context, &options, &mel));
    plait__mel_run(mel, audio->samples + begin, end - begin, (size_t)input->frames, out);
    plait__mel_destroy(mel);
    for (size_t i = 0; i < (size_t)input->frames * (size_t)input->bands; i++)
        out[i] = (out[i] - input->scale.mean) / input->scale.deviation;
    return PLAIT_OK;
}

enum plait_status plait__prepare_audio(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                       size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out) {
    struct plait__audio heard = {0}, audio = {0};
    struct plait__audio_quality quality;
    PLAIT__TRY(plait__prepared(arena, 4, (int64_t[]){1, 1, input->frames, input->bands}, tensor_out));
    enum plait_status status = plait__audio_decode(arena->context, bytes, size, &heard);
    if (status == PLAIT_OK) status = plait__audio_resample(arena->context, &heard, input->rate_hz, &audio);
    if (status == PLAIT_OK) {
        size_t begin = 0, end = audio.count;
        plait__audio_measure(&heard, &quality);
        quality_out->value = quality.quality;
        quality_out->count = 3;
        quality_out->measures[0] = (struct plait__quality_measure){"level", quality.level};
        quality_out->measures[1] = (struct plait__quality_measure){"clipped", quality.clipped};
        quality_out->measures[2] = (struct plait__quality_measure){"snr_db", quality.snr_db};
        if (input->trim && !plait__audio_voice(&audio, &begin, &end)) end = begin = 0;
        status = run_mel(arena, input, &audio, begin, end, tensor_out->data);
    }
    plait__audio_end(arena->context, &heard);
    plait__audio_end(arena->context, &audio);
    return status;
}
