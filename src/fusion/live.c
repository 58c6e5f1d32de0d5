/* Streams into answers: what is in a window becomes a moment, and that an answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/json.h"
#include "stream/stream.h"

enum { RECORDING_BYTES_MOST = 1 << 30, JSON_BYTES_MOST = 16 << 20, CAPACITY = 2048, WAV_HEADER = 44, SAMPLES_MOST = 1 << 24 };

struct plait_live {
    plait_context *context;
    plait_model *model;
    const struct plait__multimodal *multimodal;
    plait_live_options options;
    void (*answered)(void *user, const char *json);
    void *user;
    struct plait__stream *stream;
    struct plait__buffer recording, json;
};

void plait_live_options_default(plait_live_options *options) {
    *options = (plait_live_options){
        .window_us = 1000000, .lateness_us = 200000, .tolerance_us = 100000, .audio_rate_hz = 8000, .align = true};
}

/* ------------------------------------------------------------------ a window's inputs */

static void put(uint8_t *out, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> 8 * i);
}

/* The sound of the window as a WAV: every event's samples at their time, silence where there are none. */
static enum plait_status add_sound(struct plait_live *live, plait_moment *moment, const struct plait__window *window, int sense,
                                   plait_input *input) {
    const int rate = live->options.audio_rate_hz;
    const int64_t count = (window->end_us - window->begin_us) * rate / 1000000;
    if (count < 1 || count > SAMPLES_MOST)
        return plait__fail(live->context, PLAIT_LIMIT, "live: expected a window of 1 to %d samples", SAMPLES_MOST);
    uint8_t *wav = plait__allocate_zero(live->context, WAV_HEADER + (size_t)count * 2, 1);
    if (!wav) return PLAIT_MEMORY;
    memcpy(wav, "RIFF....WAVEfmt ", 16);
    put(wav + 4, (uint32_t)(WAV_HEADER - 8 + count * 2), 4);
    put(wav + 16, 16, 4);
    put(wav + 20, 1, 2);
    put(wav + 22, 1, 2);
    put(wav + 24, (uint32_t)rate, 4);
    put(wav + 28, (uint32_t)rate * 2, 4);
    put(wav + 32, 2, 2);
    put(wav + 34, 16, 2);
    memcpy(wav + 36, "data", 4);
    put(wav + 40, (uint32_t)(count * 2), 4);
    for (int e = 0; e < window->event_count; e++) {
        const struct plait__event *event = &window->events[e];
        if (event->source != sense) continue;
        const int64_t first = (event->time_us - window->begin_us) * rate / 1000000, samples = (int64_t)event->size / 2;
        const int64_t fitting = first + samples > count ? count - first : samples;
        if (fitting > 0) memcpy(wav + WAV_HEADER + first * 2, event->payload, (size_t)fitting * 2);
    }
    input->bytes = wav;
    input->size = WAV_HEADER + (size_t)count * 2;
    const enum plait_status status = plait_moment_add(moment, input);
    plait__release(live->context, wav);
    return status;
}

/* A window says the time of its middle for sound; for everything else the event nearest to that speaks for it. */
static enum plait_status add_modality(struct plait_live *live, plait_moment *moment, const struct plait__window *window,
                                      int sense) {
    const struct plait__sense *rule = &live->multimodal->senses[sense];
    const int64_t middle = window->begin_us + (window->end_us - window->begin_us) / 2;
    const struct plait__event *nearest = NULL;
    if (window->counts[sense] == 0) return PLAIT_OK;
    for (int e = 0; e < window->event_count; e++) {
        const struct plait__event *event = &window->events[e];
        if (event->source == sense && (!nearest || llabs(event->time_us - middle) < llabs(nearest->time_us - middle)))
            nearest = event;
    }
    plait_input input = {.modality = rule->name, .timed = true, .timestamp_us = middle};
    if (rule->kind == PLAIT__SENSE_AUDIO) return add_sound(live, moment, window, sense, &input);
    input.bytes = nearest->payload;
    input.size = nearest->size;
    input.timestamp_us = nearest->time_us;
    return plait_moment_add(moment, &input);
}

/* ------------------------------------------------------------------ answers */

static void write_window(struct plait__writer *writer, const struct plait_live *live, const struct plait__window *window) {
    plait__write_open(writer, "window", '{');
    plait__write_int(writer, "begin_us", window->begin_us);
    plait__write_int(writer, "end_us", window->end_us);
    plait__write_text(writer, "alignment", plait__alignment_name(window->alignment));
    plait__write_number(writer, "lag_us", window->lag_us, 0);
    plait__write_number(writer, "drift_ppm", window->drift_ppm, 1);
    plait__write_open(writer, "events", '{');
    for (int s = 0; s < live->multimodal->sense_count; s++)
        plait__write_int(writer, live->multimodal->senses[s].name, window->counts[s]);
    plait__write_close(writer, '}');
    plait__write_close(writer, '}');
}

