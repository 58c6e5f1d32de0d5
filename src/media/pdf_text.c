/* What pdftotext writes: <page width height>, in it <line>, in it <word xMin yMin xMax yMax>text</word>; other tags are passed
 * over.  Bytes from outside, like the PDF they were made from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "media/pdf.h"

static bool starts(const char *at, const char *with) {
    return strncmp(at, with, strlen(with)) == 0;
}

/* The number of an attribute of the tag at `at`. */
static bool attribute(const char *at, const char *name, float *number_out) {
    const size_t length = strlen(name);
    for (; *at && *at != '>'; at++) {
        if (*at != ' ' || strncmp(at + 1, name, length) != 0 || !starts(at + 1 + length, "=\"")) continue;
        const char *from = at + length + 3;
        char *end;
        *number_out = strtof(from, &end);
        return end > from && *end == '"' && isfinite(*number_out);
    }
    return false;
}

static bool read_box(const char *at, float box[4]) {
    static const char *const names[4] = {"xMin", "yMin", "xMax", "yMax"};
    for (int i = 0; i < 4; i++)
        if (!attribute(at, names[i], &box[i]) || fabsf(box[i]) > 1e5f) return false;
    return box[0] < box[2] && box[1] < box[3];
}

/* The character that an entity stands for, and how long it is; 0 for none. */
static size_t entity(const char *at, char *character_out) {
    static const struct {
        const char *name;
        char character;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (starts(at, entities[i].name)) {
            *character_out = entities[i].character;
            return strlen(entities[i].name);
        }
    return 0;
}

/* The text up to the next tag, without white space and control characters. */
static enum plait_status read_text(struct plait__arena *arena, const char *at, const char **text_out) {
    char *text = plait__arena_allocate(arena, strcspn(at, "<") + 1), *to = text;
    if (!text) return PLAIT_MEMORY;
    for (size_t taken; *at && *at != '<'; at += taken) {
        char character = *at;
        taken = *at == '&' ? entity(at, &character) : 1;
        if (taken == 0) taken = 1;
        if ((unsigned char)character > ' ' && character != 0x7F) *to++ = character;
    }
    *to = '\0';
    *text_out = text;
    return PLAIT_OK;
}

/* The first tag from `at` on that is one of ours; NULL when there is none. */
static const char *next_tag(const char *at) {
    while ((at = strchr(at, '<')))
        if (starts(++at, "page ") || starts(at, "line ") || starts(at, "word ")) return at;
    return NULL;
}

/* Lines and words from `at` to the next page. */
static enum plait_status read_page(struct plait__arena *arena, const char *at, struct plait__pdf_page *page) {
    size_t lines = 0, words = 0;
    for (const char *tag = next_tag(at); tag && *tag != 'p'; tag = next_tag(tag)) *tag == 'l' ? lines++ : words++;
    page->lines = plait__arena_array(arena, lines + 1, sizeof *page->lines);
    page->words = plait__arena_array(arena, words + 1, sizeof *page->words);
    if (!page->lines || !page->words) return PLAIT_MEMORY;
    struct plait__pdf_line *line = NULL;
    for (const char *tag = next_tag(at); tag && *tag != 'p'; tag = next_tag(tag)) {
        struct plait__pdf_word *word = &page->words[page->word_count];
        if (*tag == 'l') {
            line = &page->lines[page->line_count];
            line->word_first = page->word_count;
            if (read_box(tag, line->box))
                page->line_count++;
            else
                line = NULL;
            continue;
        }
        const char *text = strchr(tag, '>');
        if (!line || !text || !read_box(tag, word->box)) continue;
        PLAIT__TRY(read_text(arena, text + 1, &word->text));
        if (!*word->text) continue;
        line->word_count++;
        page->word_count++;
    }
    return PLAIT_OK;
}

enum plait_status plait__pdf_parse(struct plait__arena *arena, const char *xhtml, struct plait__pdf_page **pages_out,
                                   int *count_out) {
    int count = 0;
    for (const char *tag = next_tag(xhtml); tag; tag = next_tag(tag)) count += *tag == 'p';
    if (count == 0) return plait__fail(arena->context, PLAIT_INVALID, "expected a PDF with a page or more, found none");
    if (count > PLAIT__PDF_PAGES_MOST)
        return plait__fail(arena->context, PLAIT_LIMIT, "expected at most %d pages, found more", PLAIT__PDF_PAGES_MOST);
    struct plait__pdf_page *pages = plait__arena_array(arena, (size_t)count, sizeof *pages);
    if (!pages) return PLAIT_MEMORY;
    int filled = 0;
    for (const char *tag = next_tag(xhtml); tag; tag = next_tag(tag)) {
        if (*tag != 'p') continue;
        struct plait__pdf_page *page = &pages[filled++];
        if (!attribute(tag, "width", &page->width) || !attribute(tag, "height", &page->height)) page->width = page->height = 0;
        PLAIT__TRY(read_page(arena, tag, page));
    }
    *pages_out = pages;
    *count_out = count;
    return PLAIT_OK;
}
