/* {"schema": "plait.example/1", "id", "type", "embedding_schema": "page/1", "embedding": [...], "lines": [{"text", "box"}],
 *  "fields": {NAME: {"value", "box"}}}: boxes are x0, y0, x1, y1, shares of the page. */
#include <math.h>
#include <string.h>

#include "base/json_write.h"
#include "base/sha256.h"
#include "memory/memory.h"

enum { LINES_MOST = 4096, FIELDS_MOST = 256 };

static const char *kept(struct plait__arena *arena, const char *text) {
    return plait__arena_string(arena, text, strlen(text));
}

/* ------------------------------------------------------------------ reading */

static enum plait_status read_lines(struct plait__arena *arena, const struct plait__json *root,
                                    struct plait__look_line **lines_out, int *count_out) {
    struct plait__json list, item = {0};
    PLAIT__TRY(plait__json_array(root, "lines", &list));
    const int count = plait__json_count(&list);
    if (count > LINES_MOST)
        return plait__json_fail(&list, NULL, PLAIT_LIMIT, "expected at most %d lines, found %d", LINES_MOST, count);
    struct plait__look_line *lines = plait__arena_array(arena, (size_t)count + 1, sizeof *lines);
    if (!lines) return PLAIT_MEMORY;
    for (int l = 0; plait__json_next(&list, &item); l++) {
        struct plait__json box, number = {0};
        PLAIT__TRY(plait__json_text(&item, "text", &lines[l].text));
        PLAIT__TRY(plait__json_array(&item, "box", &box));
        for (int i = 0; i < 4 && plait__json_next(&box, &number); i++) {
            double share;
            PLAIT__TRY(plait__json_number(&number, NULL, 0, 1, &share));
            lines[l].box[i] = (float)share;
        }
    }
    *lines_out = lines;
    *count_out = count;
    return PLAIT_OK;
}

static enum plait_status read_look(const struct plait__json *root, const struct plait__look_line *lines, int line_count,
                                   float out[PLAIT__LOOK_WIDTH]) {
    struct plait__json list, item = {0};
    const char *schema;
    int count = 0;
    PLAIT__TRY(plait__json_text(root, "embedding_schema", &schema));
    if (strcmp(schema, PLAIT__LOOK_SCHEMA) != 0) { /* made by another version: from its lines once more */
        plait__look(lines, line_count, out);
        return PLAIT_OK;
    }
    PLAIT__TRY(plait__json_array(root, "embedding", &list));
    if (plait__json_count(&list) != PLAIT__LOOK_WIDTH)
        return plait__json_fail(&list, NULL, PLAIT_INVALID, "expected %d numbers, found %d", PLAIT__LOOK_WIDTH,
                                plait__json_count(&list));
    double sum = 0;
    while (plait__json_next(&list, &item)) {
        double number;
        PLAIT__TRY(plait__json_number(&item, NULL, -1, 1, &number));
        out[count++] = (float)number;
        sum += number * number;
    }
    const float scale = sum > 1e-6 ? (float)(1 / sqrt(sum)) : 0; /* it was rounded */
    for (int i = 0; i < PLAIT__LOOK_WIDTH; i++) out[i] *= scale;
    return PLAIT_OK;
}

static enum plait_status read_example(struct plait__example *example, const struct plait__json *root,
                                      struct plait__arena *scratch, float look_out[PLAIT__LOOK_WIDTH]) {
    struct plait__json fields, item = {0};
    struct plait__look_line *lines;
    const char *text;
    int line_count;
    PLAIT__TRY(plait__json_text(root, "schema", &text));
    if (strcmp(text, PLAIT__EXAMPLE_SCHEMA) != 0)
        return plait__json_fail(root, "schema", PLAIT_UNSUPPORTED, "expected \"%s\", found \"%.60s\"", PLAIT__EXAMPLE_SCHEMA,
                                text);
    PLAIT__TRY(plait__json_text(root, "id", &text));
    if (strlen(text) != PLAIT__EXAMPLE_ID - 1 || strspn(text, "0123456789abcdef") != PLAIT__EXAMPLE_ID - 1)
        return plait__json_fail(root, "id", PLAIT_INVALID, "expected %d hexadecimal digits", PLAIT__EXAMPLE_ID - 1);
    memcpy(example->id, text, PLAIT__EXAMPLE_ID);
    PLAIT__TRY(plait__json_text(root, "type", &text));
    if (!(example->type = kept(&example->arena, text))) return PLAIT_MEMORY;
    PLAIT__TRY(read_lines(scratch, root, &lines, &line_count));
    PLAIT__TRY(read_look(root, lines, line_count, look_out));
    if (!(example->numbers = plait__numbers(&example->arena, lines, line_count))) return PLAIT_MEMORY;
    PLAIT__TRY(plait__json_object(root, "fields", &fields));
    const int count = plait__json_count(&fields);
    if (count > FIELDS_MOST) return plait__json_fail(&fields, NULL, PLAIT_LIMIT, "expected at most %d fields", FIELDS_MOST);
    if (!(example->fields = plait__arena_array(&example->arena, (size_t)count + 1, sizeof *example->fields)))
        return PLAIT_MEMORY;
    while (plait__json_next(&fields, &item)) {
        struct plait__example_field *field = &example->fields[example->field_count++];
        if (!(field->name = kept(&example->arena, item.key))) return PLAIT_MEMORY;
        if (!plait__json_has(&item, "value")) continue;
        PLAIT__TRY(plait__json_text(&item, "value", &text));
        if (!(field->value = kept(&example->arena, text))) return PLAIT_MEMORY;
    }
    return PLAIT_OK;
}

