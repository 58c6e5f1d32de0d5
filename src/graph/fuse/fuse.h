/* Fusion: nodes that together compute one known function become one node.
 *
 * Each pattern is a function in a file of its own.  It is called with the node that would come last in the pattern, looks
 * backwards from there, and either leaves the graph as it was or rewrites it and says so in *changed.  The last node is
 * rewritten in place, because everything the pattern reads is made before it; what nobody reads any more is swept later. */
#ifndef PLAIT_GRAPH_FUSE_FUSE_H
#define PLAIT_GRAPH_FUSE_FUSE_H

#include "graph/op.h"

struct plait__fuse {
    struct plait__graph *graph;
    int capacity;
    int *maker; /* by value: the index of the node that makes it, or -1 */
    int *uses;  /* by value: how many inputs and graph outputs read it */
};

typedef enum plait_status (*plait__pattern)(struct plait__fuse *fuse, struct plait__node *node, bool *changed);

/* All patterns over the whole graph until nothing changes, and the sweep.  Types must have been inferred. */
enum plait_status plait__fuse_graph(struct plait__graph *graph);

#define PLAIT__PATTERN(name) \
    enum plait_status plait__fuse_##name(struct plait__fuse *fuse, struct plait__node *node, bool *changed);
#include "graph/fuse/patterns.def"
#undef PLAIT__PATTERN

/* ---- looking ---- */

static inline int plait__in(const struct plait__node *node, int index) {
    return index < node->input_count ? node->inputs[index] : -1;
}
static inline const plait_tensor *plait__type(const struct plait__fuse *fuse, int value) {
    return &fuse->graph->values[value].type;
}

/* The node of this operator that makes `value`, without a clamp; NULL when another does, or none. */
struct plait__node *plait__made_by(const struct plait__fuse *fuse, int value, enum plait__op op);
/* The same, and `value` has no other reader: it goes away with the pattern. */
struct plait__node *plait__made_for(const struct plait__fuse *fuse, int value, enum plait__op op);

/* Whether `value` is a constant of one element, of a float dtype, that leaves the shape of `beside` (-1: of nothing) as it
 * is when they meet; the element. */
bool plait__scalar(const struct plait__fuse *fuse, int value, int beside, float *scalar_out);
/* ... and within a millionth of `expected`: exporters round their constants differently. */
bool plait__scalar_is(const struct plait__fuse *fuse, int value, int beside, double expected);
/* A commutative node with one scalar constant: the constant and the other operand's value. */
bool plait__with_scalar(const struct plait__fuse *fuse, const struct plait__node *node, int *other_out, float *scalar_out);
/* x times a scalar or divided by one, as x times `factor`. */
bool plait__scaled(const struct plait__fuse *fuse, const struct plait__node *node, int *x_out, float *factor_out);

/* Whether `small`, broadcast against these dims, certainly leaves them as they are. */
bool plait__broadcasts_into(const plait_tensor *small, int rank, const int64_t *dims);

/* The f32 data of a constant; NULL when it is none. */
const float *plait__constant_floats(const struct plait__fuse *fuse, int value);

/* ---- rewriting ---- */

/* A new f32 constant; its data to fill is in *data_out.  The value, or -1. */
int plait__add_floats(struct plait__fuse *fuse, const char *name, int rank, const int64_t *dims, float **data_out);

/* Turns the node into another operator on these inputs, with `attribute_count` attributes to fill; keeps outputs and clamp. */
enum plait_status plait__become(struct plait__fuse *fuse, struct plait__node *node, enum plait__op op, int opset,
                                int input_count, const int *inputs, int attribute_count);
void plait__set_float(struct plait__node *node, int index, const char *name, float value);
void plait__set_int(struct plait__node *node, int index, const char *name, int64_t value);
void plait__set_string(struct plait__node *node, int index, const char *name, const char *value);
enum plait_status plait__set_ints(struct plait__fuse *fuse, struct plait__node *node, int index, const char *name, int count,
                                  const int64_t *values);

/* Everybody who reads the node's first output reads `value` instead; the node is removed.  False, and nothing done, when
 * the graph would lose the name of an output that way. */
bool plait__bypass(struct plait__fuse *fuse, struct plait__node *node, int value);

/* The first node's first output becomes the second's, which is removed: the second was the first's only reader. */
void plait__absorb(struct plait__node *first, struct plait__node *second);

#endif
