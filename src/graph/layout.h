/* Channels last: convolutions and pools want [batch, space..., channels], ONNX has [batch, channels, space...].
 *
 * The pass walks a concrete graph once.  Nodes that prefer the other layout are turned, nodes that do not care follow their
 * input, and a transpose is put where a value is needed in the layout in which it was not made.  A chain of convolutions
 * so has one transpose where it begins and one where it ends.  Graph inputs and outputs stay as they are. */
#ifndef PLAIT_GRAPH_LAYOUT_H
#define PLAIT_GRAPH_LAYOUT_H

#include "graph/graph.h"

/* Whether a node can run with layout CHANNELS_LAST; asked with its types still in ONNX's layout. */
typedef bool (*plait__layout_query)(const struct plait__graph *graph, const struct plait__node *node);

/* `graph` has all shapes known, where they can be.  Turned nodes of `node->layout == CHANNELS_LAST` keep their attributes
 * and constant parameters (weights, scales) as ONNX has them; other nodes that follow (Concat, Pad, ...) have their axes
 * renumbered and are ordinary nodes again. */
enum plait_status plait__graph_channels_last(struct plait__graph *graph, plait__layout_query can_turn);

#endif
