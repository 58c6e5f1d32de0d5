/* Sessions: shapes that change, the memory plan, allocations that fail, functions, external data, cancelling. */
#include "session/session.h"

#include <stdlib.h>
#include <unistd.h>

#include "heap.h"
#include "onnx_writer.h"
#include "test.h"

#ifndef PAIR_BACKEND
#define PAIR_BACKEND "xnnpack"
#endif

#define DIMS(...)       \
    (const int64_t[]) { \
        __VA_ARGS__     \
    }

static plait_session *open_model(plait_context *context, const struct model *model) {
    plait_session *session = NULL;
    plait_session_options options;
    plait_session_options_default(&options);
    options.backend = "reference";
    if (plait_session_create(context, model->file.data, model->file.size, NULL, &options, &session) != PLAIT_OK)
        fprintf(stderr, "%s\n", plait_context_error(context));
    CHECK(session != NULL);
    return session;
}

/* y = relu(x w + b) reshaped to [rows * 2, -1] by a chain of Shape, Gather, Mul and Concat, as exporters write it. */
static void build_chain(struct model *model) {
    float w[12], b[4] = {0.5f, -0.5f, 0.25f, 0};
    for (int i = 0; i < 12; i++) w[i] = (float)(i % 5) - 2;
    model_input(model, "x", PLAIT_F32, 2, DIMS(-1, 3));
    model_constant(model, "w", PLAIT_F32, 2, DIMS(3, 4), w);
    model_constant(model, "b", PLAIT_F32, 1, DIMS(4), b);
    model_constant(model, "zero", PLAIT_I64, 0, NULL, DIMS(0));
    model_constant(model, "two", PLAIT_I64, 1, DIMS(1), DIMS(2));
    model_constant(model, "rest", PLAIT_I64, 1, DIMS(1), DIMS(-1));
    model_constant(model, "first", PLAIT_I64, 1, DIMS(1), DIMS(0));
    model_node(model, "MatMul", "x w", "p", NULL);
    model_node(model, "Add", "p b", "s", NULL);
    model_node(model, "Relu", "s", "r", NULL);
    model_node(model, "Shape", "r", "shape", NULL);
    model_node(model, "Gather", "shape zero", "rows", NULL);
    model_node(model, "Unsqueeze", "rows first", "rows1", NULL);
    model_node(model, "Mul", "rows1 two", "twice", NULL);
    struct bytes axis = {0};
    attribute_int(&axis, "axis", 0);
    model_node(model, "Concat", "twice rest", "target", &axis);
    model_node(model, "Reshape", "r target", "y", NULL);
    model_output(model, "y");
    model_finish(model, 13);
}

static float chain_at(const float *x, int row, int column) {
    static const float b[4] = {0.5f, -0.5f, 0.25f, 0};
    float sum = b[column];
    for (int k = 0; k < 3; k++) sum += x[row * 3 + k] * (float)((k * 4 + column) % 5 - 2);
    return sum > 0 ? sum : 0;
}

enum { ROWS_MOST = 3 * PLAIT__PLAN_CACHE };

static enum plait_status run_chain(plait_session *session, int64_t rows, bool check) {
    float x[ROWS_MOST * 3];
    uint32_t seed = (uint32_t)rows;
    for (int i = 0; i < ROWS_MOST * 3; i++) x[i] = noise(&seed);
    plait_tensor input = {.dtype = PLAIT_F32, .rank = 2, .dims = {rows, 3}, .data = x}, output;
    enum plait_status status = plait_session_run(session, &input, 1, &output, 1);
    if (status != PLAIT_OK || !check) return status;
    CHECK_INT(output.rank, 2);
    CHECK_INT(output.dims[0], rows * 2);
    CHECK_INT(output.dims[1], 2);
    for (int i = 0; i < rows * 4; i++) CHECK_NEAR(((float *)output.data)[i], chain_at(x, i / 4, i % 4), 1e-6); /* sums of 4 */
    return status;
}

