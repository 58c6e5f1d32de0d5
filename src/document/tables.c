#include "document/tables.h"

#include <math.h>
#include <string.h>

enum {
    ROWS_LEAST = 2,   /* with two cells or more */
    ROWS_MOST = 1000, /* of one table */
    ALONE_MOST = 4,   /* lines in a row that have one cell only */
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

/* The end of the table that begins with strip `first`, exclusive. */
static int end_of(const struct plait__strips *strips, int first) {
    int last = first;
    for (int i = first + 1; i < strips->count && i - first < ROWS_MOST; i++) {
        const struct plait__strip *strip = &strips->items[i], *above = &strips->items[i - 1];
        const float height = fmaxf(strip->height, above->height);
        if (strip->middle <= above->middle || strip->top - above->bottom > 2.5f * height) break;
        if (strip->right < strips->items[first].left || strip->left > strips->items[first].right) break;
        if (strip->segment_count > 1) {
            if (!share_gap(strips, strip, &strips->items[last])) break;
            last = i;
        } else if (i - last > ALONE_MOST) {
            break;
        }
    }
    return last + 1;
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

static int rows_with_cells(const struct plait__region *region) {
    int rows = 0;
    for (int i = region->first; i < region->first + region->count; i++) rows += region->strips->items[i].segment_count > 1;
    return rows;
}

enum plait_status plait__tables(struct plait__arena *arena, struct plait__arena *scratch, const struct plait__page *page,
                                int number, struct plait__table **tables_out, int *count_out) {
    struct plait__strips strips;
    PLAIT__TRY(plait__table_strips(scratch, page, &strips));
    struct plait__table *tables = plait__arena_array(arena, (size_t)strips.count / ROWS_LEAST + 1, sizeof *tables);
    if (!tables) return PLAIT_MEMORY;
    int count = 0;
    for (int first = 0, end; first < strips.count; first = end) {
        end = first + 1;
        if (strips.items[first].segment_count < 2) continue;
        end = end_of(&strips, first);
        struct plait__region region = {.strips = &strips, .first = first, .count = end - first};
        if (rows_with_cells(&region) < ROWS_LEAST) continue;
        PLAIT__TRY(plait__table_columns(scratch, &region));
        if (region.separator_count == 0 || (region.separator_count == 1 && rows_with_cells(&region) < 3) || is_prose(&region))
            continue;
        PLAIT__TRY(plait__table_cells(arena, scratch, &region, &tables[count]));
        tables[count++].page = number;
    }
    *tables_out = tables;
    *count_out = count;
    return PLAIT_OK;
}
