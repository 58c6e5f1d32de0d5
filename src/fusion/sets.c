/* What the patterns share. */
#include <math.h>
#include <string.h>

#include "fusion/fusion.h"
#include "fusion/network.h"

void plait__softmax(const float *logits, int count, float scale, float *out) {
    float most = logits[0] * scale;
    double sum = 0;
    for (int i = 1; i < count; i++) most = fmaxf(most, logits[i] * scale);
    for (int i = 0; i < count; i++) sum += out[i] = expf(logits[i] * scale - most);
    for (int i = 0; i < count; i++) out[i] = (float)(out[i] / sum);
}

void plait__log_softmax(const float *logits, int count, float *out) {
    float most = logits[0];
    double sum = 0;
    for (int i = 1; i < count; i++) most = fmaxf(most, logits[i]);
    for (int i = 0; i < count; i++) sum += exp((double)logits[i] - most);
    const float log_sum = most + (float)log(sum > 0 ? sum : 1); /* it is: one term is 1 */
    for (int i = 0; i < count; i++) out[i] = logits[i] - log_sum;
}

/* A quality below counts as this: from 0 nothing could be told apart. */
static const float quality_least = 0.05f;

void plait__calibrated(const struct plait__multimodal *multimodal, const struct plait__temperature *temperatures, int stride,
                       const struct plait_moment *moment, unsigned set, const float *logits, float *out) {
    for (int h = 0; h < multimodal->head_count; h++) {
        const struct plait__head *head = &multimodal->heads[h];
        const struct plait__temperature *temperature = &temperatures[h * stride + (stride > 1 ? (int)set : 0)];
        float scale = temperature->scale;
        for (int s = 0; s < multimodal->sense_count; s++)
            if (set >> s & 1 && temperature->quality[s] > 0)
                scale *= powf(fmaxf(moment->given[s].quality.value, quality_least), temperature->quality[s]);
        plait__softmax(logits + head->first, head->class_count, scale, out + head->first);
    }
}

enum plait_status plait__joint_inputs(struct plait__sets *sets, plait_tensor *inputs_out) {
    const struct plait__multimodal *multimodal = sets->multimodal;
    const int senses = multimodal->sense_count, count = sets->set_count;
    float *present = plait__arena_array(sets->arena, (size_t)(count * senses), sizeof *present);
    if (!present) return PLAIT_MEMORY;
    for (int s = 0; s < senses; s++) {
        const struct plait__sense *sense = &multimodal->senses[s];
        const size_t size = (size_t)sense->size;
        float *rows = plait__arena_array(sets->arena, (size_t)count, size * sizeof *rows);
        if (!rows) return PLAIT_MEMORY;
        for (int i = 0; i < count; i++) {
            const bool here = sets->sets[i] >> s & 1;
            present[i * senses + s] = here;
            if (here) memcpy(rows + (size_t)i * size, sets->moment->given[s].embedding, size * sizeof *rows);
        }
        inputs_out[s] = plait__rows(rows, count, sense);
    }
    inputs_out[senses] = (plait_tensor){.dtype = PLAIT_F32, .rank = 2, .dims = {count, senses}, .data = present};
    return PLAIT_OK;
}

/* early, cross_attention: one network that sees all embeddings and who is present. */
enum plait_status plait__fuse_joint(const struct plait__pattern *pattern, struct plait__sets *sets) {
    const int senses = sets->multimodal->sense_count;
    plait_tensor inputs[PLAIT__SENSES_MOST + 1];
    PLAIT__TRY(plait__joint_inputs(sets, inputs));
    PLAIT__TRY(plait__map_run(sets->context, &pattern->map, inputs, (size_t)senses + 1, sets->set_count,
                              sets->multimodal->output_count, sets->logits, senses, sets->weights));
    sets->weighted = plait_session_output_count(pattern->map.network.session) > 1;
    return PLAIT_OK;
}

enum plait_status plait__fuse_sets(const struct plait__pattern *pattern, struct plait__sets *sets) {
    unsigned all = 0;
    for (int i = 0; i < sets->set_count; i++) all |= sets->sets[i];
    for (int s = 0; s < sets->multimodal->sense_count; s++)
        if (all >> s & 1) PLAIT__TRY(plait__moment_embed(sets->moment, s));
    switch (pattern->kind) {
    case PLAIT__PATTERN_LATE:
        return plait__fuse_late(pattern, sets);
    case PLAIT__PATTERN_EARLY:
    case PLAIT__PATTERN_CROSS_ATTENTION:
        return plait__fuse_joint(pattern, sets);
    case PLAIT__PATTERN_EXPERTS:
        return plait__fuse_experts(pattern, sets);
    case PLAIT__PATTERN_RETRIEVAL:
        return plait__fuse_retrieval(pattern, sets);
    default:
        return plait__fail(sets->context, PLAIT_INTERNAL, "%s: a pattern of this kind has no logits", pattern->name);
    }
}
