/* A segment: a run of nodes turned into steps, each one launch of a kernel.
 *
 * What a step reads and writes are slots: values of the frame, constants, or what is inside the segment alone.  A slot has
 * memory of the device from the first step that names it to the last.  Since everything happens in the order of one stream,
 * memory may go to the next slot as soon as the last step that uses it was launched, so that nothing need be planned. */
#ifndef PLAIT_BACKEND_CUDA_SEGMENT_H
#define PLAIT_BACKEND_CUDA_SEGMENT_H

#include "backend/backend.h"
#include "backend/cuda/device.h"
#include "backend/cuda/kernels/arguments.h"
#include "base/arena.h"

enum { PLAIT__CUDA_PLACES = 7 };

/* A pointer of a kernel's arguments: where it stands in the struct, and what it points to. */
struct plait__cuda_place {
    int slot;
    size_t member, offset; /* bytes into the struct, and into the slot */
};
#define PLAIT__CUDA_PLACE(kernel, name, slot) \
    ((struct plait__cuda_place){(slot), offsetof(struct plait__cuda_##kernel, name), 0})

struct plait__cuda_step {
    const struct plait__node *node; /* whose work it is */
    enum plait__cuda_kernel kernel;
    unsigned grid[3], threads;
    void *arguments; /* the kernel's struct, complete but for its pointers */
    int place_count;
    struct plait__cuda_place places[PLAIT__CUDA_PLACES];
};

struct plait__cuda_slot {
    int value; /* of the graph; -1: scratch */
    size_t bytes;
    int alias;                             /* the slot whose memory it is; -1: its own */
    int last;                              /* the last step that names it, or an alias of it */
    bool wanted;                           /* an output of the segment */
    struct plait__cuda_constant *constant; /* NULL: not one */
    struct plait__cuda_memory *memory;     /* while the segment runs */
};

struct plait__cuda_segment {
    plait_context *context;
    struct plait__cuda_device *device;
    const struct plait__graph *graph;
    struct plait__arena arena;
    const struct plait__node *node; /* the one being defined */
    int *slot_of_value;             /* [value_count] -1: none yet */
    struct plait__cuda_slot *slots;
    int slot_count, slot_capacity;
    struct plait__cuda_step *steps;
    int step_count, step_capacity;
    int *inputs, *outputs; /* values of the frame */
    int input_count, output_count;
    int fault; /* a slot with one int, that kernels set when an index is out of bounds; -1: none needed */
    const struct plait__node *may_fault; /* the first node that may set it */
};

/* ---- for the families; slots are -1 with a recorded error when there is no memory ---- */

int plait__cuda_read(struct plait__cuda_segment *segment, int value);
int plait__cuda_write(struct plait__cuda_segment *segment, int value);
int plait__cuda_scratch(struct plait__cuda_segment *segment, size_t bytes);
int plait__cuda_own_constant(struct plait__cuda_segment *segment, const void *bytes, size_t size);
int plait__cuda_fault(struct plait__cuda_segment *segment);

/* `written` is the memory of `read` under another shape. */
enum plait_status plait__cuda_alias(struct plait__cuda_segment *segment, int read, int written);

/* A launch of grid[0] x grid[1] x grid[2] blocks; `bytes` of `arguments` are copied.  Fails when a slot of `places` is -1;
 * places of PLAIT__CUDA_NOTHING are left out, and their pointers NULL. */
enum { PLAIT__CUDA_NOTHING = -2 };
enum plait_status plait__cuda_launch(struct plait__cuda_segment *segment, enum plait__cuda_kernel kernel, const int64_t grid[3],
                                     int threads, const void *arguments, size_t bytes, int place_count,
                                     const struct plait__cuda_place *places);

/* A thread for each of `count` elements. */
enum plait_status plait__cuda_launch_elements(struct plait__cuda_segment *segment, enum plait__cuda_kernel kernel,
                                              int64_t count, const void *arguments, size_t bytes, int place_count,
                                              const struct plait__cuda_place *places);

/* Threads for a row of `width`: a power of two. */
int plait__cuda_threads_for(int64_t width);

/* ---- types of a node's values: NULL where there is none ---- */

static inline const plait_tensor *plait__cuda_input_type(const struct plait__graph *graph, const struct plait__node *node,
                                                         int index) {
    return index < node->input_count && node->inputs[index] >= 0 ? &graph->values[node->inputs[index]].type : NULL;
}
static inline const plait_tensor *plait__cuda_output_type(const struct plait__graph *graph, const struct plait__node *node,
                                                          int index) {
    return index < node->output_count && node->outputs[index] >= 0 ? &graph->values[node->outputs[index]].type : NULL;
}
/* The tensor when it is a constant of the graph. */
static inline const plait_tensor *plait__cuda_constant_of(const struct plait__graph *graph, const struct plait__node *node,
                                                          int index) {
    const plait_tensor *type = plait__cuda_input_type(graph, node, index);
    return type && graph->values[node->inputs[index]].constant ? type : NULL;
}
/* The slot of an optional input. */
static inline int plait__cuda_read_optional(struct plait__cuda_segment *segment, const struct plait__node *node, int index) {
    return index < node->input_count && node->inputs[index] >= 0 ? plait__cuda_read(segment, node->inputs[index])
                                                                 : PLAIT__CUDA_NOTHING;
}

/* The bounds of a node's clamp; infinite ones when it has none. */
void plait__cuda_bounds(const struct plait__node *node, float *low_out, float *high_out);

/* The node as an operator at work, for the functions of src/graph/shape; its scratch is `arena`. */
enum plait_status plait__cuda_call_of(const struct plait__graph *graph, const struct plait__node *node,
                                      struct plait__arena *arena, struct plait__call *call_out);

/* Product of dims[from..to). */
static inline int64_t plait__cuda_product(const plait_tensor *type, int from, int to) {
    int64_t product = 1;
    for (int i = from; i < to; i++) product *= type->dims[i];
    return product;
}

enum plait_status plait__cuda_segment_create(plait_context *context, const struct plait__segment_plan *plan,
                                             void **segment_out);
enum plait_status plait__cuda_segment_run(void *segment, struct plait__frame *frame);
void plait__cuda_segment_destroy(void *segment);

#endif
