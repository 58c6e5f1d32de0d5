/* Fields from scores, and the checks on them: everything after the networks. */
#include <stdio.h>
#include <stdlib.h>

#include "document/document.h"
#include "document/familiar.h"
#include "document/normalise.h"
#include "document/scores.h"
#include "document/spelling.h"
#include "page_of_text.h"
#include "test.h"

enum { COMPANY, DATE, TOTAL, MISREAD, COMPANY_FIRST, COMPANY_LAST, LABELS };
enum { T = 1, L = 2 };

static plait_context *context;
static struct plait__document document;
static struct plait__page page;
static struct plait__tags tags;

static const char *const signs[] = {"RM", "$"}, *const codes[] = {"MYR", "USD"};
static const char *cash_words[] = {"CASH"}, *change_words[] = {"CHANGE"};
static struct plait__field_rule rules[] = {
    {.name = "company",
     .type = PLAIT__FIELD_TYPE_TEXT,
     .label = COMPANY,
     .label_first = COMPANY_FIRST,
     .label_last = COMPANY_LAST},
    {.name = "date", .type = PLAIT__FIELD_TYPE_DATE, .label = DATE, .day_first = true},
    {.name = "total", .type = PLAIT__FIELD_TYPE_MONEY, .label = TOTAL, .currency_count = 2},
};
static struct plait__amount_rule amounts[] = {{"cash", cash_words, 1}, {"change", change_words, 1}};
static struct plait__check_rule checks[] = {{.name = "paid",
                                             .field = "total",
                                             .tolerance = 0.001f,
                                             .passed = 1,
                                             .failed = -1,
                                             .term_count = 2,
                                             .terms = {{0, 1, false}, {1, -1, false}}}};
static struct plait__package package = {
    .fields = rules, .field_count = 3, .amounts = amounts, .amount_count = 2, .checks = checks, .check_count = 1};

static const char *const receipt[] = {"ACME",        "STORE SDN BHD", "1, MAIN ROAD", "DATE: 03/04/2018", "TOTAL\tRM 12.30",
                                      "CASH\t20.00", "CHANGE\t7.70"};

static int word(const char *text) {
    for (int i = 0; i < page.word_count; i++)
        if (strcmp(page.words[i].text, text) == 0) return i;
    return -1;
}

static void say(unsigned set, const char *text, int label, float logit) {
    tags.by_set[set][word(text) * LABELS + label] = logit;
}

/* A tagger that knows everything with text, a little with layout. */
static void begin(void) {
    package.tagger.misread = MISREAD;
    checks[0].passed = 1, checks[0].failed = -1;
    rules[2].currency_signs = (const char **)(uintptr_t)signs, rules[2].currency_codes = (const char **)(uintptr_t)codes;
    for (int i = 0; i < 3; i++) {
        rules[i].least = 0.2f;
        for (int set = 0; set < 16; set++) rules[i].calibrations[set] = (struct plait__field_calibration){.scale = 1};
    }
    document = (struct plait__document){.context = context, .package = &package, .page_count = 1, .pages = &page};
    plait__arena_init(&document.arena, context);
    CHECK_INT(page_of_text(&document.arena, receipt, 7, &page), PLAIT_OK);
    tags = (struct plait__tags){.word_count = page.word_count, .label_count = LABELS, .present = T | L};
    for (unsigned set = 1; set <= (T | L); set++) {
        tags.by_set[set] = plait__arena_array(&document.arena, (size_t)page.word_count * LABELS, sizeof(float));
        for (int i = 0; i < page.word_count * LABELS; i++) tags.by_set[set][i] = -4;
        if (!(set & T)) continue;
        const char *company[] = {"ACME", "STORE", "SDN", "BHD"};
        for (int i = 0; i < 4; i++) say(set, company[i], COMPANY, 4);
        say(set, "ACME", COMPANY_FIRST, 4);
        say(set, "BHD", COMPANY_LAST, 4);
        say(set, "03/04/2018", DATE, 5);
        say(set, "12.30", TOTAL, 5);
    }
}

static void end(void) {
    plait__arena_end(&document.arena);
}

TEST(values_over_lines) {
    begin();
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK_TEXT(document.fields[0].value, "ACME STORE SDN BHD");
    CHECK_INT(document.fields[0].line_count, 2);
    CHECK_INT(document.fields[0].word_count, 4);
    CHECK_TEXT(document.fields[1].value, "2018-04-03");
    CHECK_TEXT(document.fields[1].text, "03/04/2018");
    CHECK_TEXT(document.fields[2].value, "12.30");
    CHECK_TEXT(document.fields[2].currency, "MYR");
    CHECK(document.fields[2].confidence > 0.9f);
    end();
}