TEST(shapes_that_change) {
    static struct model model;
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    build_chain(&model);
    plait_session *session = open_model(context, &model);
    plait_tensor type;
    plait_session_input_type(session, 0, &type);
    CHECK_INT(type.dims[0], -1);
    CHECK_INT(type.dims[1], 3);
    CHECK_TEXT(plait_session_output_name(session, 0), "y");
    CHECK_TEXT(plait_session_input_dimension_name(session, 0, 0), "n");
    CHECK(!plait_session_input_dimension_name(session, 0, 1));
    CHECK(!plait_session_input_dimension_name(session, 0, 2));
    static const int rows[] = {1, 7, 2, 7, 64, 1, 13};
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) CHECK_INT(run_chain(session, rows[i], true), PLAIT_OK);
    long live = heap.live;
    for (int i = 1; i <= ROWS_MOST; i++) CHECK_INT(run_chain(session, i, true), PLAIT_OK);
    for (int i = 1; i <= ROWS_MOST; i++) CHECK_INT(run_chain(session, i, true), PLAIT_OK);
    CHECK(heap.live < live + 20 * PLAIT__PLAN_CACHE); /* plans beyond the cache are given up */
    plait_tensor wrong = {.dtype = PLAIT_F32, .rank = 2, .dims = {2, 4}, .data = &type}, output;
    CHECK_INT(plait_session_run(session, &wrong, 1, &output, 1), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "input 'x', dimension 1: expected 3, found 4");
    wrong.dtype = PLAIT_I32;
    CHECK_INT(plait_session_run(session, &wrong, 1, &output, 1), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "input 'x': expected float32, found int32");
    CHECK_INT(plait_session_run(session, &wrong, 0, &output, 1), PLAIT_INVALID);
    CHECK_INT(run_chain(session, 5, true), PLAIT_OK); /* a refused run harms nothing */
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
}

/* Plans divide work by the threads there were when they were made. */
TEST(threads_that_come_later) {
    static struct model model;
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    build_chain(&model);
    plait_session *session = open_model(context, &model);
    for (int threads = 1; threads <= 3; threads++) {
        CHECK_INT(plait_context_set_threads(context, threads), PLAIT_OK);
        for (int rows = 5; rows < 8; rows++) CHECK_INT(run_chain(session, rows, true), PLAIT_OK);
        int plans = 0;
        for (int i = 0; i < PLAIT__PLAN_CACHE; i++) {
            if (!session->plans[i]) continue;
            plans++;
            CHECK_INT(session->plans[i]->threads, context->options.threads);
        }
        CHECK_INT(plans, 3);
    }
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
}

TEST(shapes_known_only_by_running) {
    struct model model = {0};
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    model_input(&model, "x", PLAIT_F32, 1, DIMS(-1));
    model_node(&model, "NonZero", "x", "at", NULL);
    model_node(&model, "Gather", "x at", "chosen", NULL);
    model_node(&model, "Neg", "chosen", "y", NULL);
    model_output(&model, "y");
    model_output(&model, "x"); /* an input that is an output */
    model_finish(&model, 13);
    plait_session *session = open_model(context, &model);
    for (int count = 0; count < 6; count++) {
        float x[5] = {0};
        plait_tensor input = {.dtype = PLAIT_F32, .rank = 1, .dims = {5}, .data = x}, outputs[2];
        for (int i = 0; i < count; i++) x[(i * 2) % 5] = (float)(i + 1);
        CHECK_INT(plait_session_run(session, &input, 1, outputs, 2), PLAIT_OK);
        CHECK_INT(outputs[0].dims[1], count);
        float sum = 0;
        for (int i = 0; i < count; i++) sum += ((float *)outputs[0].data)[i];
        CHECK_NEAR(sum, -count * (count + 1) / 2, 0);
        CHECK(outputs[1].data != x);
        CHECK_NEAR(((float *)outputs[1].data)[0], x[0], 0);
    }
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
}

