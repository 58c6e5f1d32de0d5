/* A small graph made by hand, run on a backend (xnnpack, unless PAIR_BACKEND says otherwise) and on reference, and the results
 * compared.
 *
 *     struct pair pair;
 *     pair_begin(&pair, 13);
 *     int x = pair_input(&pair, DIMS(2, 3));
 *     int y = pair_node(&pair, PLAIT__OP_Relu, INPUTS(x), 0);
 *     pair_check(&pair, y, 0.0);
 */
#ifndef PLAIT_TESTS_PAIR_H
#define PLAIT_TESTS_PAIR_H

#include "session/session.h"
#include "test.h"

#include <stdlib.h>

#ifndef PAIR_BACKEND
#define PAIR_BACKEND "xnnpack"
#endif
#ifndef PAIR_SUM
#define PAIR_SUM 3e-6 /* how far sums of some hundred products may be from reference's: of the largest of them */
#endif

enum { PAIR_INPUTS = 8 };

struct pair {
    plait_context *context;
    struct plait__graph *graph;
    plait_tensor inputs[PAIR_INPUTS];
    int threads, int8;
    uint32_t random;
    double error;   /* largest seen, relative to the largest output */
    int transposes; /* that the backend's plan has */
};

#define DIMS(...)                                                                  \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]) { \
        __VA_ARGS__                                                                \
    }
#define INPUTS(...)                                                    \
    (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[]) { \
        __VA_ARGS__                                                    \
    }
#define INTS(name, ...) pair_ints(&pair, name, DIMS(__VA_ARGS__))

static inline void pair_begin_threads(struct pair *pair, int opset, int threads) {
    plait_context_options options;
    plait_context_options_default(&options);
    options.threads = threads;
    *pair = (struct pair){.random = 12345};
    plait_context_create(&options, &pair->context);
    plait__graph_create(pair->context, &pair->graph);
    pair->graph->opset = opset;
}

static inline void pair_begin(struct pair *pair, int opset) {
    pair_begin_threads(pair, opset, 1);
}

/* In -1..1, the same at every run. */
static inline float pair_random(struct pair *pair) {
    pair->random = pair->random * 1664525u + 1013904223u;
    return (float)(int32_t)pair->random / 2147483648.0f;
}

static inline plait_tensor pair_tensor(struct pair *pair, enum plait_dtype dtype, int rank, const int64_t *dims) {
    plait_tensor tensor = {.dtype = dtype, .rank = rank};
    for (int i = 0; i < rank; i++) tensor.dims[i] = dims[i];
    tensor.data = plait__arena_allocate(&pair->graph->arena, plait_tensor_bytes(&tensor) + 1);
    return tensor;
}

static inline plait_tensor pair_floats(struct pair *pair, int rank, const int64_t *dims, float scale, float offset) {
    plait_tensor tensor = pair_tensor(pair, PLAIT_F32, rank, dims);
    for (int64_t i = 0; i < plait_tensor_elements(&tensor); i++) ((float *)tensor.data)[i] = offset + scale * pair_random(pair);
    return tensor;
}

static inline int pair_input_of(struct pair *pair, plait_tensor tensor) {
    struct plait__graph *graph = pair->graph;
    if (!graph->inputs) graph->inputs = plait__arena_array(&graph->arena, PAIR_INPUTS, sizeof(int));
    int value = plait__graph_add_value(graph, "input");
    pair->inputs[graph->input_count] = tensor;
    graph->inputs[graph->input_count++] = value;
    graph->values[value].type = tensor;
    graph->values[value].type.data = NULL;
    return value;
}

static inline int pair_input(struct pair *pair, int rank, const int64_t *dims) {
    return pair_input_of(pair, pair_floats(pair, rank, dims, 3.0f, 0.0f));
}

static inline int pair_constant_of(struct pair *pair, plait_tensor tensor) {
    int value = plait__graph_add_value(pair->graph, "constant");
    pair->graph->values[value].type = tensor;
    pair->graph->values[value].constant = true;
    return value;
}

static inline int pair_constant(struct pair *pair, int rank, const int64_t *dims) {
    return pair_constant_of(pair, pair_floats(pair, rank, dims, 1.0f, 0.0f));
}

static inline int pair_integers(struct pair *pair, int count, const int64_t *integers) {
    plait_tensor tensor = pair_tensor(pair, PLAIT_I64, 1, (const int64_t[]){count});
    memcpy(tensor.data, integers, (size_t)count * sizeof *integers);
    return pair_constant_of(pair, tensor);
}

/* The node's first output; `output_count` 0 means one. */
static inline int pair_node(struct pair *pair, enum plait__op op, int input_count, const int *inputs, int output_count) {
    int outputs = output_count ? output_count : 1, first = pair->graph->value_count;
    for (int i = 0; i < outputs; i++) plait__graph_add_value(pair->graph, "value");
    int index = plait__graph_add_node(pair->graph, op, plait__op_name(op), input_count, outputs, 16);
    struct plait__node *node = &pair->graph->nodes[index];
    node->attribute_count = 0;
    for (int i = 0; i < input_count; i++) node->inputs[i] = inputs[i];
    for (int i = 0; i < outputs; i++) node->outputs[i] = first + i;
    return first;
}

