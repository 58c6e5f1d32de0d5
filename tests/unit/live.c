/* Events into answers by windows: misaligned until the lag is known, an outage, and a recording that gives the same again. */
#include <stdlib.h>

#include "made_package.h"
#include "onnx_writer.h" /* noise */
#include "test.h"

static plait_context *context;

enum { SECONDS = 30, OUTAGE = 22 };

#define SENSE                                                                                          \
    "{\"kind\": \"structured\", \"input\": {\"columns\": [{\"name\": \"x\", \"type\": \"number\"}]}, " \
    "\"head\": {\"weights\": [[-1, 0], [1, 0]]}}"

static plait_model *open_made(struct made *made) {
    plait_model *model = NULL;
    made_manifest(
        made, "\"name\": \"toy\", \"version\": \"1\", \"kind\": \"multimodal\", \"embedding_schema\": \"toy/1\", "
              "\"modalities\": {\"eye\": " SENSE ", \"ear\": " SENSE "}, \"heads\": {\"which\": {\"classes\": [\"no\", "
              "\"yes\"]}}, \"tolerance_us\": 100000, \"fusion\": \"late\", \"patterns\": {\"late\": {\"pattern\": \"late\", "
              "\"weights\": {\"eye\": 1, \"ear\": 1}}}");
    CHECK_INT(plait_model_create_from_files(context, made->files, made->count, NULL, &model), PLAIT_OK);
    return model;
}

/* What was answered, without the times that this machine took. */
struct said {
    int windows, unknown, aligned, misaligned_answers, outage_answers, both;
    char text[1 << 16];
    size_t used;
};

static void hear(void *user, const char *json) {
    struct said *said = user;
    const char *answer = strstr(json, "\"answer\":"), *end = strstr(json, "\"path\":");
    CHECK(answer != NULL && end != NULL && strstr(json, "plait.fusion/1") != NULL);
    said->windows++;
    said->unknown += strstr(json, "\"alignment\":\"unknown\"") != NULL;
    said->aligned += strstr(json, "\"alignment\":\"aligned\"") != NULL;
    said->misaligned_answers +=
        strstr(json, "\"state\":\"misaligned\",\"reason\":\"how far the clocks are apart is not known yet") != NULL;
    said->outage_answers += strstr(json, "\"events\":{\"eye\":0") != NULL && strstr(json, "\"state\":\"missing\"") != NULL;
    const char *used = strstr(json, "\"used\":true");
    said->both += used && strstr(used + 1, "\"used\":true");
    const size_t size = end ? (size_t)(end - json) : 0;
    if (said->used + size < sizeof said->text) memcpy(said->text + said->used, json, size), said->used += size;
}

/* Bumps of activity at moments that are not evenly apart. */
static float activity_at(double t) {
    double sum = 0;
    for (int i = 0; i < SECONDS; i++) {
        const double z = (t - (i + 0.5 + 0.3 * sin(i * 2.7))) / 0.1;
        if (z > -4 && z < 4) sum += exp(-z * z / 2);
    }
    return (float)sum;
}

static void push_scene(plait_live *live) {
    for (int i = 0; i < SECONDS * 50; i++) {
        const double t = i * 0.02;
        plait_event event = {.modality = "ear",
                             .number = (uint64_t)i,
                             .time_us = (int64_t)(t * 1e6) + 300000,
                             .arrival_us = (int64_t)(t * 1e6),
                             .activity = activity_at(t),
                             .bytes = "{\"x\": 2}",
                             .size = 8};
        CHECK_INT(plait_live_push(live, &event), PLAIT_OK);
        if (i % 2 || (t >= OUTAGE && t < OUTAGE + 4)) continue;
        event.modality = "eye";
        event.time_us -= 300000;
        event.bytes = "{\"x\": 1}";
        CHECK_INT(plait_live_push(live, &event), PLAIT_OK);
    }
    CHECK_INT(plait_live_finish(live), PLAIT_OK);
}

TEST(answers_by_windows) {
    static struct said live_said, replayed_said;
    struct made made = {0};
    plait_model *model = open_made(&made);
    plait_live *live = NULL, *again = NULL;
    plait_live_options options;
    const char *report;
    const void *bytes;
    size_t size;
    plait_live_options_default(&options);
    options.record = true;
    CHECK_INT(plait_live_create(model, &options, hear, &live_said, &live), PLAIT_OK);
    push_scene(live);
    CHECK(live_said.windows >= SECONDS && live_said.windows <= SECONDS + 1); /* the ear's clock is 0.3 s ahead at first */
    CHECK(live_said.unknown >= 8 && live_said.unknown <= 13);
    CHECK_INT(live_said.misaligned_answers, live_said.unknown);
    CHECK_INT(live_said.both, live_said.aligned - live_said.outage_answers);
    CHECK(live_said.outage_answers >= 3 && live_said.outage_answers <= 5);
    CHECK_INT(plait_live_report(live, &report), PLAIT_OK);
    CHECK(strstr(report, "\"lag\":{\"known\":true") != NULL);
    CHECK_NEAR(atof(strstr(report, "\"offset_us\":") + 12), 300000, 20000);
    CHECK(strstr(report, "\"gaps\":1") != NULL);

    options.record = false;
    CHECK_INT(plait_live_recording(live, &bytes, &size), PLAIT_OK);
    CHECK_INT(plait_live_create(model, &options, hear, &replayed_said, &again), PLAIT_OK);
    CHECK_INT(plait_live_replay(again, bytes, size), PLAIT_OK);
    CHECK_INT(plait_live_finish(again), PLAIT_OK);
    CHECK_INT(live_said.used, replayed_said.used);
    CHECK(live_said.used > 1000 && memcmp(live_said.text, replayed_said.text, live_said.used) == 0);
    CHECK_INT(plait_live_recording(again, &bytes, &size), PLAIT_INVALID);
    plait_live_destroy(again);
    plait_live_destroy(live);
    plait_model_destroy(model);
}

TEST(refuses) {
    struct made made = {0};
    plait_model *model = open_made(&made);
    plait_live *live = NULL;
    plait_live_options options;
    struct said said = {0};
    plait_live_options_default(&options);
    options.pattern = "none";
    CHECK_INT(plait_live_create(model, &options, hear, &said, &live), PLAIT_NOT_FOUND);
    options.pattern = NULL;
    options.window_us = -1;
    CHECK_INT(plait_live_create(model, &options, hear, &said, &live), PLAIT_INVALID);
    options.window_us = 1000;
    options.audio_rate_hz = 1;
    CHECK_INT(plait_live_create(model, &options, hear, &said, &live), PLAIT_INVALID);
    CHECK(live == NULL);
    CHECK_INT(plait_live_create(model, NULL, hear, &said, &live), PLAIT_OK);
    CHECK_INT(plait_live_push(live, &(plait_event){.modality = "nose"}), PLAIT_INVALID);
    CHECK_INT(plait_live_push(live, &(plait_event){.modality = NULL}), PLAIT_INVALID);
    plait_live_destroy(live);
    plait_model_destroy(model);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_answers_by_windows();
    test_refuses();
    plait_context_destroy(context);
    return test__finish();
}
