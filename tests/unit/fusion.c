/* All patterns on two modalities of one number each, by hand; missing, bad, old and misaligned ones; contributions. */
#include "fusion/fusion.h"
#include "fusion/agreement.h"

#include "base/buffer.h"
#include "made_package.h"
#include "onnx_writer.h"
#include "tensor/npy.h"
#include "test.h"

static plait_context *context;

/* A modality's embedding is [value, missing]; alone it says "yes" with logits (-value, value). */
#define SENSE(more)                                                                                    \
    "{\"kind\": \"structured\", \"input\": {\"columns\": [{\"name\": \"x\", \"type\": \"number\"}]}, " \
    "\"quality_least\": 0.5, \"stale_after_us\": 1000, \"head\": {\"weights\": [[-1, 0], [1, 0]]" more "}}"
#define PACKAGE(schema, patterns)                                                                                          \
    "\"name\": \"toy\", \"version\": \"1\", \"kind\": \"multimodal\", \"embedding_schema\": \"" schema "\", "              \
    "\"modalities\": {\"left\": " SENSE("") ", \"right\": " SENSE(                                                         \
        ", \"calibrations\": {\"which\": {\"scale\": 2}}") "}, "                                                           \
                                                           "\"heads\": {\"which\": {\"classes\": [\"no\", \"yes\"]}}, "    \
                                                           "\"tolerance_us\": 100, \"prefer\": [\"right\"], "              \
                                                           "\"fusion\": \"late\", \"patterns\": {\"late\": {\"pattern\": " \
                                                           "\"late\", \"weights\": {\"left\": 1, \"right\": 2}, "          \
                                                           "\"calibrations\": {\"which\": {\"left\": {\"scale\": "         \
                                                           "3}}}}" patterns "}"

static struct model joint, gate, expert_yes, expert_no;

static void input_pair(struct model *model) {
    model_input(model, "left", PLAIT_F32, 2, (int64_t[]){-1, 2});
    model_input(model, "right", PLAIT_F32, 2, (int64_t[]){-1, 2});
    model_input(model, "present", PLAIT_F32, 2, (int64_t[]){-1, 2});
}

/* logits = [left, right, present] times weights; where `weighed`, a second output is who was present. */
static void linear(struct model *model, int columns, const float *weights, bool weighed) {
    struct bytes attributes = {0};
    attribute_int(&attributes, "axis", 1);
    input_pair(model);
    model_constant(model, "w", PLAIT_F32, 2, (int64_t[]){6, columns}, weights);
    model_node(model, "Concat", "left right present", "all", &attributes);
    model_node(model, "MatMul", "all w", "y", NULL);
    if (weighed) model_node(model, "Relu", "present", "a", NULL);
    model_output(model, "y");
    if (weighed) model_output(model, "a");
    model_finish(model, 13);
}

