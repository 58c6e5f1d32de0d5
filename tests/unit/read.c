/* Reading through the public API, with words that are known so that no network is needed: what comes back, what is refused,
 * and stopping. */
#include "plait.h"

#include <stdlib.h>

#include "base/file.h"
#include "test.h"

static plait_context *context;
static plait_model *model;
static struct plait__file picture; /* 580 x 800 pixels */

static enum plait_status read_with(const char *text, const char *without, plait_document **document_out) {
    plait_read_options options;
    plait_read_options_default(&options);
    options.name = "a \"name\"";
    options.text = text;
    options.text_size = strlen(text);
    options.without = without;
    return plait_read(model, picture.bytes, picture.size, &options, document_out);
}

TEST(known_words_come_back) {
    plait_document *document = NULL;
    const char *json = NULL, *again = NULL;
    const char *text = " {\"lines\": [{\"box\": [10, 20, 110, 40], \"text\": \"One  two\", \"more\": 1}, {\"box\": [10, 50, "
                       "90, 70], \"text\": \" \"}]}";
    CHECK_INT(read_with(text, NULL, &document), PLAIT_OK);
    CHECK_INT(plait_document_json(document, &json), PLAIT_OK);
    CHECK_INT(plait_document_json(document, &again), PLAIT_OK);
    CHECK(json == again);
    CHECK(strstr(json, "\"name\":\"a \\\"name\\\"\"") != NULL);
    CHECK(strstr(json, "\"text\":\"One\"") != NULL && strstr(json, "\"text\":\"two\"") != NULL);
    CHECK(strstr(json, "\"width\":580,\"height\":800") != NULL);
    plait_document_destroy(document);
}

TEST(plain_text_is_lines) {
    plait_document *document = NULL;
    const char *json = NULL;
    CHECK_INT(read_with("one\n\ntwo three\n", NULL, &document), PLAIT_OK);
    CHECK_INT(plait_document_json(document, &json), PLAIT_OK);
    CHECK(strstr(json, "\"text\":\"two three\"") != NULL);
    plait_document_destroy(document);
    document = NULL;
    CHECK_INT(read_with("", NULL, &document), PLAIT_OK); /* nothing written is a document too */
    plait_document_destroy(document);
}

TEST(draws_the_page) {
    plait_document *document = NULL;
    const void *png = NULL;
    size_t size = 0;
    /* Far out of the page on purpose: what is drawn stays inside. */
    CHECK_INT(read_with("{\"lines\":[{\"box\":[-900000,-5,900000,9],\"text\":\"x\"}]}", NULL, &document), PLAIT_OK);
    CHECK_INT(plait_document_annotate(document, 0, picture.bytes, picture.size, &png, &size), PLAIT_OK);
    CHECK(size > 8 && memcmp(png, "\x89PNG\r\n\x1a\n", 8) == 0);
    CHECK_INT(plait_document_annotate(document, 0, "no", 2, &png, &size), PLAIT_INVALID);
    plait_document_destroy(document);
}

TEST(refuses_bad_text) {
    static const char *const texts[] = {"{\"lines\":",
                                        "{}",
                                        "{\"lines\":[{}]}",
                                        "{\"lines\":[{\"box\":[1,2,3],\"text\":\"x\"}]}",
                                        "{\"lines\":[{\"box\":[5,5,5,9],\"text\":\"x\"}]}",
                                        "{\"lines\":[{\"box\":[5,5,9,9]}]}",
                                        "{\"lines\":[{\"box\":[600,5,700,9],\"text\":\"beside the page\"}]}",
                                        "{\"lines\":[{\"box\":[5,5,9,1e99],\"text\":\"x\"}]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        plait_document *document = NULL;
        CHECK_INT(read_with(texts[i], NULL, &document), PLAIT_INVALID);
        CHECK(document == NULL);
        CHECK(strlen(plait_context_error(context)) > 10);
    }
}

TEST(refuses_bad_options) {
    plait_document *document = NULL;
    CHECK_INT(read_with("x", "smell", &document), PLAIT_INVALID);
    CHECK_INT(read_with("x", "text,", &document), PLAIT_OK);
    plait_document_destroy(document);
    document = NULL;
    CHECK_INT(plait_read(model, picture.bytes, picture.size, NULL, &document),
              PLAIT_UNSUPPORTED); /* no detector in the package */
    CHECK_INT(plait_read(model, "", 0, NULL, &document), PLAIT_INVALID);
    CHECK(document == NULL);
}

static bool stop(void *asked) {
    return ++*(int *)asked > 0;
}

TEST(stops_when_asked) {
    plait_context *stopping = NULL;
    plait_context_options options;
    plait_model *other = NULL;
    plait_document *document = NULL;
    int asked = 0;
    plait_context_options_default(&options);
    options.cancelled = stop;
    options.cancelled_user = &asked;
    CHECK_INT(plait_context_create(&options, &stopping), PLAIT_OK);
    CHECK_INT(plait_model_create(stopping, "tests/packages/plain", NULL, &other), PLAIT_OK);
    CHECK_INT(plait_read(other, picture.bytes, picture.size, NULL, &document), PLAIT_CANCELLED);
    CHECK(asked > 0 && document == NULL);
    plait_model_destroy(other);
    plait_context_destroy(stopping);
}

