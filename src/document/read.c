/* The way of one document: each stage once, in order, timed. */
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "document/document.h"
#include "document/json.h"
#include "document/known.h"

enum {
    SHORTEST_SIDE = 16,                 /* pixels: nothing can be written on less */
    JSON_BYTES_MOST = 256 * 1024 * 1024 /* of a document */
};

/* One reading under way. */
struct reading {
    struct plait__document *document;
    plait_context *context;
    const plait_read_options *options;
    struct plait__image grey;
    unsigned without; /* senses the caller leaves out */
    bool placed;      /* the words have places */
};

/* ------------------------------------------------------------------ options */

void plait_read_options_default(plait_read_options *options) {
    *options = (plait_read_options){.name = ""};
}

static enum plait_status read_without(plait_context *context, const char *names, unsigned *without_out) {
    *without_out = 0;
    for (const char *at = names ? names : ""; *at;) {
        char name[32];
        int length = (int)strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", length, at);
        enum plait__modality modality = plait__modality_find(name);
        if (modality == PLAIT__MODALITY_COUNT)
            return plait__fail(context, PLAIT_INVALID, "without: expected text, layout, image or audio, found \"%s\"", name);
        *without_out |= 1u << modality;
        at += length + (at[length] == ',');
    }
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ stages */

/* What comes before a stage: the caller is told how far we are, and may stop here. */
static enum plait_status begin(const struct reading *reading, const char *stage, double fraction) {
    plait__progress(reading->context, stage, fraction);
    if (plait__cancelled(reading->context)) return plait__fail(reading->context, PLAIT_CANCELLED, "stopped before: %s", stage);
    return PLAIT_OK;
}

static enum plait_status decode(struct reading *reading, const uint8_t *bytes, size_t size) {
    struct plait__document *document = reading->document;
    struct plait__image_header header;
    PLAIT__TRY(begin(reading, "decode", 0));
    PLAIT__TRY(plait__image_inspect(reading->context, bytes, size, &header));
    if (header.width < SHORTEST_SIDE || header.height < SHORTEST_SIDE)
        return plait__fail(reading->context, PLAIT_INVALID, "expected a page of %d x %d pixels or more, found %d x %d",
                           SHORTEST_SIDE, SHORTEST_SIDE, header.width, header.height);
    PLAIT__TRY(plait__image_decode(reading->context, bytes, size, 1, &reading->grey));
    static const int turned[9] = {0,  0,  0,   180, 180,
                                  90, 90, 270, 270}; /* degrees clockwise; mirrored ones count as unmirrored */
    document->media_type = header.media_type;
    document->page_count = 1;
    document->pages = plait__arena_allocate(&document->arena, sizeof *document->pages);
    if (!document->pages) return PLAIT_MEMORY;
    *document->pages = (struct plait__page){
        .width = reading->grey.width, .height = reading->grey.height, .rotation = turned[header.orientation]};
    return PLAIT_OK;
}

/* Finds the lines and reads them. */
static enum plait_status see_lines(struct reading *reading, float *legibility_out) {
    struct plait__document *document = reading->document;
    const struct plait__package *package = document->package;
    const uint64_t start = plait__now_us(reading->context);
    struct plait__quad *quads = NULL;
    int count = 0;
    PLAIT__TRY(begin(reading, "detect", 0.05));
    PLAIT__TRY(plait__detect(reading->context, &package->detector, &reading->grey, &document->arena, &quads, &count));
    const uint64_t detected = plait__now_us(reading->context);
    document->stage_us[PLAIT__STAGE_DETECT] += detected - start;
    PLAIT__TRY(begin(reading, "recognise", 0.35));
    PLAIT__TRY(plait__recognise(reading->context, &package->recogniser, &reading->grey, quads, count, &document->arena,
                                document->pages));
    document->stage_us[PLAIT__STAGE_RECOGNISE] += plait__now_us(reading->context) - detected;
    *legibility_out = plait__legibility(document->pages, count);
    return PLAIT_OK;
}

static enum plait_status read_lines(struct reading *reading) {
    const float doubtful = 0.5f; /* legibility */
    struct plait__document *document = reading->document;
    const struct plait__package *package = document->package;
    reading->placed = true;
    if (reading->options->text)
        return plait__known_text(reading->context, reading->options->text, reading->options->text_size, &document->arena,
                                 document->pages, &reading->placed);
    if (!package->has_detector || !package->has_recogniser)
        return plait__fail(reading->context, PLAIT_UNSUPPORTED,
                           "the package %s cannot read pictures, it has no %s: give the text", package->name,
                           package->has_detector ? "recogniser" : "detector");
    float legibility;
    PLAIT__TRY(see_lines(reading, &legibility));
    if (legibility >= doubtful) return PLAIT_OK;

