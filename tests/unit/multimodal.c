/* Manifests of multimodal packages: what is read, and what is refused in one line. */
#include "model/multimodal.h"

#include "base/buffer.h"
#include "made_package.h"
#include "model/signature.h"
#include "tensor/npy.h"
#include "test.h"

static plait_context *context;

#define BEGINNING "\"name\": \"toy\", \"version\": \"1\", \"kind\": \"multimodal\", \"embedding_schema\": \"toy/1\", "
#define RECORD                                                                                                      \
    "{\"kind\": \"structured\", \"input\": {\"columns\": [{\"name\": \"age\", \"type\": \"number\", \"mean\": 40, " \
    "\"unit\": \"years\"}, {\"name\": \"colour\", \"type\": \"category\", \"values\": [\"red\", \"blue\"]}]}, "     \
    "\"head\": {\"weights\": [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0]]}}"
#define PICTURE                                                                                                   \
    "{\"kind\": \"image\", \"input\": {\"channels\": 1, \"height\": 1, \"width\": 3}, \"stale_after_us\": 5000, " \
    "\"head\": {\"weights\": [[1, 2, 3], [4, 5, 6]], \"bias\": [7, 8], \"calibrations\": {\"which\": {\"scale\": 2}}}}"
#define HEADS      "\"heads\": {\"which\": {\"classes\": [\"a\", \"b\"]}}, "
#define MODALITIES "\"modalities\": {\"record\": " RECORD ", \"picture\": " PICTURE "}, "
#define LATE                                                                                                      \
    "\"late\": {\"pattern\": \"late\", \"weights\": {\"picture\": 0.5}, \"calibrations\": {\"which\": {\"all\": " \
    "{\"scale\": 3}, \"picture+record\": {\"scale\": 4, \"quality\": {\"picture\": 0.25}}}}}"
#define WHOLE BEGINNING MODALITIES HEADS "\"prefer\": [\"picture\"], \"tolerance_us\": 7, \"fusion\": \"late\", "

static enum plait_status open_made(struct made *made, const char *members, plait_model **model_out) {
    made_manifest(made, members);
    return plait_model_create_from_files(context, made->files, made->count, NULL, model_out);
}

TEST(reads_every_member) {
    struct made made = {0};
    plait_model *model = NULL;
    CHECK_INT(open_made(&made,
                        WHOLE "\"patterns\": {" LATE ", \"cheap\": {\"pattern\": \"cascade\", \"steps\": "
                              "[{\"modality\": \"record\", \"least\": 0.9}], \"then\": \"late\"}}",
                        &model),
              PLAIT_OK);
    CHECK_TEXT(plait_context_error(context), "");
    const struct plait__multimodal *multimodal = model->multimodal;
    CHECK_INT(multimodal->sense_count, 2);
    CHECK_INT(multimodal->output_count, 2);
    CHECK_INT(multimodal->tolerance_us, 7);
    CHECK_INT(multimodal->prefer[0], 1);
    CHECK_INT(multimodal->prefer[1], 0);
    const struct plait__sense *record = &multimodal->senses[0], *picture = &multimodal->senses[1];
    CHECK_INT(record->kind, PLAIT__SENSE_STRUCTURED);
    CHECK_INT(record->width, 5); /* value, missing; red, blue, missing */
    CHECK_INT(record->input.column_count, 2);
    CHECK_TEXT(record->input.columns[0].unit, "years");
    CHECK_NEAR(record->input.columns[0].mean, 40, 0);
    CHECK_INT(picture->size, 3);
    CHECK_INT(picture->stale_after_us, 5000);
    CHECK_NEAR(picture->head.weights[4], 5, 0);
    CHECK_NEAR(picture->head.bias[1], 8, 0);
    CHECK_NEAR(picture->temperatures[0].scale, 2, 0);
    const struct plait__pattern *late = multimodal->pattern, *cascade = &multimodal->patterns[1];
    CHECK_INT(late->kind, PLAIT__PATTERN_LATE);
    CHECK_NEAR(late->weights[0], 0, 0);
    CHECK_NEAR(late->weights[1], 0.5, 0);
    CHECK_NEAR(late->temperatures[1].scale, 3, 0);
    CHECK_NEAR(late->temperatures[3].scale, 4, 0);
    CHECK_NEAR(late->temperatures[3].quality[1], 0.25, 0);
    CHECK(cascade->then == late);
    CHECK_INT(cascade->step_count, 1);
    CHECK_NEAR(cascade->steps[0].least, 0.9, 1e-7); /* f32 */
    plait_model_destroy(model);
}

