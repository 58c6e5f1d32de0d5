/* What encoders of texts, places and records are given, and what quality it has.  Pictures and sound are media's. */
#include "fusion/moment.h"

#include <string.h>

#include "test.h"

static plait_context *context;
static struct plait__arena arena;

static plait_tensor tensor;
static struct plait__quality quality;

static enum plait_status prepare(const struct plait__sense *sense, const char *text) {
    return plait__prepare(&arena, sense, text, strlen(text), &tensor, &quality);
}

static void refuse(const struct plait__sense *sense, const char *text, const char *sentence) {
    CHECK_INT(prepare(sense, text), PLAIT_INVALID);
    if (!strstr(plait_context_error(context), sentence)) CHECK_TEXT(plait_context_error(context), sentence);
}

static void check_places(const int64_t *expected) {
    CHECK_INT(tensor.dtype, PLAIT_I64);
    CHECK_INT(tensor.dims[0], 1);
    CHECK_INT(tensor.dims[1], 5);
    for (int i = 0; i < 5; i++) CHECK_INT(((const int64_t *)tensor.data)[i], expected[i]);
}

static void check_numbers(const float *expected, int count) {
    CHECK_INT(tensor.dtype, PLAIT_F32);
    CHECK_INT(plait_tensor_bytes(&tensor), count * sizeof(float));
    for (int i = 0; i < count; i++) CHECK_NEAR(((const float *)tensor.data)[i], expected[i], 1e-6); /* f32 */
}

TEST(text_is_places_in_an_alphabet) {
    const char *alphabet[] = {"?", "A", "\xc3\xa9", "1"};
    struct plait__sense sense = {.kind = PLAIT__SENSE_TEXT, .input = {.length = 5, .alphabet = alphabet, .alphabet_count = 4}};
    CHECK_INT(prepare(&sense, "A\xc3\xa9"
                              "1"),
              PLAIT_OK);
    check_places((const int64_t[]){1, 2, 3, 4, 4}); /* the alphabet's size after the last */
    CHECK_NEAR(quality.value, 1, 0);
    CHECK_INT(prepare(&sense, "a1\xc3\xa8"
                              "1A1"),
              PLAIT_OK); /* neither is there; the sixth is cut */
    check_places((const int64_t[]){0, 3, 0, 3, 1});
    CHECK_NEAR(quality.value, 0.6, 1e-6);
    sense.input.fold_case = true;
    CHECK_INT(prepare(&sense, "a"), PLAIT_OK);
    check_places((const int64_t[]){1, 4, 4, 4, 4});
    CHECK_INT(prepare(&sense, "\xc3"), PLAIT_OK); /* half of a character */
    check_places((const int64_t[]){0, 4, 4, 4, 4});
    CHECK_NEAR(quality.value, 0, 0);
    CHECK_INT(prepare(&sense, ""), PLAIT_OK);
    check_places((const int64_t[]){4, 4, 4, 4, 4});
    CHECK_NEAR(quality.value, 0, 0);
}

TEST(layout_is_boxes) {
    const struct plait__sense sense = {.kind = PLAIT__SENSE_LAYOUT, .input = {.boxes = 3}};
    CHECK_INT(prepare(&sense, "[[0, 0.25, 1, 0.5], [0.5, 0.5, 0.75, 1]]"), PLAIT_OK);
    check_numbers((const float[]){0, 0.25f, 1, 0.5f, 0.5f, 0.5f, 0.75f, 1, 0, 0, 0, 0}, 12);
    CHECK_INT(tensor.rank, 3);
    CHECK_NEAR(quality.value, 1, 0);
    CHECK_INT(prepare(&sense, "[]"), PLAIT_OK);
    check_numbers((const float[12]){0}, 12);
    CHECK_NEAR(quality.value, 0, 0);
    CHECK_INT(prepare(&sense, "[[0,0,0,1], [0,0,0,1], [0,0,0,1], [1,1,1,1]]"), PLAIT_OK); /* a fourth is left out */
    check_numbers((const float[]){0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, 12);
    refuse(&sense, "[[0, 0, 1]]", "expected 4 numbers, found 3");
    refuse(&sense, "[[0, 0, 1, 1, 1]]", "expected 4 numbers, found 5");
    refuse(&sense, "[[0, 0, 1, 1.5]]", "1.5");
    refuse(&sense, "[[0, 0, 1, \"1\"]]", "expected a number, found a string");
    refuse(&sense, "[1]", "expected an array");
    refuse(&sense, "{}", "expected an array");
    refuse(&sense, "[[", "layout");
}

TEST(records_have_columns) {
    const char *values[] = {"red", "2", "true"};
    struct plait__column columns[] = {{.name = "weight", .mean = 10, .deviation = 4},
                                      {.name = "kind", .category = true, .values = values, .value_count = 3}};
    const struct plait__sense sense = {.kind = PLAIT__SENSE_STRUCTURED,
                                       .input = {.columns = columns, .column_count = 2, .feature_count = 6}};
    CHECK_INT(prepare(&sense, "{\"weight\": 12, \"kind\": \"red\", \"more\": []}"), PLAIT_OK);
    check_numbers((const float[]){0.5f, 0, 1, 0, 0, 0}, 6);
    CHECK_NEAR(quality.value, 1, 0);
    CHECK_INT(prepare(&sense, "{\"weight\": null, \"kind\": 2}"), PLAIT_OK);
    check_numbers((const float[]){0, 1, 0, 1, 0, 0}, 6);
    CHECK_NEAR(quality.value, 0.5, 0);
    CHECK_INT(prepare(&sense, "{\"kind\": true}"), PLAIT_OK);
    check_numbers((const float[]){0, 1, 0, 0, 1, 0}, 6);
    CHECK_INT(prepare(&sense, "{\"kind\": \"blue\"}"), PLAIT_OK); /* any other is as if it were missing */
    check_numbers((const float[]){0, 1, 0, 0, 0, 1}, 6);
    CHECK_NEAR(quality.value, 0, 0);
    refuse(&sense, "{\"weight\": \"much\"}", "record: weight: expected a number, found a string");
    refuse(&sense, "{\"kind\": []}", "record: kind: expected a string");
    refuse(&sense, "[]", "expected an object");
}

TEST(all) {
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    plait__arena_init(&arena, context);
    test_text_is_places_in_an_alphabet();
    test_layout_is_boxes();
    test_records_have_columns();
    plait__arena_end(&arena);
    plait_context_destroy(context);
}

TEST_MAIN(all)