/* Attributes go to the node added last. */
static inline struct plait__attribute *pair_attribute(struct pair *pair, const char *name, enum plait__attribute_kind kind) {
    struct plait__node *node = &pair->graph->nodes[pair->graph->node_count - 1];
    struct plait__attribute *attribute = &node->attributes[node->attribute_count++];
    *attribute = (struct plait__attribute){.name = name, .kind = kind};
    return attribute;
}
static inline void pair_int(struct pair *pair, const char *name, int64_t i) {
    pair_attribute(pair, name, PLAIT__ATTRIBUTE_INT)->i = i;
}
static inline void pair_float(struct pair *pair, const char *name, float f) {
    pair_attribute(pair, name, PLAIT__ATTRIBUTE_FLOAT)->f = f;
}
static inline void pair_string(struct pair *pair, const char *name, const char *string) {
    struct plait__attribute *attribute = pair_attribute(pair, name, PLAIT__ATTRIBUTE_STRING);
    attribute->string = string;
    attribute->count = strlen(string);
}
static inline void pair_ints(struct pair *pair, const char *name, int count, const int64_t *ints) {
    struct plait__attribute *attribute = pair_attribute(pair, name, PLAIT__ATTRIBUTE_INTS);
    int64_t *copy = plait__arena_array(&pair->graph->arena, (size_t)count, sizeof *copy);
    memcpy(copy, ints, (size_t)count * sizeof *copy);
    attribute->ints = copy;
    attribute->count = (size_t)count;
}

static inline void pair_session(struct pair *pair, const char *backend, plait_session *session) {
    *session = (plait_session){.context = pair->context, .backend = plait__backend_find(backend), .graph = pair->graph};
    session->options.backend = backend;
    session->options.int8 = pair->int8;
    plait__buffer_init(&session->report, pair->context, PLAIT__REPORT_CEILING);
}

static inline void pair_session_end(plait_session *session) {
    plait_session *owned = plait__allocate(session->context, sizeof *owned);
    *owned = *session;
    owned->graph = NULL; /* the pair's */
    plait_session_destroy(owned);
}

static inline bool pair_no_fall_back(const plait_session *session) {
    const struct plait__plan *plan = session->current;
    for (int s = 0; s < plan->segment_count; s++)
        if (plan->segments[s].backend != session->backend) return false;
    return plan->segment_count > 0;
}

/* Runs the graph to `output` on both backends.  Numbers may differ by `tolerance` times the largest of them; all must have
 * run on the backend.  Ends the pair. */
static inline void pair_compare(struct pair *pair, int output, double tolerance, const char *file, int line) {
    struct plait__graph *graph = pair->graph;
    graph->outputs = plait__arena_array(&graph->arena, 1, sizeof(int));
    graph->outputs[0] = output;
    graph->output_count = 1;
    plait_session fast, slow;
    plait_tensor found = {0}, expected = {0};
    pair_session(pair, PAIR_BACKEND, &fast);
    pair_session(pair, "reference", &slow);
    bool ran = plait__simplify(graph) == PLAIT_OK;
    ran = ran && plait_session_run(&slow, pair->inputs, (size_t)graph->input_count, &expected, 1) == PLAIT_OK;
    /* Twice: the second run finds what the first one left behind. */
    for (int i = 0; i < 2; i++)
        ran = ran && plait_session_run(&fast, pair->inputs, (size_t)graph->input_count, &found, 1) == PLAIT_OK;
    if (!ran) fprintf(stderr, "%s\n", plait_context_error(pair->context));
    test__report(ran, file, line, "expected the graph to run on both backends\n");
    if (ran) {
        const struct plait__graph *planned = fast.current->graph;
        for (int n = 0; n < planned->node_count; n++) pair->transposes += planned->nodes[n].op == PLAIT__OP_Transpose;
        test__report(pair_no_fall_back(&fast), file, line, "expected no fall-back\n");
        bool same = found.dtype == expected.dtype && found.rank == expected.rank &&
                    memcmp(found.dims, expected.dims, (size_t)found.rank * sizeof found.dims[0]) == 0;
        test__report(same, file, line, "expected the same type\n");
        double largest = 1.0, error = 0.0;
        for (int64_t i = 0; same && found.dtype == PLAIT_F32 && i < plait_tensor_elements(&found); i++) {
            double a = ((const float *)found.data)[i], b = ((const float *)expected.data)[i];
            if (fabs(b) > largest) largest = fabs(b);
            if (!(fabs(a - b) <= error)) error = fabs(a - b);
        }
        if (same && found.dtype != PLAIT_F32) error = memcmp(found.data, expected.data, plait_tensor_bytes(&found)) != 0;
        pair->error = error / largest;
        bool close = pair->error <= tolerance;
        test__report(close, file, line, "");
        if (!close) fprintf(stderr, "error is %g, expected at most %g\n", pair->error, tolerance);
    }
    pair_session_end(&fast);
    pair_session_end(&slow);
    plait__graph_destroy(graph);
    plait_context_destroy(pair->context);
}
#define pair_check(pair, output, tolerance) pair_compare(pair, output, tolerance, __FILE__, __LINE__)

#endif
