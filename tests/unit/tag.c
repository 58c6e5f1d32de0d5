/* The shipped tagger on a small page, with every sense and without each. */
#include "document/document.h"
#include "document/features.h"
#include "page_of_text.h"
#include "test.h"

static plait_context *context;
static plait_model *model;
static struct plait__arena arena;
static struct plait__page page;
static uint64_t stage_us[PLAIT__STAGE_COUNT], encoder_us[PLAIT__MODALITY_COUNT];

enum { TEXT = 1 << PLAIT__MODALITY_TEXT, LAYOUT = 1 << PLAIT__MODALITY_LAYOUT, IMAGE = 1 << PLAIT__MODALITY_IMAGE };

static const char *const receipt[] = {"ACME TRADING SDN BHD", "NO. 1, JALAN DAMAI 3,", "81100 JOHOR BAHRU, JOHOR.",
                                      "TEL: 07-123 4567",     "DATE: 25/12/2018",      "PAPER A4\t12.30",
                                      "TOTAL\t12.30",         "CASH\t20.00",           "CHANGE\t7.70"};

static struct plait__tags tag(const struct plait__image *grey, unsigned present, bool evidence) {
    struct plait__tags tags;
    CHECK_INT(plait__tag(context, &model->tagger, &page, grey, present, evidence, &arena, stage_us, encoder_us, &tags),
              PLAIT_OK);
    return tags;
}

static bool finite(const float *values) {
    bool all = values != NULL;
    for (int i = 0; all && i < page.word_count * model->tagger.label_count; i++) all = isfinite(values[i]);
    return all;
}

TEST(every_set_is_asked_for_evidence) {
    const struct plait__tags tags = tag(NULL, TEXT | LAYOUT | IMAGE, true);
    CHECK_INT(tags.present, TEXT | LAYOUT); /* there is no picture */
    CHECK(finite(tags.by_set[TEXT]) && finite(tags.by_set[LAYOUT]) && finite(tags.by_set[TEXT | LAYOUT]));
    CHECK(!tags.by_set[IMAGE] && !tags.by_set[TEXT | IMAGE]);
}

TEST(a_batch_of_sets_answers_like_each_alone) {
    const struct plait__tags together = tag(NULL, TEXT | LAYOUT, true);
    float batch[8];
    memcpy(batch, together.by_set[LAYOUT], sizeof batch);
    const struct plait__tags alone = tag(NULL, LAYOUT, false);
    for (int i = 0; i < 8; i++) CHECK_NEAR(alone.by_set[LAYOUT][i], batch[i], 1e-4); /* f32 sums in another order */
}

TEST(an_encoder_takes_time_of_the_stage_where_it_is_asked) {
    memset(stage_us, 0, sizeof stage_us);
    memset(encoder_us, 0, sizeof encoder_us);
    tag(NULL, TEXT | LAYOUT | IMAGE, false); /* there is no picture */
    CHECK(encoder_us[PLAIT__MODALITY_TEXT] > 0 && encoder_us[PLAIT__MODALITY_IMAGE] == 0);
    CHECK(encoder_us[PLAIT__MODALITY_TEXT] + encoder_us[PLAIT__MODALITY_LAYOUT] <= stage_us[PLAIT__STAGE_ENCODE]);
}

TEST(no_sense_at_all) {
    const struct plait__tags tags = tag(NULL, 0, true);
    CHECK_INT(tags.present, 0);
    CHECK(finite(tags.by_set[0]));
}

TEST(many_words_are_tagged_in_parts) {
    const int most = model->tagger.words_most;
    const struct plait__tags whole = tag(NULL, TEXT | LAYOUT, false);
    CHECK_INT(whole.word_count, page.word_count);
    model->tagger.words_most = 7;
    CHECK(finite(tag(NULL, TEXT | LAYOUT, false).by_set[TEXT | LAYOUT]));
    model->tagger.words_most = most;
}

TEST(an_empty_page) {
    struct plait__page empty = {.width = 10, .height = 10};
    struct plait__tags tags;
    CHECK_INT(plait__tag(context, &model->tagger, &empty, NULL, TEXT | LAYOUT, true, &arena, stage_us, encoder_us, &tags),
              PLAIT_OK);
    CHECK_INT(tags.word_count, 0);
}

TEST(long_words_keep_both_ends) {
    const char *alphabet[] = {"other", "A", "B", "C"};
    const struct plait__encoder encoder = {.alphabet = alphabet, .alphabet_count = 4, .length = 6};
    struct plait__word word = {.text = "aAAAxxxxxxxxBC"};
    struct plait__page one = {.word_count = 1, .words = &word};
    float characters[4 * 6];
    plait__text_characters(&one, &encoder, characters);
    for (int i = 0; i < 4; i++) CHECK_NEAR(characters[1 * 6 + i], 1, 0); /* A A A A, of either case */
    CHECK_NEAR(characters[2 * 6 + 4], 1, 0);                             /* B */
    CHECK_NEAR(characters[3 * 6 + 5], 1, 0);                             /* C */
    float sum = 0;
    for (int i = 0; i < 4 * 6; i++) sum += characters[i];
    CHECK_NEAR(sum, 6, 0);
}

TEST(layout_features_do_not_depend_on_resolution) {
    const size_t floats = (size_t)page.word_count * PLAIT__LAYOUT_FEATURES;
    float *once = plait__arena_array(&arena, floats, sizeof *once), *twice = plait__arena_array(&arena, floats, sizeof *twice);
    CHECK_INT(plait__layout_features(&arena, &page, once), PLAIT_OK);
    for (int i = 0; i < page.word_count; i++)
        for (int corner = 0; corner < 4; corner++)
            for (int k = 0; k < 2; k++) page.words[i].polygon[corner][k] = 2 * page.words[i].polygon[corner][k] + 50;
    CHECK_INT(plait__layout_features(&arena, &page, twice), PLAIT_OK);
    float most = 0;
    for (size_t i = 0; i < floats; i++) most = fmaxf(most, fabsf(once[i] - twice[i]));
    CHECK_NEAR(most, 0, 1e-4); /* f32 */
}

int main(void) {
    plait_context_create(NULL, &context);
    if (plait_model_create(context, "models/receipt", NULL, &model) != PLAIT_OK) {
        fprintf(stderr, "%s\n", plait_context_error(context));
        return 1;
    }
    plait__arena_init(&arena, context);
    CHECK_INT(page_of_text(&arena, receipt, sizeof receipt / sizeof *receipt, &page), PLAIT_OK);
    test_every_set_is_asked_for_evidence();
    test_a_batch_of_sets_answers_like_each_alone();
    test_an_encoder_takes_time_of_the_stage_where_it_is_asked();
    test_no_sense_at_all();
    test_many_words_are_tagged_in_parts();
    test_an_empty_page();
    test_long_words_keep_both_ends();
    test_layout_features_do_not_depend_on_resolution();
    plait__arena_end(&arena);
    plait_model_destroy(model);
    plait_context_destroy(context);
    return test__finish();
}
