/* The way of one page: each stage once, in order, timed. */
#include <math.h>
#include <string.h>

#include "document/known.h"
#include "document/reading.h"
#include "document/tables.h"

enum { SHORTEST_SIDE = 16 /* pixels: nothing can be written on less */ };

/* One page under way. */
struct work {
    struct plait__document *document;
    plait_context *context;
    const plait_page_options *options;
    struct plait__page *page;
    struct plait__image grey;
    struct plait__arena scratch; /* what later stages do not need */
    unsigned present;            /* the senses that the page was read with */
    double told;                 /* how far the caller was told that the document is: never less than before */
};

/* How far the document is when this page is: both 0..1. */
static double whole(const struct work *work, double fraction) {
    const int done = work->document->page_count - 1, expected = work->document->reading->expected;
    return fmax(work->told, (done + fraction) / (done < expected ? expected : done + 1));
}

/* What comes before a stage: the caller is told how far we are, and may stop here. */
static enum plait_status begin(struct work *work, const char *stage, double fraction) {
    plait__progress(work->context, stage, work->told = whole(work, fraction));
    if (plait__cancelled(work->context)) return plait__fail(work->context, PLAIT_CANCELLED, "stopped before: %s", stage);
    return PLAIT_OK;
}

/* The time since `start` goes to the stage. */
static void end(const struct work *work, enum plait__stage stage, uint64_t start) {
    work->document->stage_us[stage] += plait__now_us(work->context) - start;
}

static enum plait_status decode(struct work *work, const uint8_t *bytes, size_t size) {
    struct plait__image_header header;
    const uint64_t start = plait__now_us(work->context);
    PLAIT__TRY(begin(work, "decode", 0));
    PLAIT__TRY(plait__image_inspect(work->context, bytes, size, &header));
    if (header.width < SHORTEST_SIDE || header.height < SHORTEST_SIDE)
        return plait__fail(work->context, PLAIT_INVALID, "expected a page of %d x %d pixels or more, found %d x %d",
                           SHORTEST_SIDE, SHORTEST_SIDE, header.width, header.height);
    PLAIT__TRY(plait__image_decode(work->context, bytes, size, 1, &work->grey));
    static const int turned[9] = {0,  0,  0,   180, 180,
                                  90, 90, 270, 270}; /* degrees clockwise; mirrored ones count as unmirrored */
    *work->page = (struct plait__page){
        .width = work->grey.width, .height = work->grey.height, .rotation = turned[header.orientation], .placed = true};
    if (!work->document->media_type) work->document->media_type = header.media_type;
    end(work, PLAIT__STAGE_DECODE, start);
    return PLAIT_OK;
}

/* Finds the lines and reads them. */
static enum plait_status see_lines(struct work *work, float *legibility_out) {
    const struct plait__package *package = work->document->package;
    struct plait__quad *quads = NULL;
    int count = 0;
    uint64_t start = plait__now_us(work->context);
    PLAIT__TRY(begin(work, "detect", 0.05));
    PLAIT__TRY(plait__detect(work->context, &package->detector, &work->grey, &work->scratch, &quads, &count));
    end(work, PLAIT__STAGE_DETECT, start);
    start = plait__now_us(work->context);
    PLAIT__TRY(begin(work, "recognise", 0.35));
    const struct plait__stretch span = {work->told, whole(work, 0.85)};
    PLAIT__TRY(plait__recognise(work->context, &package->recogniser, &work->grey, quads, count, &span, &work->document->arena,
                                work->page));
    work->told = span.to;
    end(work, PLAIT__STAGE_RECOGNISE, start);
    *legibility_out = plait__legibility(work->page, count);
    return PLAIT_OK;
}

static enum plait_status read_lines(struct work *work) {
    const float doubtful = 0.5f; /* legibility */
    struct plait__page *page = work->page;
    const struct plait__package *package = work->document->package;
    if (work->options->text)
        return plait__known_text(work->context, work->options->text, work->options->text_size, &work->document->arena, page,
                                 &page->placed);
    if (!package->has_detector || !package->has_recogniser)
        return plait__fail(work->context, PLAIT_UNSUPPORTED, "the package %s cannot read pictures, it has no %s: give the text",
                           package->name, package->has_detector ? "recogniser" : "detector");
    float legibility;
    PLAIT__TRY(see_lines(work, &legibility));
    if (legibility >= doubtful) return PLAIT_OK;

    int degrees;
    const uint64_t start = plait__now_us(work->context);
    PLAIT__TRY(begin(work, "turn", 0.5));
    PLAIT__TRY(plait__turn_upright(work->context, package, &work->grey, &work->scratch, &degrees));
    end(work, PLAIT__STAGE_DETECT, start);
    if (degrees == 0) return PLAIT_OK;
    page->width = work->grey.width;
    page->height = work->grey.height;
    page->rotation = (page->rotation + degrees) % 360;
    page->turned = degrees;
    return see_lines(work, &legibility);
}

