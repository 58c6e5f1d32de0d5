/* The way of one answer. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fusion/agreement.h"
#include "fusion/fusion.h"
#include "fusion/json.h"
#include "fusion/shapley.h"

enum { SETS_MOST = 1 << PLAIT__SENSES_MOST };

/* An answer under way. */
struct work {
    struct plait_fusion *fusion;
    struct plait_moment *moment;
    const struct plait__multimodal *multimodal;
    const struct plait__temperature *temperatures; /* of what answers: a pattern, or a modality's head ... */
    int stride;                                    /* ... which has one for all sets */
};

static int head_best(const struct plait__head *head, const float *probabilities) {
    int best = 0;
    for (int c = 1; c < head->class_count; c++)
        if (probabilities[head->first + c] > probabilities[head->first + best]) best = c;
    return best;
}

static bool single(unsigned set) {
    return set && (set & (set - 1)) == 0;
}

/* ------------------------------------------------------------------ cascade */

static enum plait_status add_way(struct plait_fusion *fusion, const char *kind, const char *name, float confidence,
                                 uint64_t start) {
    char step[80];
    snprintf(step, sizeof step, "%s%s%s", kind, *name ? ":" : "", name);
    struct plait__way *way = &fusion->ways[fusion->way_count++];
    *way = (struct plait__way){plait__arena_string(&fusion->arena, step, strlen(step)), confidence,
                               plait__now_us(fusion->context) - start};
    return way->step ? PLAIT_OK : PLAIT_MEMORY;
}

/* Asks a modality alone; `ended_out`: it is as sure as the step wants, so that it is the answer. */
static enum plait_status take_step(struct work *work, const struct plait__step *step, bool *ended_out) {
    const struct plait__multimodal *multimodal = work->multimodal;
    const struct plait__sense *sense = &multimodal->senses[step->sense];
    const uint64_t start = plait__now_us(work->fusion->context);
    float *probabilities = work->fusion->probabilities, least = 1;
    PLAIT__TRY(plait__moment_opinion(work->moment, step->sense));
    plait__calibrated(multimodal, sense->temperatures, 1, work->moment, 1u << step->sense,
                      work->moment->given[step->sense].logits, probabilities);
    for (int h = 0; h < multimodal->head_count; h++) {
        const struct plait__head *head = &multimodal->heads[h];
        least = fminf(least, probabilities[head->first + head_best(head, probabilities)]);
    }
    *ended_out = least >= step->least;
    return add_way(work->fusion, "unimodal", sense->name, least, start);
}

