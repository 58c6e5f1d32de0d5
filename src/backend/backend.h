/* A backend: a table of functions over one graph.  The session knows backends through this header alone; a further one
 * is one more folder and one more line in backend.c.
 *
 * The session asks `supports` for every node of a concrete graph (all shapes and dtypes known where they can be), cuts
 * the graph into runs of nodes of one backend, and makes each run a segment.  `reference` supports everything that has a
 * kernel; other backends take what they can and the rest falls back to it.
 *
 * What a backend shares between the sessions of a context (packed weights) it keeps with plait__cache_add. */
#ifndef PLAIT_BACKEND_BACKEND_H
#define PLAIT_BACKEND_BACKEND_H

#include "graph/op.h"

/* The tensors of one run, by value index.  A segment reads and writes through it. */
struct plait__frame {
    plait_context *context;
    plait_tensor *values; /* complete for what is made; data NULL for what is not yet */
    /* Gives values[value] its memory once its type is set.  The session answers from its memory plan, or allocates for
     * shapes that were not known when planning. */
    enum plait_status (*allocate)(struct plait__frame *frame, int value);
    void *user;
    /* Memory for a segment's own intermediates, shared by all segments of a session: segment_scratch() says how much. */
    void *scratch;
    const struct plait__backend *backend; /* whose segment is running */
    /* Told after each node, or each part of one, that ran, when the session profiles; else NULL. */
    void (*node_done)(struct plait__frame *frame, enum plait__op op, uint64_t us);
};

/* Gives those of the graph's values their types, which are known, and memory. */
enum plait_status plait__frame_make(struct plait__frame *frame, const struct plait__graph *graph, const int *values, int count);

struct plait__segment_plan {
    const struct plait__graph *graph; /* concrete: outlives the segment */
    const int *nodes;                 /* indices in order */
    int node_count;
    const int *inputs; /* values read that are neither constant nor made inside */
    int input_count;
    const int *outputs; /* values made here that others or the caller need */
    int output_count;
    const plait_session_options *options;
};

struct plait__backend {
    const char *name;

    /* Whether it can run on this machine: fails with UNSUPPORTED and one sentence when not.  (optional: it can)  */
    enum plait_status (*begin)(plait_context *context);

    /* Whether this node, with its types as they stand in the graph, can run here. */
    bool (*supports)(const struct plait__graph *graph, const struct plait__node *node, const plait_session_options *options);

    /* Whether the node, whose types are in ONNX's layout still, can run channels-last: see graph/layout.h.  (optional: never)
     */
    bool (*prefers_channels_last)(const struct plait__graph *graph, const struct plait__node *node);

    /* Whether more samples in one run always cost less each: it fills a device, not a processor's cache. */
    bool wide;

    /* Fewer nodes than this in a run between neighbours are not worth a segment here: leave them to reference.  */
    int smallest_segment;

    enum plait_status (*segment_create)(plait_context *context, const struct plait__segment_plan *plan, void **segment_out);
    /* All inputs are in the frame; all outputs are there afterwards. */
    enum plait_status (*segment_run)(void *segment, struct plait__frame *frame);
    void (*segment_destroy)(void *segment);
    /* Bytes wanted in frame->scratch while the segment runs.  (optional: none) */
    size_t (*segment_scratch)(const void *segment);
};

/* NULL when this build has no backend of that name; no name asks for the default. */
const struct plait__backend *plait__backend_find(const char *name);

extern const struct plait__backend plait__backend_reference;
extern const struct plait__backend plait__backend_xnnpack;
extern const struct plait__backend plait__backend_cuda; /* of builds with PLAIT_CUDA */

#endif