/* Two values whose lives touch must not share a byte.  Lives are worked out here anew, straight from the node list. */
TEST(memory_plan) {
    struct model model = {0};
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    char previous[16] = "x", name[16], words[64];
    model_input(&model, "x", PLAIT_F32, 2, DIMS(5, 13));
    for (int i = 0; i < 20; i++) { /* a residual net: every third value is read again five nodes later */
        snprintf(name, sizeof name, "v%d", i);
        snprintf(words, sizeof words, i % 5 == 4 ? "%s v%d" : "%s", previous, i - 4);
        model_node(&model, i % 5 == 4 ? "Add" : i % 2 ? "Abs" : "Exp", words, name, NULL);
        memcpy(previous, name, sizeof name);
    }
    model_output(&model, "v19");
    model_output(&model, "v3");
    model_finish(&model, 13);
    plait_session *session = open_model(context, &model);
    float x[65] = {0};
    plait_tensor input = {.dtype = PLAIT_F32, .rank = 2, .dims = {5, 13}, .data = x}, outputs[2];
    CHECK_INT(plait_session_run(session, &input, 1, outputs, 2), PLAIT_OK);

    const struct plait__plan *plan = session->current;
    const struct plait__graph *graph = plan->graph;
    int first[64], last[64], planned = 0;
    size_t bytes = 5 * 13 * sizeof(float);
    CHECK_INT(plan->segment_count, 1);
    for (int v = 0; v < graph->value_count; v++) first[v] = last[v] = -1;
    for (int n = 0; n < graph->node_count; n++) {
        const struct plait__node *node = &graph->nodes[plan->order[n]];
        first[node->outputs[0]] = last[node->outputs[0]] = n;
        for (int i = 0; i < node->input_count; i++) last[node->inputs[i]] = n;
    }
    for (int i = 0; i < 2; i++) last[graph->outputs[i]] = graph->node_count;
    for (int a = 0; a < graph->value_count; a++) {
        planned += first[a] >= 0 && plan->offsets[a] != PLAIT__UNPLANNED;
        for (int b = 0; b < a; b++) {
            bool both = first[a] >= 0 && first[b] >= 0 && first[a] <= last[b] && first[b] <= last[a];
            if (both) CHECK(plan->offsets[a] >= plan->offsets[b] + bytes || plan->offsets[b] >= plan->offsets[a] + bytes);
        }
    }
    CHECK_INT(planned, graph->node_count);
    CHECK(plan->workspace_bytes <= 5 * 320); /* 20 values live in the room of the 5 that are needed at once */
    CHECK(plait_session_peak_bytes(session) >= plan->workspace_bytes);
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
}

/* Every allocation fails in its turn: always MEMORY, nothing leaks, and when none fails the answer is right. */
static void fail_each_allocation(const char *backend) {
    static struct model model;
    model = (struct model){0};
    build_chain(&model);
    long failures = 0;
    for (bool done = false; !done && failures < 10000; failures++) {
        struct heap heap = {.until_failure = failures};
        plait_context *context = heap_context(&heap);
        if (!context) continue;
        plait_session_options options;
        plait_session_options_default(&options);
        options.backend = backend;
        options.profile = true;
        plait_session *session = NULL;
        enum plait_status status = plait_session_create(context, model.file.data, model.file.size, NULL, &options, &session);
        if (status == PLAIT_OK) status = run_chain(session, 7, false);
        if (status == PLAIT_OK) status = run_chain(session, 64, true);
        const char *json;
        if (status == PLAIT_OK) status = plait_session_profile_json(session, &json);
        done = status == PLAIT_OK;
        if (!done) CHECK_INT(status, PLAIT_MEMORY);
        plait_session_destroy(session);
        plait_context_destroy(context);
        CHECK_INT(heap.live, 0);
    }
    CHECK(failures > 20 && failures < 10000);
}

TEST(allocations_that_fail) {
    fail_each_allocation("reference");
    fail_each_allocation(PAIR_BACKEND);
}

static int answers_before_cancel;

static bool cancel_after(void *user) {
    (void)user;
    return answers_before_cancel-- <= 0;
}

TEST(cancelled) {
    static struct model model;
    plait_context_options options;
    plait_context *context;
    build_chain(&model);
    plait_context_options_default(&options);
    options.cancelled = cancel_after;
    CHECK_INT(plait_context_create(&options, &context), PLAIT_OK);
    plait_session *session = open_model(context, &model);
    answers_before_cancel = 1;
    CHECK_INT(run_chain(session, 3, true), PLAIT_CANCELLED);
    answers_before_cancel = 1000;
    CHECK_INT(run_chain(session, 3, true), PLAIT_OK);
    plait_session_destroy(session);
    plait_context_destroy(context);
}

