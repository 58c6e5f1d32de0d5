/* A session: a graph as it was loaded, and for each set of input shapes a plan of how to run it. */
#ifndef PLAIT_SESSION_SESSION_H
#define PLAIT_SESSION_SESSION_H

#include "backend/backend.h"
#include "base/buffer.h"

/* Consecutive nodes that one backend runs. */
struct plait__segment {
    const struct plait__backend *backend;
    void *state;
    struct plait__segment_plan plan;
    uint64_t runs, total_us; /* counted when the session profiles */
};

#define PLAIT__UNPLANNED SIZE_MAX

/* The graph for one set of input shapes: cut into segments, every value of known size given its place in the workspace. */
struct plait__plan {
    plait_context *context;
    plait_tensor *input_types; /* the signature, in the order of the graph's inputs */
    int input_count;
    int threads;                /* of the context when it was made: backends divide work by them */
    struct plait__graph *graph; /* concrete */
    int segment_count;
    struct plait__segment *segments;
    int *order;      /* nodes as they run: the segments' node lists point into it */
    size_t *offsets; /* by value: bytes into the workspace, or PLAIT__UNPLANNED */
    size_t workspace_bytes, scratch_bytes;
    uint64_t last_used;
};

#define PLAIT__REPORT_CEILING ((size_t)16 << 20) /* bytes of a profile */

/* Plans kept per session, the ones used last.  A plan has no values of its own, but a backend keeps tables in it that grow with
 * the values (which pixels a convolution reads), so that the memory all of them work in has a bound too. */
enum { PLAIT__PLAN_CACHE = 48, PLAIT__PLAN_BYTES = 96 << 20 };

/* What one operator took, over all its nodes and runs. */
struct plait__op_time {
    uint64_t runs, us;
};

struct plait_session {
    plait_context *context;
    plait_session_options options;
    const struct plait__backend *backend;
    struct plait__file file; /* of a session made from a file */
    struct plait__graph *graph;
    struct plait__plan *plans[PLAIT__PLAN_CACHE];
    struct plait__plan *current; /* of the last run */
    uint64_t run_count;

    void *workspace, *scratch;
    size_t workspace_bytes, scratch_bytes;
    int value_capacity;
    plait_tensor *values; /* the frame of a run */
    void **owned;         /* by value: memory of values that the plan could not place; kept until the next run */
    size_t owned_bytes, peak_bytes;
    struct plait__op_time
        *op_times[2]; /* [PLAIT__OP_COUNT] of the session's backend, and of the fall-backs; NULL unless it profiles */
    struct plait__buffer report;
};

/* Infers shapes and computes what is constant, node by node, because one often needs the other. */
enum plait_status plait__simplify(struct plait__graph *graph);

/* A plan for the session's graph with these inputs. */
enum plait_status plait__plan_create(plait_session *session, const plait_tensor *inputs, struct plait__plan **plan_out);
void plait__plan_destroy(struct plait__plan *plan);

/* Cuts the plan's graph into segments (without creating their states). */
enum plait_status plait__plan_segments(struct plait__plan *plan, const struct plait__backend *preferred,
                                       const plait_session_options *options);

/* Gives values their places so that two that are needed at the same time never overlap. */
enum plait_status plait__plan_memory(struct plait__plan *plan);

/* How long each segment took, over all plans. */
struct plait__segment_profile {
    const char *backend;
    const char *first_node; /* its name */
    const char *first_op;
    int node_count;
    uint64_t runs, total_us;
};
/* Into `entries_out`, at most `capacity`; returns how many there are. */
size_t plait__session_profile(const plait_session *session, struct plait__segment_profile *entries_out, size_t capacity);

/* Whether its backend is: see struct plait__backend. */
bool plait__session_is_wide(const plait_session *session);

/* The concrete graph of the last run; NULL before the first. */
const struct plait__graph *plait__session_plan_graph(const plait_session *session);

#endif
