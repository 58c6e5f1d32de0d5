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
    "\"embedding\": [], \"lines\": [{\"text\": \"" COMPANY "\"" BOX("0.2") ", {\"text\": \"" ADDRESS "\"" BOX(
        "0.4") ", {\"text\": \"(822737-X) GST 000394528768\"" BOX("0.5") "], \"fields\": {\"company\": {\"value\": \"" COMPANY
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
    CHECK_NEAR(found.likeness, 1 - 1.0 / 30, 1e-6);                                              /* one of its letters */
    CHECK_INT(recalled("AIK HUAT HARDWARE 1SETIA ALAM) SDN BHD", ADDRESS, "company").digits, 1); /* a bracket, or a number */
    CHECK_NEAR(recalled("A\xC3\x8FK HUAT H\xC3\x84RDWARE (SETIA ALAM) SDN BHD", ADDRESS, "company").likeness, 1, 0);
    CHECK_INT(recalled(COMPANY, "7 JALAN SETIA INDAH, 40170 SHAH ALAM", "address").digits, 1); /* one is not there */
    CHECK(recalled("AIK HUAT HARDWARE (SETIA ALAM) ALAM) SDN BHD", ADDRESS, "company").longer);
}

TEST(another_branch) {
    CHECK(!recalled(COMPANY, "25 JALAN SETIA INDAH, 40150 SHAH ALAM", "address").value); /* more than one digit */
    const struct plait__recalled found = recalled(COMPANY, "25 JALAN SETIA INDAH, 40150 SHAH ALAM", "company");
    CHECK(found.value && !found.vouched);
}

/* Numbers of registers in the head of a page. */
TEST(akin) {
    const char *const far = "AIK HAT HRDWRE SETI ALM SD BD"; /* seven letters of 30 are not there */
    CHECK(!recalled(COMPANY, ADDRESS, "company").akin);
    CHECK(recalled(COMPANY " 822737-X", ADDRESS, "company").akin);
    CHECK(!recalled(COMPANY " 822738-X", ADDRESS, "company").akin);    /* one of a few digits */
    CHECK(recalled(COMPANY " 000394528766", ADDRESS, "company").akin); /* one of twelve */
    CHECK(!recalled(far, ADDRESS, "company").value);
    CHECK(recalled(far, ADDRESS " 822737-X", "company").value);
}

TEST(all) {
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    test_same_shop();
    test_misread();
    test_another_branch();
    test_akin();
    plait_context_destroy(context);
}

TEST_MAIN(all)
