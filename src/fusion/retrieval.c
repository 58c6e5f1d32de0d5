/* Retrieval (Khandelwal et al., 2020): the answer of a base pattern, mixed with what the nearest confirmed examples are. */
#include <math.h>
#include <string.h>

#include "fusion/fusion.h"

enum { NEIGHBOURS_MOST = 1024 };

/* Cosine of a modality's embedding with all examples, which are unit vectors. */
static enum plait_status compare(struct plait__sets *sets, const struct plait__examples *examples, int sense,
                                 float **cosines_out) {
    const int size = sets->multimodal->senses[sense].size;
    const float *query = sets->moment->given[sense].embedding;
    float *cosines = plait__arena_array(sets->arena, (size_t)examples->count, sizeof *cosines);
    double square = 0;
    if (!cosines) return PLAIT_MEMORY;
    for (int i = 0; i < size; i++) square += (double)query[i] * query[i];
    const float scale = square > 0 ? (float)(1 / sqrt(square)) : 0;
    for (int e = 0; e < examples->count; e++) {
        const float *example = examples->embeddings[sense] + (size_t)e * (size_t)size;
        float sum = 0;
        for (int i = 0; i < size; i++) sum += query[i] * example[i];
        cosines[e] = sum * scale;
    }
    *cosines_out = cosines;
    return PLAIT_OK;
}

/* The most similar ones, by insertion; how many there are. */
static int nearest(const struct plait__examples *examples, float *const cosines[PLAIT__SENSES_MOST], unsigned set, int most,
                   struct plait__neighbour *out) {
    int count = 0, shared = 0;
    for (int s = 0; s < PLAIT__SENSES_MOST; s++) shared += (set >> s & 1) && cosines[s];
    for (int e = 0; shared && e < examples->count; e++) {
        float sum = 0;
        for (int s = 0; s < PLAIT__SENSES_MOST; s++)
            if (set >> s & 1 && cosines[s]) sum += cosines[s][e];
        const float similarity = sum / (float)shared;
        if (count == most && similarity <= out[most - 1].similarity) continue;
        int place = count < most ? count++ : most - 1;
        for (; place > 0 && out[place - 1].similarity < similarity; place--) out[place] = out[place - 1];
        out[place] = (struct plait__neighbour){e, similarity};
    }
    return count;
}

/* base: probabilities of a head; becomes the logarithm of the mixture. */
static void mix(const struct plait__pattern *pattern, const struct plait__multimodal *multimodal, int h,
                const struct plait__neighbour *neighbours, int count, const float *base, float *logits) {
    const struct plait__head *head = &multimodal->heads[h];
    float shares[NEIGHBOURS_MOST];
    for (int n = 0; n < count; n++) shares[n] = neighbours[n].similarity;
    if (count) plait__softmax(shares, count, pattern->sharpness, shares);
    for (int c = 0; c < head->class_count; c++) {
        float near = 0;
        for (int n = 0; n < count; n++)
            if (pattern->examples.labels[neighbours[n].index * multimodal->head_count + h] == c) near += shares[n];
        const float share = count ? pattern->share : 0;
        logits[head->first + c] = logf(fmaxf((1 - share) * base[head->first + c] + share * near, 1e-30f));
    }
}

enum plait_status plait__fuse_retrieval(const struct plait__pattern *pattern, struct plait__sets *sets) {
    const struct plait__multimodal *multimodal = sets->multimodal;
    const struct plait__examples *examples = &pattern->examples;
    const int outputs = multimodal->output_count;
    float *cosines[PLAIT__SENSES_MOST] = {0};
    float *base = plait__arena_array(sets->arena, (size_t)outputs, sizeof *base);
    struct plait__neighbour *neighbours = plait__arena_array(sets->arena, (size_t)pattern->neighbours, sizeof *neighbours);
    unsigned all = 0;
    if (!base || !neighbours) return PLAIT_MEMORY;
    PLAIT__TRY(plait__fuse_sets(pattern->then, sets));
    for (int i = 0; i < sets->set_count; i++) all |= sets->sets[i];
    for (int s = 0; s < multimodal->sense_count; s++)
        if (all >> s & 1 && examples->embeddings[s]) PLAIT__TRY(compare(sets, examples, s, &cosines[s]));
    for (int i = sets->set_count - 1; i >= 0; i--) { /* the first set last: its neighbours stay */
        float *logits = sets->logits + (size_t)i * (size_t)outputs;
        plait__calibrated(multimodal, pattern->then->temperatures, 1 << multimodal->sense_count, sets->moment, sets->sets[i],
                          logits, base);
        const int count = nearest(examples, cosines, sets->sets[i], pattern->neighbours, neighbours);
        for (int h = 0; h < multimodal->head_count; h++) mix(pattern, multimodal, h, neighbours, count, base, logits);
        sets->neighbour_count = count;
    }
    sets->neighbours = neighbours;
    return PLAIT_OK;
}
