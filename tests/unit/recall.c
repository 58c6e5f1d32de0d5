/* Where confirmed values stand on pages of the same shop, of another branch, and misread. */
#include "document/recall.h"

#include "page_of_text.h"
#include "test.h"

#define COMPANY "AIK HUAT HARDWARE (SETIA ALAM) SDN BHD"
#define ADDRESS "17 JALAN SETIA INDAH, 40170 SHAH ALAM"
#define BOX(y)  ", \"box\": [0.02, " y ", 0.5, " y "]}"

static plait_context *context;

static const char confirmed[] =
    "{\"schema\": \"plait.example/1\", \"id\": \"0123456789abcdef\", \"type\": \"receipt\", \"embedding_schema\": \"page/0\", "
    "\"embedding\": [], \"lines\": [{\"text\": \"" COMPANY
    "\"" BOX("0.2") ", {\"text\": \"" ADDRESS "\"" BOX("0.4") "], \"fields\": {\"company\": {\"value\": \"" COMPANY
                                                              "\"}, \"address\": {\"value\": \"" ADDRESS "\"}}}";

/* What is recalled of a field on a page with two lines; texts are the test's. */
static struct plait__recalled recalled(const char *first, const char *second, const char *field) {
    const char *const rows[] = {first, second, "TOTAL\t21.20"};
    struct plait__arena arena;
    struct plait__page page;
    struct plait__recall recall;
    struct plait__recalled found;
    plait_memory *memory = NULL;
    plait__arena_init(&arena, context);
    CHECK_INT(plait_memory_create(context, &memory), PLAIT_OK);
    CHECK_INT(plait_memory_import(memory, confirmed, strlen(confirmed), NULL), PLAIT_OK);
    CHECK_INT(page_of_text(&arena, rows, 3, &page), PLAIT_OK);
    CHECK_INT(plait__recall_begin(&arena, memory, &page, &recall), PLAIT_OK);
    CHECK_INT(plait__recall(&arena, &recall, field, &page, &found), PLAIT_OK);
    if (found.value) CHECK(strcmp(found.value, COMPANY) == 0 || strcmp(found.value, ADDRESS) == 0);
    found.value = found.value ? "found" : NULL; /* the rest ends with the memory */
    plait_memory_destroy(memory);
    plait__arena_end(&arena);
    return found;
}

TEST(same_shop) {
    const struct plait__recalled found = recalled(COMPANY, ADDRESS, "company");
    CHECK(found.value && found.vouched);
    CHECK_NEAR(found.likeness, 1, 0);
    CHECK_INT(found.first, 0);
    CHECK_INT(found.count, 7);
    CHECK_INT(recalled("WELCOME", ADDRESS, "address").first, 1);
    CHECK(!recalled("WELCOME", "21 OTHER ROAD", "address").value);
    CHECK(!recalled(COMPANY, ADDRESS, "total").value);
}

TEST(misread) {
    const struct plait__recalled found = recalled("AIK HUAT HARDWARE (SETIA ALAM) SN BHD", ADDRESS, "company");
    CHECK(found.value && found.vouched);
    CHECK_NEAR(found.likeness, 1 - 1.0 / 30, 1e-6);                                             /* one of its letters */
    CHECK(recalled("AIK HUAT HARDWARE 1SETIA ALAM) SDN BHD", ADDRESS, "company").value);        /* a bracket */
    CHECK(!recalled("AIK HUAT HARDWARE 1SETIA ALAM) SDN BHD", "5 ELSEWHERE", "company").value); /* or a number: who knows */
}

TEST(another_branch) {
    CHECK(!recalled(COMPANY, "25 JALAN SETIA INDAH, 40150 SHAH ALAM", "address").value);
    const struct plait__recalled found = recalled(COMPANY, "25 JALAN SETIA INDAH, 40150 SHAH ALAM", "company");
    CHECK(found.value && !found.vouched);
}

TEST(all) {
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    test_same_shop();
    test_misread();
    test_another_branch();
    plait_context_destroy(context);
}

TEST_MAIN(all)
