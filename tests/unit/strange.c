/* Strange texts are told from usual ones by the shipped language model. */
#include "document/strange.h"

#include "page_of_text.h"
#include "test.h"

static plait_context *context;
static plait_model *model;
static struct plait__arena arena;

static float strangeness(const char *text) {
    float found = -1;
    CHECK_INT(plait__strangeness(&arena, &model->recogniser, text, &found), PLAIT_OK);
    return found;
}

TEST(mistakes_are_strange) {
    CHECK(strangeness("TAMAN JOHOR JAYA, SELANGOR") < strangeness("TXMAN JO7OR JAQA, SELQNG0R"));
    CHECK(strangeness("THANK YOU") < strangeness("THQNK YXU"));
}

TEST(nothing_is_not_strange) {
    CHECK_NEAR(strangeness(""), 0, 0);
    struct plait__recogniser without = {0};
    float found = -1;
    CHECK_INT(plait__strangeness(&arena, &without, "QXZ", &found), PLAIT_OK);
    CHECK_NEAR(found, 0, 0);
}

static float page_strangeness(const char *const *lines, int count) {
    struct plait__page page = {0};
    float found = -1;
    CHECK_INT(page_of_text(&arena, lines, count, &page), PLAIT_OK);
    CHECK_INT(plait__page_strangeness(&arena, &model->recogniser, &page, &found), PLAIT_OK);
    return found;
}

TEST(a_page_read_badly_is_strange) {
    const char *const well[] = {"RESTAURANT SUNGAI BULOH", "TAX INVOICE", "THANK YOU PLEASE COME AGAIN"};
    const char *const badly[] = {"RESTQURANT SUNGWI BUKOH", "TQX INVOJCE", "THANX YOU PLEXSE COMF AGAIN"};
    const char *const numbers[] = {"000192-X 12.30", "8812-7711-QX"};
    CHECK(page_strangeness(well, 3) < 0.2f);
    CHECK(page_strangeness(badly, 3) > 0.5f);
    CHECK_NEAR(page_strangeness(numbers, 2), 0, 0); /* codes say nothing */
}

int main(void) {
    plait_context_create(NULL, &context);
    if (plait_model_create(context, "models/receipt", NULL, &model) != PLAIT_OK) {
        fprintf(stderr, "%s\n", plait_context_error(context));
        return 1;
    }
    plait__arena_init(&arena, context);
    test_mistakes_are_strange();
    test_nothing_is_not_strange();
    test_a_page_read_badly_is_strange();
    plait__arena_end(&arena);
    plait_model_destroy(model);
    plait_context_destroy(context);
    return test__finish();
}
