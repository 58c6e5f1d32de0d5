/* Lines of several pages that share runs: every line is read once, with its like, and what goes wrong with one page stays
 * there. */
#include "document/crops.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "test.h"

enum { PAGES = 4, LINES = 64, RUNS_MOST = PAGES * LINES };

struct page {
    plait_context *context;
    struct plait__crops *crops;
    struct plait__crop lines[LINES], *order[LINES];
    int count;
    int runs, sizes[RUNS_MOST]; /* that it made, and how many lines each had */
    int widths_wrong, told;
    enum plait_status fails; /* what a run with the line `bad` ends with */
    const struct plait__crop *bad;
    int stop_after; /* runs; 0: never */
    enum plait_status status;
};

static enum plait_status run(void *user, struct plait__crop *const *crops, int count) {
    struct page *page = user;
    page->sizes[page->runs++ % RUNS_MOST] = count;
    for (int i = 0; i < count; i++) {
        page->widths_wrong += crops[i]->width != crops[0]->width;
        if (page->fails != PLAIT_OK && crops[i] == page->bad) return plait__fail(page->context, page->fails, "the bad line");
        if (page->fails != PLAIT_OK && !page->bad) return plait__fail(page->context, page->fails, "all are bad here");
    }
    for (int i = 0; i < count; i++) crops[i]->glyph_count++; /* each once */
    return PLAIT_OK;
}

static void tell(void *user, int read) {
    struct page *page = user;
    CHECK(read > page->told && read <= LINES);
    page->told = read;
}

static bool is_stopped(void *user) {
    const struct page *page = user;
    return page->stop_after && page->runs >= page->stop_after;
}

static void page_begin(struct page *page, struct plait__crops *crops, int kinds) {
    plait_context_options options;
    plait_context_options_default(&options);
    options.cancelled = is_stopped;
    options.cancelled_user = page;
    *page = (struct page){.crops = crops, .count = LINES};
    CHECK_INT(plait_context_create(&options, &page->context), PLAIT_OK);
    for (int i = 0; i < LINES; i++) {
        page->lines[i].width = 64 << (i * kinds / LINES);
        page->order[i] = &page->lines[i];
    }
}

static void *page_read(void *user) {
    struct page *page = user;
    const struct plait__crop_reader reader = {page->context, 512, 512, run, tell, page};
    page->status = plait__crops_read(page->crops, &reader, page->order, page->count);
    return NULL;
}

static int read_once(const struct page *page) {
    int count = 0;
    for (int i = 0; i < LINES; i++) count += page->lines[i].glyph_count == 1;
    return count;
}

TEST(one_page) {
    struct plait__crops crops;
    struct page page;
    plait__crops_begin(&crops, 8);
    page_begin(&page, &crops, 4); /* 16 lines of each of 64, 128, 256, 512 */
    page_read(&page);
    CHECK_INT(page.status, PLAIT_OK);
    CHECK_INT(read_once(&page), LINES);
    CHECK_INT(page.told, LINES);
    CHECK_INT(page.widths_wrong, 0);
    CHECK_INT(page.runs, 2 + 4 + 8 + 16); /* of 512 columns each */
    for (int i = 0; i < page.runs; i++) CHECK_INT(page.sizes[i], i < 2 ? 8 : i < 6 ? 4 : i < 14 ? 2 : 1);
    CHECK(!crops.first);
    plait_context_destroy(page.context);
    plait__crops_end(&crops);
}

TEST(a_bad_line) {
    struct plait__crops crops;
    struct page page;
    plait__crops_begin(&crops, 8);
    page_begin(&page, &crops, 1);
    page.bad = &page.lines[5];
    page.fails = PLAIT_INVALID;
    page_read(&page);
    CHECK_INT(page.status, PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(page.context), "the bad line");
    CHECK(!crops.first); /* it leaves nothing */
    plait_context_destroy(page.context);
    plait__crops_end(&crops);
}

/* What does not fill a run goes as powers of two. */
TEST(a_few_lines) {
    struct plait__crops crops;
    struct page page;
    plait__crops_begin(&crops, 8);
    crops.delay_us = 1000;
    page_begin(&page, &crops, 1);
    page.count = 7;
    page_read(&page);
    CHECK_INT(page.status, PLAIT_OK);
    CHECK_INT(page.runs, 3);
    for (int i = 0; i < page.runs; i++) CHECK_INT(page.sizes[i], 4 >> i);
    plait_context_destroy(page.context);
    plait__crops_end(&crops);
}

