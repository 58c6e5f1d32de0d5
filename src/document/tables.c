/* Where a page's tables are: rows of text below each other whose gaps lie over each other, with their head, and without running
 * text, lists and charts, which have gaps too. */
#include "document/tables.h"

#include <math.h>
#include <string.h>

enum {
    ROWS_LEAST = 2,    /* with two cells or more */
    ROWS_MOST = 1000,  /* of one table */
    ALONE_MOST = 4,    /* lines in a row that have one cell only */
    HEAD_MOST = 4,     /* lines of a head that do not share the gaps of the rows */
    RUNNING_WORDS = 6, /* of a line of running text */
    RUNNING_LINES = 5,
};

static const struct plait__segment *segments_of(const struct plait__strips *strips, const struct plait__strip *strip) {
    return &strips->segments[strip->segment_first];
}

/* Does a gap of one lie over a gap of the other, by more than a space's width? */
static bool share_gap(const struct plait__strips *strips, const struct plait__strip *a, const struct plait__strip *b) {
    const struct plait__segment *x = segments_of(strips, a), *y = segments_of(strips, b);
    const float least = 0.4f * fminf(a->height, b->height);
    for (int i = 0; i + 1 < a->segment_count; i++)
        for (int k = 0; k + 1 < b->segment_count; k++)
            if (fminf(x[i + 1].left, y[k + 1].left) - fmaxf(x[i].right, y[k].right) > least) return true;
    return false;
}

/* A line of many words that runs from the first column into another is text around the table, not a heading in it. */
static bool is_running(const struct plait__strips *strips, const struct plait__strip *strip, const struct plait__strip *row,
                       float left, float right) {
    const struct plait__segment *line = segments_of(strips, strip), *cells = segments_of(strips, row);
    return line->word_count >= RUNNING_WORDS && line->left < cells[0].right && line->right > cells[1].left + row->height &&
           line->right - line->left > 0.6f * (right - left);
}

/* The end of the table that begins with strip `first`, exclusive. */
static int end_of(const struct plait__strips *strips, int first) {
    int last = first;
    float left = strips->items[first].left, right = strips->items[first].right;
    for (int i = first + 1; i < strips->count && i - first < ROWS_MOST; i++) {
        const struct plait__strip *strip = &strips->items[i], *above = &strips->items[i - 1];
        const float height = fmaxf(strip->height, above->height);
        if (strip->middle <= above->middle || strip->top - above->bottom > 2.5f * height) break;
        if (strip->segment_count > 1) {
            if (!share_gap(strips, strip, &strips->items[last])) break;
            last = i;
            left = fminf(left, strip->left), right = fmaxf(right, strip->right);
        } else if (i - last > ALONE_MOST || is_running(strips, strip, &strips->items[last], left, right)) {
            break;
        }
    }
    return last + 1;
}

/* Lines close above a table are its head when they stand over its columns: none alone at the left, where titles begin. */
static int begin_of(const struct plait__region *region, int free) {
    const struct plait__strips *strips = region->strips;
    int first = region->first;
    float left = INFINITY, right = -INFINITY;
    for (int i = first; i < first + region->count; i++) {
        left = fminf(left, strips->items[i].left);
        right = fmaxf(right, strips->items[i].right);
    }
    while (first > free && region->first - first < HEAD_MOST) {
        const struct plait__strip *strip = &strips->items[first - 1], *below = &strips->items[first];
        const float height = fmaxf(strip->height, below->height);
        if (strip->middle >= below->middle || below->top - strip->bottom > 1.2f * height) break;
        if (strip->left < left - height || strip->right > right + height) break;
        if (strip->segment_count == 1 && strip->left < region->separators[0]) break;
        first--;
    }
    return first;
}

/* Running text in columns, or a list with its bullets: rows, but no table. */
static bool is_prose(const struct plait__region *region) {
    int wide = 0, all = 0, bullets = 0, firsts = 0;
    for (int i = region->first; i < region->first + region->count; i++) {
        const struct plait__strip *strip = &region->strips->items[i];
        const struct plait__segment *segment = segments_of(region->strips, strip);
        for (int s = 0; s < strip->segment_count; s++) {
            all++;
            wide += segment[s].right - segment[s].left > 15 * strip->height;
            if (segment[s].column != 0) continue;
            firsts++;
            bullets += segment[s].right - segment[s].left < 1.5f * strip->height;
        }
    }
    return 2 * wide > all || (region->separator_count == 1 && 2 * bullets > firsts);
}

/* Rows with two cells or more, and how many of them have figures. */
static int rows_with_cells(const struct plait__region *region, int *figures_out) {
    int rows = 0;
    *figures_out = 0;
    for (int i = region->first; i < region->first + region->count; i++) {
        const struct plait__strip *strip = &region->strips->items[i];
        if (strip->segment_count < 2) continue;
        rows++;
        const struct plait__segment *last = segments_of(region->strips, strip) + strip->segment_count - 1;
        *figures_out += plait__is_numeric(region->strips->page->words[region->strips->words[last->word_first]].text);
    }
    return rows;
}

