/* An If whose condition is a constant is replaced by the nodes of the branch it takes, so that every backend sees them. */
#ifndef PLAIT_GRAPH_INLINE_H
#define PLAIT_GRAPH_INLINE_H

#include "graph/graph.h"

/* *changed_out says whether there was any; types must be inferred anew then.  The branches' attributes and constants stay
 * where they are: the subgraphs live as long as the graph that owns them. */
enum plait_status plait__inline_branches(struct plait__graph *graph, bool *changed_out);

#endif