/* half(x) = x * 0.5 by way of an attribute, called twice, once from a subgraph that captures. */
TEST(functions) {
    struct model model = {0};
    struct bytes function = {0}, constant = {0}, reference = {0}, product = {0}, import = {0}, call = {0};
    put_text(&function, 1, "Scale");
    put_text(&function, 10, "test");
    put_text(&function, 4, "x");
    put_text(&function, 5, "y");
    put_text(&function, 6, "by");
    put_text(&constant, 2, "c");
    put_text(&constant, 4, "Constant");
    put_text(&reference, 1, "value_float");
    put_text(&reference, 21, "by");
    put_int(&reference, 20, ATTRIBUTE_FLOAT);
    put_message(&constant, 5, &reference);
    put_message(&function, 7, &constant);
    put_text(&product, 1, "x");
    put_text(&product, 1, "c");
    put_text(&product, 2, "y");
    put_text(&product, 4, "Mul");
    put_message(&function, 7, &product);
    put_int(&import, 2, 13);
    put_message(&function, 9, &import);

    model_input(&model, "x", PLAIT_F32, 1, DIMS(3));
    static const char *const values[] = {"x", "h", "q"};
    for (int i = 0; i < 2; i++) {
        struct bytes attributes = {0};
        call = (struct bytes){0};
        attribute_float(&attributes, "by", 0.5f);
        put_text(&call, 1, values[i]);
        put_text(&call, 2, values[i + 1]);
        put_text(&call, 4, "Scale");
        put_text(&call, 7, "test");
        put_raw(&call, attributes.data, attributes.size);
        put_message(&model.graph, 1, &call);
    }
    model_output(&model, "q");
    model_finish(&model, 13);
    put_message(&model.file, 25, &function);
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    plait_session *session = open_model(context, &model);
    float x[3] = {4, -8, 1};
    plait_tensor input = {.dtype = PLAIT_F32, .rank = 1, .dims = {3}, .data = x}, output;
    CHECK_INT(plait_session_run(session, &input, 1, &output, 1), PLAIT_OK);
    for (int i = 0; i < 3; i++) CHECK_NEAR(((float *)output.data)[i], x[i] / 4, 0);
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
}

/* Loop: the powers of two below a limit, which is captured, stacked; ended by the condition. */
TEST(loop_with_captures) {
    struct model model = {0}, body = {0};
    struct bytes attributes = {0};
    model_value(&body, 11, "round", PLAIT_I64, 0, NULL);
    model_value(&body, 11, "go_on_in", PLAIT_BOOL, 0, NULL);
    model_value(&body, 11, "power", PLAIT_F32, 0, NULL);
    model_node(&body, "Add", "power power", "double", NULL);
    model_node(&body, "Less", "double limit", "go_on", NULL);
    model_node(&body, "Identity", "power", "kept", NULL);
    model_output(&body, "go_on");
    model_output(&body, "double");
    model_output(&body, "kept");
    attribute_message(&attributes, "body", ATTRIBUTE_GRAPH, 6, &body.graph);
    model_input(&model, "limit", PLAIT_F32, 0, NULL);
    model_scalar(&model, "one", 1.0f);
    model_node(&model, "Loop", "- - one", "end powers", &attributes);
    model_output(&model, "end");
    model_output(&model, "powers");
    model_finish(&model, 13);
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    plait_session *session = open_model(context, &model);
    for (int bits = 1; bits < 12; bits++) {
        float limit = (float)(1 << bits) + 0.5f;
        plait_tensor input = {.dtype = PLAIT_F32, .data = &limit}, outputs[2];
        CHECK_INT(plait_session_run(session, &input, 1, outputs, 2), PLAIT_OK);
        CHECK_INT(outputs[1].dims[0], bits + 1);
        CHECK_NEAR(*(float *)outputs[0].data, 2 << bits, 0);
        for (int i = 0; i <= bits; i++) CHECK_NEAR(((float *)outputs[1].data)[i], 1 << i, 0);
    }
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
}

static int count_op(const struct plait__graph *graph, enum plait__op op) {
    int count = 0;
    for (int n = 0; n < graph->node_count; n++) count += graph->nodes[n].op == op;
    return count;
}

