/* Nodes that do not care where the channels are: which of them may follow their input, and how their axes are renumbered. */
#ifndef PLAIT_GRAPH_LAYOUT_FOLLOW_H
#define PLAIT_GRAPH_LAYOUT_FOLLOW_H

#include "graph/graph.h"

enum plait__layout_kind {
    PLAIT__LAYOUT_STAYS,
    PLAIT__LAYOUT_TURNS,        /* wants channels last */
    PLAIT__LAYOUT_TURNS_IF_FED, /* takes either, knowing which */
    PLAIT__LAYOUT_FOLLOWS       /* need not know */
};

enum plait__layout_kind plait__layout_kind(enum plait__op op);

struct plait__follower {
    uint32_t turned_inputs; /* a bit an input: to be given channels-last */
    bool turned_outputs;    /* comes out channels-last; otherwise in ONNX's layout already */
};

/* Whether this node, as it is in ONNX's layout, may follow; at least one of its inputs waits channels-last. */
bool plait__layout_follow(const struct plait__graph *graph, const struct plait__node *node,
                          struct plait__follower *follower_out);

/* Renumbers the axes in `turned`, whose inputs and outputs are turned already. */
enum plait_status plait__layout_rewrite(struct plait__graph *graph, const struct plait__node *node, struct plait__node *turned);

#endif
