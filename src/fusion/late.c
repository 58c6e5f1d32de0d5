/* Late fusion: every modality says what it thinks, and opinions are put together.  Without a stack it is the logarithmic
 * opinion pool (Genest and Zidek, 1986): weighted sums of log probabilities. */
#include "fusion/fusion.h"
#include "fusion/network.h"

/* Log probabilities [output_count] of what a modality's head says. */
static enum plait_status opinion(struct plait__sets *sets, int sense, float *out) {
    const struct plait__multimodal *multimodal = sets->multimodal;
    PLAIT__TRY(plait__moment_opinion(sets->moment, sense));
    for (int h = 0; h < multimodal->head_count; h++) {
        const struct plait__head *head = &multimodal->heads[h];
        plait__log_softmax(sets->moment->given[sense].logits + head->first, head->class_count, out + head->first);
    }
    return PLAIT_OK;
}

static void pool(const struct plait__pattern *pattern, struct plait__sets *sets, const float *opinions) {
    const int senses = sets->multimodal->sense_count, outputs = sets->multimodal->output_count;
    for (int i = 0; i < sets->set_count; i++) {
        float *logits = sets->logits + (size_t)i * (size_t)outputs, *weights = sets->weights + i * senses, sum = 0;
        for (int s = 0; s < senses; s++) sum += weights[s] = sets->sets[i] >> s & 1 ? pattern->weights[s] : 0;
        for (int o = 0; o < outputs; o++) {
            logits[o] = 0;
            for (int s = 0; s < senses; s++) logits[o] += weights[s] * opinions[s * outputs + o];
        }
        for (int s = 0; s < senses; s++) weights[s] = sum > 0 ? weights[s] / sum : 0;
    }
    sets->weighted = true;
}

/* [set_count, senses, outputs + 1]: opinions, zeros when absent, then presence. */
static enum plait_status stack(const struct plait__pattern *pattern, struct plait__sets *sets, const float *opinions) {
    const int senses = sets->multimodal->sense_count, outputs = sets->multimodal->output_count;
    plait_tensor input;
    PLAIT__TRY(plait__prepared(sets->arena, 3, (int64_t[]){sets->set_count, senses, outputs + 1}, &input));
    float *out = input.data;
    for (int i = 0; i < sets->set_count; i++) {
        for (int s = 0; s < senses; s++, out += outputs + 1) {
            const bool here = sets->sets[i] >> s & 1;
            for (int o = 0; o < outputs && here; o++) out[o] = opinions[s * outputs + o];
            out[outputs] = here;
        }
    }
    return plait__map_run(sets->context, &pattern->map, &input, 1, sets->set_count, outputs, sets->logits, senses, NULL);
}

enum plait_status plait__fuse_late(const struct plait__pattern *pattern, struct plait__sets *sets) {
    const int senses = sets->multimodal->sense_count, outputs = sets->multimodal->output_count;
    float *opinions = plait__arena_array(sets->arena, (size_t)(senses * outputs), sizeof *opinions);
    unsigned all = 0;
    if (!opinions) return PLAIT_MEMORY;
    for (int i = 0; i < sets->set_count; i++) all |= sets->sets[i];
    for (int s = 0; s < senses; s++)
        if (all >> s & 1) PLAIT__TRY(opinion(sets, s, opinions + s * outputs));
    if (pattern->map.weights || pattern->map.network.file) return stack(pattern, sets, opinions);
    pool(pattern, sets, opinions);
    return PLAIT_OK;
}
