/* Tables from words and their places: what is one, and what is none. */
#include "document/tables.h"

#include "page_of_text.h"
#include "test.h"

static plait_context *context;
static struct plait__arena arena;
static struct plait__page page;
static struct plait__table *tables;
static int count;

static void find(const char *const *rows, int row_count) {
    plait__arena_init(&arena, context);
    CHECK_INT(page_of_text(&arena, rows, row_count, &page), PLAIT_OK);
    count = -1;
    CHECK_INT(plait__tables(&arena, &arena, &page, 3, &tables, &count), PLAIT_OK);
}

static const struct plait__cell *cell(int row, int column) {
    for (int i = 0; i < tables[0].cell_count; i++)
        if (tables[0].cells[i].row == row && tables[0].cells[i].column == column) return &tables[0].cells[i];
    static const struct plait__cell none = {.text = ""};
    return &none;
}

TEST(rows_and_columns) {
    static const char *const rows[] = {"Sales of the year", "Item\tPieces\tPrice", "Green tea\t2\t3.50", "Rice\t\t12.00",
                                       "Milk\t1\t2.20"};
    find(rows, 5);
    CHECK_INT(count, 1);
    CHECK_INT(tables[0].page, 3);
    CHECK_INT(tables[0].rows, 4);
    CHECK_INT(tables[0].columns, 3);
    CHECK_INT(tables[0].cell_count, 11); /* the empty one is left out */
    CHECK_TEXT(cell(1, 0)->text, "Green tea");
    CHECK_TEXT(cell(2, 2)->text, "12.00");
    CHECK_TEXT(cell(2, 1)->text, "");
    CHECK(cell(0, 1)->header && !cell(1, 1)->header);
    CHECK_NEAR(cell(1, 2)->polygon[0][0], 620, 0.1);
    CHECK_NEAR(cell(1, 2)->polygon[2][0], 660, 0.1);
    CHECK_NEAR(tables[0].polygon[0][0], 20, 0.1);
    CHECK(tables[0].confidence > 0.9f && tables[0].confidence <= 1);
    plait__arena_end(&arena);
}

TEST(a_heading_over_two_columns) {
    /* 30 characters of 10 pixels from 320 on reach over the second separator. */
    static const char *const rows[] = {"\tShare of the first quarter of it", "Land\t2019\t2020", "North\t12.1\t13.0",
                                       "South\t8.4\t9.9", "West\t7.7\t7.1"};
    find(rows, 5);
    CHECK_INT(count, 1);
    CHECK_INT(tables[0].columns, 3);
    CHECK_TEXT(cell(tables[0].rows - 1, 2)->text, "7.1");
    plait__arena_end(&arena);
}

/* One more word on the page, in a line of its own. */
static void add_word(const char *text, float x, float y) {
    const float width = 10 * (float)strlen(text);
    const float corners[4][2] = {{x, y}, {x + width, y}, {x + width, y + 20}, {x, y + 20}};
    struct plait__line *lines = plait__arena_array(&arena, (size_t)page.line_count + 1, sizeof *lines);
    struct plait__word *words = plait__arena_array(&arena, (size_t)page.word_count + 1, sizeof *words);
    memcpy(lines, page.lines, (size_t)page.line_count * sizeof *lines);
    memcpy(words, page.words, (size_t)page.word_count * sizeof *words);
    words[page.word_count] = (struct plait__word){.text = text, .confidence = 1, .line = page.line_count};
    lines[page.line_count] =
        (struct plait__line){.text = text, .confidence = 1, .word_first = page.word_count, .word_count = 1};
    memcpy(words[page.word_count++].polygon, corners, sizeof corners);
    memcpy(lines[page.line_count++].polygon, corners, sizeof corners);
    page.lines = lines, page.words = words;
}

