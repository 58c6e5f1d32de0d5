#include "document/json.h"

#include <math.h>

#include "base/json_write.h"
#include "document/evidence.h"
#include "document/voice.h"

/* Pixels to a tenth, probabilities to four places, times to a microsecond. */
enum { PLACE_DECIMALS = 1, SHARE_DECIMALS = 4, MS_DECIMALS = 3 };

static void write_polygon(struct plait__writer *writer, const float polygon[4][2]) {
    plait__write_open(writer, "polygon", '[');
    for (int i = 0; i < 4; i++) {
        plait__write_open(writer, NULL, '[');
        plait__write_number(writer, NULL, polygon[i][0], PLACE_DECIMALS);
        plait__write_number(writer, NULL, polygon[i][1], PLACE_DECIMALS);
        plait__write_close(writer, ']');
    }
    plait__write_close(writer, ']');
}

static void write_share(struct plait__writer *writer, const char *key, float share) {
    plait__write_number(writer, key, share, SHARE_DECIMALS);
}

static void write_ms(struct plait__writer *writer, const char *key, uint64_t us) {
    plait__write_number(writer, key, (double)us / 1000, MS_DECIMALS);
}

/* ------------------------------------------------------------------ what it means */

static void write_evidence(struct plait__writer *writer, const struct plait__field *field) {
    if (!plait__field_is_measured(field)) { /* or nothing was found */
        plait__write_null(writer, "evidence");
        return;
    }
    plait__write_open(writer, "evidence", '{');
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++)
        write_share(writer, plait__modality_name((enum plait__modality)m), field->evidence[m]);
    plait__write_close(writer, '}');
}

const char *plait__reason_name(enum plait__reason reason) {
    static const char *const names[] = {
#define REASON_NAME(name, text) text,
        PLAIT__REASON_MAP(REASON_NAME)
#undef REASON_NAME
    };
    return names[reason];
}

static void write_field(struct plait__writer *writer, const struct plait__field *field) {
    plait__write_open(writer, field->rule->name, '{');
    plait__write_text(writer, "value", field->value);
    plait__write_text(writer, "type", plait__field_type_name(field->rule->type));
    if (field->currency) plait__write_text(writer, "currency", field->currency);
    plait__write_text(writer, "text", field->text);
    write_share(writer, "confidence", field->confidence);
    if (field->recalled) plait__write_text(writer, "confirmed", field->recalled);
    if (field->text) {
        plait__write_int(writer, "page", field->page);
        write_polygon(writer, field->polygon);
    } else {
        plait__write_null(writer, "page");
        plait__write_null(writer, "polygon");
    }
    plait__write_open(writer, "lines", '[');
    for (int i = 0; i < field->line_count; i++) plait__write_int(writer, NULL, field->lines[i]);
    plait__write_close(writer, ']');
    write_evidence(writer, field);
    if (field->compared) write_share(writer, "agreement", field->agreement);
    if (!field->value) plait__write_text(writer, "reason", plait__reason_name(field->reason));
    plait__write_close(writer, '}');
}

