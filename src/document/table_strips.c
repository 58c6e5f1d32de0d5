/* Rows of text, cut where words stand far apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "document/tables.h"

/* In letter heights, or double widths where letters are wide.  The space between words is about 0.3 and in justified text
 * seldom over 0.6; where the line itself was found in two pieces, less is enough. */
static const float wide_gap = 0.8f, small_gap = 0.45f;

enum { SEGMENTS_MOST = 256 /* of a row; what follows stays one */ };

struct spot {
    float left, right, top, bottom;
    int word;
};

static struct spot spot_of(const struct plait__page *page, int word) {
    const float(*p)[2] = page->words[word].polygon;
    return (struct spot){fminf(fminf(p[0][0], p[1][0]), fminf(p[2][0], p[3][0])),
                         fmaxf(fmaxf(p[0][0], p[1][0]), fmaxf(p[2][0], p[3][0])), (p[0][1] + p[1][1]) / 2,
                         (p[2][1] + p[3][1]) / 2, word};
}

static int by_left(const void *a, const void *b) {
    const struct spot *x = a, *y = b;
    return x->left != y->left ? (x->left < y->left ? -1 : 1) : x->word - y->word;
}

static bool has_digit(const struct plait__page *page, int word) {
    return strpbrk(page->words[word].text, "0123456789") && plait__is_numeric(page->words[word].text);
}

/* Dots that lead from a name to its number, and lines made of signs, are no text of a table. */
static bool is_leader(const char *text) {
    const size_t length = strlen(text);
    return length >= 4 && strspn(text, "._-=*") == length;
}

static float least_gap(const struct plait__page *page, int left, int right, float height, float letter) {
    const bool pieces = page->words[left].line != page->words[right].line;
    if (pieces || (has_digit(page, left) && has_digit(page, right))) return height * small_gap;
    return fmaxf(height, 2 * letter) * wide_gap;
}

static int characters(const char *text) {
    int count = 0;
    for (; *text; text++) count += (*text & 0xC0) != 0x80;
    return count;
}

static int row_of(const struct plait__page *page, int word) {
    return page->lines[page->words[word].line].row;
}

/* One row of the page: spots sorted from left to right. */
static void add_strip(struct plait__strips *strips, const struct spot *spots, int count, int *word_count, int *segment_count) {
    struct plait__strip *strip = &strips->items[strips->count++];
    *strip = (struct plait__strip){.left = spots->left, .top = INFINITY, .bottom = -INFINITY, .right = -INFINITY};
    for (int i = 0; i < count; i++) {
        strip->top = fminf(strip->top, spots[i].top), strip->bottom = fmaxf(strip->bottom, spots[i].bottom);
        strip->right = fmaxf(strip->right, spots[i].right);
        strip->middle += (spots[i].top + spots[i].bottom) / 2 / (float)count;
        strip->height += (spots[i].bottom - spots[i].top) / (float)count;
    }
    float width = 0;
    int letters = 0;
    for (int i = 0; i < count; i++) {
        width += spots[i].right - spots[i].left;
        letters += characters(strips->page->words[spots[i].word].text);
    }
    const float letter = width / (float)(letters > 0 ? letters : 1);
    strip->segment_first = *segment_count;
    struct plait__segment *segment = NULL;
    for (int i = 0; i < count; i++) {
        const float gap = segment ? spots[i].left - segment->right : INFINITY;
        const bool more = *segment_count - strip->segment_first < SEGMENTS_MOST;
        if (more && gap > (i > 0 ? least_gap(strips->page, spots[i - 1].word, spots[i].word, strip->height, letter) : 0)) {
            segment = &strips->segments[(*segment_count)++];
            *segment = (struct plait__segment){.left = spots[i].left, .right = spots[i].right, .word_first = *word_count};
        }
        segment->right = fmaxf(segment->right, spots[i].right);
        segment->word_count++;
        strips->words[(*word_count)++] = spots[i].word;
    }
    strip->segment_count = *segment_count - strip->segment_first;
}

enum plait_status plait__table_strips(struct plait__arena *arena, const struct plait__page *page,
                                      struct plait__strips *strips_out) {
    const size_t most = (size_t)page->word_count + 1;
    struct plait__strips strips = {.page = page,
                                   .words = plait__arena_array(arena, most, sizeof *strips.words),
                                   .segments = plait__arena_array(arena, most, sizeof *strips.segments),
                                   .items = plait__arena_array(arena, most, sizeof *strips.items)};
    struct spot *spots = plait__arena_array(arena, most, sizeof *spots);
    if (!strips.words || !strips.segments || !strips.items || !spots) return PLAIT_MEMORY;
    int words = 0, segments = 0;
    for (int first = 0, end; first < page->word_count; first = end) {
        int count = 0;
        for (end = first; end < page->word_count && row_of(page, end) == row_of(page, first); end++)
            if (!is_leader(page->words[end].text)) spots[count++] = spot_of(page, end);
        if (count == 0) continue;
        qsort(spots, (size_t)count, sizeof *spots, by_left);
        add_strip(&strips, spots, count, &words, &segments);
    }
    *strips_out = strips;
    return PLAIT_OK;
}
