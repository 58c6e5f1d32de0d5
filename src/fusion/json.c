#include "fusion/json.h"

#include <string.h>

enum { JSON_BYTES_MOST = 16 << 20, NEIGHBOURS_SHOWN = 8 };

static void write_model(struct plait__writer *writer, const struct plait__package *package) {
    plait__write_open(writer, "model", '{');
    plait__write_text(writer, "name", package->name);
    plait__write_text(writer, "version", package->version);
    plait__write_text(writer, "digest", package->digest);
    plait__write_text(writer, "embedding_schema", package->embedding_schema);
    plait__write_close(writer, '}');
}

static const char *class_of(const struct plait__head *head, int label) {
    return label < 0 ? NULL : head->classes[label];
}

static void write_head(struct plait__writer *writer, const struct plait_fusion *fusion, int h) {
    const struct plait__multimodal *multimodal = fusion->package->multimodal;
    const struct plait__head *head = &multimodal->heads[h];
    const struct plait__answer *answer = &fusion->answers[h];
    plait__write_open(writer, head->name, '{');
    plait__write_text(writer, "label", class_of(head, answer->label));
    plait__write_number(writer, "confidence", answer->confidence, 6);
    plait__write_open(writer, "probabilities", '{');
    for (int c = 0; c < head->class_count; c++)
        plait__write_number(writer, head->classes[c], fusion->probabilities[head->first + c], 6);
    plait__write_close(writer, '}');
    if (fusion->explained) {
        plait__write_open(writer, "contribution", '{');
        for (int s = 0; s < multimodal->sense_count; s++)
            plait__write_number(writer, multimodal->senses[s].name, answer->shares[s], 4);
        plait__write_close(writer, '}');
        plait__write_open(writer, "shapley", '{');
        for (int s = 0; s < multimodal->sense_count; s++)
            plait__write_number(writer, multimodal->senses[s].name, answer->shapley[s], 6);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, '}');
}

static void write_modality(struct plait__writer *writer, const struct plait_fusion *fusion, int s) {
    const struct plait__multimodal *multimodal = fusion->package->multimodal;
    const struct plait__given *given = &fusion->given[s];
    plait__write_open(writer, multimodal->senses[s].name, '{');
    plait__write_bool(writer, "present", given->there);
    plait__write_bool(writer, "used", fusion->states[s] == PLAIT__STATE_USED);
    plait__write_text(writer, "state", plait__state_name(fusion->states[s]));
    if (fusion->reasons[s]) plait__write_text(writer, "reason", fusion->reasons[s]);
    plait__write_number(writer, "quality", given->quality.value, 4);
    plait__write_open(writer, "measures", '{');
    for (int i = 0; i < given->quality.count; i++)
        plait__write_number(writer, given->quality.measures[i].name, given->quality.measures[i].value, 4);
    plait__write_close(writer, '}');
    if (given->timed)
        plait__write_int(writer, "timestamp_us", given->timestamp_us);
    else
        plait__write_null(writer, "timestamp_us");
    plait__write_number(writer, "contribution", fusion->answers[0].shares[s], 4);
    if (fusion->weighted) plait__write_number(writer, "weight", fusion->weights[s], 4);
    if (fusion->set_labels[1 << s] >= 0) {
        plait__write_text(writer, "label", class_of(&multimodal->heads[0], fusion->set_labels[1 << s]));
        plait__write_number(writer, "confidence", fusion->set_confidences[1 << s], 6);
    }
    plait__write_close(writer, '}');
}

/* What only some patterns have. */
static void write_pattern(struct plait__writer *writer, const struct plait_fusion *fusion) {
    const struct plait__multimodal *multimodal = fusion->package->multimodal;
    if (fusion->pattern && fusion->pattern->kind == PLAIT__PATTERN_EXPERTS) {
        plait__write_open(writer, "experts", '[');
        for (int e = 0; e < fusion->pattern->expert_count; e++) plait__write_number(writer, NULL, fusion->expert_weights[e], 4);
        plait__write_close(writer, ']');
    }
    if (!fusion->neighbour_count) return;
    plait__write_open(writer, "neighbours", '[');
    for (int n = 0; n < fusion->neighbour_count && n < NEIGHBOURS_SHOWN; n++) {
        const struct plait__neighbour *neighbour = &fusion->neighbours[n];
        plait__write_open(writer, NULL, '{');
        plait__write_int(writer, "example", neighbour->index);
        plait__write_number(writer, "similarity", neighbour->similarity, 4);
        plait__write_text(
            writer, "label",
            class_of(&multimodal->heads[0], fusion->pattern->examples.labels[neighbour->index * multimodal->head_count]));
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
}

static void write_ways(struct plait__writer *writer, const struct plait_fusion *fusion) {
    plait__write_open(writer, "path", '[');
    for (int i = 0; i < fusion->way_count; i++) {
        plait__write_open(writer, NULL, '{');
        plait__write_text(writer, "step", fusion->ways[i].step);
        plait__write_number(writer, "ms", (double)fusion->ways[i].us / 1000, 3);
        plait__write_number(writer, "confidence", fusion->ways[i].confidence, 6);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
}

void plait__fusion_write(struct plait__writer *writer, const struct plait_fusion *fusion) {
    const struct plait__multimodal *multimodal = fusion->package->multimodal;
    const struct plait__answer *answer = &fusion->answers[0];
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "schema", "plait.fusion/1");
    write_model(writer, fusion->package);
    plait__write_text(writer, "pattern", fusion->asked->name);
    plait__write_text(writer, "label", class_of(&multimodal->heads[0], answer->label));
    plait__write_number(writer, "confidence", answer->confidence, 6);
    if (answer->label < 0) plait__write_text(writer, "reason", "modality_missing");
    plait__write_open(writer, "heads", '{');
    for (int h = 0; h < multimodal->head_count; h++) write_head(writer, fusion, h);
    plait__write_close(writer, '}');
    plait__write_open(writer, "modalities", '{');
    for (int s = 0; s < multimodal->sense_count; s++) write_modality(writer, fusion, s);
    plait__write_close(writer, '}');
    plait__write_number(writer, "agreement", fusion->agreement, 4);
    plait__write_bool(writer, "conflict", fusion->conflict);
    if (fusion->lag_us >= 0)
        plait__write_int(writer, "lag_us", fusion->lag_us);
    else
        plait__write_null(writer, "lag_us");
    write_pattern(writer, fusion);
    write_ways(writer, fusion);
    plait__write_open(writer, "timing_ms", '{');
    plait__write_number(writer, "encode", (double)fusion->encode_us / 1000, 3);
    plait__write_number(writer, "fuse", (double)fusion->fuse_us / 1000, 3);
    plait__write_close(writer, '}');
    plait__write_close(writer, '}');
}

enum plait_status plait_fusion_json(plait_fusion *fusion, const char **json_out) {
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    enum plait_status status = PLAIT_OK;
    if (!fusion->json) {
        plait__buffer_init(&buffer, fusion->context, JSON_BYTES_MOST);
        plait__fusion_write(&writer, fusion);
        status = writer.status;
        if (status == PLAIT_OK && !(fusion->json = plait__arena_string(&fusion->arena, buffer.data, buffer.size)))
            status = PLAIT_MEMORY;
        plait__buffer_end(&buffer);
    }
    if (status == PLAIT_OK) *json_out = fusion->json;
    return status;
}
