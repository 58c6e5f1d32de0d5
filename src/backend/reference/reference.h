/* The reference backend runs one node after the other: shape function, memory for the outputs, kernel, clamp. */
#ifndef PLAIT_BACKEND_REFERENCE_REFERENCE_H
#define PLAIT_BACKEND_REFERENCE_REFERENCE_H

#include "backend/backend.h"

bool plait__reference_has(enum plait__op op);

/* One node on the frame's tensors.  `scratch` is reset afterwards. */
enum plait_status plait__reference_run_node(struct plait__frame *frame, const struct plait__node *node,
                                            struct plait__arena *scratch);

/* A whole subgraph: `inputs` has a tensor for each of its inputs; the outputs' data is the caller's to release. */
enum plait_status plait__reference_run_graph(plait_context *context, const struct plait__graph *graph,
                                             const plait_tensor *inputs, plait_tensor *outputs_out);

#endif