static void write_table(struct plait__writer *writer, const struct plait__table *table) {
    plait__write_open(writer, NULL, '{');
    plait__write_int(writer, "page", table->page);
    write_polygon(writer, table->polygon);
    plait__write_int(writer, "rows", table->rows);
    plait__write_int(writer, "columns", table->columns);
    write_share(writer, "confidence", table->confidence);
    plait__write_open(writer, "cells", '[');
    for (int i = 0; i < table->cell_count; i++) {
        const struct plait__cell *cell = &table->cells[i];
        plait__write_open(writer, NULL, '{');
        plait__write_int(writer, "row", cell->row);
        plait__write_int(writer, "column", cell->column);
        plait__write_int(writer, "row_span", cell->row_span);
        plait__write_int(writer, "column_span", cell->column_span);
        plait__write_text(writer, "text", cell->text);
        write_polygon(writer, cell->polygon);
        write_share(writer, "confidence", cell->confidence);
        plait__write_bool(writer, "header", cell->header);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
    plait__write_close(writer, '}');
}

/* ------------------------------------------------------------------ what stands where */

static void write_line(struct plait__writer *writer, const struct plait__page *page, const struct plait__line *line) {
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "text", line->text);
    write_share(writer, "confidence", line->confidence);
    write_polygon(writer, line->polygon);
    plait__write_open(writer, "words", '[');
    for (int i = 0; i < line->word_count; i++) {
        const struct plait__word *word = &page->words[line->word_first + i];
        plait__write_open(writer, NULL, '{');
        plait__write_text(writer, "text", word->text);
        write_share(writer, "confidence", word->confidence);
        write_polygon(writer, word->polygon);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
    plait__write_close(writer, '}');
}

static void write_pages(struct plait__writer *writer, const struct plait__document *document) {
    plait__write_open(writer, "pages", '[');
    for (int p = 0; p < document->page_count; p++) {
        const struct plait__page *page = &document->pages[p];
        plait__write_open(writer, NULL, '{');
        plait__write_int(writer, "width", page->width);
        plait__write_int(writer, "height", page->height);
        plait__write_int(writer, "rotation", page->rotation);
        plait__write_open(writer, "lines", '[');
        for (int i = 0; i < page->line_count; i++) write_line(writer, page, &page->lines[i]);
        plait__write_close(writer, ']');
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
}

/* ------------------------------------------------------------------ how it came about */

static void write_origin(struct plait__writer *writer, const struct plait__document *document) {
    plait__write_open(writer, "source", '{');
    plait__write_text(writer, "name", document->source_name);
    plait__write_text(writer, "media_type", document->media_type);
    plait__write_text(writer, "digest", document->digest);
    plait__write_int(writer, "pages", document->page_count);
    plait__write_close(writer, '}');

    plait__write_open(writer, "model", '{');
    plait__write_text(writer, "name", document->package->name);
    plait__write_text(writer, "version", document->package->version);
    plait__write_text(writer, "digest", document->package->digest);
    plait__write_text(writer, "embedding_schema", document->package->embedding_schema);
    plait__write_close(writer, '}');

    plait__write_open(writer, "type", '{');
    plait__write_text(writer, "value", document->package->document_type);
    write_share(writer, "confidence", document->type_confidence);
    plait__write_close(writer, '}');
}

static void write_modalities(struct plait__writer *writer, const struct plait__document *document) {
    plait__write_open(writer, "modalities", '{');
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) {
        const struct plait__modality_state *state = &document->modalities[m];
        if (!state->present && !document->package->tagger.encoders[m].network.file) continue;
        plait__write_open(writer, plait__modality_name((enum plait__modality)m), '{');
        plait__write_bool(writer, "present", state->present);
        write_share(writer, "quality", state->quality);
        plait__write_int(writer, "timestamp_us", state->timestamp_us);
        if (isnan(state->contribution))
            plait__write_null(writer, "contribution");
        else
            write_share(writer, "contribution", state->contribution);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, '}');
}

static void write_voice(struct plait__writer *writer, const struct plait__heard *heard) {
    if (!heard) return;
    plait__write_open(writer, "voice", '{');
    plait__write_text(writer, "digits", heard->digits);
    write_share(writer, "confidence", heard->confidence);
    plait__write_number(writer, "seconds", (double)heard->seconds, 3);
    plait__write_close(writer, '}');
}

static void write_judgement(struct plait__writer *writer, const struct plait__document *document) {
    plait__write_open(writer, "checks", '[');
    for (int i = 0; i < document->check_count; i++) {
        plait__write_open(writer, NULL, '{');
        plait__write_text(writer, "name", document->checks[i].name);
        plait__write_bool(writer, "passed", document->checks[i].passed);
        plait__write_text(writer, "detail", document->checks[i].detail);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');

    plait__write_open(writer, "review", '{');
    plait__write_bool(writer, "needed", document->review_count > 0);
    plait__write_open(writer, "reasons", '[');
    for (int i = 0; i < document->review_count; i++) plait__write_text(writer, NULL, document->reviews[i]);
    plait__write_close(writer, ']');
    plait__write_close(writer, '}');
}

const char *plait__stage_name(enum plait__stage stage) {
    static const char *const names[] = {
#define STAGE_NAME(name, text) text,
        PLAIT__STAGE_MAP(STAGE_NAME)
#undef STAGE_NAME
    };
    return names[stage];
}

static void write_step(struct plait__writer *writer, const char *step, uint64_t us, float confidence) {
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "step", step);
    write_ms(writer, "ms", us);
    write_share(writer, "confidence", confidence);
    plait__write_close(writer, '}');
}

static void write_timing(struct plait__writer *writer, const struct plait__document *document) {
    bool recalled = false;
    for (int i = 0; i < document->field_count; i++) recalled = recalled || document->fields[i].recalled;
    plait__write_open(writer, "path", '[');
    write_step(writer, document->fused ? "fused" : "unimodal", document->total_us, document->type_confidence);
    if (recalled) write_step(writer, "retrieval", document->recall_us, document->type_confidence);
    plait__write_close(writer, ']');

    plait__write_open(writer, "timing_ms", '{');
    for (int s = 0; s < PLAIT__STAGE_COUNT; s++)
        write_ms(writer, plait__stage_name((enum plait__stage)s), document->stage_us[s]);
    write_ms(writer, "total", document->total_us);
    plait__write_close(writer, '}');
}

enum plait_status plait__document_write(const struct plait__document *document, struct plait__buffer *buffer) {
    struct plait__writer writer = {.buffer = buffer};
    plait__write_open(&writer, NULL, '{');
    plait__write_text(&writer, "schema", "plait.document/1");
    write_origin(&writer, document);
    plait__write_open(&writer, "fields", '{');
    for (int i = 0; i < document->field_count; i++) write_field(&writer, &document->fields[i]);
    plait__write_close(&writer, '}');
    plait__write_open(&writer, "tables", '[');
    for (int i = 0; i < document->table_count; i++) write_table(&writer, &document->tables[i]);
    plait__write_close(&writer, ']');
    write_pages(&writer, document);
    write_modalities(&writer, document);
    write_voice(&writer, document->heard);
    write_judgement(&writer, document);
    write_timing(&writer, document);
    plait__write_close(&writer, '}');
    return writer.status;
}
