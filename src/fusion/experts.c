/* Mixture of experts (Jacobs et al., 1991; sparsely gated, Shazeer et al., 2017): a gate chooses, for each set of modalities,
 * the few experts that are asked at all; the weights are a softmax over those chosen. */
#include <math.h>
#include <string.h>

#include "fusion/fusion.h"
#include "fusion/network.h"

/* Weights [experts] of a set: 0 for those not chosen. */
static void choose(const struct plait__pattern *pattern, unsigned set, const float *gate, float *weights) {
    const int count = pattern->expert_count;
    float most = 0;
    double sum = 0;
    memset(weights, 0, (size_t)count * sizeof *weights);
    for (int k = 0; k < pattern->top; k++) {
        int best = -1;
        for (int e = 0; e < count; e++)
            if (weights[e] == 0 && (pattern->experts[e].needs & ~set) == 0 && (best < 0 || gate[e] > gate[best])) best = e;
        if (best < 0) break;
        if (k == 0) most = gate[best];
        weights[best] = fmaxf(expf(gate[best] - most), 1e-30f); /* above 0: it is taken */
        sum += weights[best];
    }
    for (int e = 0; e < count; e++) weights[e] = sum > 0 ? (float)(weights[e] / sum) : 0;
}

/* Some rows of a tensor. */
static enum plait_status take_rows(struct plait__arena *arena, const plait_tensor *from, const int *rows, int count,
                                   plait_tensor *to) {
    const size_t bytes = plait_tensor_bytes(from) / (size_t)from->dims[0];
    *to = *from;
    to->dims[0] = count;
    if (!(to->data = plait__arena_array(arena, (size_t)count, bytes))) return PLAIT_MEMORY;
    for (int i = 0; i < count; i++)
        memcpy((char *)to->data + (size_t)i * bytes, (const char *)from->data + (size_t)rows[i] * bytes, bytes);
    return PLAIT_OK;
}

/* Asks one expert about the sets that chose it, and adds what it says. */
static enum plait_status ask(const struct plait__pattern *pattern, struct plait__sets *sets, int expert, const float *weights,
                             const plait_tensor *inputs, int *rows) {
    const int senses = sets->multimodal->sense_count, outputs = sets->multimodal->output_count;
    plait_tensor own[PLAIT__SENSES_MOST + 1];
    const float *said;
    int count = 0;
    for (int i = 0; i < sets->set_count; i++)
        if (weights[i * pattern->expert_count + expert] > 0) rows[count++] = i;
    if (count == 0) return PLAIT_OK;
    for (int s = 0; s <= senses; s++) PLAIT__TRY(take_rows(sets->arena, &inputs[s], rows, count, &own[s]));
    PLAIT__TRY(plait__network_run(sets->context, &pattern->experts[expert].network, own, (size_t)senses + 1, count, outputs,
                                  &said, 0, NULL));
    for (int i = 0; i < count; i++) {
        const float weight = weights[rows[i] * pattern->expert_count + expert];
        float *logits = sets->logits + (size_t)rows[i] * (size_t)outputs;
        for (int o = 0; o < outputs; o++) logits[o] += weight * said[(size_t)i * (size_t)outputs + (size_t)o];
    }
    return PLAIT_OK;
}

enum plait_status plait__fuse_experts(const struct plait__pattern *pattern, struct plait__sets *sets) {
    const int senses = sets->multimodal->sense_count, experts = pattern->expert_count;
    plait_tensor inputs[PLAIT__SENSES_MOST + 1];
    float *gates = plait__arena_array(sets->arena, (size_t)(sets->set_count * experts), sizeof *gates);
    float *weights = plait__arena_array(sets->arena, (size_t)(sets->set_count * experts), sizeof *weights);
    int *rows = plait__arena_array(sets->arena, (size_t)sets->set_count, sizeof *rows);
    if (!gates || !weights || !rows) return PLAIT_MEMORY;
    PLAIT__TRY(plait__joint_inputs(sets, inputs));
    PLAIT__TRY(plait__map_run(sets->context, &pattern->map, inputs, (size_t)senses + 1, sets->set_count, experts, gates, senses,
                              sets->weights));
    sets->weighted = plait_session_output_count(pattern->map.network.session) > 1;
    memset(sets->logits, 0, (size_t)(sets->set_count * sets->multimodal->output_count) * sizeof *sets->logits);
    for (int i = 0; i < sets->set_count; i++) choose(pattern, sets->sets[i], gates + i * experts, weights + i * experts);
    for (int e = 0; e < experts; e++) PLAIT__TRY(ask(pattern, sets, e, weights, inputs, rows));
    if (sets->expert_weights) memcpy(sets->expert_weights, weights, (size_t)experts * sizeof *weights);
    return PLAIT_OK;
}
