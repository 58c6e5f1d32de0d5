/* Tables, from words and their places alone: it is the same whether they were recognised or known. */
#ifndef PLAIT_DOCUMENT_TABLES_H
#define PLAIT_DOCUMENT_TABLES_H

#include "document/document.h"

/* The tables of a page that is in reading order, in `arena`; `scratch` holds what is not needed afterwards.  `number` is the
 * page's.  tables.c */
enum plait_status plait__tables(struct plait__arena *arena, struct plait__arena *scratch, const struct plait__page *page,
                                int number, struct plait__table **tables_out, int *count_out);

/* ------------------------------------------------------------------ what they are made from */

/* Words of one row without a wide gap between them. */
struct plait__segment {
    float left, right;
    int word_first, word_count; /* in the strips' words */
    int column, column_end;     /* of the table, the end inclusive; set by plait__table_columns */
};

/* A row of text across the page, or across a column of running text. */
struct plait__strip {
    float left, right, top, bottom, middle;
    float height;                     /* of its letters */
    int segment_first, segment_count; /* left to right */
};

struct plait__strips {
    const struct plait__page *page;
    int *words; /* of the page, strip by strip, left to right */
    struct plait__segment *segments;
    struct plait__strip *items;
    int count;
};

/* A table under way: strips first .. first + count. */
struct plait__region {
    const struct plait__strips *strips;
    int first, count;
    float *separators; /* x between columns, left to right */
    int separator_count;
    float agreement; /* 0..1: how much of what stands at the separators keeps clear of them */
};

/* table_strips.c */
enum plait_status plait__table_strips(struct plait__arena *arena, const struct plait__page *page,
                                      struct plait__strips *strips_out);

/* Finds the region's separators and gives its segments their columns.  table_columns.c */
enum plait_status plait__table_columns(struct plait__arena *arena, struct plait__region *region);

/* Puts strips together to rows: the row of each of the region's strips at `rows`, how many there are, and how many of them are
 * head.  Widens headings that stand over several columns.  table_rows.c */
enum plait_status plait__table_rows(struct plait__arena *arena, const struct plait__region *region, int *rows,
                                    int *row_count_out, int *head_rows_out);

/* Puts segments together to cells.  table_cells.c */
enum plait_status plait__table_cells(struct plait__arena *arena, struct plait__arena *scratch,
                                     const struct plait__region *region, struct plait__table *table_out);

/* Is most of the text figures?  "1,234.5", "(12%)", "-", "n/a" without letters. */
bool plait__is_numeric(const char *text);

#endif
