/* A segment: a run of nodes turned into steps, each one XNNPACK operator or one kernel of this folder.
 *
 * The operator interface is used rather than the subgraph: steps of both kinds mix in one list, a reshape is an alias and
 * costs nothing, and memory inside a segment is planned once for all of them.
 *
 * What a step reads and writes are slots.  A slot is a value of the frame, a constant, or memory inside the segment that
 * lives from the first step that names it to the last.  Addresses are known only when the segment runs. */
#ifndef PLAIT_BACKEND_XNNPACK_SEGMENT_H
#define PLAIT_BACKEND_XNNPACK_SEGMENT_H

#include "backend/backend.h"
#include "backend/xnnpack/weights.h"
#include "base/arena.h"

#include <pthreadpool.h>
#include <xnnpack.h>

enum { PLAIT__XNN_STEP_SLOTS = 6, PLAIT__XNN_RANK = XNN_MAX_TENSOR_DIMS };

struct plait__xnn_step {
    const struct plait__node *node;                                                /* whose work it is */
    xnn_operator_t xnn;                                                            /* NULL: `kernel` runs instead */
    bool borrowed;                                                                 /* the operator is another step's */
    enum xnn_status (*bind)(const struct plait__xnn_step *step);                   /* gives the operator its addresses */
    const char *(*kernel)(const struct plait__xnn_step *step, pthreadpool_t pool); /* NULL, or what is wrong with the input */
    bool alone;             /* too little work to be worth waking other threads */
    const void *parameters; /* of the kernel; in the segment's arena */
    bool in_place;          /* slots[1] may take the memory of slots[0] when that is not needed afterwards */
    int slot_count;
    int slots[PLAIT__XNN_STEP_SLOTS];
    size_t offsets[PLAIT__XNN_STEP_SLOTS]; /* bytes into the slots */
    void *places[PLAIT__XNN_STEP_SLOTS];   /* the slots' addresses in this run */
};

enum plait__xnn_slot_kind { PLAIT__XNN_INPUT, PLAIT__XNN_OUTPUT, PLAIT__XNN_CONSTANT, PLAIT__XNN_INTERIOR };

struct plait__xnn_slot {
    enum plait__xnn_slot_kind kind;
    int value; /* of the graph; -1 for scratch */
    size_t bytes;
    int alias;       /* the slot whose memory it is; -1: its own */
    int first, last; /* the steps that name it, or an alias of it */
    size_t offset;   /* of interior memory */
    void *constant;  /* a constant's bytes; the copy of an input that must not be read past its end */
};

struct plait__xnn_segment {
    plait_context *context;
    const struct plait__graph *graph;
    bool int8;
    struct plait__xnn_cache *cache; /* the context's */
    struct plait__arena arena;
    const struct plait__node *node; /* the one being defined */
    int *slot_of_value;             /* [value_count] -1: none yet */
    struct plait__xnn_slot *slots;
    int slot_count, slot_capacity;
    struct plait__xnn_step **steps;
    int step_count, step_capacity;
    struct plait__xnn_packed **packed; /* packed weights in use: given back at the end */
    int packed_count, packed_capacity;
    int *inputs, *outputs; /* values of the frame */
    int input_count, output_count;
    void **copies; /* [input_count] see protect_inputs() */
    size_t memory; /* bytes of interior memory */
};

/* ---- for the families: all fail with a recorded error; slots and steps are -1 and NULL then ---- */

int plait__xnn_read(struct plait__xnn_segment *segment, int value);
int plait__xnn_write(struct plait__xnn_segment *segment, int value);
int plait__xnn_scratch(struct plait__xnn_segment *segment, size_t bytes);

/* A constant of the segment's own; the caller fills *data_out. */
int plait__xnn_own_constant(struct plait__xnn_segment *segment, size_t bytes, void **data_out);

/* Makes `written` the same memory as `read`, or copies when both must exist apart. */
enum plait_status plait__xnn_alias(struct plait__xnn_segment *segment, int read, int written);

/* A step around an operator, which the segment owns from here on, also when this fails. */
struct plait__xnn_step *plait__xnn_operator_step(struct plait__xnn_segment *segment, xnn_operator_t xnn,
                                                 enum xnn_status (*bind)(const struct plait__xnn_step *), int slot_count,
                                                 const int *slots);

/* The same operator once more, on the same slots: the caller sets other offsets. */
struct plait__xnn_step *plait__xnn_repeat_step(struct plait__xnn_segment *segment, const struct plait__xnn_step *first);

/* A step of this folder's own; `bytes` of `parameters` are copied. */
struct plait__xnn_step *plait__xnn_kernel_step(struct plait__xnn_segment *segment,
                                               const char *(*kernel)(const struct plait__xnn_step *, pthreadpool_t),
                                               const void *parameters, size_t bytes, int slot_count, const int *slots);

/* What a step computes, when its slots' bytes do not tell: multiplications and additions, and bytes of packed weights. */
void plait__xnn_set_work(struct plait__xnn_step *step, double flops, double weight_bytes);

/* "Conv 'name': XNNPACK answered 4" */
enum plait_status plait__xnn_check(struct plait__xnn_segment *segment, enum xnn_status status);
#define PLAIT__XNN_TRY(segment, call) PLAIT__TRY(plait__xnn_check((segment), (call)))

/* Bytes of a slot's memory are followed by this many that may be read. */
enum { PLAIT__XNN_PADDING = 64 };

/* ---- types of a node's values ---- */

static inline const plait_tensor *plait__xnn_input_type(const struct plait__graph *graph, const struct plait__node *node,
                                                        int index) {
    if (index >= node->input_count || node->inputs[index] < 0) return NULL;
    return &graph->values[node->inputs[index]].type;
}
static inline const plait_tensor *plait__xnn_output_type(const struct plait__graph *graph, const struct plait__node *node,
                                                         int index) {
    if (index >= node->output_count || node->outputs[index] < 0) return NULL;
    return &graph->values[node->outputs[index]].type;
}
/* The tensor when it is a constant of the graph, else NULL. */
static inline const plait_tensor *plait__xnn_constant(const struct plait__graph *graph, const struct plait__node *node,
                                                      int index) {
    const plait_tensor *type = plait__xnn_input_type(graph, node, index);
    return type && graph->values[node->inputs[index]].constant ? type : NULL;
}
static inline size_t plait__xnn_product(const int64_t *dims, int from, int to) {
    size_t product = 1;
    for (int i = from; i < to; i++) product *= (size_t)dims[i];
    return product;
}
static inline pthreadpool_t plait__xnn_pool(const struct plait__xnn_segment *segment) {
    return (pthreadpool_t)segment->context->thread_pool;
}

/* The bounds of the clamp fused into the node being defined; infinite without one. */
void plait__xnn_bounds(const struct plait__node *node, float *low_out, float *high_out);

/* ---- the segment's life: backend.h ---- */
enum plait_status plait__xnn_segment_create(plait_context *context, const struct plait__segment_plan *plan, void **segment_out);
enum plait_status plait__xnn_segment_run(void *segment, struct plait__frame *frame);
void plait__xnn_segment_destroy(void *segment);
size_t plait__xnn_segment_scratch(const void *segment);

#endif
