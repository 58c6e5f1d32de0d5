#include "document/known.h"

#include <string.h>

#include "base/json.h"
#include "document/normalise.h"
#include "document/split.h"

enum { LINES_MOST = 20000, WORDS_MOST = 200000 };

static void set_box(float polygon[4][2], float x0, float y0, float x1, float y1) {
    const float corners[4][2] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
    memcpy(polygon, corners, sizeof corners);
}

static enum plait_status allocate(struct plait__arena *arena, struct plait__page *page, size_t lines, size_t words) {
    if (lines > LINES_MOST)
        return plait__fail(arena->context, PLAIT_LIMIT, "text: expected at most %d lines, found %zu", LINES_MOST, lines);
    if (words > WORDS_MOST)
        return plait__fail(arena->context, PLAIT_LIMIT, "text: expected at most %d words, found %zu", WORDS_MOST, words);
    page->lines = plait__arena_array(arena, lines + 1, sizeof *page->lines);
    page->words = plait__arena_array(arena, words + 1, sizeof *page->words);
    return page->lines && page->words ? PLAIT_OK : PLAIT_MEMORY;
}

/* The page's next line has its polygon: gives it the words of the text.  A line without words goes. */
static enum plait_status split(struct plait__arena *arena, const char *text, struct plait__page *page) {
    struct plait__line *line = &page->lines[page->line_count];
    if (plait__split_count(text) == 0) return PLAIT_OK;
    line->word_first = page->word_count;
    line->confidence = 1;
    PLAIT__TRY(plait__split_line(arena, text, line, page->line_count, page->words + page->word_count));
    page->word_count += line->word_count;
    page->line_count++;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ words with places */

static enum plait_status read_box(const struct plait__json *item, const struct plait__page *page, float polygon[4][2]) {
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
    set_box(polygon, (float)sides[0], (float)sides[1], (float)sides[2], (float)sides[3]);
    return PLAIT_OK;
}

/* The words of the page's next line, each with its own box. */
static enum plait_status read_words(struct plait__arena *arena, const struct plait__json *words, struct plait__page *page) {
    struct plait__line *line = &page->lines[page->line_count];
    struct plait__json item = {0};
    const char *text;
    line->word_first = page->word_count;
    line->confidence = 1;
    struct plait__word *first = &page->words[page->word_count];
    while (plait__json_next(words, &item)) {
        struct plait__word *word = &page->words[page->word_count];
        PLAIT__TRY(plait__json_text(&item, "text", &text));
        if (plait__split_count(text) != 1 || strpbrk(text, " \t\n\v\f\r"))
            return plait__json_fail(&item, "text", PLAIT_INVALID, "expected one word, found \"%.40s\"", text);
        word->text = plait__arena_string(arena, text, strlen(text));
        if (!word->text) return PLAIT_MEMORY;
        word->confidence = 1;
        word->line = page->line_count;
        PLAIT__TRY(read_box(&item, page, word->polygon));
        page->word_count++;
    }
    line->word_count = page->word_count - line->word_first;
    if (line->word_count == 0) return PLAIT_OK;
    const char **texts = plait__arena_array(arena, (size_t)line->word_count, sizeof *texts);
    if (!texts) return PLAIT_MEMORY;
    for (int i = 0; i < line->word_count; i++) texts[i] = first[i].text;
    line->text = plait__joined_text(arena, texts, line->word_count);
    page->line_count++;
    return line->text ? PLAIT_OK : PLAIT_MEMORY;
}

static enum plait_status read_line(struct plait__arena *arena, const struct plait__json *item, struct plait__page *page) {
    const char *text;
    PLAIT__TRY(read_box(item, page, page->lines[page->line_count].polygon));
    PLAIT__TRY(plait__json_text(item, "text", &text));
    if (!plait__json_has(item, "words")) return split(arena, text, page);
    struct plait__json words;
    PLAIT__TRY(plait__json_array(item, "words", &words));
    return read_words(arena, &words, page);
}

static enum plait_status read_boxes(struct plait__arena *arena, const struct plait__json *root, struct plait__page *page) {
    struct plait__json lines, item = {0}, words;
    const char *text;
    size_t word_count = 0;
    PLAIT__TRY(plait__json_array(root, "lines", &lines));
    while (plait__json_next(&lines, &item)) {
        if (plait__json_has(&item, "words")) {
            PLAIT__TRY(plait__json_array(&item, "words", &words));
            word_count += (size_t)plait__json_count(&words);
        } else {
            PLAIT__TRY(plait__json_text(&item, "text", &text));
            word_count += (size_t)plait__split_count(text);
        }
    }
    PLAIT__TRY(allocate(arena, page, (size_t)plait__json_count(&lines), word_count));
    item = (struct plait__json){0};
    while (plait__json_next(&lines, &item)) PLAIT__TRY(read_line(arena, &item, page));
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ plain text */

static enum plait_status read_plain(struct plait__arena *arena, const char *text, size_t size, struct plait__page *page) {
    size_t lines = 1, words = 0;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    char *whole = plait__arena_string(arena, text, size);
    if (!whole) return PLAIT_MEMORY;
    for (size_t i = 0; i < size; i++)
        if (!whole[i]) whole[i] = ' ';
    words = (size_t)plait__split_count(whole);
    PLAIT__TRY(allocate(arena, page, lines, words));
    const float height = (float)page->height / (float)lines;
    for (size_t i = 0; i < lines; i++) {
        const size_t length = strcspn(whole, "\n");
        const char *line = plait__arena_string(arena, whole, length);
        if (!line) return PLAIT_MEMORY;
        set_box(page->lines[page->line_count].polygon, 0, height * (float)i, (float)page->width, height * (float)(i + 1));
        PLAIT__TRY(split(arena, line, page));
        whole += length + (whole[length] == '\n');
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
        return status;
    }
    return read_plain(arena, text, size, page);
}
