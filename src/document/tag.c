/* From words to scores: every encoder runs once on the page, the fusion once for all sets of senses asked, as a batch. */
#include <string.h>

#include "document/document.h"
#include "document/features.h"

enum { INPUTS_MOST = 2, SETS = 1 << PLAIT__MODALITY_COUNT };

/* What one run of the encoders is given: some of the page's words. */
struct part {
    int first, count;
    const float *characters, *text, *layout; /* of the whole page */
    float *embeddings[PLAIT__MODALITY_COUNT];
};

static plait_tensor f32(const float *data, int rank, const int64_t *dims) {
    plait_tensor tensor = {.dtype = PLAIT_F32, .rank = rank, .data = (void *)(uintptr_t)data};
    memcpy(tensor.dims, dims, (size_t)rank * sizeof *dims);
    return tensor;
}

static enum plait_status expect(plait_context *context, const struct plait__network *network, const plait_tensor *found,
                                int rank, int64_t first, int64_t second, int64_t last) {
    const int64_t *dims = found->dims;
    if (found->dtype == PLAIT_F32 && found->rank == rank && dims[0] == first && dims[rank - 1] == last &&
        (rank < 3 || dims[1] == second))
        return PLAIT_OK;
    return plait__fail(context, PLAIT_INVALID,
                       "%s: its output is not of the shape the manifest promises: expected %lld by %lld", network->file,
                       (long long)first, (long long)last);
}

/* [count, height, width] f32, the pictures of some words. */
static float *pictures(struct plait__arena *arena, const struct plait__encoder *encoder, const struct plait__page *page,
                       const struct plait__image *grey, int first, int count) {
    const size_t size = (size_t)encoder->height * (size_t)encoder->width;
    float *out = plait__arena_array(arena, (size_t)count, size * sizeof *out);
    for (int i = 0; out && i < count; i++)
        plait__word_picture(grey, page->words[first + i].polygon, encoder->height, encoder->width, encoder->scale,
                            out + (size_t)i * size);
    return out;
}

/* Runs one encoder; its embeddings are [count, width], valid until its next run. */
static enum plait_status encode(plait_context *context, struct plait__arena *arena, const struct plait__tagger *tagger,
                                enum plait__modality modality, const struct plait__page *page, const struct plait__image *grey,
                                struct part *part) {
    const struct plait__encoder *encoder = &tagger->encoders[modality];
    const int64_t words = part->count;
    plait_tensor inputs[INPUTS_MOST], output;
    size_t input_count = 1;
    if (modality == PLAIT__MODALITY_TEXT) {
        const int64_t letters = encoder->alphabet_count, length = encoder->length;
        inputs[0] = f32(part->characters + part->first * letters * length, 4, (int64_t[]){words, letters, 1, length});
        inputs[1] = f32(part->text + part->first * PLAIT__TEXT_FEATURES, 2, (int64_t[]){words, PLAIT__TEXT_FEATURES});
        input_count = 2;
    } else if (modality == PLAIT__MODALITY_LAYOUT) {
        inputs[0] = f32(part->layout + part->first * PLAIT__LAYOUT_FEATURES, 2, (int64_t[]){words, PLAIT__LAYOUT_FEATURES});
    } else if (modality == PLAIT__MODALITY_IMAGE) {
        const float *cut = pictures(arena, encoder, page, grey, part->first, part->count);
        if (!cut) return PLAIT_MEMORY;
        inputs[0] = f32(cut, 4, (int64_t[]){words, 1, encoder->height, encoder->width});
    } else {
        return plait__fail(context, PLAIT_UNSUPPORTED, "%s: words have no such sense", plait__modality_name(modality));
    }
    PLAIT__TRY(plait_session_run(encoder->network.session, inputs, input_count, &output, 1));
    PLAIT__TRY(expect(context, &encoder->network, &output, 2, words, 0, tagger->width));
    part->embeddings[modality] = output.data;
    return PLAIT_OK;
}

