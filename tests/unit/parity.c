/* The shipped networks give what PyTorch gave when they were exported (tests/golden/NETWORK/). */
#include "base/file.h"
#include "plait.h"
#include "tensor/npy.h"
#include "test.h"

#ifndef PARITY_BACKEND
#define PARITY_BACKEND "xnnpack"
#endif

static void read_array(plait_context *context, const char *path, struct plait__arena *arena, plait_tensor *tensor) {
    struct plait__file file = {0};
    CHECK(plait__file_open(context, path, 0, &file) == PLAIT_OK);
    CHECK(plait__npy_read(context, file.bytes, file.size, arena, tensor) == PLAIT_OK);
    plait__file_close(context, &file);
}

/* Arrays are named like the graph's inputs and outputs.  `tolerance` is for values around 20, where f32 has steps of 2e-6,
 * after sums over some 30 layers in another order. */
static void compare_in(const char *package, const char *golden, const char *network, const char *backend, double tolerance) {
    enum { INPUTS_MOST = 8 };
    char path[256];
    plait_context *context = NULL;
    plait_session *session = NULL;
    struct plait__arena arena;
    plait_tensor inputs[INPUTS_MOST] = {0}, expected = {0}, outputs[2] = {0};
    plait_session_options options;
    plait_session_options_default(&options);
    options.backend = backend;
    CHECK(plait_context_create(NULL, &context) == PLAIT_OK);
    plait__arena_init(&arena, context);

    snprintf(path, sizeof path, "models/%s/%s.onnx", package, network);
    CHECK(plait_session_create_from_file(context, path, &options, &session) == PLAIT_OK);
    const size_t count = session ? plait_session_input_count(session) : 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "tests/golden/%s%s/%s.npy", golden, network, plait_session_input_name(session, i));
        read_array(context, path, &arena, &inputs[i]);
    }
    if (session && plait_session_run(session, inputs, count, outputs, plait_session_output_count(session)) == PLAIT_OK) {
        snprintf(path, sizeof path, "tests/golden/%s%s/%s.npy", golden, network, plait_session_output_name(session, 0));
        read_array(context, path, &arena, &expected);
        const float *found = outputs[0].data, *wanted = expected.data;
        double worst = 0;
        CHECK_INT(plait_tensor_elements(outputs), plait_tensor_elements(&expected));
        for (int64_t i = 0; i < plait_tensor_elements(&expected) && i < plait_tensor_elements(outputs); i++)
            worst = fmax(worst, fabs((double)found[i] - wanted[i]));
        printf("%s on %s: largest difference %g\n", network, backend, worst);
        CHECK_NEAR(worst, 0, tolerance);
    } else {
        fprintf(stderr, "%s\n", plait_context_error(context));
        CHECK(!"the network ran");
    }
    plait_session_destroy(session);
    plait__arena_end(&arena);
    plait_context_destroy(context);
}

static void compare(const char *network, const char *backend, double tolerance) {
    compare_in("receipt", "", network, backend, tolerance);
}

TEST(detector) {
    compare("detector", PARITY_BACKEND, 5e-4);
    compare("detector", "reference", 5e-4);
}

TEST(recogniser) {
    compare("recogniser", PARITY_BACKEND, 2e-4);
    compare("recogniser", "reference", 2e-4);
}

TEST(tagger) {
    static const char *const networks[] = {"text", "layout", "image", "fusion"};
    for (int i = 0; i < 4; i++) {
        compare(networks[i], PARITY_BACKEND, 1e-4);
        compare(networks[i], "reference", 1e-4);
    }
}

TEST(voice) {
    compare("voice", PARITY_BACKEND, 5e-4);
    compare("voice", "reference", 5e-4);
}

/* Embeddings and logits are around 10, after 5 layers at most. */
TEST(digits) {
    static const char *const networks[] = {"image", "audio", "early", "attention", "stacked", "gate"};
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        compare_in("digits", "digits/", networks[i], PARITY_BACKEND, 1e-4);
        compare_in("digits", "digits/", networks[i], "reference", 1e-4);
    }
}

TEST_MAIN(detector, recogniser, tagger, voice, digits)
