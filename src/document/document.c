/* A document's life: begun, page by page, finished, written. */
#include <stdio.h>
#include <string.h>

#include "document/json.h"
#include "document/reading.h"
#include "document/voice.h"

enum {
    PAGES_MOST = 1000,                  /* of a document */
    JSON_BYTES_MOST = 256 * 1024 * 1024 /* of a document */
};

/* ------------------------------------------------------------------ options */

void plait_read_options_default(plait_read_options *options) {
    *options = (plait_read_options){.name = "", .pages = 1};
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

/* Where the pages come from, if not from themselves. */
static enum plait_status read_source(struct plait__document *document, const plait_read_options *options) {
    const char *type = options->media_type, *digest = options->digest, *letters = "abcdefghijklmnopqrstuvwxyz0123456789.+-";
    if (type) {
        const size_t group = strspn(type, letters);
        if (group == 0 || type[group] != '/' || strspn(type + group + 1, letters) != strlen(type + group) - 1 ||
            !type[group + 1])
            return plait__fail(document->context, PLAIT_INVALID, "media_type: expected \"group/name\", found \"%.60s\"", type);
        document->media_type = plait__arena_string(&document->arena, type, strlen(type));
        if (!document->media_type) return PLAIT_MEMORY;
    }
    if (digest) {
        if (strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64)
            return plait__fail(document->context, PLAIT_INVALID, "digest: expected 64 lower-case hexadecimal digits");
        memcpy(document->digest, digest, sizeof document->digest);
    }
    return PLAIT_OK;
}

static enum plait_status read_options(struct plait__document *document, const plait_read_options *options) {
    const char *name = options->name ? options->name : "";
    document->reading = plait__arena_allocate(&document->arena, sizeof *document->reading);
    document->source_name = plait__arena_string(&document->arena, name, strlen(name));
    if (!document->reading || !document->source_name) return PLAIT_MEMORY;
    document->reading->expected = options->pages;
    document->reading->fields_only = options->fields_only;
    plait__sha256_begin(&document->reading->digest);
    PLAIT__TRY(read_source(document, options));
    PLAIT__TRY(read_without(document->context, options->without, &document->reading->without));
    const struct plait__voice *voice = &document->package->voice;
    if (!options->audio || !voice->network.file || document->reading->without >> PLAIT__MODALITY_AUDIO & 1) return PLAIT_OK;
    const uint64_t start = plait__now_us(document->context);
    const enum plait_status status =
        plait__hear(document->context, voice, options->audio, options->audio_size, &document->arena, &document->heard);
    const uint64_t took = plait__now_us(document->context) - start;
    document->encoder_us[PLAIT__MODALITY_AUDIO] += took;
    document->stage_us[PLAIT__STAGE_ENCODE] += took;
    document->total_us += took;
    return status == PLAIT_OK ? status : plait__fail_in(document->context, status, "the voice note");
}

/* ------------------------------------------------------------------ pages */

enum plait_status plait_document_begin(plait_model *model, const plait_read_options *options, plait_document **document_out) {
    plait_read_options defaults;
    plait_read_options_default(&defaults);
    struct plait__document *document = plait__allocate_zero(model->context, 1, sizeof *document);
    if (!document) return PLAIT_MEMORY;
    document->context = model->context;
    document->package = model;
    plait__arena_init(&document->arena, model->context);
    enum plait_status status = read_options(document, options ? options : &defaults);
    if (status == PLAIT_OK)
        *document_out = document;
    else
        plait_document_destroy(document);
    return status;
}

/* Room for one more page. */
static enum plait_status grow(struct plait__document *document) {
    struct plait__reading *reading = document->reading;
    if (document->page_count < reading->capacity) return PLAIT_OK;
    if (document->page_count == PAGES_MOST)
        return plait__fail(document->context, PLAIT_LIMIT, "expected at most %d pages", PAGES_MOST);
    const size_t before = (size_t)reading->capacity, capacity = before ? 2 * before : 1;
    struct plait__page *pages = plait__arena_array(&document->arena, capacity, sizeof *pages);
    struct plait__field **fields = plait__arena_array(&document->arena, capacity, sizeof *fields);
    if (!pages || !fields) return PLAIT_MEMORY;
    if (before) {
        memcpy(pages, document->pages, before * sizeof *pages);
        memcpy(fields, reading->fields, before * sizeof *fields);
    }
    document->pages = pages;
    reading->fields = fields;
    reading->capacity = (int)capacity;
    return PLAIT_OK;
}

enum plait_status plait_document_add_page(plait_document *document, const void *bytes, size_t size,
                                          const plait_page_options *options) {
    const plait_page_options defaults = {0};
    if (!document->reading)
        return plait__fail(document->context, PLAIT_INVALID, "the document is finished: it takes no more pages");
    PLAIT__TRY(grow(document));
    return plait__read_page(document, bytes, size, options ? options : &defaults);
}

enum plait_status plait_document_finish(plait_document *document) {
    if (!document->reading) return PLAIT_OK;
    if (document->page_count == 0) return plait__fail(document->context, PLAIT_INVALID, "expected a page or more, found none");
    const uint64_t start = plait__now_us(document->context);
    PLAIT__TRY(plait__merge_fields(document, document->reading->fields));
    PLAIT__TRY(plait__checks(document));
    PLAIT__TRY(plait__voice(document));
    const uint64_t checked = plait__now_us(document->context);
    PLAIT__TRY(plait__judge(document));
    if (!*document->digest) plait__sha256_end(&document->reading->digest, document->digest);
    document->reading = NULL;
    document->stage_us[PLAIT__STAGE_HEADS] += checked - start;
    document->total_us += plait__now_us(document->context) - start;
    plait__progress(document->context, "done", 1);
    return PLAIT_OK;
}

enum plait_status plait_read(plait_model *model, const void *bytes, size_t size, const plait_read_options *options,
                             plait_document **document_out) {
    plait_document *document = NULL;
    const plait_page_options page = {.text = options ? options->text : NULL, .text_size = options ? options->text_size : 0};
    PLAIT__TRY(plait_document_begin(model, options, &document));
    enum plait_status status = plait_document_add_page(document, bytes, size, &page);
    if (status == PLAIT_OK) status = plait_document_finish(document);
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

/* ------------------------------------------------------------------ the answer */

enum plait_status plait_document_json(plait_document *document, const char **json_out) {
    if (document->reading) return plait__fail(document->context, PLAIT_INVALID, "the document is not finished");
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