TEST(stopped) {
    struct plait__crops crops;
    struct page page;
    plait__crops_begin(&crops, 8);
    page_begin(&page, &crops, 1);
    page.stop_after = 2;
    page_read(&page);
    CHECK_INT(page.status, PLAIT_CANCELLED);
    CHECK_INT(page.runs, 2);
    CHECK(!crops.first);
    plait_context_destroy(page.context);
    plait__crops_end(&crops);
}

#ifdef __EMSCRIPTEN__
TEST(together) {}
TEST(apart) {}
TEST(waiting) {}
#else
static atomic_int runs, lines, pages;

static void note(void *user, int line_count, int page_count) {
    (void)user;
    atomic_fetch_add(&runs, 1);
    atomic_fetch_add(&lines, line_count);
    atomic_fetch_add(&pages, page_count);
}

static void read_all(struct page *page) {
    pthread_t threads[PAGES];
    for (int i = 0; i < PAGES; i++) pthread_create(&threads[i], NULL, page_read, &page[i]);
    for (int i = 0; i < PAGES; i++) pthread_join(threads[i], NULL);
}

static struct page page[PAGES];

TEST(together) {
    struct plait__crops crops;
    for (int turn = 0; turn < 50; turn++) {
        plait__crops_begin(&crops, 32);
        crops.ran = note;
        atomic_store(&lines, 0);
        for (int i = 0; i < PAGES; i++) page_begin(&page[i], &crops, 4);
        read_all(page);
        for (int i = 0; i < PAGES; i++) {
            CHECK_INT(page[i].status, PLAIT_OK);
            CHECK_INT(read_once(&page[i]), LINES);
            CHECK_INT(page[i].told, LINES);
            CHECK_INT(page[i].widths_wrong, 0);
            plait_context_destroy(page[i].context);
        }
        CHECK_INT(atomic_load(&lines), PAGES * LINES);
        CHECK(!crops.first);
        plait__crops_end(&crops);
    }
}

/* One page's client goes, another's runs all fail: the two others are read. */
TEST(apart) {
    struct plait__crops crops;
    for (int turn = 0; turn < 50; turn++) {
        plait__crops_begin(&crops, 8);
        for (int i = 0; i < PAGES; i++) page_begin(&page[i], &crops, 4);
        page[0].stop_after = 1 + turn % 3;
        page[1].fails = turn % 2 ? PLAIT_MEMORY : PLAIT_INVALID;
        read_all(page);
        CHECK(page[0].status == PLAIT_CANCELLED || (page[0].status == PLAIT_OK && page[0].runs <= page[0].stop_after));
        /* Others may have read its lines before it came to any. */
        CHECK(page[1].status == page[1].fails || (page[1].status == PLAIT_OK && read_once(&page[1]) == LINES));
        for (int i = 2; i < PAGES; i++) {
            CHECK_INT(page[i].status, PLAIT_OK);
            CHECK_INT(read_once(&page[i]), LINES);
        }
        for (int i = 0; i < PAGES; i++) plait_context_destroy(page[i].context);
        CHECK(!crops.first);
        plait__crops_end(&crops);
    }
}

/* A run waits for more lines, of whatever page, until it is full. */
TEST(waiting) {
    struct plait__crops crops;
    plait__crops_begin(&crops, 32);
    crops.ran = note;
    crops.delay_us = 600000000;
    for (int i = 0; i < PAGES; i++) {
        page_begin(&page[i], &crops, 1);
        for (int k = 0; k < LINES; k++) page[i].lines[k].width = k < LINES / 4 ? 8 : 16;
    }
    atomic_store(&runs, 0), atomic_store(&lines, 0), atomic_store(&pages, 0);
    read_all(page);
    for (int i = 0; i < PAGES; i++) {
        CHECK_INT(page[i].status, PLAIT_OK);
        CHECK_INT(read_once(&page[i]), LINES);
        plait_context_destroy(page[i].context);
    }
    CHECK_INT(atomic_load(&lines), PAGES * LINES);
    CHECK_INT(atomic_load(&runs), PAGES * LINES / 32);
    CHECK(atomic_load(&pages) > atomic_load(&runs)); /* a page has half a run of the narrow ones */
    plait__crops_end(&crops);
}
#endif

TEST_MAIN(one_page, a_few_lines, a_bad_line, stopped, together, apart, waiting)
