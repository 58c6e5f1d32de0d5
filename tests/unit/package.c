/* Finding packages, comparing versions, calibration. */
#include "model/package.h"

#include <stdlib.h>

#include "base/file.h"
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

/* The same checks as from a folder; the sentence names the file. */
TEST(opens_files_in_memory) {
    struct plait__file manifest = {0};
    plait_model *model = NULL;
    CHECK_INT(plait__file_open(context, "tests/packages/plain/manifest.json", 0, &manifest), PLAIT_OK);
    struct plait_file files[] = {{"other", "x", 1}, {"manifest.json", manifest.bytes, manifest.size}};
    CHECK_INT(plait_model_create_from_files(context, files, 2, NULL, &model), PLAIT_OK);
    CHECK_TEXT(plait_model_name(model), "plain");
    plait_model_destroy(model);
    model = NULL;
    CHECK_INT(plait_model_create_from_files(context, files, 1, NULL, &model), PLAIT_NOT_FOUND);
    CHECK(strstr(plait_context_error(context), "manifest.json: is not among the 1 files") != NULL);
    CHECK_INT(plait_model_create_from_files(context, NULL, 0, NULL, &model), PLAIT_NOT_FOUND);
    files[1].bytes = NULL;
    CHECK_INT(plait_model_create_from_files(context, files, 2, NULL, &model), PLAIT_INVALID);
    CHECK(model == NULL);
    plait__file_close(context, &manifest);
}

/* The whole receipt package; then with one byte of a network changed, cut, and without it. */
TEST(compares_files_in_memory_with_their_digests) {
    enum { FILES = 10 };
    static const char *const names[FILES] = {"manifest.json", "charset.txt", "detector.onnx",   "fusion.onnx", "image.onnx",
                                             "language.bin",  "layout.onnx", "recogniser.onnx", "text.onnx",   "voice.onnx"};
    struct plait__file opened[FILES] = {0};
    struct plait_file files[FILES];
    plait_model *model = NULL;
    for (int i = 0; i < FILES; i++) {
        char path[128];
        snprintf(path, sizeof path, "models/receipt/%s", names[i]);
        CHECK_INT(plait__file_open(context, path, 0, &opened[i]), PLAIT_OK);
        files[i] = (struct plait_file){names[i], opened[i].bytes, opened[i].size};
    }
    CHECK_INT(plait_model_create_from_files(context, files, FILES, NULL, &model), PLAIT_OK);
    CHECK_TEXT(plait_model_name(model), "receipt");
    plait_model_destroy(model);
    model = NULL;
    files[6].size--;
    CHECK_INT(plait_model_create_from_files(context, files, FILES, NULL, &model), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(context), "layout.onnx: expected") != NULL);
    files[6].size++;
    char *changed = malloc(files[6].size);
    memcpy(changed, files[6].bytes, files[6].size);
    changed[files[6].size / 2] ^= 1;
    files[6].bytes = changed;
    CHECK_INT(plait_model_create_from_files(context, files, FILES, NULL, &model), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(context), "SHA-256") != NULL);
    free(changed);
    files[6].bytes = opened[6].bytes;
    CHECK_INT(plait_model_create_from_files(context, files, 8, NULL, &model), PLAIT_NOT_FOUND);
    CHECK(strstr(plait_context_error(context), "text.onnx") != NULL);
    CHECK(model == NULL);
    for (int i = 0; i < FILES; i++) plait__file_close(context, &opened[i]);
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
    test_opens_files_in_memory();
    test_compares_files_in_memory_with_their_digests();
    test_calibrates();
    plait_context_destroy(context);
    return test__finish();
}
