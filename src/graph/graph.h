/* The graph: values joined by nodes.  Made by src/onnx, rewritten by the passes of src/graph, run by src/session.
 *
 * Nodes are kept in an order in which every input is made before it is used.  Everything lives in the graph's arena. */
#ifndef PLAIT_GRAPH_GRAPH_H
#define PLAIT_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/file.h"
#include "plait.h"

/* Every operator known, from the one list in ops.def. */
enum plait__op {
    PLAIT__OP_NONE,
#define OP(name, shape, kernel) PLAIT__OP_##name,
#include "graph/ops.def"
#undef OP
    PLAIT__OP_COUNT
};

const char *plait__op_name(enum plait__op op);
enum plait__op plait__op_find(const char *name); /* PLAIT__OP_NONE when there is no such operator */

struct plait__graph;

enum plait__attribute_kind {
    PLAIT__ATTRIBUTE_INT,
    PLAIT__ATTRIBUTE_FLOAT,
    PLAIT__ATTRIBUTE_STRING,
    PLAIT__ATTRIBUTE_INTS,
    PLAIT__ATTRIBUTE_FLOATS,
    PLAIT__ATTRIBUTE_STRINGS,
    PLAIT__ATTRIBUTE_TENSOR,
    PLAIT__ATTRIBUTE_GRAPH,
    PLAIT__ATTRIBUTE_OTHER /* read, but of a kind no operator here uses */
};

struct plait__attribute {
    const char *name;
    enum plait__attribute_kind kind;
    size_t count; /* of ints, floats or strings; bytes of a string */
    int64_t i;
    float f;
    const char *string; /* NUL at the end */
    const int64_t *ints;
    const float *floats;
    const char *const *strings;
    plait_tensor tensor;
    struct plait__graph *graph;
};

/* What a node does to its one output after its own work: fused by src/graph/fuse.  `low` and `high` are the bounds. */
struct plait__clamp {
    bool on;
    float low, high;
};

enum plait__layout {
    PLAIT__LAYOUT_ONNX,         /* channels after the batch, as ONNX says */
    PLAIT__LAYOUT_CHANNELS_LAST /* [batch, space..., channels]; constant parameters stay as ONNX has them */
};

struct plait__node {
    enum plait__op op;
    const char *name; /* for error messages; never NULL */
    int opset;        /* of the operator's domain, 1 or more */
    enum plait__layout layout;
    struct plait__clamp clamp;
    int input_count, output_count;
    int *inputs;  /* value indices; -1 for an omitted optional input */
    int *outputs; /* value indices; -1 for an output nobody wants */
    int attribute_count;
    struct plait__attribute *attributes;
    bool removed; /* passes mark, plait__graph_compact() sweeps */
};

struct plait__value {
    const char *name;       /* never NULL */
    plait_tensor type;      /* dtype NONE and rank -1 when unknown, dims -1 when dynamic; data NULL unless constant */
    bool constant;          /* type.data holds it */
    const char **dim_names; /* of graph inputs: symbolic names or NULLs; NULL elsewhere */
};

/* A file whose bytes are constants of the graph. */
struct plait__graph_file {
    const char *name;
    struct plait__file file;
    struct plait__graph_file *next;
};

struct plait__graph {
    struct plait__arena arena;
    plait_context *context;
    int opset; /* of the default domain */
    int value_count, value_capacity;
    struct plait__value *values;
    int node_count, node_capacity;
    struct plait__node *nodes;
    int input_count, output_count;
    int *inputs, *outputs; /* value indices, in the model's order; constants are not inputs */

    /* A subgraph (the body of If, Loop, Scan) takes what it uses of the graph around it as further inputs: its last
     * `capture_count` inputs are the inputs [capture_first, capture_first + capture_count) of the node that has it. */
    int capture_first, capture_count;
    struct plait__graph *subgraphs;  /* owned: those of the nodes' attributes, and theirs */
    struct plait__graph *next;       /* in the owner's list */
    struct plait__graph_file *files; /* owned */
};

enum plait_status plait__graph_create(plait_context *context, struct plait__graph **graph_out);
void plait__graph_destroy(struct plait__graph *graph);

/* A copy to rewrite: values, nodes and their lists are its own; names, attributes, subgraphs and constants are borrowed
 * from `graph`, which must live longer. */
enum plait_status plait__graph_clone(const struct plait__graph *graph, struct plait__graph **clone_out);

/* Append; the index, or -1 with a recorded error. */
int plait__graph_add_value(struct plait__graph *graph, const char *name);
int plait__graph_add_node(struct plait__graph *graph, enum plait__op op, const char *name, int input_count, int output_count,
                          int attribute_count);

/* How many nodes and graph outputs read each value: `counts_out` has value_count places. */
void plait__graph_count_uses(const struct plait__graph *graph, int *counts_out);

/* Everybody who reads `from`, the graph's outputs included, reads `to` instead. */
void plait__graph_replace(struct plait__graph *graph, int from, int to);

/* Sweeps removed nodes and those whose outputs nobody uses. */
enum plait_status plait__graph_compact(struct plait__graph *graph);

/* Attributes with their defaults; a wrong kind counts as absent. */
const struct plait__attribute *plait__attribute(const struct plait__node *node, const char *name);
int64_t plait__attribute_int(const struct plait__node *node, const char *name, int64_t fallback);
float plait__attribute_float(const struct plait__node *node, const char *name, float fallback);
const char *plait__attribute_string(const struct plait__node *node, const char *name, const char *fallback);
/* The list and its count in `count_out`; NULL and 0 when absent. */
const int64_t *plait__attribute_ints(const struct plait__node *node, const char *name, int *count_out);
const char *const *plait__attribute_strings(const struct plait__node *node, const char *name, int *count_out);

#endif