enum plait_status plait__example_read(plait_context *context, const char *line, size_t size,
                                      struct plait__example **example_out, float look_out[PLAIT__LOOK_WIDTH]) {
    struct plait__json root;
    struct plait__arena scratch;
    struct plait__example *example = plait__allocate_zero(context, 1, sizeof *example);
    if (!example) return PLAIT_MEMORY;
    plait__arena_init(&example->arena, context);
    plait__arena_init(&scratch, context);
    enum plait_status status = plait__json_parse(context, line, size, "example", &root);
    if (status == PLAIT_OK) {
        status = read_example(example, &root, &scratch, look_out);
        plait__json_end(&root);
    }
    plait__arena_end(&scratch);
    if (status == PLAIT_OK && !(example->line = plait__arena_string(&example->arena, line, size))) status = PLAIT_MEMORY;
    if (status == PLAIT_OK)
        *example_out = example;
    else
        plait__example_destroy(example);
    return status;
}

void plait__example_destroy(struct plait__example *example) {
    if (!example) return;
    plait_context *context = example->arena.context;
    plait__arena_end(&example->arena);
    plait__release(context, example);
}

/* ------------------------------------------------------------------ writing */

/* The upright box around a polygon of pixels, as shares of the page. */
static enum plait_status read_box(const struct plait__json *at, double width, double height, float box[4]) {
    struct plait__json polygon, corner = {0};
    float low[2] = {1, 1}, high[2] = {0, 0};
    PLAIT__TRY(plait__json_array(at, "polygon", &polygon));
    while (plait__json_next(&polygon, &corner)) {
        struct plait__json number = {0};
        for (int k = 0; k < 2 && plait__json_next(&corner, &number); k++) {
            double pixels;
            PLAIT__TRY(plait__json_number(&number, NULL, -1e6, 1e6, &pixels));
            const float share = (float)fmin(fmax(pixels / (k ? height : width), 0), 1);
            low[k] = fminf(low[k], share);
            high[k] = fmaxf(high[k], share);
        }
    }
    for (int k = 0; k < 2; k++) box[k] = low[k], box[k + 2] = fmaxf(high[k], low[k]);
    return PLAIT_OK;
}

static void write_box(struct plait__writer *writer, const float box[4]) {
    plait__write_open(writer, "box", '[');
    for (int i = 0; i < 4; i++) plait__write_number(writer, NULL, box[i], 4);
    plait__write_close(writer, ']');
}

/* The lines of the first page, and how it looks. */
static enum plait_status write_page(struct plait__arena *arena, struct plait__writer *writer, const struct plait__json *page) {
    struct plait__json list, item = {0};
    double width, height;
    float look[PLAIT__LOOK_WIDTH];
    int count = 0;
    PLAIT__TRY(plait__json_number(page, "width", 1, 1e6, &width));
    PLAIT__TRY(plait__json_number(page, "height", 1, 1e6, &height));
    PLAIT__TRY(plait__json_array(page, "lines", &list));
    if (plait__json_count(&list) > LINES_MOST)
        return plait__json_fail(&list, NULL, PLAIT_LIMIT, "expected at most %d lines", LINES_MOST);
    struct plait__look_line *lines = plait__arena_array(arena, (size_t)plait__json_count(&list) + 1, sizeof *lines);
    if (!lines) return PLAIT_MEMORY;
    plait__write_open(writer, "lines", '[');
    while (plait__json_next(&list, &item)) {
        struct plait__look_line *line = &lines[count++];
        PLAIT__TRY(plait__json_text(&item, "text", &line->text));
        PLAIT__TRY(read_box(&item, width, height, line->box));
        plait__write_open(writer, NULL, '{');
        plait__write_text(writer, "text", line->text);
        write_box(writer, line->box);
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, ']');
    plait__look(lines, count, look);
    plait__write_text(writer, "embedding_schema", PLAIT__LOOK_SCHEMA);
    plait__write_open(writer, "embedding", '[');
    for (int i = 0; i < PLAIT__LOOK_WIDTH; i++) plait__write_number(writer, NULL, look[i], 4);
    plait__write_close(writer, ']');
    return PLAIT_OK;
}