TEST(evidence_sums_to_one) {
    begin();
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    for (int i = 0; i < 3; i++) {
        const float *e = document.fields[i].evidence;
        CHECK_NEAR(e[0] + e[1] + e[2] + e[3], 1, 1e-6);
        CHECK(e[0] > 0.5f); /* text knew, layout did not */
    }
    end();
}

TEST(nothing_to_find) {
    begin();
    for (int i = 0; i < page.word_count * LABELS; i++) tags.by_set[T | L][i] = -9;
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    for (int i = 0; i < 3; i++) {
        CHECK(!document.fields[i].value && !document.fields[i].text);
        CHECK_INT(document.fields[i].reason, PLAIT__REASON_NOT_FOUND);
    }
    CHECK_INT(plait__fields(&document, &tags, T), PLAIT_OK);
    CHECK_INT(document.fields[0].reason, PLAIT__REASON_MODALITY_MISSING);
    end();
}

TEST(two_totals_as_likely) {
    begin();
    rules[2].least = 0.9f;
    checks[0].passed = checks[0].failed = 0;
    say(T | L, "20.00", TOTAL, 4.9f);
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK(!document.fields[2].value);
    CHECK_INT(document.fields[2].reason, PLAIT__REASON_CONFLICT);
    end();
}

TEST(misread_words_lower_the_confidence) {
    begin();
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    const float before = document.fields[0].confidence;
    for (int set = 0; set < 16; set++) rules[0].calibrations[set].misread = 1;
    say(T | L, "SDN", MISREAD, 2);
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK(document.fields[0].confidence < before);
    end();
}

TEST(probabilities_sum_to_one) {
    begin();
    const struct plait__scores scores = {tags.by_set[T | L], page.word_count, LABELS, COMPANY,
                                         COMPANY_FIRST,      COMPANY_LAST,    NULL};
    double sum = 0, none = 1, all = 0;
    for (int a = 0; a < page.word_count; a++)
        for (int b = a; b < page.word_count; b++) sum += plait__span_probability(&scores, &page, a, b);
    for (int i = 0; i < 4; i++) all += 4;
    none = exp(-(all + 8));          /* the best stretch weighs exp(16 + 4 + 4) against 1 */
    CHECK_NEAR(sum, 1 - none, 1e-3); /* stretches under a thousandth that say the same are not looked for */
    int first, last;
    CHECK(plait__best_span(&scores, &first, &last));
    CHECK_INT(first, word("ACME"));
    CHECK_INT(last, word("BHD"));
    end();
}

TEST(checks_are_reported) {
    begin();
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK_INT(plait__checks(&document), PLAIT_OK);
    CHECK_INT(document.check_count, 2);
    CHECK_TEXT(document.checks[0].name, "date_reading");
    CHECK_TEXT(document.checks[0].detail, "03/04/2018 is read as 2018-04-03, day first; it could also be 2018-03-04");
    CHECK_TEXT(document.checks[1].name, "paid");
    CHECK(document.checks[1].passed);
    CHECK_TEXT(document.checks[1].detail, "total is 12.30; + cash - change is 12.30");
    end();
}

static float total_confidence(float passed, float failed) {
    checks[0].passed = passed, checks[0].failed = failed;
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    return document.fields[2].confidence;
}

TEST(checks_move_the_confidence) {
    begin();
    CHECK(total_confidence(1, -1) > total_confidence(0, 0));
    say(T | L, "12.30", TOTAL, -5); /* now 20.00 is chosen, and fails */
    say(T | L, "20.00", TOTAL, 5);
    CHECK(total_confidence(1, -1) < total_confidence(0, 0));
    CHECK_TEXT(document.fields[2].value, "20.00");
    CHECK_INT(plait__checks(&document), PLAIT_OK);
    CHECK(!document.checks[1].passed);
    end();
}

TEST(checks_choose_among_amounts) {
    begin();
    say(T | L, "12.30", TOTAL, 4);
    say(T | L, "20.00", TOTAL, 5);
    total_confidence(0, 0);
    CHECK_TEXT(document.fields[2].value, "20.00");
    total_confidence(1, -1);
    CHECK_TEXT(document.fields[2].value, "12.30");
    end();
}

