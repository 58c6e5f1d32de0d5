/* Scoring: the parts against values worked out by hand, and a small page against counts that can be seen at a glance. */
#include "document/score.h"

#include "test.h"

static plait_context *context;
static struct plait__arena arena;

TEST(folds_text) {
    CHECK_TEXT(plait__score_fold(&arena, "  AB\t\nc  "), "ab c");
    CHECK_TEXT(plait__score_fold(&arena, ""), "");
    CHECK_TEXT(plait__score_fold(&arena, "\xC3\x89pis \xC3\x9F \xC2\xB2"), "\xC3\xA9pis ss 2"); /* Épis ß ² */
    CHECK_TEXT(plait__score_fold(&arena, "\xE2\x80\xA6\xE2\x84\xA2"), "...tm");
    CHECK_TEXT(plait__score_fold(&arena, "a\xC2\xA0"
                                         "b\xFF"),
               "a b\xC3\xBF"); /* a stray byte stands for itself */
    CHECK_TEXT(plait__score_key(&arena, "no. 5, 1/2 \xC3\xA9-\xE2\x82\xAC"), "no512\xC3\xA9");
}

TEST(counts_edits) {
    CHECK_INT(plait__score_edits(&arena, "", ""), 0);
    CHECK_INT(plait__score_edits(&arena, "abc", ""), 3);
    CHECK_INT(plait__score_edits(&arena, "", "abc"), 3);
    CHECK_INT(plait__score_edits(&arena, "kitten", "sitting"), 3);
    CHECK_INT(plait__score_edits(&arena, "\xC3\xA9t\xC3\xA9", "ete"), 2); /* characters, not bytes */
}

