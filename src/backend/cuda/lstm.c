/* LSTM: one product for the inputs of all steps, then for each step a product with the hidden state, and the cell. */
#include "backend/cuda/families.h"
#include "graph/shape/recurrent.h"

#include <math.h>

static bool read_lstm(struct plait__call *call, struct plait__recurrent *r) {
    const struct plait__node *node = call->node;
    static const char *const others[] = {"activations", "activation_alpha", "activation_beta", "clip"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (plait__attribute(node, others[i])) return false;
    for (int i = 0; i < call->input_count; i++)
        if (call->inputs[i] && (i == 4 || i == 7 || call->inputs[i]->dtype != PLAIT_F32)) return false; /* lengths, peepholes */
    if (plait__attribute_int(node, "input_forget", 0) || plait__recurrent_read(call, r) != PLAIT_OK || r->batch_first)
        return false;
    return r->batch * r->steps <= INT32_MAX / 4 / r->hidden;
}

bool plait__cuda_supports_lstm(const struct plait__graph *graph, struct plait__call *call) {
    struct plait__recurrent r;
    (void)graph;
    return read_lstm(call, &r);
}

/* One direction on its way into steps. */
struct making {
    struct plait__cuda_segment *segment;
    const struct plait__node *node;
    struct plait__recurrent r;
    int64_t direction, state; /* elements of a state: batch * hidden */
    int gates, added, hidden, cell;
};

static struct plait__cuda_place at(struct plait__cuda_place place, int64_t element) {
    place.offset = (size_t)element * sizeof(float);
    return place;
}

/* [rows, 4 * hidden] = x [rows, depth] times the direction's weights, transposed. */
static enum plait_status gates_of(struct making *making, int64_t rows, int64_t depth, int x, int weights_input, int gates) {
    const struct plait__recurrent *r = &making->r;
    struct plait__cuda_multiply m = {.rows = (int)rows,
                                     .columns = (int)(4 * r->hidden),
                                     .depth = (int)depth,
                                     .a_row = (int)depth,
                                     .a_depth = 1,
                                     .b_depth = 1,
                                     .b_column = (int)depth,
                                     .alpha = 1.0f,
                                     .low = -INFINITY,
                                     .high = INFINITY};
    int weights = plait__cuda_read(making->segment, making->node->inputs[weights_input]);
    return plait__cuda_multiply(making->segment, &m, 1, PLAIT__CUDA_PLACE(multiply, a, x),
                                at(PLAIT__CUDA_PLACE(multiply, b, weights), making->direction * 4 * r->hidden * depth),
                                PLAIT__CUDA_PLACE(multiply, bias, PLAIT__CUDA_NOTHING),
                                PLAIT__CUDA_PLACE(multiply, out, gates));
}

/* A state begins as given, or as zeros. */
static enum plait_status begin_state(struct making *making, int input, int zeros, int state) {
    int given = plait__cuda_read_optional(making->segment, making->node, input);
    return plait__cuda_copy(making->segment, making->state, sizeof(float), given == PLAIT__CUDA_NOTHING ? zeros : given,
                            given == PLAIT__CUDA_NOTHING ? 0 : making->direction * making->state, state, 0);
}

static int output_slot(struct making *making, int output) {
    return plait__cuda_output_type(making->segment->graph, making->node, output)
               ? plait__cuda_write(making->segment, making->node->outputs[output])
               : PLAIT__CUDA_NOTHING;
}

static enum plait_status step(struct making *making, int64_t t) {
    const struct plait__recurrent *r = &making->r;
    PLAIT__TRY(gates_of(making, r->batch, r->hidden, making->hidden, 2, making->added));
    struct plait__cuda_lstm_cell a = {.count = (int)making->state, .width = (int)r->hidden};
    int bias = plait__cuda_read_optional(making->segment, making->node, 3);
    const struct plait__cuda_place places[] = {
        at(PLAIT__CUDA_PLACE(lstm_cell, from_inputs, making->gates), t * 4 * making->state),
        PLAIT__CUDA_PLACE(lstm_cell, from_hidden, making->added),
        at(PLAIT__CUDA_PLACE(lstm_cell, bias, bias), making->direction * 8 * r->hidden),
        PLAIT__CUDA_PLACE(lstm_cell, cell_before, making->cell),
        PLAIT__CUDA_PLACE(lstm_cell, cell, making->cell),
        PLAIT__CUDA_PLACE(lstm_cell, hidden, making->hidden),
        at(PLAIT__CUDA_PLACE(lstm_cell, y, output_slot(making, 0)), (t * r->directions + making->direction) * making->state)};
    return plait__cuda_launch_elements(making->segment, PLAIT__CUDA_KERNEL_lstm_cell, making->state, &a, sizeof a, 7, places);
}

static enum plait_status end_state(struct making *making, int output, int state) {
    int slot = output_slot(making, output);
    if (slot == PLAIT__CUDA_NOTHING) return PLAIT_OK;
    return plait__cuda_copy(making->segment, making->state, sizeof(float), state, 0, slot, making->direction * making->state);
}

enum plait_status plait__cuda_define_lstm(struct plait__cuda_segment *segment, const struct plait__node *node) {
    struct plait__call call;
    struct making making = {.segment = segment, .node = node};
    struct plait__recurrent *r = &making.r;
    PLAIT__TRY(plait__cuda_call_of(segment->graph, node, &segment->arena, &call));
    read_lstm(&call, r);
    making.state = r->batch * r->hidden;
    size_t bytes = (size_t)making.state * sizeof(float);
    const void *nothing = plait__arena_allocate(&segment->arena, bytes);
    int zeros = nothing ? plait__cuda_own_constant(segment, nothing, bytes) : -1;
    for (; making.direction < r->directions; making.direction++) {
        making.gates = plait__cuda_scratch(segment, (size_t)r->steps * 4 * bytes);
        making.added = plait__cuda_scratch(segment, 4 * bytes);
        making.hidden = plait__cuda_scratch(segment, bytes);
        making.cell = plait__cuda_scratch(segment, bytes);
        PLAIT__TRY(begin_state(&making, 5, zeros, making.hidden));
        PLAIT__TRY(begin_state(&making, 6, zeros, making.cell));
        PLAIT__TRY(
            gates_of(&making, r->steps * r->batch, r->inputs, plait__cuda_read(segment, node->inputs[0]), 1, making.gates));
        bool backwards = r->direction == PLAIT__REVERSE || making.direction == 1;
        for (int64_t t = 0; t < r->steps; t++) PLAIT__TRY(step(&making, backwards ? r->steps - 1 - t : t));
        PLAIT__TRY(end_state(&making, 1, making.hidden));
        PLAIT__TRY(end_state(&making, 2, making.cell));
    }
    return PLAIT_OK;
}
