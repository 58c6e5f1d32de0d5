/* LSTM: what the inputs give to the gates is one matrix product for all steps; what the state gives is a loop of our own, one
 * step after another, since each needs the one before. */
#include "backend/xnnpack/families.h"
#include "base/clones.h"
#include "graph/shape/recurrent.h"

#include <string.h>

enum { GATES, Y, Y_H, Y_C, INITIAL_H, INITIAL_C, SLOTS };

struct lstm {
    size_t steps, batch, directions, hidden;
    bool reverse;           /* of the first direction */
    const float *recurrent; /* [directions, hidden, 4 * hidden] f32: R transposed, so that a row is what one state gives */
};

struct lstm_run {
    const struct lstm *lstm;
    float *gates; /* [directions, steps, batch, 4 * hidden]: from the inputs at first; the gates i, o, f, c */
    float *y;     /* [steps, directions, batch, hidden] */
    float *y_h, *y_c;
    const float *initial_h, *initial_c; /* [directions, batch, hidden] */
};

/* e^x for a loop that becomes vectors: 2^n e^r with |r| <= ln 2 / 2, and Taylor's polynomial of e^r; off by less than 3e-7 of
 * itself.  A NaN stays one. */
static inline float exponential(float x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    float shifted = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the sum's last bits are the nearest whole number */
    float n = shifted - 12582912.0f, r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = (p * r + 1.0f) * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

static inline float sigmoid(float x) {
    return 1.0f / (1.0f + exponential(-x));
}

static inline float hyperbolic_tangent(float x) {
    return 2.0f / (1.0f + exponential(-2.0f * x)) - 1.0f;
}

/* gates[width] += state[hidden] rows[hidden, width], four rows at a time so that the gates are not carried about more often
 * than the rows. */
static inline void add_state(float *restrict gates, const float *restrict rows, const float *restrict state, size_t hidden,
                             size_t width) {
    size_t k = 0;
    for (; k + 4 <= hidden; k += 4) {
        const float *restrict r0 = rows + k * width, *restrict r1 = r0 + width, *restrict r2 = r1 + width,
                              *restrict r3 = r2 + width;
        float s0 = state[k], s1 = state[k + 1], s2 = state[k + 2], s3 = state[k + 3];
        for (size_t i = 0; i < width; i++) gates[i] += s0 * r0[i] + s1 * r1[i] + s2 * r2[i] + s3 * r3[i];
    }
    for (; k < hidden; k++)
        for (size_t i = 0; i < width; i++) gates[i] += state[k] * rows[k * width + i];
}

static inline void step(float *restrict gates, float *restrict cell, float *restrict state, size_t hidden) {
    const float *input = gates, *output = gates + hidden, *forget = gates + 2 * hidden, *candidate = gates + 3 * hidden;
    for (size_t i = 0; i < hidden; i++) {
        cell[i] = sigmoid(forget[i]) * cell[i] + sigmoid(input[i]) * hyperbolic_tangent(candidate[i]);
        state[i] = sigmoid(output[i]) * hyperbolic_tangent(cell[i]);
    }
}

/* One direction of one sequence. */
PLAIT__CLONES
static void run_sequence(const struct lstm_run *run, size_t index) {
    const struct lstm *l = run->lstm;
    size_t hidden = l->hidden, width = 4 * hidden, direction = index / l->batch, sequence = index % l->batch;
    bool backwards = l->reverse || direction == 1;
    const float *rows = l->recurrent + direction * hidden * width, *state = run->initial_h + index * hidden;
    float *cell = run->y_c + index * hidden;
    memcpy(cell, run->initial_c + index * hidden, hidden * sizeof(float));
    for (size_t i = 0; i < l->steps; i++) {
        size_t t = backwards ? l->steps - 1 - i : i;
        float *gates = run->gates + ((direction * l->steps + t) * l->batch + sequence) * width;
        float *next = run->y + ((t * l->directions + direction) * l->batch + sequence) * hidden;
        add_state(gates, rows, state, hidden, width);
        step(gates, cell, next, hidden);
        state = next;
    }
    memcpy(run->y_h + index * hidden, state, hidden * sizeof(float));
}

static void sequence_task(void *context, size_t index) {
    run_sequence(context, index);
}

static const char *lstm_kernel(const struct plait__xnn_step *step, pthreadpool_t pool) {
    const struct lstm *lstm = step->parameters;
    void *const *places = step->places;
    struct lstm_run run = {lstm, places[GATES], places[Y], places[Y_H], places[Y_C], places[INITIAL_H], places[INITIAL_C]};
    pthreadpool_parallelize_1d(pool, sequence_task, &run, lstm->directions * lstm->batch, 0);
    return NULL;
}

static bool reads(const struct plait__graph *graph, const struct plait__node *node, int index) {
    return plait__xnn_input_type(graph, node, index) != NULL;
}

bool plait__xnn_supports_lstm(const struct plait__graph *graph, const struct plait__node *node) {
    enum { SEQUENCE_LENGTHS = 4, PEEPHOLES = 7 };
    if (reads(graph, node, SEQUENCE_LENGTHS) || reads(graph, node, PEEPHOLES)) return false;
    for (int i = 0; i < 7; i++)
        if (reads(graph, node, i) && plait__xnn_input_type(graph, node, i)->dtype != PLAIT_F32) return false;
    for (int i = 1; i < 3; i++)
        if (!plait__xnn_constant(graph, node, i)) return false;
    if (reads(graph, node, 3) && !plait__xnn_constant(graph, node, 3)) return false;
    return !plait__attribute(node, "activations") && !plait__attribute(node, "clip") &&
           !plait__attribute_int(node, "input_forget", 0) && !plait__attribute_int(node, "layout", 0);
}

/* R of all directions, transposed: [directions, 4 * hidden, hidden] becomes [directions, hidden, 4 * hidden]. */
static float *transpose(struct plait__xnn_segment *segment, const float *r, const struct lstm *l) {
    size_t width = 4 * l->hidden;
    float *to = plait__arena_array(&segment->arena, l->directions * l->hidden * width, sizeof *to);
    if (!to) return NULL;
    for (size_t d = 0; d < l->directions; d++, r += width * l->hidden)
        for (size_t i = 0; i < width; i++)
            for (size_t k = 0; k < l->hidden; k++) to[(d * l->hidden + k) * width + i] = r[i * l->hidden + k];
    return to;
}

/* What the inputs of every step give to the gates of one direction, with both biases. */
static enum plait_status define_inputs(struct plait__xnn_segment *segment, const struct plait__node *node, const struct lstm *l,
                                       size_t direction, int read, int gates) {
    const plait_tensor *w = plait__xnn_constant(segment->graph, node, 1), *b = plait__xnn_constant(segment->graph, node, 3);
    size_t width = 4 * l->hidden, depth = (size_t)w->dims[2];
    plait_tensor weights = {.dtype = PLAIT_F32, .rank = 2, .dims = {(int64_t)width, (int64_t)depth}};
    plait_tensor bias = {.dtype = PLAIT_F32, .rank = 1, .dims = {(int64_t)width}};
    weights.data = (float *)w->data + direction * width * depth;
    if (b) {
        const float *from = (const float *)b->data + direction * 2 * width;
        float *sum = plait__arena_array(&segment->arena, width, sizeof *sum);
        if (!sum) return PLAIT_MEMORY;
        for (size_t i = 0; i < width; i++) sum[i] = from[i] + from[width + i];
        bias.data = sum;
    }
    return plait__xnn_against_constant_step(segment, l->steps * l->batch, &weights, b ? &bias : NULL, read, gates,
                                            direction * l->steps * l->batch * width * sizeof(float));
}

/* A slot for an output that the node may not have, or for a state that it may not be given: zeros then. */
static int written_slot(struct plait__xnn_segment *segment, const struct plait__node *node, int output, size_t elements) {
    if (plait__xnn_output_type(segment->graph, node, output)) return plait__xnn_write(segment, node->outputs[output]);
    return plait__xnn_scratch(segment, elements * sizeof(float));
}
static int state_slot(struct plait__xnn_segment *segment, const struct plait__node *node, int input, size_t elements) {
    if (reads(segment->graph, node, input)) return plait__xnn_read(segment, node->inputs[input]);
    void *zeros;
    int slot = plait__xnn_own_constant(segment, elements * sizeof(float), &zeros);
    if (slot >= 0) memset(zeros, 0, elements * sizeof(float));
    return slot;
}

enum plait_status plait__xnn_define_lstm(struct plait__xnn_segment *segment, const struct plait__node *node) {
    const plait_tensor *x = plait__xnn_input_type(segment->graph, node, 0), *r = plait__xnn_constant(segment->graph, node, 2);
    struct lstm l = {.steps = (size_t)x->dims[0],
                     .batch = (size_t)x->dims[1],
                     .directions = (size_t)r->dims[0],
                     .hidden = (size_t)r->dims[2],
                     .reverse = strcmp(plait__attribute_string(node, "direction", "forward"), "reverse") == 0};
    size_t state = l.directions * l.batch * l.hidden;
    l.recurrent = transpose(segment, r->data, &l);
    if (!l.recurrent) return PLAIT_MEMORY;
    int slots[SLOTS] = {[GATES] = plait__xnn_scratch(segment, l.steps * state * 4 * sizeof(float)),
                        [Y] = written_slot(segment, node, 0, l.steps * state),
                        [Y_H] = written_slot(segment, node, 1, state),
                        [Y_C] = written_slot(segment, node, 2, state),
                        [INITIAL_H] = state_slot(segment, node, 5, state),
                        [INITIAL_C] = state_slot(segment, node, 6, state)};
    int read = plait__xnn_read(segment, node->inputs[0]);
    for (size_t d = 0; d < l.directions; d++) PLAIT__TRY(define_inputs(segment, node, &l, d, read, slots[GATES]));
    struct plait__xnn_step *made = plait__xnn_kernel_step(segment, lstm_kernel, &l, sizeof l, SLOTS, slots);
    if (!made) return PLAIT_MEMORY;
    plait__xnn_set_work(made, 8.0 * (double)l.steps * (double)state * (double)l.hidden, 0.0);
    return PLAIT_OK;
}
