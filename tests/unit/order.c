/* Reading order of made-up pages. */
#include "document/document.h"
#include "test.h"

enum { MOST = 32 };

struct page {
    plait_context *context;
    struct plait__arena arena;
    struct plait__page page;
    struct plait__line lines[MOST];
    struct plait__word words[MOST];
};

static void begin(struct page *page) {
    *page = (struct page){0};
    CHECK(plait_context_create(NULL, &page->context) == PLAIT_OK);
    plait__arena_init(&page->arena, page->context);
    page->page.lines = page->lines;
    page->page.words = page->words;
}

static void end(struct page *page) {
    plait__arena_end(&page->arena);
    plait_context_destroy(page->context);
}

/* A line of one word, 20 pixels high, whose middle rises by `slope` pixels a pixel. */
static void add(struct page *page, const char *text, float left, float right, float middle, float slope) {
    int index = page->page.line_count++;
    struct plait__line *line = &page->lines[index];
    *line = (struct plait__line){.text = text, .word_first = page->page.word_count, .word_count = 1};
    const float y0 = middle + slope * left, y1 = middle + slope * right;
    const float corners[4][2] = {{left, y0 - 10}, {right, y1 - 10}, {right, y1 + 10}, {left, y0 + 10}};
    memcpy(line->polygon, corners, sizeof corners);
    page->words[page->page.word_count++] = (struct plait__word){.text = text, .line = index};
}

static void check(struct page *page, const char *expected) {
    char found[256] = "";
    CHECK(plait__order(page->context, &page->arena, &page->page) == PLAIT_OK);
    for (int i = 0; i < page->page.line_count; i++) {
        strncat(found, page->page.lines[i].text, sizeof found - strlen(found) - 1);
        CHECK_INT(page->page.lines[i].word_first, i);
        CHECK_TEXT(page->page.words[i].text, page->page.lines[i].text);
        CHECK_INT(page->page.words[i].line, i);
    }
    CHECK_TEXT(found, expected);
}

TEST(empty) {
    struct page page;
    begin(&page);
    check(&page, "");
    end(&page);
}

TEST(rows) { /* label and amount side by side are one row, even when the amount stands a little higher */
    struct page page;
    begin(&page);
    add(&page, "d", 300, 360, 95, 0);
    add(&page, "c", 10, 90, 100, 0);
    add(&page, "b", 300, 360, 55, 0);
    add(&page, "a", 10, 90, 50, 0);
    check(&page, "abcd");
    CHECK_INT(page.page.lines[0].row, page.page.lines[1].row);
    CHECK_INT(page.page.lines[2].row, page.page.lines[3].row);
    CHECK(page.page.lines[1].row != page.page.lines[2].row);
    end(&page);
}

TEST(slanted_rows) { /* 0.05 over 600 pixels is 30: more than the pitch of the rows */
    struct page page;
    begin(&page);
    add(&page, "a", 10, 200, 50, 0.05f);
    add(&page, "c", 10, 200, 75, 0.05f);
    add(&page, "b", 500, 600, 50, 0.05f);
    add(&page, "d", 500, 600, 75, 0.05f);
    check(&page, "abcd");
    end(&page);
}

TEST(columns) { /* a heading over two columns of running text, a line below them */
    struct page page;
    begin(&page);
    add(&page, "H", 10, 690, 20, 0);
    for (int i = 0; i < 5; i++) {
        static const char *const left[] = {"a", "b", "c", "d", "e"}, *const right[] = {"p", "q", "r", "s", "t"};
        add(&page, right[i], 370, 690, 60 + 30 * (float)i, 0);
        add(&page, left[i], 10, 330, 60 + 30 * (float)i, 0);
    }
    add(&page, "F", 10, 690, 250, 0);
    check(&page, "HabcdepqrstF");
    end(&page);
}

TEST_MAIN(empty, rows, slanted_rows, columns)