TEST(texts_are_tidied) {
    begin();
    struct plait__arena *arena = &document.arena;
    CHECK_TEXT(plait__tidy_text(arena, "NO. 1 , MAIN ROAD,"), "NO. 1, MAIN ROAD");
    CHECK_TEXT(plait__tidy_text(arena, ": ACME CO."), "ACME CO.");
    CHECK_TEXT(plait__tidy_text(arena, "-"), "-"); /* something is better than nothing */
    CHECK_TEXT(plait__date_value(arena, 20180331), "2018-03-31");
    const struct plait__candidate credit = {.value = -1234500}, fine = {.value = 1005};
    CHECK_TEXT(plait__money_value(arena, &credit), "-1234.50");
    CHECK_TEXT(plait__money_value(arena, &fine), "1.005");
    end();
}

TEST(words_are_respelt) {
    begin();
    struct plait__arena *arena = &document.arena;
    const char *list = "JALAN KLANG SELANGOR SERVICE SERVICES ABCDE ABCDF";
    CHECK_TEXT(plait__respell(arena, list, "SLLANGOR,"), "SELANGOR,");
    CHECK_TEXT(plait__respell(arena, list, "(KLAMG)"), "(KLANG)");
    CHECK_TEXT(plait__respell(arena, list, "SERVICES"), "SERVICES"); /* is in the list */
    CHECK_TEXT(plait__respell(arena, list, "KLXXG"), "KLXXG");       /* two of five letters */
    CHECK_TEXT(plait__respell(arena, list, "SELXXGOR"), "SELXXGOR"); /* eight letters, one may be wrong */
    CHECK_TEXT(plait__respell(arena, list, "ABCDX"), "ABCDX");       /* two words are as near */
    CHECK_TEXT(plait__respell(arena, list, "JAL"), "JAL");
    CHECK_TEXT(plait__respell(arena, list, ""), "");
    end();
}

TEST(only_doubtful_words_are_respelt) {
    begin();
    package.spelling = "STOVE ACMEX";
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK_TEXT(document.fields[0].value, "ACME STORE SDN BHD");
    page.words[word("STORE")].confidence = 0.5f;
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK_TEXT(document.fields[0].value, "ACME STOVE SDN BHD");
    CHECK_TEXT(document.fields[0].text, "ACME STORE SDN BHD");
    package.spelling = NULL;
    end();
}

static int familiar_of(const char *value) {
    static const char *const values[] = {"ACME STORE SDN BHD", "ACME SHOP (KL)", "ACME SHOP (JB)",
                                         "NO. 12, JALAN TEMPUA, 47100 PUCHONG, SELANGOR"};
    int found = -2;
    CHECK_INT(plait__familiar(&document.arena, values, 4, value, &found), PLAIT_OK);
    return found;
}

TEST(familiar_values_are_found) {
    begin();
    CHECK_INT(familiar_of("Acme Store Sdn. Bhd."), 0); /* letters and digits count, their case does not */
    CHECK_INT(familiar_of("ACNE STORE SDN BHD"), 0);
    CHECK_INT(familiar_of("ACNE STOVE SDN BHD"), -1); /* two wrong of fifteen */
    CHECK_INT(familiar_of("ACME SHOP (XX)"), -1);
    CHECK_INT(familiar_of("ACME SHOP (KB)"), -1); /* as near to one as to the other */
    CHECK_INT(familiar_of("ACME SHOP (KL)"), 1);
    CHECK_INT(familiar_of("NO 12 JALAN TEMPUA 4710O PUCHONG SELANGOR"), 3);
    CHECK_INT(familiar_of("N0 12 JALAN TFMPUA 4710O PUCHONC SELANGOR"), 3); /* four wrong of 35 */
    CHECK_INT(familiar_of("N0 I2 JALAN TFMPUA 4710O PUCHONC SELANGOR"), -1);
    CHECK_INT(familiar_of("NO 13 JALAN TEMPUA 47100 PUCHONG SELANGOR"), 3); /* a digit counts as three characters */
    CHECK_INT(familiar_of("NO 34 JALAN TEMPUA 47100 PUCHONG SELANGOR"), -1);
    CHECK_INT(familiar_of("ACME"), -1);
    CHECK_INT(familiar_of(""), -1);
    end();
}

TEST(a_familiar_value_is_put_right_and_need_not_be_read_well) {
    begin();
    static const char *values[] = {"Acme Stove Sdn Bhd"};
    for (int set = 0; set < 16; set++) rules[0].calibrations[set].recognised = 1, rules[0].calibrations[set].familiar = 1;
    page.words[word("STORE")].confidence = 0.5f;
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK(!document.fields[0].familiar);
    const float before = document.fields[0].confidence;
    rules[0].familiar = values, rules[0].familiar_count = 1;
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    CHECK(document.fields[0].familiar);
    CHECK_TEXT(document.fields[0].value, "Acme Stove Sdn Bhd");
    CHECK_TEXT(document.fields[0].text, "ACME STORE SDN BHD");
    CHECK(document.fields[0].confidence > before);
    rules[0].familiar_count = 0;
    end();
}