/* If whose condition follows from the input's shape, as PyTorch exports a squeeze: no If is left in the plan. */
TEST(branches_that_shapes_decide) {
    struct model model = {0}, squeezed = {0}, same = {0};
    struct bytes branches = {0};
    model_node(&squeezed, "Squeeze", "x axis", "small", NULL);
    model_node(&squeezed, "Neg", "small", "y", NULL); /* a name that the graph around has, too */
    model_output(&squeezed, "y");
    model_output(&same, "x");
    attribute_message(&branches, "then_branch", ATTRIBUTE_GRAPH, 6, &squeezed.graph);
    attribute_message(&branches, "else_branch", ATTRIBUTE_GRAPH, 6, &same.graph);
    model_input(&model, "x", PLAIT_F32, 2, DIMS(-1, 4));
    model_constant(&model, "axis", PLAIT_I64, 1, DIMS(1), DIMS(0));
    model_constant(&model, "zero", PLAIT_I64, 0, NULL, DIMS(0));
    model_constant(&model, "one", PLAIT_I64, 0, NULL, DIMS(1));
    model_node(&model, "Shape", "x", "shape", NULL);
    model_node(&model, "Gather", "shape zero", "rows", NULL);
    model_node(&model, "Equal", "rows one", "single", NULL);
    model_node(&model, "If", "single", "y", &branches);
    model_output(&model, "y");
    model_finish(&model, 13);
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    plait_session *session = open_model(context, &model);
    float x[12] = {1, 2, 3, 4};
    for (int rows = 1; rows < 4; rows++) {
        plait_tensor input = {.dtype = PLAIT_F32, .rank = 2, .dims = {rows, 4}, .data = x}, output;
        CHECK_INT(plait_session_run(session, &input, 1, &output, 1), PLAIT_OK);
        CHECK_INT(output.rank, rows == 1 ? 1 : 2);
        CHECK_NEAR(((float *)output.data)[3], rows == 1 ? -4 : 4, 0);
        CHECK_INT(count_op(plait__session_plan_graph(session), PLAIT__OP_If), 0);
    }
    plait_session_destroy(session);
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
}

TEST(external_data) {
    char folder[] = "/tmp/plait-session-XXXXXX", path[64];
    if (!mkdtemp(folder)) return;
    struct model model = {0};
    struct bytes tensor = {0}, entry = {0};
    model_input(&model, "x", PLAIT_F32, 1, DIMS(3));
    put_int(&tensor, 1, 3);
    put_int(&tensor, 2, PLAIT_F32);
    put_text(&tensor, 8, "w");
    static const char *const entries[][2] = {{"location", "w.bin"}, {"offset", "4"}, {"length", "12"}};
    for (int i = 0; i < 3; i++) {
        entry = (struct bytes){0};
        put_text(&entry, 1, entries[i][0]);
        put_text(&entry, 2, entries[i][1]);
        put_message(&tensor, 13, &entry);
    }
    put_int(&tensor, 14, 1);
    put_message(&model.graph, 5, &tensor);
    model_node(&model, "Add", "x w", "y", NULL);
    model_output(&model, "y");
    model_finish(&model, 13);
    struct heap heap = {.until_failure = -1};
    plait_context *context = heap_context(&heap);
    snprintf(path, sizeof path, "%s/w.bin", folder);
    for (size_t floats = 3; floats < 6; floats++) { /* one too few; enough; more than enough */
        plait_session *session = NULL;
        CHECK_INT(plait__file_write(context, path, (float[]){9, 1, 2, 3, 9}, floats * sizeof(float)), PLAIT_OK);
        enum plait_status status = plait_session_create(context, model.file.data, model.file.size, folder, NULL, &session);
        CHECK_INT(status, floats == 3 ? PLAIT_INVALID : PLAIT_OK);
        if (floats == 3) CHECK(strstr(plait_context_error(context), "12 bytes at 4, but the file has 12"));
        plait_tensor input = {.dtype = PLAIT_F32, .rank = 1, .dims = {3}, .data = (float[]){10, 20, 30}}, output;
        if (session) CHECK_INT(plait_session_run(session, &input, 1, &output, 1), PLAIT_OK);
        for (int i = 0; session && i < 3; i++) CHECK_NEAR(((float *)output.data)[i], 11 * (i + 1), 0);
        plait_session_destroy(session);
    }
    plait_context_destroy(context);
    CHECK_INT(heap.live, 0);
    unlink(path);
    rmdir(folder);
}

TEST_MAIN(shapes_that_change, threads_that_come_later, shapes_known_only_by_running, memory_plan, allocations_that_fail,
          cancelled, functions, loop_with_captures, branches_that_shapes_decide, external_data)
