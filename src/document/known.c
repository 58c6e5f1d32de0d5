#include "document/known.h"

#include <string.h>

#include "base/json.h"
#include "document/split.h"

enum { LINES_MOST = 20000 };

static void set_box(struct plait__line *line, float x0, float y0, float x1, float y1) {
    const float corners[4][2] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
    memcpy(line->polygon, corners, sizeof corners);
}

static enum plait_status allocate_lines(struct plait__arena *arena, struct plait__page *page, size_t lines) {
    if (lines > LINES_MOST)
        return plait__fail(arena->context, PLAIT_LIMIT, "text: expected at most %d lines, found %zu", LINES_MOST, lines);
    page->lines = plait__arena_array(arena, lines, sizeof *page->lines);
    return page->lines ? PLAIT_OK : PLAIT_MEMORY;
}

/* Splits lines into words; the texts of the lines are set.  Lines without words go. */
static enum plait_status split_lines(struct plait__arena *arena, struct plait__page *page) {
    size_t words = 0;
    for (int i = 0; i < page->line_count; i++) words += (size_t)plait__split_count(page->lines[i].text);
    page->words = plait__arena_array(arena, words, sizeof *page->words);
    if (!page->words) return PLAIT_MEMORY;
    int kept = 0;
    for (int i = 0; i < page->line_count; i++) {
        struct plait__line line = page->lines[i];
        if (plait__split_count(line.text) == 0) continue;
        line.word_first = page->word_count;
        line.confidence = 1;
        PLAIT__TRY(plait__split_line(arena, line.text, &line, kept, page->words + page->word_count));
        page->word_count += line.word_count;
        page->lines[kept++] = line;
    }
    page->line_count = kept;
    return PLAIT_OK;
}

static enum plait_status read_box(const struct plait__json *item, const struct plait__page *page, struct plait__line *line) {
    struct plait__json box, side = {0};
    double sides[4];
    PLAIT__TRY(plait__json_array(item, "box", &box));
    if (plait__json_count(&box) != 4)
        return plait__json_fail(&box, NULL, PLAIT_INVALID, "expected 4 numbers, found %d", plait__json_count(&box));
    for (int i = 0; plait__json_next(&box, &side); i++) PLAIT__TRY(plait__json_number(&side, NULL, -1e6, 1e6, &sides[i]));
    if (sides[2] <= sides[0] || sides[3] <= sides[1] || sides[0] >= page->width || sides[1] >= page->height || sides[2] <= 0 ||
        sides[3] <= 0)
        return plait__json_fail(&box, NULL, PLAIT_INVALID,
                                "expected a box on the page of %d x %d pixels, found [%g, %g, %g, %g]", page->width,
                                page->height, sides[0], sides[1], sides[2], sides[3]);
    set_box(line, (float)sides[0], (float)sides[1], (float)sides[2], (float)sides[3]);
    return PLAIT_OK;
}

static enum plait_status read_boxes(struct plait__arena *arena, const struct plait__json *root, struct plait__page *page) {
    struct plait__json lines, item = {0};
    const char *text;
    PLAIT__TRY(plait__json_array(root, "lines", &lines));
    PLAIT__TRY(allocate_lines(arena, page, (size_t)plait__json_count(&lines)));
    while (plait__json_next(&lines, &item)) {
        struct plait__line *line = &page->lines[page->line_count++];
        PLAIT__TRY(read_box(&item, page, line));
        PLAIT__TRY(plait__json_text(&item, "text", &text));
        line->text = plait__arena_string(arena, text, strlen(text));
        if (!line->text) return PLAIT_MEMORY;
    }
    return PLAIT_OK;
}

static enum plait_status read_plain(struct plait__arena *arena, const char *text, size_t size, struct plait__page *page) {
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    PLAIT__TRY(allocate_lines(arena, page, lines));
    float height = (float)page->height / (float)lines;
    for (size_t at = 0; at <= size;) {
        const char *end = at < size ? memchr(text + at, '\n', size - at) : NULL;
        size_t length = end ? (size_t)(end - text) - at : size - at;
        struct plait__line *line = &page->lines[page->line_count];
        line->text = plait__arena_string(arena, text + at, length);
        if (!line->text) return PLAIT_MEMORY;
        float top = height * (float)page->line_count++;
        set_box(line, 0, top, (float)page->width, top + height);
        at += length + 1;
    }
    return PLAIT_OK;
}

enum plait_status plait__known_text(plait_context *context, const char *text, size_t size, struct plait__arena *arena,
                                    struct plait__page *page, bool *placed_out) {
    size_t first = 0;
    while (first < size && strchr(" \t\r\n", text[first]) && text[first]) first++;
    *placed_out = first < size && text[first] == '{';
    if (*placed_out) {
        struct plait__json root;
        PLAIT__TRY(plait__json_parse(context, text, size, "text", &root));
        enum plait_status status = read_boxes(arena, &root, page);
        plait__json_end(&root);
        PLAIT__TRY(status);
    } else {
        PLAIT__TRY(read_plain(arena, text, size, page));
    }
    return split_lines(arena, page);
}
