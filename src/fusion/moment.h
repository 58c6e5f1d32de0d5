/* What the modalities gave at one moment: each input prepared for its encoder, its quality, its time, and, once asked for, its
 * embedding.  Nothing in it fails because a modality is bad: that is kept as a sentence. */
#ifndef PLAIT_FUSION_MOMENT_H
#define PLAIT_FUSION_MOMENT_H

#include "base/buffer.h"
#include "model/multimodal.h"

enum { PLAIT__MEASURES_MOST = 4 };

/* How good an input is, 0..1, and what that comes from. */
struct plait__quality {
    float value;
    int count;
    struct plait__quality_measure {
        const char *name; /* "snr_db"; static */
        float value;
    } measures[PLAIT__MEASURES_MOST];
};

/* What one modality gave. */
struct plait__given {
    bool there;
    const char *fault; /* why it cannot be used; NULL when it can */
    struct plait__quality quality;
    bool timed;
    int64_t timestamp_us;
    plait_tensor input; /* what the encoder is given; data NULL when the embedding was loaded */
    float *embedding;   /* [size of the sense]; NULL until asked for */
    float *logits;      /* [output_count] what its head says; NULL until asked for */
    uint64_t encode_us;
};

struct plait_moment {
    plait_context *context;
    const struct plait__package *package;
    struct plait__arena arena;
    struct plait__given given[PLAIT__SENSES_MOST];
    const char *unaligned; /* why timestamps cannot be compared; NULL where they can */
    struct plait__buffer saved;
};

/* Bytes of a modality's kind into the tensor that its encoder takes, in the arena, and their quality.  INVALID, UNSUPPORTED or
 * LIMIT: the bytes are at fault.  prepare.c and a file a kind */
enum plait_status plait__prepare(struct plait__arena *arena, const struct plait__sense *sense, const void *bytes, size_t size,
                                 plait_tensor *tensor_out, struct plait__quality *quality_out);
enum plait_status plait__prepare_image(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                       size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out);
enum plait_status plait__prepare_audio(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                       size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out);
enum plait_status plait__prepare_text(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                      size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out);
enum plait_status plait__prepare_layout(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                        size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out);
enum plait_status plait__prepare_structured(struct plait__arena *arena, const struct plait__input *input, const void *bytes,
                                            size_t size, plait_tensor *tensor_out, struct plait__quality *quality_out);

/* A cleared f32 tensor in the arena. */
enum plait_status plait__prepared(struct plait__arena *arena, int rank, const int64_t *dims, plait_tensor *tensor_out);

/* Fills given->embedding of a modality that is there and has no fault, unless it is filled already. */
enum plait_status plait__moment_embed(struct plait_moment *moment, int sense);

/* Fills given->logits likewise; the modality has a head. */
enum plait_status plait__moment_opinion(struct plait_moment *moment, int sense);

#endif