static void make_networks(void) {
    /* yes = left + right + 0.5 for each of both present */
    linear(&joint, 2, (const float[]){0, 1, 0, 0, 0, 1, 0, 0, 0, 0.5f, 0, 0.5f}, true);
    /* three experts: 0 gains with left, 1 with right; 2 is liked most, but needs both */
    linear(&gate, 3, (const float[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 5, 0, 2, 0}, false);
    linear(&expert_yes, 2, (const float[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1}, false); /* yes by 1 for each present */
    linear(&expert_no, 2, (const float[]){0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 3, 0}, false);
}

static struct made made;

static plait_model *open_made(const char *members) {
    plait_model *model = NULL;
    made = (struct made){0};
    made_add(&made, "joint.onnx", joint.file.data, joint.file.size);
    made_add(&made, "gate.onnx", gate.file.data, gate.file.size);
    made_add(&made, "yes.onnx", expert_yes.file.data, expert_yes.file.size);
    made_add(&made, "no.onnx", expert_no.file.data, expert_no.file.size);
    made_manifest(&made, members);
    CHECK_INT(plait_model_create_from_files(context, made.files, made.count, NULL, &model), PLAIT_OK);
    if (!model) CHECK_TEXT(plait_context_error(context), "");
    return model;
}

static void add(plait_moment *moment, const char *modality, const char *json, int64_t timestamp_us) {
    const plait_input input = {modality, json, strlen(json), timestamp_us >= 0, timestamp_us};
    CHECK_INT(plait_moment_add(moment, &input), PLAIT_OK);
}

/* left 1, right 0.5, as far as they are not NULL. */
static plait_fusion *fuse(plait_model *model, const char *left, const char *right, const plait_fuse_options *options) {
    plait_moment *moment = NULL;
    plait_fusion *fusion = NULL;
    CHECK_INT(plait_moment_create(model, &moment), PLAIT_OK);
    if (left) add(moment, "left", left, -1);
    if (right) add(moment, "right", right, -1);
    CHECK_INT(plait_fuse(moment, options, &fusion), PLAIT_OK);
    plait_moment_destroy(moment); /* the answer stays */
    return fusion;
}

static double yes_of(double logit) {
    return 1 / (1 + exp(-logit));
}

static double confidence(const plait_fusion *fusion, const char *label) {
    float found;
    const char *said = plait_fusion_label(fusion, NULL, &found);
    CHECK_TEXT(said ? said : "nothing", label);
    return found;
}

TEST(late_weighs_opinions) {
    plait_model *model = open_made(PACKAGE("toy/1", ""));
    plait_fusion *fusion = fuse(model, "{\"x\": 1}", "{\"x\": 0.5}", NULL);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(2 * 1 + 2 * 2 * 0.5), 1e-6); /* f32 */
    CHECK_NEAR(fusion->weights[1], 2.0 / 3, 1e-6);
    CHECK_NEAR(fusion->answers[0].shapley[0] + fusion->answers[0].shapley[1], yes_of(4) - 0.5, 1e-6);
    /* alone: left yes_of(2 * 3) (its scale), right yes_of(2 * 2 * 0.5) */
    CHECK_NEAR(fusion->answers[0].shapley[0], ((yes_of(6) - 0.5) + (yes_of(4) - yes_of(2))) / 2, 1e-6);
    CHECK(!fusion->conflict);
    CHECK(fusion->agreement > 0.8f && fusion->agreement < 1);
    plait_fusion_destroy(fusion);

    fusion = fuse(model, "{\"x\": 1}", NULL, NULL);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(6), 1e-6);
    CHECK_INT(fusion->states[1], PLAIT__STATE_MISSING);
    CHECK_NEAR(fusion->answers[0].shares[0], 1, 0);
    plait_fusion_destroy(fusion);

    fusion = fuse(model, "{\"x\": 3}", "{\"x\": -1}", NULL);
    CHECK(fusion->conflict);
    CHECK(fusion->agreement < 0.2f);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

TEST(nothing_given) {
    plait_model *model = open_made(PACKAGE("toy/1", ""));
    const char *json = NULL;
    plait_fusion *fusion = fuse(model, NULL, NULL, NULL);
    CHECK_NEAR(confidence(fusion, "nothing"), 0, 0);
    CHECK_INT(plait_fusion_json(fusion, &json), PLAIT_OK);
    CHECK(strstr(json, "\"label\":null,\"confidence\":0,\"reason\":\"modality_missing\"") != NULL);
    CHECK(strstr(json, "\"probabilities\":{\"no\":0.5,\"yes\":0.5}") != NULL);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

TEST(joint_networks_see_zeros) {
    plait_model *model = open_made(PACKAGE("toy/1", ", \"early\": {\"pattern\": \"early\", \"model\": \"joint.onnx\"}"));
    const plait_fuse_options options = {.pattern = "early"}, brief = {.pattern = "early", .answer_only = true};
    plait_fusion *fusion = fuse(model, "{\"x\": 1}", "{\"x\": 0.25}", &options);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(1 + 0.25 + 1), 1e-6);
    CHECK_NEAR(fusion->set_confidences[2], yes_of(0.25 + 0.5), 1e-6);
    CHECK(fusion->weighted);
    CHECK_NEAR(fusion->weights[1], 1, 0);
    plait_fusion_destroy(fusion);
    fusion = fuse(model, NULL, "{\"x\": 0.25}", &brief);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(0.25 + 0.5), 1e-6);
    CHECK_INT(fusion->set_labels[1], -1);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

TEST(stacked) {
    /* yes = sum of presence, whatever they say: [left no, left yes, left there, right no, right yes, right there] */
    plait_model *model = open_made(PACKAGE(
        "toy/1", ", \"stacked\": {\"pattern\": \"late\", \"stack\": {\"weights\": [[0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 1]], "
                 "\"bias\": [0, 0.5]}}"));
    const plait_fuse_options options = {.pattern = "stacked"};
    plait_fusion *fusion = fuse(model, "{\"x\": 1}", "{\"x\": 9}", &options);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(log(yes_of(2)) + 2.5), 1e-6);
    CHECK(!fusion->weighted);
    plait_fusion_destroy(fusion);
    fusion = fuse(model, NULL, "{\"x\": 9}", &options);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(1.5), 1e-6);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