/* The answer's times are what the clock of this machine says: all else is the same for the same events. */
static enum plait_status say(struct plait_live *live, const struct plait__window *window, plait_fusion *fusion) {
    struct plait__writer writer = {.buffer = &live->json};
    const char *json;
    PLAIT__TRY(plait_fusion_json(fusion, &json));
    live->json.size = 0;
    plait__write_open(&writer, NULL, '{');
    write_window(&writer, live, window);
    PLAIT__TRY(writer.status);
    PLAIT__TRY(plait__buffer_printf(&live->json, ",\"answer\":%s}", json));
    live->answered(live->user, live->json.data);
    return PLAIT_OK;
}

static enum plait_status close_window(void *user, const struct plait__window *window) {
    struct plait_live *live = user;
    plait_moment *moment = NULL;
    plait_fusion *fusion = NULL;
    plait_fuse_options options;
    if (window->event_count == 0) return PLAIT_OK;
    plait_fuse_options_default(&options);
    options.pattern = live->options.pattern;
    PLAIT__TRY(plait_moment_create(live->model, &moment));
    if (window->alignment == PLAIT__ALIGNMENT_UNKNOWN) moment->unaligned = "how far the clocks are apart is not known yet";
    if (window->alignment == PLAIT__MISALIGNED) moment->unaligned = "how far the clocks are apart is not known well enough";
    enum plait_status status = PLAIT_OK;
    for (int s = 0; s < live->multimodal->sense_count && status == PLAIT_OK; s++)
        status = add_modality(live, moment, window, s);
    if (status == PLAIT_OK) status = plait_fuse(moment, &options, &fusion);
    if (status == PLAIT_OK) status = say(live, window, fusion);
    plait_fusion_destroy(fusion);
    plait_moment_destroy(moment);
    return status;
}

/* ------------------------------------------------------------------ events */

static double deviation_of(const double sum, const double square, double count) {
    return count > 0 ? sqrt(fmax(square / count - (sum / count) * (sum / count), 0)) : 0;
}

/* How loud a sound is, in decibels above one step of its 16 bits: so that a word is there from its faint beginning to its end,
 * and not where its vowel is.  How much there is to see in a picture.  NaN for others. */
