/* What a document of several pages says, from what its pages say. */
#include "document/reading.h"

#include "test.h"

static plait_context *context;
static struct plait__field_rule rules[] = {{.name = "company", .type = PLAIT__FIELD_TYPE_TEXT},
                                           {.name = "total", .type = PLAIT__FIELD_TYPE_MONEY}};
static struct plait__package package = {.has_tagger = true, .fields = rules, .field_count = 2};

static struct plait__field says(int f, int page, const char *value, float confidence) {
    return (struct plait__field){.rule = &rules[f], .page = page, .value = value, .text = value, .confidence = confidence};
}

/* The two fields of a document whose page i says companies[i] and totals[i]; "" is no value. */
static void merge(int count, const char *const *companies, const float *company, const char *const *totals, const float *total,
                  struct plait__field out[2]) {
    struct plait__document document = {.context = context, .package = &package, .page_count = count};
    struct plait__field fields[8][2], *by_page[8];
    for (int p = 0; p < count; p++) {
        fields[p][0] = says(0, p, *companies[p] ? companies[p] : NULL, company[p]);
        fields[p][1] = says(1, p, *totals[p] ? totals[p] : NULL, total[p]);
        by_page[p] = fields[p];
    }
    plait__arena_init(&document.arena, context);
    CHECK_INT(plait__merge_fields(&document, by_page), PLAIT_OK);
    CHECK_INT(document.field_count, 2);
    memcpy(out, document.fields, 2 * sizeof *out);
    plait__arena_end(&document.arena);
}

TEST(one_page_stays_as_it_is) {
    struct plait__field out[2];
    merge(1, (const char *[]){"ACME"}, (float[]){0.7f}, (const char *[]){""}, (float[]){0.8f}, out);
    CHECK_TEXT(out[0].value, "ACME");
    CHECK(out[0].confidence == 0.7f);
    CHECK(!out[1].value && out[1].confidence == 0.8f);
}

TEST(every_field_from_its_surest_page) {
    struct plait__field out[2];
    merge(3, (const char *[]){"ACME", "", ""}, (float[]){0.9f, 0.99f, 0.5f}, (const char *[]){"", "1.00", "9.00"},
          (float[]){0.9f, 0.5f, 0.8f}, out);
    CHECK_TEXT(out[0].value, "ACME"); /* pages that are sure to have none do not speak against it */
    CHECK(out[0].confidence == 0.9f);
    CHECK_INT(out[0].page, 0);
    CHECK_TEXT(out[1].value, "9.00");
    CHECK_INT(out[1].page, 2);
    CHECK_NEAR(out[1].confidence, 4.0 / (1 + 4 + 1), 1e-6); /* odds of 0.8 and 0.5: 4 and 1 */
}

TEST(pages_that_agree_are_no_rivals) {
    struct plait__field out[2];
    merge(3, (const char *[]){"ACME SDN BHD", "Acme Sdn. Bhd.", "Acme sdn bhd"}, (float[]){0.6f, 0.9f, 0.7f},
          (const char *[]){"5.00", "5.00", "6.00"}, (float[]){0.5f, 0.75f, 0.5f}, out);
    CHECK_TEXT(out[0].value, "Acme Sdn. Bhd.");
    CHECK(out[0].confidence == 0.9f);
    CHECK_TEXT(out[1].value, "5.00");
    CHECK_NEAR(out[1].confidence, 3.0 / (1 + 3 + 1), 1e-6);
}

TEST(a_rival_counts_once) {
    struct plait__field out[2];
    merge(4, (const char *[]){"A", "", "", ""}, (float[]){0.5f, 0.5f, 0.5f, 0.5f},
          (const char *[]){"5.00", "6.00", "6.00", "6.00"}, (float[]){0.8f, 0.5f, 0.5f, 0.5f}, out);
    CHECK_TEXT(out[1].value, "5.00");
    CHECK_NEAR(out[1].confidence, 4.0 / (1 + 4 + 1), 1e-6);
}

TEST(none_anywhere) {
    struct plait__field out[2];
    merge(2, (const char *[]){"", ""}, (float[]){0.9f, 0.7f}, (const char *[]){"", ""}, (float[]){1, 1}, out);
    CHECK(!out[0].value);
    CHECK(out[0].confidence == 0.7f); /* the page that was nearest to having one */
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_one_page_stays_as_it_is();
    test_every_field_from_its_surest_page();
    test_pages_that_agree_are_no_rivals();
    test_a_rival_counts_once();
    test_none_anywhere();
    plait_context_destroy(context);
    return test__finish();
}