/* The company that is read when this one was confirmed on a page like the receipt, with another line in its head; the word
 * STORE is read as well as said. */
static const char *company_after(const char *confirmed, const char *line, float read) {
    static char value[64];
    char json[1024];
    plait_memory *memory = NULL;
    snprintf(
        json, sizeof json,
        "{\"schema\": \"plait.example/1\", \"id\": \"0123456789abcdef\", \"type\": \"receipt\", \"embedding_schema\": \"\", "
        "\"embedding\": [], \"lines\": [{\"text\": \"ACME\", \"box\": [0, 0, 1, 0.1]}, {\"text\": \"STORE SDN BHD\", \"box\": "
        "[0, 0.1, 1, 0.2]}, {\"text\": \"%s\", \"box\": [0, 0.2, 1, 0.3]}, "
        "{\"text\": \"DATE: 03/04/2018\", \"box\": [0, 0.3, 1, 0.4]}], \"fields\": {\"company\": {\"value\": \"%s\"}}}",
        line, confirmed);
    begin();
    page.lines[2].text = "REG. NO. 860671-D";
    page.words[word("STORE")].confidence = read;
    CHECK_INT(plait_memory_create(context, &memory), PLAIT_OK);
    CHECK_INT(plait_memory_import(memory, json, strlen(json), NULL), PLAIT_OK);
    package.memory = memory;
    CHECK_INT(plait__fields(&document, &tags, 0), PLAIT_OK);
    snprintf(value, sizeof value, "%s", document.fields[0].value);
    CHECK_INT(document.fields[0].recalled != NULL, strcmp(value, confirmed) == 0);
    package.memory = NULL;
    plait_memory_destroy(memory);
    end();
    return value;
}

TEST(a_confirmed_value_is_believed_unless_the_page_clearly_says_something_else) {
    static const char *const as_read = "ACME STORE SDN BHD", *const line = "1, MAIN ROAD", *const number = "(860671 D)";
    static const char *values[] = {"ACME STORES SDN BHD"};
    CHECK_TEXT(company_after("ACME STOVE SDN BHD", line, 1), as_read);
    CHECK_TEXT(company_after("ACME STOVE SDN BHD", number, 1), as_read);
    CHECK_TEXT(company_after("ACME STOVE SDN BHD", line, 0.5f), "ACME STOVE SDN BHD");
    CHECK_TEXT(company_after("Acm\xC3\xA9 St\xC3\x96re Sdn Bhd", line, 1), "Acm\xC3\xA9 St\xC3\x96re Sdn Bhd"); /* accents */
    CHECK_TEXT(company_after("ACME STORE", number, 1), as_read);                                                /* it goes on */
    CHECK_TEXT(company_after("03/04/2018", number, 1), as_read);             /* it stands elsewhere */
    CHECK_TEXT(company_after("ACME STORE (M) SDN BHD", number, 1), as_read); /* it leaves something out */
    CHECK_TEXT(company_after("ACME STAXXE SDN BHD", line, 0.5f), as_read);   /* too far from what stands here, ... */
    CHECK_TEXT(company_after("ACME STAXXE SDN BHD", number, 0.5f), "ACME STAXXE SDN BHD"); /* unless its number is here too */
    rules[0].familiar = values, rules[0].familiar_count = 1;
    CHECK_TEXT(company_after("ACME STOVE SDN BHD", line, 1), values[0]);
    CHECK_TEXT(company_after("ACME STOVE SDN BHD", line, 0.5f), "ACME STOVE SDN BHD"); /* rather than one that is known */
    rules[0].familiar_count = 0;
}

int main(void) {
    plait_context_create(NULL, &context);
    test_values_over_lines();
    test_evidence_sums_to_one();
    test_nothing_to_find();
    test_two_totals_as_likely();
    test_misread_words_lower_the_confidence();
    test_probabilities_sum_to_one();
    test_checks_are_reported();
    test_checks_move_the_confidence();
    test_checks_choose_among_amounts();
    test_texts_are_tidied();
    test_words_are_respelt();
    test_only_doubtful_words_are_respelt();
    test_familiar_values_are_found();
    test_a_familiar_value_is_put_right_and_need_not_be_read_well();
    test_a_confirmed_value_is_believed_unless_the_page_clearly_says_something_else();
    plait_context_destroy(context);
    return test__finish();
}
