/* Cells: the parts of a row that stand in the same columns. */
#include <math.h>
#include <stdlib.h>

#include "document/normalise.h"
#include "document/tables.h"

/* A segment in its row; without words once it is in a cell. */
struct part {
    int row, column, column_end, word_first, word_count;
};

static void grow(const struct plait__page *page, int word, float low[2], float high[2]) {
    for (int corner = 0; corner < 4; corner++)
        for (int k = 0; k < 2; k++) {
            low[k] = fminf(low[k], page->words[word].polygon[corner][k]);
            high[k] = fmaxf(high[k], page->words[word].polygon[corner][k]);
        }
}

static void set_polygon(float polygon[4][2], const float low[2], const float high[2]) {
    for (int corner = 0; corner < 4; corner++) {
        polygon[corner][0] = corner == 1 || corner == 2 ? high[0] : low[0];
        polygon[corner][1] = corner >= 2 ? high[1] : low[1];
    }
}

static bool touches(const struct part *part, const struct plait__cell *cell) {
    return part->word_count > 0 && part->column < cell->column + cell->column_span && part->column_end >= cell->column;
}

/* Widens the cell until no part of its row lies half in it; the number of words in it. */
static int widen(const struct part *parts, int count, struct plait__cell *cell) {
    int words = 0;
    for (bool wider = true; wider;) {
        wider = false;
        words = 0;
        for (int i = 0; i < count && parts[i].row == cell->row; i++) {
            if (!touches(&parts[i], cell)) continue;
            const int end = cell->column + cell->column_span - 1;
            const int first = parts[i].column < cell->column ? parts[i].column : cell->column;
            const int last = parts[i].column_end > end ? parts[i].column_end : end;
            wider = wider || first < cell->column || last > end;
            cell->column = first, cell->column_span = last - first + 1;
            words += parts[i].word_count;
        }
    }
    return words;
}

/* The cell of the first part, with all parts of its row (the next ones) that share columns with it. */
static enum plait_status make_cell(struct plait__arena *arena, struct plait__arena *scratch, const struct plait__region *region,
                                   struct part *parts, int count, struct plait__cell *cell) {
    const struct plait__page *page = region->strips->page;
    *cell = (struct plait__cell){
        .row = parts->row, .column = parts->column, .row_span = 1, .column_span = parts->column_end - parts->column + 1};
    const int words = widen(parts, count, cell);
    const char **texts = plait__arena_array(scratch, (size_t)words, sizeof *texts);
    if (!texts) return PLAIT_MEMORY;
    float low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    int taken = 0;
    for (int i = 0; i < count && parts[i].row == cell->row; i++) {
        if (!touches(&parts[i], cell)) continue;
        for (int w = parts[i].word_first; w < parts[i].word_first + parts[i].word_count; w++) {
            const int word = region->strips->words[w];
            texts[taken++] = page->words[word].text;
            cell->confidence += page->words[word].confidence / (float)words;
            grow(page, word, low, high);
        }
        parts[i].word_count = 0;
    }
    cell->text = plait__joined_text(arena, texts, taken);
    set_polygon(cell->polygon, low, high);
    return cell->text ? PLAIT_OK : PLAIT_MEMORY;
}

static int by_place(const void *a, const void *b) {
    const struct plait__cell *x = a, *y = b;
    return x->row != y->row ? x->row - y->row : x->column - y->column;
}

enum plait_status plait__table_cells(struct plait__arena *arena, struct plait__arena *scratch,
                                     const struct plait__region *region, struct plait__table *table_out) {
    const struct plait__strip *strips = region->strips->items + region->first;
    size_t most = 0;
    for (int i = 0; i < region->count; i++) most += (size_t)strips[i].segment_count;
    int *rows = plait__arena_array(scratch, (size_t)region->count, sizeof *rows), head_rows, count = 0;
    struct part *parts = plait__arena_array(scratch, most, sizeof *parts);
    struct plait__cell *cells = plait__arena_array(arena, most, sizeof *cells);
    if (!rows || !parts || !cells) return PLAIT_MEMORY;
    struct plait__table table = {.columns = region->separator_count + 1, .cells = cells, .confidence = region->agreement};
    PLAIT__TRY(plait__table_rows(scratch, region, rows, &table.rows, &head_rows));
    for (int i = 0; i < region->count; i++)
        for (int s = 0; s < strips[i].segment_count; s++) {
            const struct plait__segment *segment = &region->strips->segments[strips[i].segment_first + s];
            parts[count++] =
                (struct part){rows[i], segment->column, segment->column_end, segment->word_first, segment->word_count};
        }
    float low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i < count; i++) {
        if (parts[i].word_count == 0) continue;
        struct plait__cell *cell = &cells[table.cell_count++];
        PLAIT__TRY(make_cell(arena, scratch, region, parts + i, count - i, cell));
        cell->header = cell->row < head_rows;
        for (int k = 0; k < 2; k++) {
            low[k] = fminf(low[k], cell->polygon[0][k]);
            high[k] = fmaxf(high[k], cell->polygon[2][k]);
        }
    }
    qsort(cells, (size_t)table.cell_count, sizeof *cells, by_place);
    set_polygon(table.polygon, low, high);
    *table_out = table;
    return PLAIT_OK;
}