/* Asks the fusion for every set, and puts the scores of the part's words in their place. */
static enum plait_status fuse(plait_context *context, struct plait__arena *arena, const struct plait__tagger *tagger,
                              const unsigned *sets, int set_count, const struct part *part, struct plait__tags *tags) {
    plait_tensor inputs[PLAIT__MODALITY_COUNT + 1], output;
    enum plait__modality senses[PLAIT__MODALITY_COUNT];
    size_t count = 0;
    float *nothing = plait__arena_array(arena, (size_t)part->count * (size_t)tagger->width, sizeof *nothing);
    if (!nothing) return PLAIT_MEMORY;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) {
        if (!tagger->encoders[m].network.file) continue;
        const float *embeddings = part->embeddings[m] ? part->embeddings[m] : nothing;
        senses[count] = (enum plait__modality)m;
        inputs[count++] = f32(embeddings, 3, (int64_t[]){1, part->count, tagger->width});
    }
    float *present = plait__arena_array(arena, (size_t)set_count * count, sizeof *present);
    if (!present) return PLAIT_MEMORY;
    for (int s = 0; s < set_count; s++)
        for (size_t m = 0; m < count; m++) present[(size_t)s * count + m] = sets[s] >> senses[m] & 1;
    inputs[count] = f32(present, 3, (int64_t[]){set_count, 1, (int64_t)count});

    PLAIT__TRY(plait_session_run(tagger->fusion.session, inputs, count + 1, &output, 1));
    PLAIT__TRY(expect(context, &tagger->fusion, &output, 3, set_count, part->count, tagger->label_count));
    const size_t floats = (size_t)part->count * (size_t)tagger->label_count;
    for (int s = 0; s < set_count; s++)
        memcpy(tags->by_set[sets[s]] + part->first * tagger->label_count, (const float *)output.data + (size_t)s * floats,
               floats * sizeof(float));
    return PLAIT_OK;
}

enum plait_status plait__tag(plait_context *context, const struct plait__tagger *tagger, const struct plait__page *page,
                             const struct plait__image *grey, unsigned present, bool evidence, struct plait__arena *arena,
                             uint64_t stage_us[PLAIT__STAGE_COUNT], uint64_t encoder_us[PLAIT__MODALITY_COUNT],
                             struct plait__tags *tags_out) {
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++)
        if (!tagger->encoders[m].network.file || (m == PLAIT__MODALITY_IMAGE && !grey)) present &= ~(1u << m);
    *tags_out = (struct plait__tags){.word_count = page->word_count, .label_count = tagger->label_count, .present = present};

    unsigned sets[SETS];
    int set_count = 0;
    for (unsigned set = present; set; set = evidence ? (set - 1) & present : 0) sets[set_count++] = set;
    if (set_count == 0) sets[set_count++] = 0;
    for (int s = 0; s < set_count; s++) {
        const size_t floats = (size_t)page->word_count * (size_t)tagger->label_count;
        tags_out->by_set[sets[s]] = plait__arena_array(arena, floats + 1, sizeof(float));
        if (!tags_out->by_set[sets[s]]) return PLAIT_MEMORY;
    }
    if (page->word_count == 0) return PLAIT_OK;

    uint64_t start = plait__now_us(context), now;
    const struct plait__encoder *text = &tagger->encoders[PLAIT__MODALITY_TEXT];
    const size_t words = (size_t)page->word_count;
    float *characters = plait__arena_array(arena, words, (size_t)text->alphabet_count * (size_t)text->length * sizeof(float));
    float *said = plait__arena_array(arena, words, PLAIT__TEXT_FEATURES * sizeof(float));
    float *placed = plait__arena_array(arena, words, PLAIT__LAYOUT_FEATURES * sizeof(float));
    if (!characters || !said || !placed) return PLAIT_MEMORY;
    plait__text_characters(page, text, characters);
    PLAIT__TRY(plait__text_features(arena, page, true, said));
    PLAIT__TRY(plait__layout_features(arena, page, placed));

    for (int first = 0; first < page->word_count; first += tagger->words_most) {
        const int left = page->word_count - first;
        struct part part = {first, left < tagger->words_most ? left : tagger->words_most, characters, said, placed, {0}};
        for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) {
            if (!(present >> m & 1)) continue;
            const uint64_t began = plait__now_us(context);
            PLAIT__TRY(encode(context, arena, tagger, (enum plait__modality)m, page, grey, &part));
            encoder_us[m] += plait__now_us(context) - began;
        }
        now = plait__now_us(context);
        stage_us[PLAIT__STAGE_ENCODE] += now - start;
        PLAIT__TRY(fuse(context, arena, tagger, sets, set_count, &part, tags_out));
        start = plait__now_us(context);
        stage_us[PLAIT__STAGE_FUSE] += start - now;
    }
    return PLAIT_OK;
}
