/* Strange texts are told from usual ones by the shipped language model. */
#include "document/strange.h"

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

int main(void) {
    plait_context_create(NULL, &context);
    if (plait_model_create(context, "models/receipt", NULL, &model) != PLAIT_OK) {
        fprintf(stderr, "%s\n", plait_context_error(context));
        return 1;
    }
    plait__arena_init(&arena, context);
    test_mistakes_are_strange();
    test_nothing_is_not_strange();
    plait__arena_end(&arena);
    plait_model_destroy(model);
    plait_context_destroy(context);
    return test__finish();
}
