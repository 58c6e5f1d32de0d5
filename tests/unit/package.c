/* Finding packages, comparing versions, calibration. */
#include "model/package.h"

#include "model/find.h"
#include "test.h"

static plait_context *context;

TEST(compares_versions) {
    CHECK(plait__version_compare("0.9.1", "0.10.0") < 0);
    CHECK(plait__version_compare("1.0", "1.0") == 0);
    CHECK(plait__version_compare("2", "1.9.9") > 0);
    CHECK(plait__version_compare("1.0.0", "1.0") > 0);
    CHECK(plait__version_compare("", "1") < 0);
}

TEST(finds_packages) {
    struct plait__arena arena;
    const char *folders[] = {"no/such/folder", "tests/packages"}, *folder = NULL;
    struct plait__package_place *places = NULL;
    int count = 0;
    plait__arena_init(&arena, context);
    CHECK_INT(plait__packages_list(&arena, folders, 2, &places, &count), PLAIT_OK);
    CHECK(count >= 1);
    CHECK_INT(plait__package_find(&arena, folders, 2, "plain", &folder), PLAIT_OK);
    CHECK_TEXT(folder, "tests/packages/plain");
    CHECK_INT(plait__package_find(&arena, folders, 2, "plain@1.0.0", &folder), PLAIT_OK);
    CHECK_INT(plait__package_find(&arena, folders, 2, "plain@1.0.1", &folder), PLAIT_NOT_FOUND);
    CHECK_INT(plait__package_find(&arena, folders, 2, "plai", &folder), PLAIT_NOT_FOUND);
    CHECK_INT(plait__package_find(&arena, folders, 0, "tests/packages/plain", &folder), PLAIT_OK);
    CHECK_INT(plait__package_find(&arena, folders, 0, "tests/packages", &folder), PLAIT_NOT_FOUND);
    plait__arena_end(&arena);
}

TEST(opens_a_package) {
    struct plait__package *package = NULL;
    CHECK_INT(plait__package_open(context, "tests/packages/plain", &package), PLAIT_OK);
    CHECK_TEXT(plait_model_name(package), "plain");
    CHECK_TEXT(plait_model_version(package), "1.0.0");
    CHECK_INT(strlen(package->digest), 64);
    CHECK(!package->has_detector && !package->has_tagger);
    plait_model_destroy(package);
    package = NULL;
    CHECK_INT(plait__package_open(context, "tests/packages", &package), PLAIT_NOT_FOUND);
    CHECK(package == NULL);
}

TEST(calibrates) {
    CHECK_NEAR(plait__calibrate((struct plait__calibration){1, 0}, 0.3f), 0.3, 1e-6); /* f32 of a logit and back */
    CHECK_NEAR(plait__calibrate((struct plait__calibration){0, 0}, 0.9f), 0.5, 1e-6);
    CHECK(plait__calibrate((struct plait__calibration){1, 0}, 1) < 1);
    CHECK(plait__calibrate((struct plait__calibration){1, 0}, 0) > 0);
    CHECK(plait__calibrate((struct plait__calibration){2, 0}, 0.9f) > 0.9f);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_compares_versions();
    test_finds_packages();
    test_opens_a_package();
    test_calibrates();
    plait_context_destroy(context);
    return test__finish();
}
