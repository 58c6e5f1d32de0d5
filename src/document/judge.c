/* What to think of a document that was read: how good each sense was, and whether a person should look. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document/evidence.h"
#include "document/reading.h"

static void judge_modalities(struct plait__document *document) {
    struct plait__modality_state *states = document->modalities;
    double words = 0, lines = 0;
    int word_count = 0, line_count = 0;
    for (int p = 0; p < document->page_count; p++) {
        const struct plait__page *page = &document->pages[p];
        for (int i = 0; i < page->word_count; i++) words += (double)page->words[i].confidence;
        for (int i = 0; i < page->line_count && page->placed; i++) lines += (double)page->lines[i].confidence;
        word_count += page->word_count, line_count += page->line_count;
    }
    states[PLAIT__MODALITY_TEXT].quality = word_count ? (float)(words / word_count) : 0;
    states[PLAIT__MODALITY_LAYOUT].quality = line_count ? (float)(lines / line_count) : 0;
    states[PLAIT__MODALITY_IMAGE].quality = document->reading->contrast / (float)document->page_count;

    int found = 0, measured = 0;
    for (int i = 0; i < document->field_count; i++) {
        const struct plait__field *field = &document->fields[i];
        if (!field->value) continue;
        found++;
        measured += plait__field_is_measured(field);
        for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) states[m].contribution += field->evidence[m];
    }
    for (int m = 0; m < PLAIT__MODALITY_COUNT && found; m++)
        states[m].contribution = measured ? states[m].contribution / (float)measured : NAN;
}

static enum plait_status add_review(struct plait__document *document, const char *kind, const char *name) {
    char reason[160];
    int length = snprintf(reason, sizeof reason, "%s:%s", kind, name);
    if (length >= (int)sizeof reason) length = (int)sizeof reason - 1;
    const char *kept = plait__arena_string(&document->arena, reason, (size_t)length);
    if (!kept) return PLAIT_MEMORY;
    document->reviews[document->review_count++] = kept;
    return PLAIT_OK;
}

/* Whether a person should look, and why: a required field that is missing, one that is not sure, a check that failed. */
enum plait_status plait__judge(struct plait__document *document) {
    judge_modalities(document);
    document->reviews = plait__arena_array(&document->arena, (size_t)(document->field_count + document->check_count),
                                           sizeof *document->reviews);
    if (!document->reviews) return PLAIT_MEMORY;
    float sum = 0;
    for (int i = 0; i < document->field_count; i++) {
        const struct plait__field *field = &document->fields[i];
        if (field->value) sum += field->confidence;
        if (!field->value && field->rule->required)
            PLAIT__TRY(add_review(document, plait__reason_name(field->reason), field->rule->name));
        if (field->value && field->confidence < field->rule->review)
            PLAIT__TRY(add_review(document, "low_confidence", field->rule->name));
    }
    for (int i = 0; i < document->check_count; i++)
        if (!document->checks[i].passed) PLAIT__TRY(add_review(document, "check", document->checks[i].name));
    document->type_confidence = document->field_count ? sum / (float)document->field_count : 0;
    return PLAIT_OK;
}