TEST(years_head_their_columns) {
    static const char *const rows[] = {"Land\tN\tPos\tN", "North\t12\t0.9\t7", "South\t40\t1.2\t9"};
    plait__arena_init(&arena, context);
    CHECK_INT(page_of_text(&arena, rows, 3, &page), PLAIT_OK);
    add_word("2006", 460, 8); /* in the middle over the first N and Pos */
    add_word("2007", 910, 8);
    CHECK_INT(plait__order(context, &arena, &page), PLAIT_OK);
    CHECK_INT(plait__tables(&arena, &arena, &page, 0, &tables, &count), PLAIT_OK);
    CHECK_INT(count, 1);
    CHECK_INT(tables[0].rows, 4);
    CHECK_TEXT(cell(0, 1)->text, "2006");
    CHECK_INT(cell(0, 1)->column_span, 2);
    CHECK_INT(cell(0, 3)->column_span, 1);
    CHECK(cell(1, 1)->header && !cell(2, 1)->header);
    plait__arena_end(&arena);
}

TEST(lines_of_a_cell_are_joined) {
    static const char *const rows[] = {"Name\tWhat it is\tPieces", "Tea\tGreen, from the\t20"};
    plait__arena_init(&arena, context);
    CHECK_INT(page_of_text(&arena, rows, 2, &page), PLAIT_OK);
    add_word("hills", 320, 80); /* 20 below its row's first line, where rows are 30 apart */
    add_word("Rice", 20, 112), add_word("White", 320, 112), add_word("7", 620, 112);
    CHECK_INT(plait__order(context, &arena, &page), PLAIT_OK);
    CHECK_INT(plait__tables(&arena, &arena, &page, 0, &tables, &count), PLAIT_OK);
    CHECK_INT(count, 1);
    CHECK_INT(tables[0].rows, 3);
    CHECK_TEXT(cell(1, 1)->text, "Green, from the hills");
    CHECK_TEXT(cell(2, 2)->text, "7");
    plait__arena_end(&arena);
}

TEST(prose_is_no_table) {
    static const char *const rows[] = {"It is a truth that running text has no", "columns, whatever the spaces in it are, and",
                                       "that a reader who finds one in it is wrong.", "So this page must have no table at all.",
                                       "The end."};
    find(rows, 5);
    CHECK_INT(count, 0);
    plait__arena_end(&arena);
}

TEST(columns_of_prose_are_no_table) {
    static const char *const rows[] = {"the quick brown fox jumps ov\tand here another column of t",
                                       "er the lazy dog and goes on \text runs beside it down the pa",
                                       "for some lines in its column\tge until it ends as it began",
                                       "which is no table by any cou\tand nobody would ask for row",
                                       "nt of its rows or columns ha\ts in it, or for cells at all"};
    find(rows, 5);
    CHECK_INT(count, 0);
    plait__arena_end(&arena);
}

TEST(a_list_is_no_table) {
    static const char *const rows[] = {"1.\tFirst point", "2.\tSecond point", "3.\tThird point", "4.\tFourth point"};
    find(rows, 4);
    CHECK_INT(count, 0);
    plait__arena_end(&arena);
}

TEST(nothing_at_all) {
    find(NULL, 0);
    CHECK_INT(count, 0);
    plait__arena_end(&arena);
}

TEST(figures) {
    CHECK(plait__is_numeric("1,234.5") && plait__is_numeric("(12%)") && plait__is_numeric("-") && plait__is_numeric("RM12.30"));
    CHECK(!plait__is_numeric("Total") && !plait__is_numeric("Q1rates") && !plait__is_numeric("\xC3\xA9t\xC3\xA9"));
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_rows_and_columns();
    test_a_heading_over_two_columns();
    test_years_head_their_columns();
    test_lines_of_a_cell_are_joined();
    test_prose_is_no_table();
    test_columns_of_prose_are_no_table();
    test_a_list_is_no_table();
    test_nothing_at_all();
    test_figures();
    plait_context_destroy(context);
    return test__finish();
}
