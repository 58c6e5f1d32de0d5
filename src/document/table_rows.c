/* Rows: which lines of text belong together, and which are the head. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "document/tables.h"

enum { HEADER_ROWS_MOST = 5, ROW_LINES_MOST = 20 };

bool plait__is_numeric(const char *text) {
    int digits = 0, letters = 0;
    for (const char *c = text; *c; c++) {
        if (plait__is_digit(*c))
            digits++;
        else if (plait__is_of_word(*c))
            letters++;
    }
    return digits > 0 ? letters <= digits : letters == 0;
}

static const struct plait__strip *strip_at(const struct plait__region *region, int i) {
    return &region->strips->items[region->first + i];
}

static const struct plait__segment *segment_at(const struct plait__region *region, const struct plait__strip *strip, int s) {
    return &region->strips->segments[strip->segment_first + s];
}

static const char *word_text(const struct plait__region *region, int index) {
    return region->strips->page->words[region->strips->words[index]].text;
}

static uint64_t columns_of(const struct plait__region *region, const struct plait__strip *strip) {
    uint64_t set = 0;
    for (int s = 0; s < strip->segment_count; s++) {
        const struct plait__segment *segment = segment_at(region, strip, s);
        for (int c = segment->column; c <= segment->column_end && c < 64; c++) set |= (uint64_t)1 << c;
    }
    return set;
}

static bool has_span(const struct plait__region *region, const struct plait__strip *strip) {
    for (int s = 0; s < strip->segment_count; s++)
        if (segment_at(region, strip, s)->column_end > segment_at(region, strip, s)->column) return true;
    return false;
}

static bool is_numeric_segment(const struct plait__region *region, const struct plait__segment *segment) {
    int numeric = 0;
    for (int w = 0; w < segment->word_count; w++) numeric += plait__is_numeric(word_text(region, segment->word_first + w));
    return 2 * numeric > segment->word_count;
}

/* "2007": the one number that headings are made of. */
static bool is_year(const struct plait__region *region, const struct plait__segment *segment) {
    const char *text = word_text(region, segment->word_first);
    return segment->word_count == 1 && strlen(text) == 4 && strspn(text, "0123456789") == 4 &&
           (strncmp(text, "19", 2) == 0 || strncmp(text, "20", 2) == 0);
}

/* Figures beyond the first column: what no heading has. */
static bool has_figures(const struct plait__region *region, const struct plait__strip *strip) {
    int figures = 0, all = 0;
    for (int s = 0; s < strip->segment_count; s++) {
        const struct plait__segment *segment = segment_at(region, strip, s);
        if (segment->column == 0) continue;
        all++;
        figures += is_numeric_segment(region, segment) && !is_year(region, segment);
    }
    return figures > 0 && 2 * figures >= all;
}

static int by_value(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* A heading over several columns is centred over the headings below it.  Where one of the upper line is, it gets their columns;
 * true when there is one. */
static bool spread_headings(const struct plait__region *region, const struct plait__strip *upper,
                            const struct plait__strip *lower) {
    bool spread = false;
    for (int s = 0; s < upper->segment_count; s++) {
        struct plait__segment *heading = &region->strips->segments[upper->segment_first + s];
        const float from = s > 0 ? (heading[-1].right + heading->left) / 2 : -INFINITY;
        const float to = s + 1 < upper->segment_count ? (heading->right + heading[1].left) / 2 : INFINITY;
        int first = -1, last = -1;
        for (int k = 0; k < lower->segment_count; k++) {
            const struct plait__segment *below = segment_at(region, lower, k);
            const float centre = (below->left + below->right) / 2;
            if (centre < from || centre > to || below->column == 0) continue;
            if (first < 0) first = k;
            last = k;
        }
        if (first < 0 || first == last) continue;
        const struct plait__segment *a = segment_at(region, lower, first), *b = segment_at(region, lower, last);
        const float centre = (heading->left + heading->right) / 2;
        if (fabsf(centre - (a->left + b->right) / 2) > 0.2f * (b->right - a->left)) continue;
        if (a->column < heading->column) heading->column = a->column;
        if (b->column_end > heading->column_end) heading->column_end = b->column_end;
        spread = true;
    }
    return spread;
}

/* Columns with figures in them. */
static uint64_t figures_of(const struct plait__region *region, const struct plait__strip *strip) {
    uint64_t set = 0;
    for (int s = 0; s < strip->segment_count; s++) {
        const struct plait__segment *segment = segment_at(region, strip, s);
        if (segment->column > 0 && segment->column < 64 && is_numeric_segment(region, segment))
            set |= (uint64_t)1 << segment->column;
    }
    return set;
}

/* The usual distance from one row of the table to the next: between lines that both begin rows, since both have a first column
 * and another; 0 when there are none. */
static enum plait_status usual_pitch(struct plait__arena *arena, const struct plait__region *region, float *pitch_out) {
    float *pitches = plait__arena_array(arena, (size_t)region->count, sizeof *pitches);
    if (!pitches) return PLAIT_MEMORY;
    int count = 0;
    for (int i = 1; i < region->count; i++) {
        const struct plait__strip *above = strip_at(region, i - 1), *strip = strip_at(region, i);
        const uint64_t both = columns_of(region, above) & columns_of(region, strip);
        if ((both & 1) && (both & (both - 1))) pitches[count++] = strip->middle - above->middle;
    }
    if (count) qsort(pitches, (size_t)count, sizeof *pitches, by_value);
    *pitch_out = count ? pitches[count / 2] : 0;
    return PLAIT_OK;
}

/* Does the line go on with the row that the line above belongs to? */
static bool goes_on(const struct plait__region *region, int i, float pitch, bool in_head) {
    const struct plait__strip *above = strip_at(region, i - 1), *strip = strip_at(region, i);
    const uint64_t upper = columns_of(region, above), lower = columns_of(region, strip);
    const float distance = strip->middle - above->middle, height = fminf(strip->height, above->height);
    const bool tight = distance < 1.6f * height;
    if (!tight) return false;
    if (in_head) return !has_span(region, above) || strip->segment_count == 1;
    if (figures_of(region, above) & figures_of(region, strip)) return false;
    const int filled = strip->segment_count;
    if (filled > 2 && filled == region->separator_count + 1 && lower == upper) return false;
    if (pitch > 0 && distance < 0.8f * pitch) return true;
    if ((lower & 1) || (lower & ~upper)) return false;
    return !has_figures(region, strip) && !(pitch > 0 && distance > 1.15f * pitch);
}

enum plait_status plait__table_rows(struct plait__arena *arena, const struct plait__region *region, int *rows,
                                    int *row_count_out, int *head_rows_out) {
    float pitch;
    PLAIT__TRY(usual_pitch(arena, region, &pitch));
    int head = 0, row = 0, lines = 0;
    /* A line at the top that has no figures is head, if figures come below. */
    while (head < region->count && !has_figures(region, strip_at(region, head))) head++;
    if (head == region->count || head > ROW_LINES_MOST) head = 1;
    *head_rows_out = 0;
    for (int i = 0; i < region->count; i++) {
        bool over = false;
        for (int k = i - 1; k >= 0 && i < head && rows[k] == row; k--) /* also over a line in between */
            if (spread_headings(region, strip_at(region, k), strip_at(region, i))) over = true;
        if (i > 0 && (over || lines == ROW_LINES_MOST || !goes_on(region, i, pitch, i < head))) row++, lines = 0;
        lines++;
        rows[i] = row;
        if (i < head && row < HEADER_ROWS_MOST) *head_rows_out = row + 1;
    }
    *row_count_out = row + 1;
    return PLAIT_OK;
}