    int degrees;
    const uint64_t start = plait__now_us(reading->context);
    PLAIT__TRY(begin(reading, "turn", 0.5));
    PLAIT__TRY(plait__turn_upright(reading->context, package, &reading->grey, &document->arena, &degrees));
    document->stage_us[PLAIT__STAGE_DETECT] += plait__now_us(reading->context) - start;
    if (degrees == 0) return PLAIT_OK;
    document->pages->width = reading->grey.width;
    document->pages->height = reading->grey.height;
    document->pages->rotation = (document->pages->rotation + degrees) % 360;
    document->pages->turned = degrees;
    return see_lines(reading, &legibility);
}

static enum plait_status order_lines(struct reading *reading) {
    uint64_t start = plait__now_us(reading->context);
    PLAIT__TRY(plait__order(reading->context, &reading->document->arena, reading->document->pages));
    reading->document->stage_us[PLAIT__STAGE_ALIGN] = plait__now_us(reading->context) - start;
    return PLAIT_OK;
}

/* The senses the package has an encoder for. */
static unsigned senses_of(const struct plait__package *package) {
    unsigned senses = 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++)
        if (package->tagger.encoders[m].network.file) senses |= 1u << m;
    return senses;
}

static enum plait_status find_fields(struct reading *reading) {
    struct plait__document *document = reading->document;
    const struct plait__package *package = document->package;
    if (!package->has_tagger) return PLAIT_OK;
    PLAIT__TRY(begin(reading, "fields", 0.9));
    unsigned senses = senses_of(package), given = (1u << PLAIT__MODALITY_TEXT) | (1u << PLAIT__MODALITY_IMAGE);
    if (reading->placed) given |= 1u << PLAIT__MODALITY_LAYOUT;
    unsigned present = senses & given & ~reading->without;
    if (!present)
        return plait__fail(reading->context, PLAIT_INVALID, "expected at least one modality the package %s knows, found none",
                           package->name);
    document->fused = (present & (present - 1)) != 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) document->modalities[m].present = present >> m & 1;

    struct plait__tags tags = {0};
    PLAIT__TRY(plait__tag(reading->context, &package->tagger, document->pages, &reading->grey, present,
                          !reading->options->fields_only, &document->arena, document->stage_us, &tags));
    uint64_t start = plait__now_us(reading->context);
    PLAIT__TRY(plait__fields(document, &tags, senses & ~present));
    PLAIT__TRY(plait__checks(document));
    document->stage_us[PLAIT__STAGE_HEADS] = plait__now_us(reading->context) - start;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ judgement */

/* The spread of grey from the darkest to the lightest fiftieth of the page: 0 for an empty page, 1 for black on white. */
static float contrast(const struct plait__image *grey) {
    size_t counts[256] = {0}, total = (size_t)grey->width * (size_t)grey->height, seen = 0;
    for (int y = 0; y < grey->height; y++)
        for (int x = 0; x < grey->width; x++) counts[grey->pixels[(size_t)y * grey->stride + (size_t)x]]++;
    int low = 0, high = 255;
    while (low < 255 && (seen += counts[low]) * 50 < total) low++;
    for (seen = 0; high > low && (seen += counts[high]) * 50 < total;) high--;
    return (float)(high - low) / 255;
}