/* Examples are made unit vectors; halves are read like floats. */
TEST(reads_arrays) {
    struct made made = {0};
    struct plait__buffer vectors, labels;
    plait_model *model = NULL;
    const uint16_t half[6] = {0x4200, 0x4400, 0, 0, 0, 0x4000}; /* 3, 4, 0; 0, 0, 2 */
    const int64_t classes[2] = {1, 0};
    plait__buffer_init(&vectors, context, 1 << 16);
    plait__buffer_init(&labels, context, 1 << 16);
    CHECK_INT(plait__npy_write(&vectors, &(plait_tensor){PLAIT_F16, 2, {2, 3}, (void *)(uintptr_t)half}), PLAIT_OK);
    CHECK_INT(plait__npy_write(&labels, &(plait_tensor){PLAIT_I64, 2, {2, 1}, (void *)(uintptr_t)classes}), PLAIT_OK);
    made_add(&made, "v.npy", vectors.data, vectors.size);
    made_add(&made, "l.npy", labels.data, labels.size);
    const char *retrieval =
        WHOLE "\"patterns\": {" LATE ", \"near\": {\"pattern\": \"retrieval\", \"base\": \"late\", \"examples\": "
              "{\"embeddings\": {\"picture\": \"v.npy\"}, \"labels\": \"l.npy\"}}}";
    CHECK_INT(open_made(&made, retrieval, &model), PLAIT_OK);
    const struct plait__examples *examples = &model->multimodal->patterns[1].examples;
    CHECK_INT(examples->count, 2);
    CHECK_NEAR(examples->embeddings[1][1], 0.8, 1e-7); /* f32 */
    CHECK_NEAR(examples->embeddings[1][5], 1, 1e-7);
    CHECK(examples->embeddings[0] == NULL);
    CHECK_INT(examples->labels[0], 1);
    plait_model_destroy(model);
    model = NULL;

    made.files[1] = (struct plait_file){"v.npy", labels.data, labels.size};
    CHECK_INT(open_made(&made, retrieval, &model), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(context), "v.npy: expected an array of 2 dimensions, 3 in the last") != NULL);
    plait__buffer_end(&vectors);
    plait__buffer_end(&labels);
}

static void refused(const char *members, enum plait_status status, const char *sentence) {
    struct made made = {0};
    plait_model *model = NULL;
    CHECK_INT(open_made(&made, members, &model), status);
    CHECK(model == NULL);
    if (!strstr(plait_context_error(context), sentence)) CHECK_TEXT(plait_context_error(context), sentence);
}

TEST(refuses) {
    refused(BEGINNING HEADS "\"fusion\": \"late\"", PLAIT_INVALID, "modalities: expected an object");
    refused(BEGINNING "\"modalities\": {}, " HEADS "\"fusion\": \"late\"", PLAIT_LIMIT, "expected 1 to 8 members, found 0");
    refused(WHOLE "\"patterns\": {}", PLAIT_LIMIT, "patterns: expected 1 to 16 members, found 0");
    refused(WHOLE "\"patterns\": {\"x\": {\"pattern\": \"magic\"}}", PLAIT_INVALID, "found \"magic\"");
    refused(WHOLE "\"patterns\": {\"x\": {\"pattern\": \"late\", \"wights\": {}}}", PLAIT_INVALID, "there is no such key");
    refused(WHOLE "\"patterns\": {\"x\": {\"pattern\": \"early\", \"model\": \"no.onnx\"}}", PLAIT_INVALID,
            "expected a name listed in files");
    refused(WHOLE "\"patterns\": {\"x\": {\"pattern\": \"cascade\", \"steps\": [{\"modality\": \"record\", \"least\": 0}], "
                  "\"then\": \"x\"}}",
            PLAIT_INVALID, "expected a pattern that stands before");
    refused(WHOLE "\"patterns\": {\"x\": {\"pattern\": \"late\", \"weights\": {\"smell\": 1}}}", PLAIT_INVALID,
            "there is no such modality");
    refused(BEGINNING MODALITIES "\"heads\": {\"which\": {\"classes\": [\"a\", \"b\", \"c\"]}}, \"fusion\": \"x\"",
            PLAIT_INVALID, "expected 3 rows, found 2");
    refused(WHOLE "\"patterns\": {\"x\": {\"pattern\": \"late\", \"weights\": {}}}", PLAIT_INVALID,
            "there is no pattern \"late\"");
    refused(BEGINNING "\"modalities\": {\"a\": {\"kind\": \"smell\", \"input\": {}}}, " HEADS "\"fusion\": \"x\"",
            PLAIT_INVALID, "found \"smell\"");
    refused(BEGINNING
            "\"modalities\": {\"a\": {\"kind\": \"audio\", \"input\": {\"rate_hz\": 8000, \"window\": 512, \"hop\": 80, "
            "\"fft\": 256, \"bands\": 40, \"frames\": 9, \"low_hz\": 0, \"high_hz\": 4000}}}, " HEADS "\"fusion\": \"x\"",
            PLAIT_INVALID, "expected window <= fft");
}

