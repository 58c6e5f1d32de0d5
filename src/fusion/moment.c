#include "fusion/moment.h"

#include <string.h>

#include "fusion/network.h"

enum { SAVED_BYTES_MOST = 1 << 28, FAULT_LONGEST = 300 };

static enum plait_status create(plait_model *model, struct plait_moment **moment_out) {
    if (!model->multimodal)
        return plait__fail(model->context, PLAIT_UNSUPPORTED, "the package %s is of kind %s, expected multimodal", model->name,
                           model->kind);
    struct plait_moment *moment = plait__allocate_zero(model->context, 1, sizeof *moment);
    if (!moment) return PLAIT_MEMORY;
    moment->context = model->context;
    moment->package = model;
    plait__arena_init(&moment->arena, model->context);
    plait__buffer_init(&moment->saved, model->context, SAVED_BYTES_MOST);
    *moment_out = moment;
    return PLAIT_OK;
}

enum plait_status plait_moment_create(plait_model *model, plait_moment **moment_out) {
    return create(model, moment_out);
}

void plait_moment_destroy(plait_moment *moment) {
    if (!moment) return;
    plait__buffer_end(&moment->saved);
    plait__arena_end(&moment->arena);
    plait__release(moment->context, moment);
}

/* ------------------------------------------------------------------ inputs */

/* Bad bytes are no failure: what is wrong with them is kept. */
static enum plait_status keep_fault(struct plait_moment *moment, struct plait__given *given, enum plait_status status) {
    if (status != PLAIT_INVALID && status != PLAIT_UNSUPPORTED && status != PLAIT_LIMIT) return status;
    const char *sentence = plait_context_error(moment->context);
    given->fault = plait__arena_string(&moment->arena, sentence, strnlen(sentence, FAULT_LONGEST));
    given->quality = (struct plait__quality){0};
    given->input = (plait_tensor){0};
    return given->fault ? PLAIT_OK : PLAIT_MEMORY;
}

enum plait_status plait_moment_add(plait_moment *moment, const plait_input *input) {
    const struct plait__multimodal *multimodal = moment->package->multimodal;
    const int sense = input->modality ? plait__sense_find(multimodal, input->modality, strlen(input->modality)) : -1;
    if (sense < 0)
        return plait__fail(moment->context, PLAIT_INVALID, "the package %s has no modality \"%s\"", moment->package->name,
                           input->modality ? input->modality : "");
    struct plait__given given = {.there = true, .timed = input->timed, .timestamp_us = input->timestamp_us};
    const enum plait_status status =
        plait__prepare(&moment->arena, &multimodal->senses[sense], input->bytes, input->size, &given.input, &given.quality);
    if (status != PLAIT_OK) PLAIT__TRY(keep_fault(moment, &given, status));
    moment->given[sense] = given;
    return PLAIT_OK;
}

const char *plait_model_modality(const plait_model *model, size_t index, const char **kind_out) {
    const struct plait__multimodal *multimodal = model->multimodal;
    if (!multimodal || index >= (size_t)multimodal->sense_count) return NULL;
    if (kind_out) *kind_out = plait__sense_kind_name(multimodal->senses[index].kind);
    return multimodal->senses[index].name;
}

/* ------------------------------------------------------------------ embeddings */

/* A copy in the moment's arena, which outlives the session's next run. */
static enum plait_status copy(struct plait_moment *moment, const float *from, int count, float **to_out) {
    float *to = plait__arena_array(&moment->arena, (size_t)count, sizeof *to);
    if (!to) return PLAIT_MEMORY;
    memcpy(to, from, (size_t)count * sizeof *to);
    *to_out = to;
    return PLAIT_OK;
}

enum plait_status plait__moment_embed(struct plait_moment *moment, int sense) {
    const struct plait__sense *rule = &moment->package->multimodal->senses[sense];
    struct plait__given *given = &moment->given[sense];
    if (given->embedding) return PLAIT_OK;
    const uint64_t start = plait__now_us(moment->context);
    const float *out = given->input.data;
    if (rule->encoder.file)
        PLAIT__TRY(plait__network_run(moment->context, &rule->encoder, &given->input, 1, 1, rule->size, &out, 0, NULL));
    PLAIT__TRY(copy(moment, out, rule->size, &given->embedding));
    given->encode_us = plait__now_us(moment->context) - start;
    return PLAIT_OK;
}

enum plait_status plait__moment_opinion(struct plait_moment *moment, int sense) {
    const struct plait__multimodal *multimodal = moment->package->multimodal;
    const struct plait__sense *rule = &multimodal->senses[sense];
    struct plait__given *given = &moment->given[sense];
    if (given->logits) return PLAIT_OK;
    PLAIT__TRY(plait__moment_embed(moment, sense));
    const plait_tensor embedding = plait__rows(given->embedding, 1, rule);
    float *logits = plait__arena_array(&moment->arena, (size_t)multimodal->output_count, sizeof *logits);
    if (!logits) return PLAIT_MEMORY;
    PLAIT__TRY(plait__map_run(moment->context, &rule->head, &embedding, 1, 1, multimodal->output_count, logits, 0, NULL));
    given->logits = logits;
    return PLAIT_OK;
}