static enum plait_status order_lines(struct work *work) {
    const uint64_t start = plait__now_us(work->context);
    PLAIT__TRY(plait__order(work->context, &work->document->arena, work->page));
    end(work, PLAIT__STAGE_ALIGN, start);
    return PLAIT_OK;
}

/* Tables need no network, but places. */
static enum plait_status find_tables(struct work *work) {
    struct plait__document *document = work->document;
    const bool placed = work->page->placed && !(document->reading->without >> PLAIT__MODALITY_LAYOUT & 1);
    const uint64_t start = plait__now_us(work->context);
    struct plait__table *tables;
    int count;
    if (!placed || document->reading->fields_only) return PLAIT_OK;
    PLAIT__TRY(plait__tables(&document->arena, &work->scratch, work->page, document->page_count - 1, &tables, &count));
    struct plait__table *all =
        plait__arena_array(&document->arena, (size_t)document->table_count + (size_t)count + 1, sizeof *all);
    if (!all) return PLAIT_MEMORY;
    if (document->table_count) memcpy(all, document->tables, (size_t)document->table_count * sizeof *all);
    if (count) memcpy(all + document->table_count, tables, (size_t)count * sizeof *all);
    document->tables = all;
    document->table_count += count;
    end(work, PLAIT__STAGE_TABLES, start);
    return PLAIT_OK;
}

/* The senses the package has an encoder for. */
static unsigned senses_of(const struct plait__package *package) {
    unsigned senses = 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++)
        if (package->tagger.encoders[m].network.file) senses |= 1u << m;
    return senses;
}

static enum plait_status find_fields(struct work *work) {
    struct plait__document *document = work->document;
    const struct plait__package *package = document->package;
    if (!package->has_tagger) return PLAIT_OK;
    PLAIT__TRY(begin(work, "fields", 0.9));
    unsigned senses = senses_of(package), given = (1u << PLAIT__MODALITY_TEXT) | (1u << PLAIT__MODALITY_IMAGE);
    if (work->page->placed) given |= 1u << PLAIT__MODALITY_LAYOUT;
    work->present = senses & given & ~document->reading->without;
    if (!work->present)
        return plait__fail(work->context, PLAIT_INVALID, "expected at least one modality the package %s knows, found none",
                           package->name);
    struct plait__tags tags = {0};
    PLAIT__TRY(plait__tag(work->context, &package->tagger, work->page, &work->grey, work->present,
                          !document->reading->fields_only, &work->scratch, document->stage_us, document->encoder_us, &tags));
    const uint64_t start = plait__now_us(work->context);
    PLAIT__TRY(plait__fields(document, &tags, senses & ~work->present));
    document->reading->fields[document->page_count - 1] = document->fields;
    end(work, PLAIT__STAGE_HEADS, start);
    return PLAIT_OK;
}

static enum plait_status read_page(struct work *work, const uint8_t *bytes, size_t size) {
    PLAIT__TRY(decode(work, bytes, size));
    PLAIT__TRY(read_lines(work));
    PLAIT__TRY(order_lines(work));
    PLAIT__TRY(find_tables(work));
    return find_fields(work);
}

/* Only now that nothing can fail any more, what concerns the document as a whole. */
static void keep(const struct work *work, const uint8_t *bytes, size_t size) {
    struct plait__document *document = work->document;
    const uint64_t start = plait__now_us(work->context);
    plait__sha256_add(&document->reading->digest, bytes, size);
    end(work, PLAIT__STAGE_DECODE, start);
    document->reading->contrast += plait__image_contrast(&work->grey);
    document->fused = document->fused || (work->present & (work->present - 1)) != 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++)
        if (work->present >> m & 1) document->modalities[m].present = true;
}

enum plait_status plait__read_page(struct plait__document *document, const uint8_t *bytes, size_t size,
                                   const plait_page_options *options) {
    struct work work = {
        .document = document, .context = document->context, .options = options, .page = &document->pages[document->page_count]};
    const char *media_type = document->media_type;
    const int table_count = document->table_count;
    const uint64_t start = plait__now_us(work.context);
    plait__arena_init(&work.scratch, work.context);
    document->page_count++;
    const enum plait_status status = read_page(&work, bytes, size);
    if (status == PLAIT_OK) {
        keep(&work, bytes, size);
    } else {
        document->page_count--;
        document->media_type = media_type;
        document->table_count = table_count;
    }
    plait__arena_end(&work.scratch);
    plait__image_end(work.context, &work.grey);
    document->total_us += plait__now_us(work.context) - start;
    return status;
}
