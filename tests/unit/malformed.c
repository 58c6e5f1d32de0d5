/* ONNX files that are wrong, each in one way: one sentence that says how, and nothing lost.  Then every prefix of a good file,
 * and every byte of it changed: whatever comes of that, it must end in an orderly way. */
#include <stdlib.h>

#include "onnx/onnx.h"
#include "onnx_writer.h"
#include "test.h"

#define DIMS(...)       \
    (const int64_t[]) { \
        __VA_ARGS__     \
    }

static long live; /* allocations not yet released */

static void *counted(void *user, size_t bytes) {
    (void)user;
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    live += memory != NULL;
    return memory;
}

static void uncounted(void *user, void *memory) {
    (void)user;
    live -= memory != NULL;
    free(memory);
}

static plait_context *create(void) {
    plait_context_options options;
    plait_context *context = NULL;
    plait_context_options_default(&options);
    options.allocator = (plait_allocator){counted, uncounted, NULL};
    CHECK_INT(plait_context_create(&options, &context), PLAIT_OK);
    return context;
}

/* Reading fails with this status, and the sentence has `part` in it. */
static void check_file(const void *bytes, size_t size, enum plait_status status, const char *part) {
    plait_context *context = create();
    plait_session *session = NULL;
    plait_session_options options;
    plait_session_options_default(&options);
    options.backend = "reference";
    CHECK_INT(plait_session_create(context, bytes, size, NULL, &options, &session), status);
    if (!strstr(plait_context_error(context), part)) CHECK_TEXT(plait_context_error(context), part);
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(live, 0);
}

static void check_model(struct model *model, enum plait_status status, const char *part) {
    model_finish(model, 13);
    check_file(model->file.data, model->file.size, status, part);
}

static void start(struct model *model) {
    *model = (struct model){0};
    model_input(model, "x", PLAIT_F32, 2, DIMS(2, 3));
}

TEST(no_model) {
    check_file("", 0, PLAIT_INVALID, "empty");
    check_file("This is a text, not a model.\n", 29, PLAIT_INVALID, "malformed protocol buffer");
    struct bytes none = {0};
    put_int(&none, 1, 8);
    check_file(none.data, none.size, PLAIT_INVALID, "it has no graph");
}

TEST(two_gigabytes) {
    /* Refused by its size alone, before any byte is read. */
    check_file("", (size_t)INT32_MAX + 1, PLAIT_LIMIT, "weights belong into external data");
}

TEST(opsets) {
    for (int opset = 0; opset < 1000; opset += 99) {
        struct model model;
        start(&model);
        model_output(&model, "x");
        model_finish(&model, opset);
        if (opset == 0 || opset > PLAIT__OPSET_MOST) check_file(model.file.data, model.file.size, PLAIT_UNSUPPORTED, "opset");
    }
    struct model model;
    start(&model);
    model_node(&model, "Relu", "x", "y", NULL);
    put_message(&model.file, 7, &model.graph);
    check_file(model.file.data, model.file.size, PLAIT_INVALID, "imports no version");
}

TEST(names) {
    struct model model;
    start(&model);
    model_node(&model, "Relu", "z", "y", NULL);
    check_model(&model, PLAIT_INVALID, "no node before it makes its input 'z'");

    start(&model); /* a cycle */
    model_node(&model, "Add", "x b", "a", NULL);
    model_node(&model, "Relu", "a", "b", NULL);
    check_model(&model, PLAIT_INVALID, "cyclic");

    start(&model);
    model_node(&model, "Relu", "x", "y", NULL);
    model_node(&model, "Abs", "x", "y", NULL);
    check_model(&model, PLAIT_INVALID, "'y' is given to two values");

    start(&model);
    model_output(&model, "nowhere");
    check_model(&model, PLAIT_INVALID, "no node makes the output 'nowhere'");

    start(&model);
    put_field(&model.graph, 12, "\x0a\x03y\0y", 5);
    check_model(&model, PLAIT_INVALID, "NUL");
}