static void judge_modalities(const struct reading *reading) {
    struct plait__document *document = reading->document;
    const struct plait__page *page = document->pages;
    float words = 0, lines = 0;
    for (int i = 0; i < page->word_count; i++) words += page->words[i].confidence;
    for (int i = 0; i < page->line_count; i++) lines += page->lines[i].confidence;
    document->modalities[PLAIT__MODALITY_TEXT].quality = page->word_count ? words / (float)page->word_count : 0;
    document->modalities[PLAIT__MODALITY_LAYOUT].quality =
        reading->placed && page->line_count ? lines / (float)page->line_count : 0;
    document->modalities[PLAIT__MODALITY_IMAGE].quality = contrast(&reading->grey);

    int found = 0;
    for (int i = 0; i < document->field_count; i++) {
        const struct plait__field *field = &document->fields[i];
        if (!field->value) continue;
        found++;
        for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) document->modalities[m].contribution += field->evidence[m];
    }
    for (int m = 0; m < PLAIT__MODALITY_COUNT && found; m++) document->modalities[m].contribution /= (float)found;
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
static enum plait_status judge(const struct reading *reading) {
    struct plait__document *document = reading->document;
    judge_modalities(reading);
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

/* ------------------------------------------------------------------ the whole */

static enum plait_status read_page(struct reading *reading, const uint8_t *bytes, size_t size) {
    struct plait__document *document = reading->document;
    const char *name = reading->options->name ? reading->options->name : "";
    PLAIT__TRY(read_without(reading->context, reading->options->without, &reading->without));
    document->source_name = plait__arena_string(&document->arena, name, strlen(name));
    if (!document->source_name) return PLAIT_MEMORY;
    uint64_t start = plait__now_us(reading->context);
    PLAIT__TRY(decode(reading, bytes, size));
    plait__sha256_hex(bytes, size, document->digest);
    document->stage_us[PLAIT__STAGE_DECODE] = plait__now_us(reading->context) - start;
    PLAIT__TRY(read_lines(reading));
    PLAIT__TRY(order_lines(reading));
    PLAIT__TRY(find_fields(reading));
    PLAIT__TRY(judge(reading));
    document->total_us = plait__now_us(reading->context) - start;
    plait__progress(reading->context, "done", 1);
    return PLAIT_OK;
}

enum plait_status plait_read(plait_model *model, const void *bytes, size_t size, const plait_read_options *options,
                             plait_document **document_out) {
    plait_read_options defaults;
    plait_read_options_default(&defaults);
    struct plait__document *document = plait__allocate_zero(model->context, 1, sizeof *document);
    if (!document) return PLAIT_MEMORY;
    document->context = model->context;
    document->package = model;
    plait__arena_init(&document->arena, model->context);
    struct reading reading = {.document = document, .context = model->context, .options = options ? options : &defaults};
    enum plait_status status = read_page(&reading, bytes, size);
    plait__image_end(model->context, &reading.grey);
    if (status == PLAIT_OK)
        *document_out = document;
    else
        plait_document_destroy(document);
    return status;
}

void plait_document_destroy(plait_document *document) {
    if (!document) return;
    plait__release(document->context, document->png);
    plait__arena_end(&document->arena);
    plait__release(document->context, document);
}

enum plait_status plait_document_json(plait_document *document, const char **json_out) {
    if (!document->json) {
        struct plait__buffer buffer;
        plait__buffer_init(&buffer, document->context, JSON_BYTES_MOST);
        enum plait_status status = plait__document_write(document, &buffer);
        if (status == PLAIT_OK) document->json = plait__arena_string(&document->arena, buffer.data, buffer.size);
        plait__buffer_end(&buffer);
        PLAIT__TRY(status);
        if (!document->json) return PLAIT_MEMORY;
    }
    *json_out = document->json;
    return PLAIT_OK;
}