#define EXPERTS(top)                                                                                     \
    ", \"experts\": {\"pattern\": \"experts\", \"gate\": \"gate.onnx\", \"top\": " top                   \
    ", \"experts\": [{\"model\": \"yes.onnx\"}, {\"model\": \"no.onnx\", \"modalities\": [\"right\"]}, " \
    "{\"model\": \"yes.onnx\", \"modalities\": [\"left\", \"right\"]}]}"

TEST(experts_are_chosen) {
    plait_model *model = open_made(PACKAGE("toy/1", EXPERTS("1")));
    const plait_fuse_options options = {.pattern = "experts"};
    plait_fusion *fusion = fuse(model, "{\"x\": 1}", "{\"x\": 1}", &options); /* gate: 1, 2, 5 */
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(2), 1e-6);
    CHECK_NEAR(fusion->expert_weights[2], 1, 0);
    CHECK_NEAR(fusion->expert_weights[0] + fusion->expert_weights[1], 0, 0);
    plait_fusion_destroy(fusion);
    fusion = fuse(model, "{\"x\": 1}", NULL, &options); /* gate: 1, 0, 5, but only the first may be asked */
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(1), 1e-6);
    CHECK_NEAR(fusion->expert_weights[0], 1, 0);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);

    model = open_made(PACKAGE("toy/1", EXPERTS("2")));
    fusion = fuse(model, NULL, "{\"x\": 1}", &options); /* gate: 0, 2 and 0 */
    const double share = yes_of(2);
    CHECK_NEAR(fusion->expert_weights[1], share, 1e-6);
    CHECK_NEAR(confidence(fusion, "no"), yes_of(share * 3 - (1 - share)), 1e-6);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

TEST(cascade_stops_when_sure) {
    plait_model *model =
        open_made(PACKAGE("toy/1", ", \"cheap\": {\"pattern\": \"cascade\", \"then\": \"late\", \"steps\": "
                                   "[{\"modality\": \"left\", \"least\": 0.95}, {\"modality\": \"right\", \"least\": 0.95}]}"));
    const plait_fuse_options options = {.pattern = "cheap"};
    plait_fusion *fusion = fuse(model, "{\"x\": 2}", "{\"x\": 0.1}", &options);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(4), 1e-6);
    CHECK_INT(fusion->states[1], PLAIT__STATE_NOT_NEEDED);
    CHECK_INT(fusion->way_count, 1);
    CHECK_TEXT(fusion->ways[0].step, "unimodal:left");
    plait_fusion_destroy(fusion);
    fusion = fuse(model, "{\"x\": 0.1}", "{\"x\": 1}", &options); /* right alone: scale 2 */
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(4), 1e-6);
    CHECK_INT(fusion->states[0], PLAIT__STATE_NOT_NEEDED);
    plait_fusion_destroy(fusion);
    fusion = fuse(model, "{\"x\": 0.1}", "{\"x\": 0.2}", &options);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(0.2 + 0.8), 1e-6);
    CHECK_INT(fusion->way_count, 3);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

TEST(retrieval_adds_what_is_near) {
    struct plait__buffer vectors, labels;
    const float examples[] = {1, 0, 0, 1};
    const int64_t classes[] = {0, 1};
    plait_model *model = NULL;
    plait__buffer_init(&vectors, context, 1 << 16);
    plait__buffer_init(&labels, context, 1 << 16);
    CHECK_INT(plait__npy_write(&vectors, &(plait_tensor){PLAIT_F32, 2, {2, 2}, (void *)(uintptr_t)examples}), PLAIT_OK);
    CHECK_INT(plait__npy_write(&labels, &(plait_tensor){PLAIT_I64, 2, {2, 1}, (void *)(uintptr_t)classes}), PLAIT_OK);
    made = (struct made){0};
    made_add(&made, "v.npy", vectors.data, vectors.size);
    made_add(&made, "l.npy", labels.data, labels.size);
    made_manifest(&made, PACKAGE("toy/1", ", \"near\": {\"pattern\": \"retrieval\", \"base\": \"late\", \"neighbours\": 2, "
                                          "\"sharpness\": 1, \"share\": 0.5, \"examples\": {\"embeddings\": "
                                          "{\"left\": \"v.npy\"}, \"labels\": \"l.npy\"}}"));
    CHECK_INT(plait_model_create_from_files(context, made.files, made.count, NULL, &model), PLAIT_OK);
    const plait_fuse_options options = {.pattern = "near"};
    plait_fusion *fusion = fuse(model, "{\"x\": 0.1}", NULL, &options); /* cosines 1 and 0 */
    const double near_no = yes_of(1), base_yes = yes_of(3 * 0.2);       /* the base keeps its calibration */
    CHECK_NEAR(confidence(fusion, "no"), 1 - (0.5 * base_yes + 0.5 * (1 - near_no)), 1e-6);
    CHECK_INT(fusion->neighbour_count, 2);
    CHECK_INT(fusion->neighbours[0].index, 0);
    CHECK_NEAR(fusion->neighbours[0].similarity, 1, 1e-6);
    plait_fusion_destroy(fusion);
    fusion = fuse(model, NULL, "{\"x\": 0.2}", &options); /* of right there are no examples */
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(0.8), 1e-6);
    CHECK_INT(fusion->neighbour_count, 0);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
    plait__buffer_end(&vectors);
    plait__buffer_end(&labels);
}