TEST(operators) {
    struct model model;
    start(&model);
    model_node(&model, "Frobnicate", "x", "y", NULL);
    model_output(&model, "y");
    check_model(&model, PLAIT_UNSUPPORTED, "there is no operator Frobnicate");

    start(&model);
    struct bytes node = {0};
    put_text(&node, 1, "x");
    put_text(&node, 2, "y");
    put_text(&node, 4, "Scaler");
    put_text(&node, 7, "ai.onnx.ml");
    put_message(&model.graph, 1, &node);
    check_model(&model, PLAIT_UNSUPPORTED, "ai.onnx.ml.Scaler");

    start(&model); /* one of our own, which no file may use */
    model_node(&model, "Silu", "x", "y", NULL);
    check_model(&model, PLAIT_UNSUPPORTED, "Silu");

    start(&model);
    model_node(&model, "Add", "x", "y", NULL);
    model_output(&model, "y");
    check_model(&model, PLAIT_INVALID, "Add 'y'");
}

static void check_tensor(int rank, const int64_t *dims, int dtype, size_t bytes, enum plait_status status, const char *part) {
    static const uint8_t zeros[4096];
    struct model model;
    struct bytes tensor = {0};
    start(&model);
    tensor_message(&tensor, "w", (enum plait_dtype)dtype, rank, dims, zeros, bytes);
    put_message(&model.graph, 5, &tensor);
    check_model(&model, status, part);
}

TEST(tensors) {
    check_tensor(2, DIMS(2, 3), PLAIT_F32, 23, PLAIT_INVALID, "expected 24 bytes, found 23");
    check_tensor(2, DIMS(2, -3), PLAIT_F32, 24, PLAIT_INVALID, "found -3");
    check_tensor(4, DIMS(1 << 20, 1 << 20, 1 << 20, 1 << 20), PLAIT_F32, 24, PLAIT_LIMIT, "too large");
    check_tensor(9, DIMS(1, 1, 1, 1, 1, 1, 1, 1, 1), PLAIT_F32, 4, PLAIT_UNSUPPORTED, "rank 9");
    check_tensor(1, DIMS(1), 8, 4, PLAIT_UNSUPPORTED, "strings");
    check_tensor(1, DIMS(1), 99, 4, PLAIT_UNSUPPORTED, "data type 99");
    check_tensor(1, DIMS(1), 0, 4, PLAIT_INVALID, "data type 0");

    struct model model; /* two floats where three belong */
    struct bytes tensor = {0};
    start(&model);
    put_int(&tensor, 1, 3);
    put_int(&tensor, 2, PLAIT_F32);
    put_text(&tensor, 8, "w");
    put_field(&tensor, 4, (float[]){1, 2}, 8);
    put_message(&model.graph, 5, &tensor);
    check_model(&model, PLAIT_INVALID, "expected 3 elements of float32, found 2");
}

static void check_external(const char *location, const char *folder, enum plait_status status, const char *part) {
    struct model model;
    struct bytes tensor = {0}, entry = {0};
    start(&model);
    put_int(&tensor, 1, 3);
    put_int(&tensor, 2, PLAIT_F32);
    put_text(&tensor, 8, "w");
    put_text(&entry, 1, "location");
    put_text(&entry, 2, location);
    put_message(&tensor, 13, &entry);
    put_int(&tensor, 14, 1);
    put_message(&model.graph, 5, &tensor);
    model_finish(&model, 13);
    plait_context *context = create();
    plait_session *session = NULL;
    CHECK_INT(plait_session_create(context, model.file.data, model.file.size, folder, NULL, &session), status);
    if (!strstr(plait_context_error(context), part)) CHECK_TEXT(plait_context_error(context), part);
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(live, 0);
}

TEST(external_data) {
    check_external("w.bin", NULL, PLAIT_INVALID, "no folder");
    static const char *const outside[] = {"/etc/passwd", "../w.bin", "a/../../w.bin", "a/..", "..", "a\\b", "c:w.bin", ""};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        check_external(outside[i], "tests", PLAIT_INVALID, "not a path inside");
    check_external("nothing-here.bin", "tests", PLAIT_NOT_FOUND, "nothing-here.bin");
    check_external("CMakeLists.txt/..w", "tests", PLAIT_NOT_FOUND, "external data"); /* two dots alone are what is refused */
}

