/* RIFF WAVE: chunks of a name, a length and bytes, padded to even lengths; `fmt ` says how `data` is coded. */
#include <math.h>
#include <string.h>

#include "media/audio.h"
#include "media/bytes.h"

enum { RIFF_BYTES = 12, CHUNK_BYTES = 8, FORMAT_BYTES = 16, EXTENSIBLE_BYTES = 40 };
enum { CODING_INTEGER = 1, CODING_FLOAT = 3, CODING_EXTENSIBLE = 0xFFFE };
#define UNKNOWN_LENGTH 0xFFFFFFFFu
#define LOUDEST        1000.0 /* a float beyond this is no sample */

static enum plait_status read_format(plait_context *context, const uint8_t *body, size_t size,
                                     struct plait__audio_header *header) {
    if (size < FORMAT_BYTES)
        return plait__fail(context, PLAIT_INVALID, "WAV: format chunk of %zu bytes, expected %d or more", size, FORMAT_BYTES);
    uint32_t coding = plait__le16(body), channels = plait__le16(body + 2), rate = plait__le32(body + 4);
    uint32_t frame = plait__le16(body + 12), bits = plait__le16(body + 14);
    if (coding == CODING_EXTENSIBLE) { /* the coding is the beginning of a GUID */
        if (size < EXTENSIBLE_BYTES)
            return plait__fail(context, PLAIT_INVALID, "WAV: extensible format chunk of %zu bytes, expected %d", size,
                               EXTENSIBLE_BYTES);
        coding = plait__le16(body + 24);
    }
    bool integer = coding == CODING_INTEGER && (bits == 8 || bits == 16 || bits == 24 || bits == 32);
    if (!integer && !(coding == CODING_FLOAT && (bits == 32 || bits == 64)))
        return plait__fail(context, PLAIT_UNSUPPORTED,
                           "WAV: expected integers of 8, 16, 24 or 32 bits or floats of 32 or 64, found coding %u with %u bits",
                           coding, bits);
    if (channels < 1 || channels > PLAIT__AUDIO_CHANNELS_MOST)
        return plait__fail(context, PLAIT_UNSUPPORTED, "WAV: expected 1 to %d channels, found %u", PLAIT__AUDIO_CHANNELS_MOST,
                           channels);
    if (rate < PLAIT__AUDIO_RATE_LEAST || rate > PLAIT__AUDIO_RATE_MOST)
        return plait__fail(context, PLAIT_UNSUPPORTED, "WAV: expected a rate of %d to %d Hz, found %u", PLAIT__AUDIO_RATE_LEAST,
                           PLAIT__AUDIO_RATE_MOST, rate);
    if (frame != channels * bits / 8)
        return plait__fail(context, PLAIT_INVALID, "WAV: %u channels of %u bits take %u bytes, the header says %u", channels,
                           bits, channels * bits / 8, frame);
    header->rate = (int)rate;
    header->channels = (int)channels;
    header->bits = (int)bits;
    header->floating = coding == CODING_FLOAT;
    return PLAIT_OK;
}

static enum plait_status read_data(plait_context *context, size_t at, size_t size, struct plait__audio_header *header) {
    size_t count = size / (size_t)(header->channels * header->bits / 8);
    if (count == 0) return plait__fail(context, PLAIT_INVALID, "WAV: no samples in a data chunk of %zu bytes", size);
    if (count > PLAIT__AUDIO_SAMPLES_MOST)
        return plait__fail(context, PLAIT_LIMIT, "WAV: %zu samples, at most %d are read", count, PLAIT__AUDIO_SAMPLES_MOST);
    header->count = count;
    header->at = at;
    return PLAIT_OK;
}

enum plait_status plait__audio_inspect(plait_context *context, const uint8_t *bytes, size_t size,
                                       struct plait__audio_header *header_out) {
    if (size < RIFF_BYTES || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)
        return plait__fail(context, PLAIT_INVALID, "expected a WAV file, found %zu bytes that do not begin as one", size);
    struct plait__audio_header header = {0};
    for (size_t at = RIFF_BYTES; size - at >= CHUNK_BYTES;) {
        const uint8_t *chunk = bytes + at;
        uint32_t length = plait__le32(chunk + 4);
        at += CHUNK_BYTES;
        bool data = memcmp(chunk, "data", 4) == 0;
        size_t left = size - at;
        if (length > left && !(data && length == UNKNOWN_LENGTH))
            return plait__fail(context, PLAIT_INVALID, "WAV: truncated: a chunk at byte %zu has %u bytes, %zu are left",
                               at - CHUNK_BYTES, length, left);
        if (data) {
            if (!header.rate)
                return plait__fail(context, PLAIT_INVALID, "WAV: the data at byte %zu has no format before it", at);
            PLAIT__TRY(read_data(context, at, length > left ? left : length, &header));
            *header_out = header;
            return PLAIT_OK;
        }
        if (memcmp(chunk, "fmt ", 4) == 0) PLAIT__TRY(read_format(context, bytes + at, length, &header));
        at += length;
        if (length % 2 && at < size) at++;
    }
    return plait__fail(context, PLAIT_INVALID, "WAV: truncated: no data chunk in %zu bytes", size);
}

/* ------------------------------------------------------------------ samples */

static double sample_u8(const uint8_t *p) {
    return (p[0] - 128) / 128.0;
}
static double sample_i16(const uint8_t *p) {
    return (int16_t)plait__le16(p) / 32768.0;
}
static double sample_i24(const uint8_t *p) {
    return (int32_t)(plait__le16(p) << 8 | (uint32_t)p[2] << 24) / 2147483648.0;
}
static double sample_i32(const uint8_t *p) {
    return (int32_t)plait__le32(p) / 2147483648.0;
}
static double sample_f32(const uint8_t *p) {
    uint32_t bits = plait__le32(p);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}
static double sample_f64(const uint8_t *p) {
    uint64_t bits = (uint64_t)plait__le32(p + 4) << 32 | plait__le32(p);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double (*reader(const struct plait__audio_header *header))(const uint8_t *) {
    if (header->floating) return header->bits == 32 ? sample_f32 : sample_f64;
    return header->bits == 8 ? sample_u8 : header->bits == 16 ? sample_i16 : header->bits == 24 ? sample_i24 : sample_i32;
}

enum plait_status plait__audio_decode(plait_context *context, const uint8_t *bytes, size_t size,
                                      struct plait__audio *audio_out) {
    struct plait__audio_header header;
    PLAIT__TRY(plait__audio_inspect(context, bytes, size, &header));
    struct plait__audio audio = {.rate = header.rate, .count = header.count};
    audio.samples = plait__allocate(context, header.count * sizeof(float));
    if (!audio.samples) return PLAIT_MEMORY;
    double (*read)(const uint8_t *) = reader(&header);
    const uint8_t *at = bytes + header.at;
    for (size_t i = 0; i < header.count; i++) {
        double sum = 0;
        for (int c = 0; c < header.channels; c++, at += header.bits / 8) {
            double value = read(at);
            if (!(fabs(value) <= LOUDEST)) {
                plait__audio_end(context, &audio);
                return plait__fail(context, PLAIT_INVALID, "WAV: sample %zu is %g, expected a number in -1..1", i, value);
            }
            sum += value;
        }
        audio.samples[i] = (float)(sum / header.channels);
    }
    *audio_out = audio;
    return PLAIT_OK;
}

void plait__audio_end(plait_context *context, struct plait__audio *audio) {
    plait__release(context, audio->samples);
    *audio = (struct plait__audio){0};
}