TEST(bad_inputs_are_gated) {
    plait_model *model = open_made(PACKAGE("toy/1", ""));
    plait_fusion *fusion = fuse(model, "{\"x\": 1}", "{\"x\": \"much\"}", NULL);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(6), 1e-6);
    CHECK_INT(fusion->states[1], PLAIT__STATE_GATED);
    CHECK_TEXT(fusion->reasons[1], "record: x: expected a number, found a string");
    plait_fusion_destroy(fusion);
    fusion = fuse(model, "{\"x\": 1}", "{}", NULL); /* quality 0: no column is known */
    CHECK_INT(fusion->states[1], PLAIT__STATE_GATED);
    CHECK_TEXT(fusion->reasons[1], "expected a quality of 0.5 or more, found 0");
    plait_fusion_destroy(fusion);
    const plait_fuse_options options = {.without = "left"}, wrong = {.without = "left,up"}, unknown = {.pattern = "x"};
    fusion = fuse(model, "{\"x\": 1}", "{\"x\": 1}", &options);
    CHECK_INT(fusion->states[0], PLAIT__STATE_LEFT_OUT);
    plait_fusion_destroy(fusion);

    plait_moment *moment = NULL;
    fusion = NULL;
    CHECK_INT(plait_moment_create(model, &moment), PLAIT_OK);
    CHECK_INT(plait_fuse(moment, &wrong, &fusion), PLAIT_INVALID);
    CHECK_INT(plait_fuse(moment, &unknown, &fusion), PLAIT_NOT_FOUND);
    CHECK_INT(plait_moment_add(moment, &(plait_input){.modality = "up"}), PLAIT_INVALID);
    CHECK(fusion == NULL);
    plait_moment_destroy(moment);
    plait_model_destroy(model);
}

/* What is not known at all says "yes" with logits (0, 2), whose scale is 2 * quality^0.5. */
TEST(confidence_sinks_with_quality) {
    plait_model *model =
        open_made("\"name\": \"toy\", \"version\": \"1\", \"kind\": \"multimodal\", \"embedding_schema\": \"toy/1\", "
                  "\"modalities\": {\"left\": {\"kind\": \"structured\", \"input\": {\"columns\": ["
                  "{\"name\": \"x\", \"type\": \"number\"}, {\"name\": \"z\", \"type\": \"number\"}]}, "
                  "\"head\": {\"weights\": [[0, 0, 0, 0], [1, 1, 0, 1]]}}}, "
                  "\"heads\": {\"which\": {\"classes\": [\"no\", \"yes\"]}}, \"fusion\": \"late\", "
                  "\"patterns\": {\"late\": {\"pattern\": \"late\", \"weights\": {\"left\": 1}, \"calibrations\": "
                  "{\"which\": {\"all\": {\"scale\": 2, \"quality\": {\"left\": 0.5}}}}}}");
    plait_fusion *fusion = fuse(model, "{\"x\": 2, \"z\": 0}", NULL, NULL);
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(2 * 2), 1e-6);
    plait_fusion_destroy(fusion);
    fusion = fuse(model, "{\"x\": 2}", NULL, NULL); /* half of the columns */
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(3 * 2 * sqrt(0.5)), 1e-6);
    plait_fusion_destroy(fusion);
    fusion = fuse(model, "{}", NULL, NULL); /* none: 0.05 */
    CHECK_NEAR(confidence(fusion, "yes"), yes_of(2 * 2 * sqrt(0.05)), 1e-6);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

static plait_fusion *fuse_timed(plait_model *model, int64_t left_us, int64_t right_us, const plait_fuse_options *options) {
    plait_moment *moment = NULL;
    plait_fusion *fusion = NULL;
    CHECK_INT(plait_moment_create(model, &moment), PLAIT_OK);
    add(moment, "left", "{\"x\": 1}", left_us);
    add(moment, "right", "{\"x\": 1}", right_us);
    CHECK_INT(plait_fuse(moment, options, &fusion), PLAIT_OK);
    plait_moment_destroy(moment);
    return fusion;
}

