/* Writing JSON: commas, escapes, numbers, and a failure that is kept. */
#include "base/json_write.h"

#include "test.h"

static plait_context *context;

TEST(commas_and_levels) {
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    plait__buffer_init(&buffer, context, 1000);
    plait__write_open(&writer, NULL, '{');
    plait__write_open(&writer, "empty", '[');
    plait__write_close(&writer, ']');
    plait__write_open(&writer, "list", '[');
    for (int i = 0; i < 3; i++) plait__write_int(&writer, NULL, i - 1);
    plait__write_open(&writer, NULL, '{');
    plait__write_null(&writer, "nothing");
    plait__write_bool(&writer, "yes", true);
    plait__write_bool(&writer, "no", false);
    plait__write_close(&writer, '}');
    plait__write_close(&writer, ']');
    plait__write_text(&writer, "none", NULL);
    plait__write_close(&writer, '}');
    CHECK_INT(writer.status, PLAIT_OK);
    CHECK_TEXT(buffer.data, "{\"empty\":[],\"list\":[-1,0,1,{\"nothing\":null,\"yes\":true,\"no\":false}],\"none\":null}");
    plait__buffer_end(&buffer);
}

TEST(escapes) {
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    plait__buffer_init(&buffer, context, 1000);
    plait__write_text(&writer, NULL, "a\"b\\c\n\x01 \xC3\xA9 \xE2\x82\xAC");
    CHECK_TEXT(buffer.data, "\"a\\\"b\\\\c\\u000a\\u0001 \xC3\xA9 \xE2\x82\xAC\"");
    plait__buffer_end(&buffer);
}

TEST(numbers) {
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{0.4, 3, "0.4"},
                 {12, 2, "12"},
                 {100, 0, "100"},
                 {-0.0001, 2, "0"},
                 {1.005, 1, "1"},
                 {-2.50, 4, "-2.5"},
                 {0.0, 4, "0"},
                 {NAN, 2, "null"},
                 {INFINITY, 2, "null"},
                 {1e300, 2, "null"},
                 {123456.789, 1, "123456.8"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plait__buffer buffer;
        struct plait__writer writer = {.buffer = &buffer};
        plait__buffer_init(&buffer, context, 1000);
        plait__write_number(&writer, NULL, cases[i].value, cases[i].decimals);
        CHECK_TEXT(buffer.data, cases[i].text);
        plait__buffer_end(&buffer);
    }
}

TEST(the_first_failure_stays) {
    struct plait__buffer buffer;
    struct plait__writer writer = {.buffer = &buffer};
    plait__buffer_init(&buffer, context, 10);
    plait__write_open(&writer, NULL, '[');
    for (int i = 0; i < 20; i++) plait__write_int(&writer, NULL, 1000);
    plait__write_close(&writer, ']');
    CHECK_INT(writer.status, PLAIT_LIMIT);
    CHECK(buffer.size <= 10);
    plait__buffer_end(&buffer);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_commas_and_levels();
    test_escapes();
    test_numbers();
    test_the_first_failure_stays();
    plait_context_destroy(context);
    return test__finish();
}
