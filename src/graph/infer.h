/* Shape inference: what is known of a value's dtype and dims, from what is known of the inputs. */
#ifndef PLAIT_GRAPH_INFER_H
#define PLAIT_GRAPH_INFER_H

#include "graph/op.h"

/* One node, by its shape function.  `scratch` is reset. */
enum plait_status plait__infer_node(struct plait__graph *graph, const struct plait__node *node, struct plait__arena *scratch);

/* Every node in order. */
enum plait_status plait__infer_graph(struct plait__graph *graph);

#endif
