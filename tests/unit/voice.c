/* What a voice note says of a document: likelihoods against a sum over all paths, and what agreement and conflict do. */
#include "document/voice.h"

#include "page_of_text.h"
#include "test.h"

static plait_context *context;

enum { CLASSES = 11, STEPS = 5 };

/* Log probabilities in which each step says one class with probability `sure`; -1 is the blank. */
static void say(const int *classes, int steps, double sure, float *out) {
    for (int t = 0; t < steps; t++)
        for (int c = 0; c < CLASSES; c++)
            out[t * CLASSES + c] = (float)log(c == classes[t] + 1 ? sure : (1 - sure) / (CLASSES - 1));
}

/* What a path of classes spells. */
static void spell(int path, char digits[STEPS + 1]) {
    int before = 0, count = 0;
    for (int t = 0; t < STEPS; t++, path /= CLASSES) {
        const int c = path % CLASSES;
        if (c && c != before) digits[count++] = (char)('0' + c - 1);
        before = c;
    }
    digits[count] = '\0';
}

TEST(likelihood_is_the_sum_of_all_paths) {
    float said[STEPS * CLASSES];
    for (int i = 0; i < STEPS * CLASSES; i++) said[i] = (float)log((1 + i * 37 % 11) / 66.0); /* each row sums to 1 */
    struct plait__heard heard = {.steps = STEPS, .class_count = CLASSES, .log_probabilities = said};
    static const char *const tried[] = {"", "7", "07", "77", "123", "111", "90909", "111111"};
    double sums[8] = {0};
    int paths = 1;
    for (int t = 0; t < STEPS; t++) paths *= CLASSES;
    for (int path = 0; path < paths; path++) {
        char digits[STEPS + 1];
        double logarithm = 0;
        spell(path, digits);
        for (int t = 0, rest = path; t < STEPS; t++, rest /= CLASSES) logarithm += (double)said[t * CLASSES + rest % CLASSES];
        for (int i = 0; i < 8; i++)
            if (strcmp(digits, tried[i]) == 0) sums[i] += exp(logarithm);
    }
    for (int i = 0; i < 8; i++) CHECK_NEAR(exp(plait__heard_likelihood(&heard, tried[i])), sums[i], 1e-9); /* of sums below 1 */
    CHECK(sums[3] > 0 && sums[5] > 0); /* three ones need two blanks between them */
    CHECK_NEAR(sums[6] > 0, 1, 0);
    CHECK_NEAR(sums[7], 0, 0); /* longer than there are steps */
}

/* ------------------------------------------------------------------ agreement and conflict */

static struct plait__field_rule rule = {.name = "total", .type = PLAIT__FIELD_TYPE_MONEY, .review = 0.8F};

/* A receipt with a total of 21.20 of confidence `before`, and a note that says the classes. */
static struct plait__field hear(const int *classes, int steps, const char *digits, float before, const char *value, int *checks,
                                bool *passed) {
    static const char *const rows[] = {"ACME SDN BHD", "TEA\t1.20",   "RICE\t20.00",
                                       "TOTAL\t21.20", "CASH\t50.00", "CHANGE\t28.80"};
    static float said[64 * CLASSES];
    struct plait__package package = {.voice = {.field = "total", .trust = 0.95F, .unseen = 0.3F}, .has_tagger = true};
    struct plait__page page;
    struct plait__field field = {.rule = &rule, .value = value, .text = value, .confidence = before, .evidence = {0.9F, 0.1F}};
    struct plait__check check[2] = {{0}};
    struct plait__heard heard = {
        .steps = steps, .class_count = CLASSES, .log_probabilities = said, .digits = digits, .quality = 0.7F};
    struct plait__document document = {.context = context,
                                       .package = &package,
                                       .page_count = 1,
                                       .pages = &page,
                                       .fields = &field,
                                       .field_count = 1,
                                       .checks = check,
                                       .heard = &heard};
    say(classes, steps, 0.99, said);
    plait__arena_init(&document.arena, context);
    CHECK_INT(page_of_text(&document.arena, rows, 6, &page), PLAIT_OK);
    CHECK_INT(plait__voice(&document), PLAIT_OK);
    CHECK(document.modalities[PLAIT__MODALITY_AUDIO].present);
    CHECK_NEAR(document.modalities[PLAIT__MODALITY_AUDIO].quality, 0.7, 1e-6);
    *checks = document.check_count;
    *passed = check[0].passed;
    if (document.check_count == 1) {
        char expected[96];
        snprintf(expected, sizeof expected, "heard %s, the total is %s", digits, value);
        CHECK_TEXT(check[0].name, "voice_agrees");
        CHECK_TEXT(check[0].detail, expected);
    }
    plait__arena_end(&document.arena);
    return field;
}

static double evidence(const struct plait__field *field) {
    double sum = 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) sum += (double)field->evidence[m];
    return sum;
}

TEST(agreement_raises) {
    int checks;
    bool passed;
    struct plait__field field = hear((int[]){2, -1, 1, 2, -1, 0, -1}, 7, "2120", 0.7F, "21.20", &checks, &passed);
    CHECK(field.confidence > 0.95F);
    CHECK_INT(checks, 1);
    CHECK(passed);
    CHECK(field.evidence[PLAIT__MODALITY_AUDIO] > 0.3F);
    CHECK_NEAR(evidence(&field), 1, 1e-6);
    field = hear((int[]){2, -1, 0, -1}, 4, "20", 0.5F, "20.00", &checks, &passed); /* without cents */
    CHECK(field.confidence > 0.9F);
    field = hear((int[]){5, -1, 0, -1, 0, -1, 0}, 7, "5000", 0.5F, "50.00", &checks, &passed); /* a digit twice needs a blank */
    CHECK(field.confidence > 0.9F);
}

TEST(conflict_lowers) {
    int checks;
    bool passed;
    struct plait__field field = hear((int[]){5, -1, 0, -1, 0, -1, 0}, 7, "5000", 0.9F, "21.20", &checks, &passed);
    CHECK(field.confidence < 0.6F);  /* another amount of the page was said */
    CHECK(field.confidence > 0.01F); /* who speaks may be wrong */
    CHECK_INT(checks, 1);
    CHECK(!passed);
    const float other = field.confidence;
    field = hear((int[]){9, -1, 8, -1, 7, -1, 6}, 7, "9876", 0.9F, "21.20", &checks, &passed);
    CHECK(field.confidence < 0.9F); /* an amount that is nowhere: less is known */
    CHECK(field.confidence > other);
    CHECK(!passed);
    CHECK_NEAR(evidence(&field), 1, 1e-6);
}

TEST(silence_says_nothing) {
    int checks;
    bool passed;
    struct plait__field field = hear((int[]){-1, -1, -1}, 3, "", 0.9F, "21.20", &checks, &passed);
    CHECK_NEAR(field.confidence, 0.9F, 0);
    CHECK_INT(checks, 0);
    field = hear((int[]){2, -1, 1}, 3, "21", 0.9F, NULL, &checks, &passed); /* nothing to compare with */
    CHECK_INT(checks, 0);
    CHECK_NEAR(field.confidence, 0.9F, 0);
}

TEST(all) {
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    test_likelihood_is_the_sum_of_all_paths();
    test_agreement_raises();
    test_conflict_lowers();
    test_silence_says_nothing();
    plait_context_destroy(context);
}

TEST_MAIN(all)