static float measure(struct plait_live *live, const struct plait__event *event) {
    const struct plait__sense *rule = &live->multimodal->senses[event->source];
    const uint8_t *bytes = event->payload;
    struct plait__arena arena;
    struct plait__quality quality;
    plait_tensor picture;
    double sum = 0, square = 0;
    if (rule->kind == PLAIT__SENSE_AUDIO) {
        const size_t count = event->size / 2;
        for (size_t i = 0; i < count; i++) {
            const double sample = (int16_t)(uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
            square += sample * sample;
        }
        return (float)(20 * log10(fmax(deviation_of(0, square, (double)count), 1)));
    }
    if (rule->kind != PLAIT__SENSE_IMAGE) return NAN;
    plait__arena_init(&arena, live->context);
    float found = NAN;
    if (plait__prepare(&arena, rule, event->payload, event->size, &picture, &quality) == PLAIT_OK) {
        const int64_t count = plait_tensor_elements(&picture);
        for (int64_t i = 0; i < count; i++) {
            const double value = ((const float *)picture.data)[i];
            sum += value;
            square += value * value;
        }
        found = (float)deviation_of(sum, square, (double)count);
    }
    plait__arena_end(&arena);
    return found;
}

static enum plait_status push(void *user, const struct plait__event *pushed) {
    struct plait_live *live = user;
    struct plait__event event = *pushed;
    if (live->multimodal->senses[event.source].kind == PLAIT__SENSE_AUDIO)
        event.lasts_us = (int64_t)(event.size / 2) * 1000000 / live->options.audio_rate_hz;
    if (isnan(event.activity) && live->options.align && event.source < 2 && event.source < live->multimodal->sense_count)
        event.activity = measure(live, &event);
    if (live->options.record) PLAIT__TRY(plait__record_add(&live->recording, &event));
    return plait__stream_push(live->stream, &event);
}

enum plait_status plait_live_push(plait_live *live, const plait_event *pushed) {
    const int sense = pushed->modality ? plait__sense_find(live->multimodal, pushed->modality, strlen(pushed->modality)) : -1;
    if (sense < 0)
        return plait__fail(live->context, PLAIT_INVALID, "event: the package %s has no modality \"%s\"", live->model->name,
                           pushed->modality ? pushed->modality : "");
    const struct plait__event event = {
        sense, pushed->number, pushed->time_us, pushed->arrival_us, pushed->activity, pushed->bytes, pushed->size, 0};
    return push(live, &event);
}

enum plait_status plait_live_finish(plait_live *live) {
    return plait__stream_flush(live->stream);
}

enum plait_status plait_live_recording(plait_live *live, const void **bytes_out, size_t *size_out) {
    if (!live->options.record) return plait__fail(live->context, PLAIT_INVALID, "live: expected the option record");
    *bytes_out = live->recording.data;
    *size_out = live->recording.size;
    return PLAIT_OK;
}

enum plait_status plait_live_replay(plait_live *live, const void *bytes, size_t size) {
    return plait__record_each(live->context, bytes, size, push, live);
}

/* ------------------------------------------------------------------ report */

static void write_counts(struct plait__writer *writer, const struct plait_live *live, int sense) {
    struct plait__source_counts counts;
    plait__stream_counts(live->stream, sense, &counts);
    plait__write_open(writer, live->multimodal->senses[sense].name, '{');
    plait__write_int(writer, "received", (int64_t)counts.received);
    plait__write_int(writer, "accepted", (int64_t)counts.accepted);
    plait__write_int(writer, "late", (int64_t)counts.late);
    plait__write_int(writer, "duplicates", (int64_t)counts.duplicates);
    plait__write_int(writer, "out_of_order", (int64_t)counts.out_of_order);
    plait__write_int(writer, "gaps", (int64_t)counts.gaps);
    plait__write_int(writer, "jumps", (int64_t)counts.jumps);
    plait__write_int(writer, "overflows", (int64_t)counts.overflows);
    plait__write_close(writer, '}');
}

enum plait_status plait_live_report(plait_live *live, const char **json_out) {
    struct plait__writer writer = {.buffer = &live->json};
    struct plait__lag lag;
    plait__stream_lag(live->stream, &lag);
    live->json.size = 0;
    plait__write_open(&writer, NULL, '{');
    plait__write_open(&writer, "modalities", '{');
    for (int s = 0; s < live->multimodal->sense_count; s++) write_counts(&writer, live, s);
    plait__write_close(&writer, '}');
    plait__write_open(&writer, "lag", '{');
    plait__write_bool(&writer, "known", lag.known);
    plait__write_number(&writer, "offset_us", lag.offset_us, 0);
    plait__write_int(&writer, "from_us", lag.from_us);
    plait__write_number(&writer, "drift_ppm", lag.drift_ppm, 1);
    plait__write_number(&writer, "spread_us", lag.spread_us, 0);
    plait__write_number(&writer, "peak", lag.peak, 3);
    plait__write_close(&writer, '}');
    plait__write_close(&writer, '}');
    PLAIT__TRY(writer.status);
    *json_out = live->json.data;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ life */

static enum plait_status begin(struct plait_live *live) {
    struct plait__stream_options options;
    plait__stream_options_default(&options);
    options.source_count = live->multimodal->sense_count;
    options.window_us = live->options.window_us;
    options.lateness_us = live->options.lateness_us;
    options.tolerance_us = live->options.tolerance_us;
    options.capacity = CAPACITY;
    options.align = live->options.align && live->multimodal->sense_count > 1;
    if (live->options.audio_rate_hz < 1000 || live->options.audio_rate_hz > 384000)
        return plait__fail(live->context, PLAIT_INVALID, "live: expected an audio rate of 1000..384000 Hz, found %d",
                           live->options.audio_rate_hz);
    if (live->options.pattern && !plait__pattern_find(live->multimodal, live->options.pattern))
        return plait__fail(live->context, PLAIT_NOT_FOUND, "the package %s has no pattern \"%s\"", live->model->name,
                           live->options.pattern);
    if (live->options.record) PLAIT__TRY(plait__record_begin(&live->recording));
    return plait__stream_create(live->context, &options, close_window, live, &live->stream);
}

enum plait_status plait_live_create(plait_model *model, const plait_live_options *options,
                                    void (*answered)(void *user, const char *json), void *user, plait_live **live_out) {
    plait_live_options defaults;
    plait_live_options_default(&defaults);
    if (!model->multimodal)
        return plait__fail(model->context, PLAIT_UNSUPPORTED, "the package %s is of kind %s, expected multimodal", model->name,
                           model->kind);
    struct plait_live *live = plait__allocate_zero(model->context, 1, sizeof *live);
    if (!live) return PLAIT_MEMORY;
    live->context = model->context;
    live->model = model;
    live->multimodal = model->multimodal;
    live->options = options ? *options : defaults;
    live->answered = answered;
    live->user = user;
    plait__buffer_init(&live->recording, model->context, RECORDING_BYTES_MOST);
    plait__buffer_init(&live->json, model->context, JSON_BYTES_MOST);
    const enum plait_status status = begin(live);
    if (status == PLAIT_OK)
        *live_out = live;
    else
        plait_live_destroy(live);
    return status;
}

void plait_live_destroy(plait_live *live) {
    if (!live) return;
    plait__stream_destroy(live->stream);
    plait__buffer_end(&live->recording);
    plait__buffer_end(&live->json);
    plait__release(live->context, live);
}
