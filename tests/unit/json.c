#include "base/json.h"

#include <stdlib.h>

#include "test.h"

static plait_context *context;

static enum plait_status parse(const char *text, struct plait__json *root_out) {
    return plait__json_parse(context, text, strlen(text), "test", root_out);
}

TEST(values_are_read_with_their_bounds) {
    struct plait__json root, a, b, item = {0};
    CHECK_INT(parse(" {\"a\": {\"b\": [1, \"two\", {\"x\": 3.5, \"yes\": true}]}, \"none\": null} \n", &root), PLAIT_OK);
    CHECK_INT(plait__json_object(&root, "a", &a), PLAIT_OK);
    CHECK_INT(plait__json_array(&a, "b", &b), PLAIT_OK);
    CHECK_INT(plait__json_count(&b), 3);
    int64_t whole = 0;
    double number = 0;
    bool yes = false;
    const char *text = NULL;
    CHECK(plait__json_next(&b, &item));
    CHECK_INT(plait__json_int(&item, NULL, 0, 9, &whole), PLAIT_OK);
    CHECK_INT(whole, 1);
    CHECK_INT(plait__json_int(&item, NULL, 2, 9, &whole), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "test: a.b[0]: expected a whole number in 2..9, found 1");
    CHECK(plait__json_next(&b, &item));
    CHECK_INT(plait__json_text(&item, NULL, &text), PLAIT_OK);
    CHECK_TEXT(text, "two");
    CHECK(plait__json_next(&b, &item));
    CHECK_INT(plait__json_number(&item, "x", 3, 4, &number), PLAIT_OK);
    CHECK_NEAR(number, 3.5, 0);
    CHECK_INT(plait__json_number(&item, "x", 0, 1, &number), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "test: a.b[2].x: expected a number in 0..1, found 3.5");
    CHECK_INT(plait__json_int(&item, "x", 0, 9, &whole), PLAIT_INVALID);
    CHECK_INT(plait__json_bool(&item, "yes", &yes), PLAIT_OK);
    CHECK(yes);
    CHECK(!plait__json_next(&b, &item));
    CHECK(plait__json_has(&root, "a") && !plait__json_has(&root, "none") && !plait__json_has(&root, "A"));
    CHECK_INT(plait__json_text(&root, "none", &text), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "test: none: expected a string, found null");
    CHECK_INT(plait__json_array(&root, "missing", &b), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "test: missing: expected an array, found nothing");
    struct plait__json member = {0};
    CHECK(plait__json_next(&root, &member));
    CHECK_TEXT(member.key, "a");
    plait__json_end(&root);
}

TEST(what_is_not_json_is_refused) {
    struct plait__json root;
    const char *const bad[] = {"", " ", "{", "[1,]", "{\"a\":}", "[1] x", "nul", "\"open", "\"\\", "{\"a\" 1}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK_INT(parse(bad[i], &root), PLAIT_INVALID);
    CHECK_INT(parse("[1, 2, x]", &root), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "test: not JSON at byte 7 of 9");
    CHECK_INT(plait__json_parse(context, "[1]garbage", 3, "test", &root), PLAIT_OK); /* only the bytes given */
    plait__json_end(&root);
}

TEST(ceilings_hold) {
    struct plait__json root;
    char deep[2 * PLAIT__JSON_DEPTH_CEILING + 3];
    memset(deep, '[', PLAIT__JSON_DEPTH_CEILING + 1);
    memset(deep + PLAIT__JSON_DEPTH_CEILING + 1, ']', PLAIT__JSON_DEPTH_CEILING + 1);
    deep[sizeof deep - 1] = '\0';
    CHECK_INT(parse(deep, &root), PLAIT_LIMIT);
    deep[2 * PLAIT__JSON_DEPTH_CEILING + 1] = '\0';
    CHECK_INT(parse(deep + 1, &root), PLAIT_OK);
    plait__json_end(&root);
    CHECK_INT(parse("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"", &root), PLAIT_OK);
    plait__json_end(&root);
    CHECK_INT(plait__json_parse(context, "1", (size_t)PLAIT__JSON_SIZE_CEILING + 1, "test", &root), PLAIT_LIMIT);
    CHECK_INT(parse("1e999", &root), PLAIT_OK);
    double number;
    CHECK_INT(plait__json_number(&root, NULL, -1e9, 1e9, &number), PLAIT_INVALID);
    int64_t whole;
    CHECK_INT(plait__json_int(&root, NULL, INT64_MIN, INT64_MAX, &whole), PLAIT_INVALID);
    plait__json_end(&root);
}

TEST(rounded_numbers_print_short) {
    cJSON *number = plait__json_create_rounded(0.95f, 4);
    char *text = cJSON_PrintUnformatted(number);
    CHECK_TEXT(text, "0.95");
    free(text);
    cJSON_Delete(number);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_values_are_read_with_their_bounds();
    test_what_is_not_json_is_refused();
    test_ceilings_hold();
    test_rounded_numbers_print_short();
    plait_context_destroy(context);
    return test__finish();
}
