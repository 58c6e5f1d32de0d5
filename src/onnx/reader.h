/* The state of reading one model, shared by the files of this folder. */
#ifndef PLAIT_ONNX_READER_H
#define PLAIT_ONNX_READER_H

#include "graph/graph.h"
#include "onnx/names.h"
#include "onnx/tensor_proto.h"

/* Ceilings against files made to exhaust us: subgraphs in subgraphs, functions that call functions. */
#define PLAIT__DEEPEST_SCOPE 16
#define PLAIT__MOST_NODES    1000000

struct plait__opset {
    struct plait__slice domain; /* "" and "ai.onnx" are the same */
    int version;
};

struct plait__function {
    struct plait__slice domain, name, body; /* body: the FunctionProto */
};

struct plait__onnx_reader {
    plait_context *context;
    struct plait__arena scratch;
    const char *folder;
    struct plait__graph *root;
    int function_count;
    struct plait__function *functions;
};

struct plait__capture {
    int outer, inner; /* the value there, and the input here that stands for it */
};

/* Where names of nodes are looked up: a graph's own, and those of the graphs around it. */
struct plait__scope {
    struct plait__onnx_reader *reader;
    struct plait__graph *graph;
    struct plait__names names;
    const struct plait__opset *opsets;
    int opset_count;
    int depth;
    struct plait__scope *outer;        /* of a subgraph; NULL for the model's graph and for a function's body */
    struct plait__graph *caller_graph; /* of a function's body: the node that calls it has its attributes */
    int caller;
    int capture_count, capture_capacity;
    struct plait__capture *captures; /* what this subgraph takes of outer->graph */
};

/* Instead of a value: an input of a function that its call leaves out. */
#define PLAIT__OMITTED (-2)

/* Finds a value by name, capturing it from the scopes around when it is not in this one; -1 in *value_out when nobody has it.
 */
enum plait_status plait__scope_find(struct plait__scope *scope, const char *name, int *value_out);
/* A new value; fails when the scope has the name already. */
enum plait_status plait__scope_add(struct plait__scope *scope, const char *name, int *value_out);

enum plait_status plait__read_opsets(struct plait__onnx_reader *reader, const struct plait__slices *slices,
                                     struct plait__opset **opsets_out, int *count_out);

/* A GraphProto into scope->graph, which is empty. */
enum plait_status plait__read_graph(struct plait__scope *scope, struct plait__slice slice);
/* A ValueInfoProto: its name, and its tensor type; a type that is not there leaves dtype NONE and rank -1. */
enum plait_status plait__read_value_info(struct plait__scope *scope, struct plait__slice slice, struct plait__value *value_out);
/* A NodeProto, appended to scope->graph; a call of a function is replaced by the function's nodes. */
enum plait_status plait__read_node(struct plait__scope *scope, struct plait__slice slice);
/* The AttributeProtos of a node; subgraphs' captured values go to `captures` (of the node's graph). */
enum plait_status plait__read_attributes(struct plait__scope *scope, const struct plait__slices *slices, int node,
                                         int **captures_out, int *capture_count_out);

#endif