/* Goes down the steps; the pattern that is to answer is left in fusion->pattern, NULL when a step did. */
static enum plait_status cascade(struct work *work) {
    struct plait_fusion *fusion = work->fusion;
    while (fusion->pattern && fusion->pattern->kind == PLAIT__PATTERN_CASCADE) {
        const struct plait__pattern *pattern = fusion->pattern;
        bool ended = false;
        for (int i = 0; i < pattern->step_count && !ended && fusion->way_count < PLAIT__SENSES_MOST; i++) {
            const int sense = pattern->steps[i].sense;
            if (!(fusion->used >> sense & 1)) continue;
            PLAIT__TRY(take_step(work, &pattern->steps[i], &ended));
            if (!ended) continue;
            for (int s = 0; s < work->multimodal->sense_count; s++)
                if (fusion->used >> s & 1 && s != sense) fusion->states[s] = PLAIT__STATE_NOT_NEEDED;
            fusion->used = 1u << sense;
        }
        fusion->pattern = ended ? NULL : pattern->then;
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ answers */

/* Every subset of `used`, itself first; with `one` alone that. */
static int list_sets(unsigned used, bool one, unsigned sets[SETS_MOST]) {
    int count = 0;
    for (unsigned set = used; set; set = one ? 0 : (set - 1) & used) sets[count++] = set;
    return count;
}

/* Calibrated probabilities [set_count, outputs] of all sets, by the pattern or by the only modality's head. */
static enum plait_status ask(struct work *work, struct plait__arena *scratch, const unsigned *sets, int count, float *out) {
    struct plait_fusion *fusion = work->fusion;
    const struct plait__multimodal *multimodal = work->multimodal;
    const size_t outputs = (size_t)multimodal->output_count;
    struct plait__sets asked = {.context = fusion->context,
                                .arena = scratch,
                                .moment = work->moment,
                                .multimodal = multimodal,
                                .sets = sets,
                                .set_count = count,
                                .expert_weights = fusion->expert_weights};
    asked.logits = plait__arena_array(scratch, (size_t)count, outputs * sizeof(float));
    asked.weights = plait__arena_array(scratch, (size_t)count, PLAIT__SENSES_MOST * sizeof(float));
    if (!asked.logits || !asked.weights) return PLAIT_MEMORY;
    PLAIT__TRY(plait__fuse_sets(fusion->pattern, &asked));
    for (int i = 0; i < count; i++)
        plait__calibrated(multimodal, fusion->pattern->temperatures, 1 << multimodal->sense_count, work->moment, sets[i],
                          asked.logits + (size_t)i * outputs, out + (size_t)i * outputs);
    fusion->weighted = asked.weighted;
    for (int s = 0; s < multimodal->sense_count && asked.weighted; s++) fusion->weights[s] = asked.weights[s];
    if (!asked.neighbour_count) return PLAIT_OK;
    fusion->neighbours = plait__arena_array(&fusion->arena, (size_t)asked.neighbour_count, sizeof *fusion->neighbours);
    if (!fusion->neighbours) return PLAIT_MEMORY;
    fusion->neighbour_count = asked.neighbour_count;
    memcpy(fusion->neighbours, asked.neighbours, (size_t)asked.neighbour_count * sizeof *fusion->neighbours);
    return PLAIT_OK;
}

/* Label, confidence and, from all subsets, contributions of one head. */
static void answer(struct work *work, int h, const unsigned *sets, int count, const float *probabilities) {
    const struct plait__head *head = &work->multimodal->heads[h];
    struct plait__answer *out = &work->fusion->answers[h];
    float worth[SETS_MOST] = {0};
    out->label = head_best(head, work->fusion->probabilities);
    out->confidence = work->fusion->probabilities[head->first + out->label];
    worth[0] = 1.0f / (float)head->class_count;
    for (int i = 0; i < count; i++)
        worth[sets[i]] = probabilities[i * work->multimodal->output_count + head->first + out->label];
    if (!work->fusion->explained) return;
    plait__shapley(worth, work->fusion->used, out->shapley);
    plait__shapley_shares(out->shapley, work->fusion->used, out->shares);
}

/* What the modalities say one by one, and whether they agree; of the first head. */
static void compare(struct work *work, const unsigned *sets, int count, const float *probabilities) {
    const struct plait__head *head = &work->multimodal->heads[0];
    struct plait_fusion *fusion = work->fusion;
    const float *own[PLAIT__SENSES_MOST];
    const float sure = 0.5f; /* above it a modality contradicts, below it merely doubts */
    int owners = 0, said = -1;
    for (int i = 0; i < count; i++) {
        const float *one = probabilities + i * work->multimodal->output_count;
        const int label = fusion->set_labels[sets[i]] = head_best(head, one);
        fusion->set_confidences[sets[i]] = one[head->first + label];
        if (!single(sets[i])) continue;
        own[owners++] = one + head->first;
        if (fusion->set_confidences[sets[i]] <= sure) continue;
        fusion->conflict |= said >= 0 && said != label;
        said = label;
    }
    fusion->agreement = plait__agreement(own, owners, head->class_count);
}

static enum plait_status answer_from(struct work *work, struct plait__arena *scratch) {
    struct plait_fusion *fusion = work->fusion;
    const size_t outputs = (size_t)work->multimodal->output_count;
    unsigned sets[SETS_MOST];
    const uint64_t start = plait__now_us(fusion->context);
    PLAIT__TRY(cascade(work));
    const int count = list_sets(fusion->used, !fusion->explained || !fusion->pattern, sets);
    float *probabilities = fusion->probabilities;
    if (fusion->pattern) {
        probabilities = plait__arena_array(scratch, (size_t)count, outputs * sizeof *probabilities);
        if (!probabilities) return PLAIT_MEMORY;
        PLAIT__TRY(ask(work, scratch, sets, count, probabilities));
        memcpy(fusion->probabilities, probabilities, outputs * sizeof *probabilities);
    }
    for (int h = 0; h < work->multimodal->head_count; h++) answer(work, h, sets, count, probabilities);
    compare(work, sets, count, probabilities);
    if (!fusion->pattern) return PLAIT_OK;
    return add_way(fusion,
                   single(fusion->used)                                ? "unimodal"
                   : fusion->pattern->kind == PLAIT__PATTERN_RETRIEVAL ? "retrieval"
                                                                       : "fused",
                   fusion->pattern->name, fusion->answers[0].confidence, start);
}

/* Nothing to answer from: every class is as likely. */
static void answer_from_nothing(struct work *work) {
    for (int h = 0; h < work->multimodal->head_count; h++) {
        const struct plait__head *head = &work->multimodal->heads[h];
        for (int c = 0; c < head->class_count; c++)
            work->fusion->probabilities[head->first + c] = 1.0f / (float)head->class_count;
        work->fusion->answers[h] = (struct plait__answer){.label = -1, .confidence = 0};
    }
    work->fusion->pattern = NULL;
    work->fusion->agreement = 1;
}

static enum plait_status fuse(struct work *work, const plait_fuse_options *options) {
    struct plait_fusion *fusion = work->fusion;
    struct plait__arena scratch;
    const uint64_t start = plait__now_us(fusion->context);
    const int sets = 1 << work->multimodal->sense_count;
    fusion->asked = options->pattern ? plait__pattern_find(work->multimodal, options->pattern) : work->multimodal->pattern;
    if (!fusion->asked)
        return plait__fail(fusion->context, PLAIT_NOT_FOUND, "the package %s has no pattern \"%s\"", fusion->package->name,
                           options->pattern);
    fusion->pattern = fusion->asked;
    fusion->explained = !options->answer_only;
    fusion->probabilities = plait__arena_array(&fusion->arena, (size_t)work->multimodal->output_count, sizeof(float));
    fusion->set_labels = plait__arena_array(&fusion->arena, (size_t)sets, sizeof *fusion->set_labels);
    fusion->set_confidences = plait__arena_array(&fusion->arena, (size_t)sets, sizeof *fusion->set_confidences);
    if (!fusion->probabilities || !fusion->set_labels || !fusion->set_confidences) return PLAIT_MEMORY;
    for (int i = 0; i < sets; i++) fusion->set_labels[i] = -1;
    PLAIT__TRY(plait__fusion_states(fusion, work->moment, options));
    enum plait_status status = PLAIT_OK;
    plait__arena_init(&scratch, fusion->context);
    if (fusion->used)
        status = answer_from(work, &scratch);
    else
        answer_from_nothing(work);
    plait__arena_end(&scratch);
    fusion->fuse_us = plait__now_us(fusion->context) - start;
    for (int s = 0; s < work->multimodal->sense_count; s++) {
        const uint64_t encoded = work->moment->given[s].encode_us;
        const bool now = work->moment->given[s].embedding && !fusion->given[s].embedding;
        if (now) fusion->encode_us += encoded;
        fusion->given[s].embedding = NULL; /* the moment may go before the answer */
        fusion->given[s].logits = NULL;
        fusion->given[s].input.data = NULL;
        if (fusion->given[s].fault) fusion->given[s].fault = fusion->reasons[s];
    }
    fusion->fuse_us -= fusion->encode_us < fusion->fuse_us ? fusion->encode_us : fusion->fuse_us;
    return status;
}

/* ------------------------------------------------------------------ the public door */

void plait_fuse_options_default(plait_fuse_options *options) {
    *options = (plait_fuse_options){0};
}

enum plait_status plait_fuse(plait_moment *moment, const plait_fuse_options *options, plait_fusion **fusion_out) {
    plait_fuse_options defaults;
    plait_fuse_options_default(&defaults);
    struct plait_fusion *fusion = plait__allocate_zero(moment->context, 1, sizeof *fusion);
    if (!fusion) return PLAIT_MEMORY;
    fusion->context = moment->context;
    fusion->package = moment->package;
    plait__arena_init(&fusion->arena, moment->context);
    struct work work = {.fusion = fusion, .moment = moment, .multimodal = moment->package->multimodal};
    const enum plait_status status = fuse(&work, options ? options : &defaults);
    if (status == PLAIT_OK)
        *fusion_out = fusion;
    else
        plait_fusion_destroy(fusion);
    return status;
}

void plait_fusion_destroy(plait_fusion *fusion) {
    if (!fusion) return;
    plait__arena_end(&fusion->arena);
    plait__release(fusion->context, fusion);
}

const char *plait_fusion_label(const plait_fusion *fusion, const char *head, float *confidence_out) {
    const struct plait__multimodal *multimodal = fusion->package->multimodal;
    for (int h = 0; h < multimodal->head_count; h++) {
        if (head && strcmp(multimodal->heads[h].name, head) != 0) continue;
        const struct plait__answer *out = &fusion->answers[h];
        if (confidence_out) *confidence_out = out->confidence;
        return out->label < 0 ? NULL : multimodal->heads[h].classes[out->label];
    }
    if (confidence_out) *confidence_out = 0;
    return NULL;
}
