/* Amounts and dates found on a page. */
#include "document/candidates.h"

#include "page_of_text.h"
#include "test.h"

static plait_context *context;
static struct plait__arena arena;
static struct plait__page page;
static struct plait__candidate *found;
static int count;

static void find(const char *const *rows, int row_count) {
    CHECK_INT(page_of_text(&arena, rows, row_count, &page), PLAIT_OK);
    CHECK_INT(plait__candidates(&arena, &page, true, &found, &count), PLAIT_OK);
}

TEST(a_receipt) {
    find((const char *const[]){"ACME STORE", "DATE: 05 MAR 2018\tNO 123456789", "TOTAL\tRM12.30", "GST 6%\t0.70"}, 4);
    CHECK_INT(count, 3);
    CHECK_INT(found[0].type, PLAIT__FIELD_TYPE_DATE);
    CHECK_INT(found[0].value, 20180305);
    CHECK_INT(found[0].count, 3);
    CHECK_TEXT(found[0].text, "05 MAR 2018");
    CHECK_INT(found[1].value, 12300);
    CHECK_TEXT(found[1].text, "12.30");
    CHECK_TEXT(found[1].mark, "RM");
    CHECK_INT(found[2].value, 700);
}

TEST(an_amount_cut_by_a_space) {
    find((const char *const[]){"TOTAL 57. 80", "CASH 60 .00", "QTY 2 15.50"}, 3);
    CHECK_INT(count, 4);
    CHECK_INT(found[0].value, 57800);
    CHECK_INT(found[0].count, 2);
    CHECK_INT(found[1].value, 60000);
    CHECK_INT(found[2].value, 2000); /* a quantity stays by itself */
    CHECK_INT(found[3].value, 15500);
}

TEST(the_page_says_how_its_dates_are_read) {
    find((const char *const[]){"03/04/2018", "DUE 04/28/2018"}, 2);
    CHECK_INT(count, 2);
    CHECK_INT(found[0].value, 20180304);
    CHECK_INT(found[0].other, 0);
    find((const char *const[]){"03/04/2018"}, 1);
    CHECK_INT(found[0].value, 20180403);
    CHECK_INT(found[0].other, 20180304);
}

TEST(an_empty_page) {
    find(NULL, 0);
    CHECK_INT(count, 0);
}

int main(void) {
    plait_context_create(NULL, &context);
    plait__arena_init(&arena, context);
    test_a_receipt();
    test_an_amount_cut_by_a_space();
    test_the_page_says_how_its_dates_are_read();
    test_an_empty_page();
    plait__arena_end(&arena);
    plait_context_destroy(context);
    return test__finish();
}