static const char *page_text(const char *total, const char *word) {
    static char text[256];
    snprintf(text, sizeof text,
             "{\"lines\":[{\"box\":[10,20,110,40],\"text\":\"%s\"},{\"box\":[10,50,110,70],\"text\":\"%s\"}]}", total, word);
    return text;
}

static enum plait_status add(plait_document *document, const char *text) {
    const plait_page_options options = {.text = text, .text_size = strlen(text)};
    return plait_document_add_page(document, picture.bytes, picture.size, &options);
}

TEST(pages_come_one_by_one) {
    plait_document *document = NULL;
    const char *json = NULL;
    const void *png = NULL;
    size_t size = 0;
    plait_read_options options;
    plait_read_options_default(&options);
    options.media_type = "application/pdf";
    options.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    CHECK_INT(plait_document_begin(model, &options, &document), PLAIT_OK);
    CHECK_INT(plait_document_finish(document), PLAIT_INVALID); /* no page yet */
    CHECK_INT(add(document, page_text("first", "page")), PLAIT_OK);
    CHECK_INT(add(document, "{\"lines\":"), PLAIT_INVALID); /* adds nothing */
    CHECK_INT(plait_document_add_page(document, "no", 2, NULL), PLAIT_INVALID);
    CHECK_INT(plait_document_json(document, &json), PLAIT_INVALID); /* not finished */
    for (int i = 0; i < 4; i++) CHECK_INT(add(document, page_text("later", "page")), PLAIT_OK);
    CHECK_INT(plait_document_finish(document), PLAIT_OK);
    CHECK_INT(add(document, page_text("too", "late")), PLAIT_INVALID);
    CHECK_INT(plait_document_json(document, &json), PLAIT_OK);
    CHECK(strstr(json, "\"media_type\":\"application/pdf\"") && strstr(json, options.digest));
    CHECK(strstr(json, "\"pages\":5") != NULL);
    CHECK(strstr(json, "first") != NULL && strstr(json, "later") > strstr(json, "first"));
    CHECK_INT(plait_document_annotate(document, 4, picture.bytes, picture.size, &png, &size), PLAIT_OK);
    CHECK_INT(plait_document_annotate(document, 5, picture.bytes, picture.size, &png, &size), PLAIT_INVALID);
    CHECK_INT(plait_document_annotate(document, -1, picture.bytes, picture.size, &png, &size), PLAIT_INVALID);
    plait_document_destroy(document);
}

TEST(refuses_bad_sources) {
    static const char *const types[] = {"pdf", "/pdf", "a/", "a/b/c", "A/B", ""};
    plait_document *document = NULL;
    plait_read_options options;
    plait_read_options_default(&options);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        options.media_type = types[i];
        CHECK_INT(plait_document_begin(model, &options, &document), PLAIT_INVALID);
    }
    options.media_type = NULL;
    options.digest = "0123";
    CHECK_INT(plait_document_begin(model, &options, &document), PLAIT_INVALID);
    CHECK(document == NULL);
}

TEST(words_may_have_places) {
    plait_document *document = NULL;
    const char *json = NULL;
    CHECK_INT(
        read_with("{\"lines\":[{\"box\":[10,20,110,40],\"text\":\"x\",\"words\":[{\"box\":[10,20,30,40],\"text\":\"left\"},"
                  "{\"box\":[90,20,110,40],\"text\":\"right\"}]},{\"box\":[1,1,2,2],\"text\":\"gone\",\"words\":[]}]}",
                  NULL, &document),
        PLAIT_OK);
    CHECK_INT(plait_document_json(document, &json), PLAIT_OK);
    CHECK(strstr(json, "\"text\":\"left right\"") != NULL);
    CHECK(strstr(json, "[[90,20],[110,20],[110,40],[90,40]]") != NULL);
    CHECK(strstr(json, "gone") == NULL);
    plait_document_destroy(document);
    document = NULL;
    CHECK_INT(
        read_with("{\"lines\":[{\"box\":[1,2,9,9],\"text\":\"x\",\"words\":[{\"box\":[1,2,9,9],\"text\":\"two words\"}]}]}",
                  NULL, &document),
        PLAIT_INVALID);
    CHECK_INT(read_with("{\"lines\":[{\"box\":[1,2,9,9],\"text\":\"x\",\"words\":[{\"text\":\"x\"}]}]}", NULL, &document),
              PLAIT_INVALID);
    CHECK_INT(read_with("{\"lines\":[{\"box\":[1,2,9,9],\"text\":\"x\",\"words\":7}]}", NULL, &document), PLAIT_INVALID);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    CHECK_INT(plait_model_create(context, "tests/packages/plain", NULL, &model), PLAIT_OK);
    CHECK_INT(plait__file_open(context, "samples/kopitiam.jpg", 0, &picture), PLAIT_OK);
    test_known_words_come_back();
    test_plain_text_is_lines();
    test_draws_the_page();
    test_refuses_bad_text();
    test_refuses_bad_options();
    test_stops_when_asked();
    test_pages_come_one_by_one();
    test_refuses_bad_sources();
    test_words_may_have_places();
    plait__file_close(context, &picture);
    plait_model_destroy(model);
    plait_context_destroy(context);
    return test__finish();
}