TEST(subgraphs_without_end) {
    struct bytes branch = {0}, output = {0};
    put_text(&output, 1, "x");
    put_message(&branch, 12, &output);
    for (int depth = 0; depth < 40; depth++) {
        struct bytes attributes = {0}, node = {0}, graph = {0};
        attribute_message(&attributes, "then_branch", ATTRIBUTE_GRAPH, 6, &branch);
        put_text(&node, 1, "x");
        put_text(&node, 2, "y");
        put_text(&node, 4, "If");
        put_raw(&node, attributes.data, attributes.size);
        put_message(&graph, 1, &node);
        put_message(&graph, 12, &output);
        branch = graph;
    }
    struct model model;
    start(&model);
    put_raw(&model.graph, branch.data, branch.size);
    check_model(&model, PLAIT_LIMIT, "nest deeper");
}

/* A model with a bit of everything: constants, attributes, a subgraph that captures. */
static void build_good(struct model *model) {
    start(model);
    struct bytes turn = {0}, then_branch = {0}, else_branch = {0}, branches = {0}, node = {0}, output = {0};
    attribute_ints(&turn, "perm", 2, DIMS(1, 0));
    model_constant(model, "w", PLAIT_F32, 2, DIMS(2, 3), (float[]){1, 2, 3, 4, 5, 6});
    model_constant(model, "yes", PLAIT_BOOL, 0, NULL, (uint8_t[]){1});
    model_node(model, "Add", "x w", "sum", NULL);
    put_text(&node, 1, "sum");
    put_text(&node, 2, "inner");
    put_text(&node, 4, "Relu");
    put_message(&then_branch, 1, &node);
    put_text(&output, 1, "inner");
    put_message(&then_branch, 12, &output);
    output = (struct bytes){0};
    put_text(&output, 1, "x");
    put_message(&else_branch, 12, &output);
    attribute_message(&branches, "then_branch", ATTRIBUTE_GRAPH, 6, &then_branch);
    attribute_message(&branches, "else_branch", ATTRIBUTE_GRAPH, 6, &else_branch);
    model_node(model, "If", "yes", "chosen", &branches);
    model_node(model, "Transpose", "chosen", "y", &turn);
    model_output(model, "y");
    model_finish(model, 13);
}

static enum plait_status load_and_run(const uint8_t *bytes, size_t size) {
    plait_context *context = create();
    plait_session *session = NULL;
    plait_session_options options;
    plait_session_options_default(&options);
    options.backend = "reference";
    enum plait_status status = plait_session_create(context, bytes, size, NULL, &options, &session);
    float data[6] = {-9, 1, -9, 1, -9, 1};
    plait_tensor input = {.dtype = PLAIT_F32, .rank = 2, .dims = {2, 3}, .data = data}, output;
    if (status == PLAIT_OK && plait_session_input_count(session) == 1 && plait_session_output_count(session) == 1)
        status = plait_session_run(session, &input, 1, &output, 1);
    CHECK(status == PLAIT_OK || plait_context_error(context)[0] != '\0');
    CHECK(!strchr(plait_context_error(context), '\n'));
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(live, 0);
    return status;
}

TEST(every_byte) {
    static struct model model;
    build_good(&model);
    CHECK_INT(load_and_run(model.file.data, model.file.size), PLAIT_OK);
    uint8_t *copy = malloc(model.file.size);
    for (size_t size = 0; size < model.file.size; size++) { /* in memory of its own, where reading past the end shows */
        uint8_t *prefix = malloc(size ? size : 1);
        memcpy(prefix, model.file.data, size);
        load_and_run(prefix, size);
        free(prefix);
    }
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x7f};
    for (size_t at = 0; at < model.file.size; at++)
        for (size_t c = 0; c < sizeof changes; c++) {
            memcpy(copy, model.file.data, model.file.size);
            copy[at] ^= changes[c];
            load_and_run(copy, model.file.size);
        }
    free(copy);
}

TEST_MAIN(no_model, two_gigabytes, opsets, names, operators, tensors, external_data, subgraphs_without_end, every_byte)