TEST(reads_numbers) {
    static const struct {
        const char *text;
        double number;
    } cases[] = {{"RM 1,234.50", 1234.5}, {"$8.20", 8.2},    {"1.234,50", 1234.5}, {"1,000", 1000},
                 {"RM8.60", 8.6},         {"-3.20", -3.2},   {"RM 5", 5},          {"1 234.50", 1234.5},
                 {"RM -4", -4},           {"12.5 kg", 12.5}, {"inv-7", 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double number = 0;
        CHECK(plait__score_number(cases[i].text, &number));
        CHECK_NEAR(number, cases[i].number, 0);
    }
    double number;
    CHECK(!plait__score_number("", &number));
    CHECK(!plait__score_number("none", &number));
}

TEST(reads_days) {
    static const struct {
        const char *text;
        int day;
    } cases[] = {{"18/03/18", 20180318},    {"2018-03-18", 20180318}, {"12/28/2017", 20171228},
                 {"14 MAR 2018", 20180314}, {"28 MAR 18", 20180328},  {"MAR 4, 2018", 20180304},
                 {"20180304", 20180304},    {"1-2-2018", 20180201},   {"04032018", 20180304},
                 {"05-JAN-'17", 20170105},  {"40/40/40", 0},          {"hello", 0},
                 {"29/02/2019", 0},         {"29/02/2020", 20200229}, {"date: 1.2.99 10:30", 19990201}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) CHECK_INT(plait__score_day(cases[i].text), cases[i].day);
}

/* ------------------------------------------------------------------ a page */

static const char truth_text[] =
    "{\"image\":\"1.jpg\",\"width\":400,\"height\":200,\"lines\":[{\"box\":[0,0,100,20],\"text\":\"ACME SHOP\"},"
    "{\"box\":[0,40,60,60],\"text\":\"TOTAL\"},{\"box\":[200,40,300,60],\"text\":\"RM "
    "12.30\"},{\"box\":[0,90,60,110],\"text\":\"***\"}],"
    "\"fields\":{\"company\":\"ACME SHOP\",\"total\":\"RM 12.30\",\"address\":null}}";

static struct plait__truth read_truth(void) {
    struct plait__truth truth = {0};
    CHECK_INT(plait__truth_read(&arena, truth_text, sizeof truth_text - 1, "truth", &truth), PLAIT_OK);
    return truth;
}

static struct plait__line line(float x0, float y0, float x1, float y1, const char *text) {
    return (struct plait__line){.polygon = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, .text = text};
}

TEST(reads_truth) {
    struct plait__truth truth = read_truth(), other;
    CHECK_INT(truth.line_count, 4);
    CHECK(truth.lines[3].mute);
    CHECK_INT(truth.field_count, 3);
    CHECK(truth.fields[2].text == NULL);
    CHECK_INT(plait__truth_read(&arena, "{}", 2, "t", &other), PLAIT_INVALID);
    CHECK_INT(plait__truth_read(&arena, "{\"image\":\"../x\"}", 16, "t", &other), PLAIT_INVALID);
}

/* One row merged with one wrong letter, one line invented, one lost; and the page twice as large as the truth's. */
TEST(scores_a_page) {
    struct plait__truth truth = read_truth();
    struct plait__page_score score = {0};
    struct plait__line lines[] = {line(0, 80, 600, 120, "Total RM 12.80"), line(0, 300, 100, 340, "zz"),
                                  line(0, 180, 120, 220, "abc")};
    struct plait__page page = {.width = 800, .height = 400, .line_count = 3, .lines = lines};
    bool found[4];
    CHECK_INT(plait__score_page(&arena, &truth, &page, &score, found), PLAIT_OK);
    CHECK_INT(score.words_right, 2); /* total, rm */
    CHECK_INT(score.words_true, 5);
    CHECK_INT(score.words_read, 4); /* abc stands where nothing counts */
    CHECK_INT(score.group_edits, 1);
    CHECK_INT(score.group_characters, 14);
    CHECK_INT(score.missed_characters, 9);
    CHECK_INT(score.invented_characters, 2);
    CHECK_INT(score.lines_right, 0);
    CHECK(!found[0] && found[1] && found[2]);
    CHECK_NEAR(plait__score_word_f1(&score), 4.0 / 9, 1e-12);
}

TEST(scores_fields) {
    struct plait__truth truth = read_truth();
    struct plait__word words[] = {{.text = "Acme"}, {.text = "Shop"}, {.text = "12.80"}};
    struct plait__page page = {.width = 400, .height = 200, .word_count = 3, .words = words};
    const bool found[4] = {true, true, true, true}, lost[4] = {true, true, false, true};
    const struct plait__field_rule text = {.name = "company", .type = PLAIT__FIELD_TYPE_TEXT};
    const struct plait__field_rule money = {.name = "total", .type = PLAIT__FIELD_TYPE_MONEY};
    struct plait__field field = {.rule = &text, .value = "Acme Shop.", .text = "Acme  shop", .confidence = 0.9f};
    struct plait__field_score score;
    CHECK_INT(plait__score_field(&arena, &field, "ACME SHOP", &truth, found, &page, &score), PLAIT_OK);
    CHECK(score.strict && score.right && score.fault == PLAIT__FAULT_NONE);

    field.value = field.text = "Other";
    CHECK_INT(plait__score_field(&arena, &field, "ACME SHOP", &truth, found, &page, &score), PLAIT_OK);
    CHECK(!score.right);
    CHECK_INT(score.fault, PLAIT__FAULT_TAGGING);
    CHECK_INT(plait__score_field(&arena, &field, NULL, &truth, found, &page, &score), PLAIT_OK);
    CHECK_INT(score.fault, PLAIT__FAULT_INVENTED);

    field = (struct plait__field){.rule = &money, .value = "12.30", .text = "12.30"};
    CHECK_INT(plait__score_field(&arena, &field, "RM 12.30", &truth, found, &page, &score), PLAIT_OK);
    CHECK(!score.strict && score.right);
    field.value = field.text = "12.80";
    CHECK_INT(plait__score_field(&arena, &field, "RM 12.30", &truth, found, &page, &score), PLAIT_OK);
    CHECK_INT(score.fault, PLAIT__FAULT_RECOGNITION);
    CHECK_INT(plait__score_field(&arena, &field, "RM 12.30", &truth, lost, &page, &score), PLAIT_OK);
    CHECK_INT(score.fault, PLAIT__FAULT_DETECTION);
    field = (struct plait__field){.rule = &text, .value = "acme sh", .text = "Acme Shop"};
    CHECK_INT(plait__score_field(&arena, &field, "ACME-SHOP!", &truth, found, &page, &score), PLAIT_OK);
    CHECK_INT(score.fault, PLAIT__FAULT_NORMALISATION);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    plait__arena_init(&arena, context);
    test_folds_text();
    test_counts_edits();
    test_reads_numbers();
    test_reads_days();
    test_reads_truth();
    test_scores_a_page();
    test_scores_fields();
    plait__arena_end(&arena);
    plait_context_destroy(context);
    return test__finish();
}