/* The share of places in rows and columns that have something in them: labels scattered over a chart have few. */
static float density(const struct plait__region *region) {
    int filled = 0;
    for (int i = region->first; i < region->first + region->count; i++) {
        const struct plait__strip *strip = &region->strips->items[i];
        const struct plait__segment *segment = segments_of(region->strips, strip);
        for (int s = 0; s < strip->segment_count; s++) filled += segment[s].column_end - segment[s].column + 1;
    }
    return (float)filled / (float)(region->count * (region->separator_count + 1));
}

/* Does running text stand in the column: lines of words, nearly all of them as wide as the column? */
static bool is_running_column(const struct plait__region *region, int column) {
    float widest = 0;
    int lines = 0, words = 0, full = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = region->first; i < region->first + region->count; i++) {
            const struct plait__strip *strip = &region->strips->items[i];
            const struct plait__segment *segment = segments_of(region->strips, strip);
            for (int s = 0; s < strip->segment_count; s++) {
                const float width = segment[s].right - segment[s].left;
                if (segment[s].column != column || segment[s].column_end != column) continue;
                if (pass == 0) {
                    lines++, words += segment[s].word_count;
                    widest = fmaxf(widest, width);
                } else if (width > 0.8f * widest) {
                    full++;
                }
            }
        }
    return lines >= RUNNING_LINES && words >= RUNNING_WORDS * lines / 2 + lines && 10 * full >= 7 * lines;
}

/* Running text beside a table: the region without its first or last column. */
static enum plait_status leave_out(struct plait__arena *scratch, struct plait__region *region, int column) {
    struct plait__strips *strips = plait__arena_allocate(scratch, sizeof *strips);
    if (!strips) return PLAIT_MEMORY;
    *strips = *region->strips;
    strips->items = plait__arena_array(scratch, (size_t)region->count, sizeof *strips->items);
    if (!strips->items) return PLAIT_MEMORY;
    strips->count = 0;
    for (int i = region->first; i < region->first + region->count; i++) {
        struct plait__strip strip = region->strips->items[i];
        while (strip.segment_count && strips->segments[strip.segment_first].column_end <= column && column == 0)
            strip.segment_first++, strip.segment_count--;
        while (strip.segment_count && strips->segments[strip.segment_first + strip.segment_count - 1].column >= column &&
               column > 0)
            strip.segment_count--;
        if (strip.segment_count == 0) continue;
        strip.left = strips->segments[strip.segment_first].left;
        strip.right = strips->segments[strip.segment_first + strip.segment_count - 1].right;
        strips->items[strips->count++] = strip;
    }
    *region = (struct plait__region){.strips = strips, .count = strips->count};
    return plait__table_columns(scratch, region);
}

/* Two rows are a table only if there are figures in them, two columns only if they have three rows. */
static bool is_table(const struct plait__region *region) {
    int figures;
    const int rows = rows_with_cells(region, &figures);
    if (region->separator_count == 0 || is_prose(region) || density(region) < 0.4f) return false;
    return rows >= 3 || (region->separator_count > 1 && figures > 0);
}

/* Looks for a table that begins with strip `first`; its end, or the next strip when there is none. */
static enum plait_status find_table(struct plait__arena *arena, struct plait__arena *scratch,
                                    const struct plait__strips *strips, int first, int free, struct plait__table *table_out,
                                    int *end_out) {
    int figures;
    *end_out = first + 1;
    if (strips->items[first].segment_count < 2) return PLAIT_OK;
    const int end = end_of(strips, first);
    struct plait__region region = {.strips = strips, .first = first, .count = end - first};
    if (rows_with_cells(&region, &figures) < ROWS_LEAST) return PLAIT_OK;
    *end_out = end;
    PLAIT__TRY(plait__table_columns(scratch, &region));
    const bool left = is_running_column(&region, 0), right = is_running_column(&region, region.separator_count);
    if (region.separator_count > 1 && left != right) {
        PLAIT__TRY(leave_out(scratch, &region, left ? 0 : region.separator_count));
        return is_table(&region) ? plait__table_cells(arena, scratch, &region, table_out) : PLAIT_OK;
    }
    if (!is_table(&region)) return PLAIT_OK;
    region.first = begin_of(&region, free);
    region.count = end - region.first;
    if (region.first < first) PLAIT__TRY(plait__table_columns(scratch, &region));
    return plait__table_cells(arena, scratch, &region, table_out);
}

enum plait_status plait__tables(struct plait__arena *arena, struct plait__arena *scratch, const struct plait__page *page,
                                int number, struct plait__table **tables_out, int *count_out) {
    struct plait__strips strips;
    PLAIT__TRY(plait__table_strips(scratch, page, &strips));
    struct plait__table *tables = plait__arena_array(arena, (size_t)strips.count / ROWS_LEAST + 1, sizeof *tables);
    if (!tables) return PLAIT_MEMORY;
    int count = 0;
    for (int first = 0, end, free = 0; first < strips.count; first = end) {
        PLAIT__TRY(find_table(arena, scratch, &strips, first, free, &tables[count], &end));
        if (!tables[count].cell_count) continue;
        tables[count++].page = number;
        free = end;
    }
    *tables_out = tables;
    *count_out = count;
    return PLAIT_OK;
}