static const plait_confirmed *said_of(const plait_confirmed *fields, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].field, name) == 0) return &fields[i];
    return NULL;
}

static enum plait_status write_fields(struct plait__writer *writer, const struct plait__json *document,
                                      const struct plait__json *page, const plait_confirmed *said, size_t said_count) {
    struct plait__json fields, item = {0};
    double width, height;
    float box[4];
    PLAIT__TRY(plait__json_number(page, "width", 1, 1e6, &width));
    PLAIT__TRY(plait__json_number(page, "height", 1, 1e6, &height));
    PLAIT__TRY(plait__json_object(document, "fields", &fields));
    for (size_t i = 0; i < said_count; i++)
        if (!said[i].field || !plait__json_has(&fields, said[i].field))
            return plait__json_fail(&fields, NULL, PLAIT_INVALID, "the document has no field \"%.60s\"",
                                    said[i].field ? said[i].field : "");
    plait__write_open(writer, "fields", '{');
    while (plait__json_next(&fields, &item)) {
        const plait_confirmed *confirmed = said_of(said, said_count, item.key);
        const char *value = confirmed ? confirmed->value : NULL;
        if (!confirmed && plait__json_has(&item, "value")) PLAIT__TRY(plait__json_text(&item, "value", &value));
        plait__write_open(writer, item.key, '{');
        plait__write_text(writer, "value", value);
        if (plait__json_has(&item, "polygon")) {
            PLAIT__TRY(read_box(&item, width, height, box));
            write_box(writer, box);
        }
        plait__write_close(writer, '}');
    }
    plait__write_close(writer, '}');
    return PLAIT_OK;
}

static enum plait_status write_example(struct plait__arena *arena, struct plait__writer *writer, const struct plait__json *root,
                                       const plait_confirmed *said, size_t said_count) {
    struct plait__json source, type, pages, page = {0};
    const char *digest, *name = "";
    char id[65];
    struct plait__sha256 hash;
    PLAIT__TRY(plait__json_object(root, "source", &source));
    PLAIT__TRY(plait__json_text(&source, "digest", &digest));
    PLAIT__TRY(plait__json_object(root, "type", &type));
    if (plait__json_has(&type, "value")) PLAIT__TRY(plait__json_text(&type, "value", &name));
    PLAIT__TRY(plait__json_array(root, "pages", &pages));
    if (!plait__json_next(&pages, &page)) return plait__json_fail(&pages, NULL, PLAIT_INVALID, "expected a page, found none");
    plait__sha256_begin(&hash);
    plait__sha256_add(&hash, PLAIT__EXAMPLE_SCHEMA, sizeof PLAIT__EXAMPLE_SCHEMA);
    plait__sha256_add(&hash, digest, strlen(digest));
    plait__sha256_end(&hash, id);
    id[PLAIT__EXAMPLE_ID - 1] = '\0';
    plait__write_open(writer, NULL, '{');
    plait__write_text(writer, "schema", PLAIT__EXAMPLE_SCHEMA);
    plait__write_text(writer, "id", id);
    plait__write_text(writer, "type", name);
    PLAIT__TRY(write_page(arena, writer, &page));
    PLAIT__TRY(write_fields(writer, root, &page, said, said_count));
    plait__write_close(writer, '}');
    return writer->status;
}

enum plait_status plait__example_write(plait_context *context, struct plait__buffer *line, const char *json, size_t json_size,
                                       const plait_confirmed *fields, size_t field_count) {
    struct plait__json root;
    struct plait__arena arena;
    struct plait__writer writer = {.buffer = line};
    PLAIT__TRY(plait__json_parse(context, json, json_size, "document", &root));
    plait__arena_init(&arena, context);
    const enum plait_status status = write_example(&arena, &writer, &root, fields, field_count);
    plait__arena_end(&arena);
    plait__json_end(&root);
    return status;
}