TEST(time) {
    plait_model *model = open_made(PACKAGE("toy/1", ""));
    plait_fusion *fusion = fuse_timed(model, 5000, 5100, NULL);
    CHECK_INT(fusion->used, 3);
    CHECK_INT(fusion->lag_us, 100);
    plait_fusion_destroy(fusion);
    fusion = fuse_timed(model, 5000, 5101, NULL); /* beyond the tolerance: right is preferred */
    CHECK_INT(fusion->states[0], PLAIT__STATE_MISALIGNED);
    CHECK_INT(fusion->used, 2);
    CHECK_INT(fusion->lag_us, 101);
    plait_fusion_destroy(fusion);
    fusion = fuse_timed(model, 5000, 3999, NULL); /* older than 1000 us */
    CHECK_INT(fusion->states[1], PLAIT__STATE_STALE);
    CHECK_INT(fusion->used, 1);
    CHECK_INT(fusion->lag_us, -1);
    plait_fusion_destroy(fusion);
    const plait_fuse_options now = {.has_now = true, .now_us = 6050};
    fusion = fuse_timed(model, 5000, 5080, &now);
    CHECK_INT(fusion->states[0], PLAIT__STATE_STALE);
    CHECK_INT(fusion->used, 2);
    plait_fusion_destroy(fusion);
    fusion = fuse_timed(model, INT64_MAX, 0, NULL);
    CHECK_INT(fusion->used, 1);
    plait_fusion_destroy(fusion);
    plait_model_destroy(model);
}

TEST(embeddings_travel) {
    plait_model *model = open_made(PACKAGE("toy/1", "")), *other;
    plait_moment *moment = NULL, *loaded = NULL;
    plait_fusion *before = NULL, *after = NULL;
    const void *bytes;
    size_t size;
    char copy[1024];
    CHECK_INT(plait_moment_create(model, &moment), PLAIT_OK);
    add(moment, "left", "{\"x\": 1}", 7);
    add(moment, "right", "[]", 7);
    CHECK_INT(plait_moment_save(moment, &bytes, &size), PLAIT_OK);
    CHECK(size < sizeof copy);
    memcpy(copy, bytes, size);
    CHECK_INT(plait_fuse(moment, NULL, &before), PLAIT_OK);
    CHECK_INT(plait_moment_load(model, copy, size, &loaded), PLAIT_OK);
    CHECK_INT(plait_fuse(loaded, NULL, &after), PLAIT_OK);
    CHECK_NEAR(confidence(after, "yes"), confidence(before, "yes"), 0);
    CHECK_INT(after->given[0].timestamp_us, 7);
    CHECK_INT(after->states[1], PLAIT__STATE_MISSING);
    plait_fusion_destroy(before);
    plait_fusion_destroy(after);
    plait_moment_destroy(moment);
    plait_moment_destroy(loaded);

    loaded = NULL;
    for (size_t cut = 0; cut < size; cut += 3) CHECK_INT(plait_moment_load(model, copy, cut, &loaded), PLAIT_INVALID);
    plait_model_destroy(model);
    other = open_made(PACKAGE("toy/2", ""));
    CHECK_INT(plait_moment_load(other, copy, size, &loaded), PLAIT_UNSUPPORTED);
    CHECK(strstr(plait_context_error(context), "expected \"toy/2\"") != NULL);
    CHECK(loaded == NULL);
    plait_model_destroy(other);
}

TEST(agrees) {
    const float a[] = {1, 0}, b[] = {0, 1}, c[] = {0.5f, 0.5f};
    CHECK_NEAR(plait__agreement((const float *const[]){a, a}, 2, 2), 1, 1e-6);
    CHECK_NEAR(plait__agreement((const float *const[]){a, b}, 2, 2), 0, 1e-6);
    CHECK_NEAR(plait__agreement((const float *const[]){a}, 1, 2), 1, 0);
    CHECK_NEAR(plait__agreement((const float *const[]){a, c}, 2, 2), 1 - (0.8112781 - 0.5),
               1e-6); /* bits: H(.75) - mean(0, 1) */
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    make_networks();
    test_late_weighs_opinions();
    test_nothing_given();
    test_joint_networks_see_zeros();
    test_stacked();
    test_experts_are_chosen();
    test_cascade_stops_when_sure();
    test_retrieval_adds_what_is_near();
    test_bad_inputs_are_gated();
    test_confidence_sinks_with_quality();
    test_time();
    test_embeddings_travel();
    test_agrees();
    plait_context_destroy(context);
    return test__finish();
}