/* A schema of another version, and any changed byte. */
TEST(refuses_what_was_changed) {
    struct made made = {0};
    plait_model *model = NULL;
    made_add(&made, "x.npy", "abc", 3);
    CHECK_INT(open_made(&made, WHOLE "\"patterns\": {" LATE "}", &model), PLAIT_OK);
    plait_model_destroy(model);
    model = NULL;
    made.files[1].bytes = "abd";
    CHECK_INT(plait_model_create_from_files(context, made.files, made.count, NULL, &model), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(context), "x.npy: expected SHA-256") != NULL);
    *strstr(made.manifest, "package/1") = 'P';
    CHECK_INT(plait_model_create_from_files(context, made.files, made.count, NULL, &model), PLAIT_UNSUPPORTED);
    CHECK(strstr(plait_context_error(context), "schema: expected \"plait.package/1\"") != NULL);
    CHECK(model == NULL);
}

/* With trusted keys only what one of them signed is opened; every bit of the manifest counts. */
TEST(checks_signatures) {
    char secret[PLAIT__SECRET_DIGITS + 1], trusted[2 * PLAIT__PUBLIC_DIGITS + 2], other[PLAIT__PUBLIC_DIGITS + 1],
        signature[PLAIT__SIGNATURE_DIGITS + 1];
    struct made made = {0};
    plait_model *model = NULL;
    plait_context_options options;
    plait_context *careful = NULL;
    if (plait__signature_keys(context, secret, other) == PLAIT_UNSUPPORTED) return; /* a build without libsodium */
    CHECK_INT(plait__signature_keys(context, secret, trusted + PLAIT__PUBLIC_DIGITS + 1), PLAIT_OK);
    memcpy(trusted, other, PLAIT__PUBLIC_DIGITS); /* the second of two keys signs */
    trusted[PLAIT__PUBLIC_DIGITS] = ',';
    made_manifest(&made, WHOLE "\"patterns\": {" LATE "}");
    CHECK_INT(plait__signature_make(context, secret, made.files[0].bytes, made.files[0].size, signature), PLAIT_OK);
    plait_context_options_default(&options);
    options.trusted_keys = trusted;
    CHECK_INT(plait_context_create(&options, &careful), PLAIT_OK);

    CHECK_INT(plait_model_create_from_files(careful, made.files, 1, NULL, &model), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(careful), "expected a signature beside it") != NULL);
    made.files[1] = (struct plait_file){"manifest.sig", signature, PLAIT__SIGNATURE_DIGITS};
    CHECK_INT(plait_model_create_from_files(careful, made.files, 2, NULL, &model), PLAIT_OK);
    CHECK_TEXT(plait__signature_name(model->signature), "trusted");
    plait_model_destroy(model);
    CHECK_INT(plait_model_create_from_files(context, made.files, 2, NULL, &model), PLAIT_OK);
    CHECK_TEXT(plait__signature_name(model->signature), "present");
    plait_model_destroy(model);
    model = NULL;

    *strstr(made.manifest, "toy") = 'b';
    CHECK_INT(plait_model_create_from_files(careful, made.files, 2, NULL, &model), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(careful), "none of the trusted keys signed") != NULL);
    *strstr(made.manifest, "boy") = 't';
    options.trusted_keys = other;
    plait_context_destroy(careful);
    CHECK_INT(plait_context_create(&options, &careful), PLAIT_OK);
    CHECK_INT(plait_model_create_from_files(careful, made.files, 2, NULL, &model), PLAIT_INVALID);
    made.files[1].size = 127;
    CHECK_INT(plait_model_create_from_files(careful, made.files, 2, NULL, &model), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(careful), "expected 128 hexadecimal digits") != NULL);
    CHECK(model == NULL);
    plait_context_destroy(careful);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_reads_every_member();
    test_reads_arrays();
    test_refuses();
    test_refuses_what_was_changed();
    test_checks_signatures();
    plait_context_destroy(context);
    return test__finish();
}
