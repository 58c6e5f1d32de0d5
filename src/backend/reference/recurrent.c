/* LSTM (Hochreiter and Schmidhuber 1997, with peepholes of Gers and Schmidhuber 2000), GRU (Cho et al. 2014) and RNN: one
 * sequence of one direction at a time, one step after another. */
#include "graph/shape/recurrent.h"
#include "backend/reference/activation.h"
#include "backend/reference/product.h"

#include <math.h>
#include <string.h>

enum { MOST_ACTIVATIONS = 3 };

struct function {
    plait__map map;
    double parameters[2];
};

/* The weights of one direction, and what is worked with. */
struct layer {
    struct plait__recurrent sizes;
    struct function functions[MOST_ACTIVATIONS]; /* f, g, h */
    double clip;                                 /* of what goes into a gate */
    bool reset_late, couple;                     /* linear_before_reset of GRU, input_forget of LSTM */
    const double *w, *r;                         /* [gates * hidden, inputs] and [gates * hidden, hidden] */
    const double *w_bias, *r_bias;               /* [gates * hidden], or NULL */
    const double *peepholes;                     /* [3 * hidden] of the gates i, o, f, or NULL */
    double *from_input, *from_state;             /* [gates * hidden]: what input and state give to each gate */
    double *h, *c;                               /* [hidden]: the state */
    double *reset;                               /* [hidden]: the state after GRU's reset */
    const double *zeros;                         /* [hidden] */
};

/* Parameters are consumed in order by those functions that have them. */
static enum plait_status read_functions(struct plait__call *call, int directions, int each,
                                        struct function functions[2][MOST_ACTIVATIONS]) {
    static const char *const by_default[] = {"Sigmoid", "Tanh", "Tanh"};
    int count, next[2] = {0};
    const char *const *names = plait__attribute_strings(call->node, "activations", &count);
    if (names && count != directions * each)
        return plait__call_fail(call, PLAIT_INVALID, "activations: expected %d, found %d", directions * each, count);
    const struct plait__attribute *lists[2] = {plait__attribute(call->node, "activation_alpha"),
                                               plait__attribute(call->node, "activation_beta")};
    for (int i = 0; i < directions * each; i++) {
        const char *name = names ? names[i] : each == 1 ? "Tanh" : by_default[i % each];
        const struct plait__activation *activation = plait__activation_find(name, strlen(name));
        if (!activation) return plait__call_fail(call, PLAIT_UNSUPPORTED, "activation \"%s\"", name);
        struct function *function = &functions[i / each][i % each];
        function->map = activation->map;
        for (int k = 0; k < 2; k++) {
            bool given = activation->parameter_names[k] && lists[k] && lists[k]->kind == PLAIT__ATTRIBUTE_FLOATS &&
                         next[k] < (int)lists[k]->count;
            function->parameters[k] = given ? (double)lists[k]->floats[next[k]++] : activation->defaults[k];
        }
    }
    return PLAIT_OK;
}

static void activate(const struct layer *layer, int which, double *values) {
    const void *in = values;
    layer->functions[which].map(values, &in, layer->sizes.hidden, layer->functions[which].parameters);
}

/* sums[rows] = matrix[rows, columns] x + bias */
static void transform(double *sums, const double *matrix, const double *x, const double *bias, int64_t rows, int64_t columns) {
    for (int64_t row = 0; row < rows; row++)
        sums[row] = plait__dot(matrix + row * columns, x, columns) + (bias ? bias[row] : 0);
}

/* Gate `gate`: what input and state give it, and the cell through its peephole (-1: none), clipped, then its function.
 * Lies in from_input. */
static double *open_gate(struct layer *layer, int gate, int function, int peephole) {
    int64_t hidden = layer->sizes.hidden;
    double *values = layer->from_input + gate * hidden;
    for (int64_t i = 0; i < hidden; i++) {
        values[i] += layer->from_state[gate * hidden + i];
        if (layer->peepholes && peephole >= 0) values[i] += layer->peepholes[peephole * hidden + i] * layer->c[i];
        if (values[i] < -layer->clip) values[i] = -layer->clip; /* a NaN stays one */
        if (values[i] > layer->clip) values[i] = layer->clip;
    }
    activate(layer, function, values);
    return values;
}

static void step_lstm(struct layer *layer) {
    int64_t hidden = layer->sizes.hidden;
    const double *input = open_gate(layer, 0, 0, 0);
    const double *forget = open_gate(layer, 2, 0, 2);
    double *candidate = open_gate(layer, 3, 1, -1);
    for (int64_t i = 0; i < hidden; i++)
        layer->c[i] = (layer->couple ? 1 - input[i] : forget[i]) * layer->c[i] + input[i] * candidate[i];
    const double *output = open_gate(layer, 1, 0, 1); /* it sees the new cell */
    memcpy(candidate, layer->c, (size_t)hidden * sizeof *candidate);
    activate(layer, 2, candidate);
    for (int64_t i = 0; i < hidden; i++) layer->h[i] = output[i] * candidate[i];
}

static void step_gru(struct layer *layer) {
    int64_t hidden = layer->sizes.hidden;
    const double *update = open_gate(layer, 0, 0, -1), *reset = open_gate(layer, 1, 0, -1);
    double *from_state = layer->from_state + 2 * hidden;
    if (layer->reset_late) { /* what the state gives is reset */
        for (int64_t i = 0; i < hidden; i++) from_state[i] *= reset[i];
    } else { /* the state is reset before it gives */
        for (int64_t i = 0; i < hidden; i++) layer->reset[i] = reset[i] * layer->h[i];
        transform(from_state, layer->r + 2 * hidden * hidden, layer->reset, layer->r_bias ? layer->r_bias + 2 * hidden : NULL,
                  hidden, hidden);
    }
    const double *candidate = open_gate(layer, 2, 1, -1);
    for (int64_t i = 0; i < hidden; i++) layer->h[i] = (1 - update[i]) * candidate[i] + update[i] * layer->h[i];
}

static void step_rnn(struct layer *layer) {
    const double *state = open_gate(layer, 0, 0, -1);
    memcpy(layer->h, state, (size_t)layer->sizes.hidden * sizeof *state);
}

/* A row of a state [directions, batch, hidden], or with the batch first. */
static int64_t state_row(const struct plait__recurrent *r, int64_t direction, int64_t batch) {
    return (r->batch_first ? batch * r->directions + direction : direction * r->batch + batch) * r->hidden;
}

static void load_state(const struct plait__recurrent *r, const plait_tensor *tensor, int64_t row, double *state) {
    if (tensor)
        plait__load_reals(tensor, row, 1, r->hidden, state);
    else
        memset(state, 0, (size_t)r->hidden * sizeof *state);
}

/* One direction over all sequences; its weights are set. */
static enum plait_status run_direction(struct plait__call *call, struct layer *layer, int64_t direction, const double *x,
                                       void (*step)(struct layer *)) {
    const struct plait__recurrent *r = &layer->sizes;
    const plait_tensor *lengths = plait__input(call, 4);
    bool backwards = r->direction == PLAIT__REVERSE || direction == 1;
    int64_t rows = r->gates * r->hidden;
    for (int64_t batch = 0; batch < r->batch; batch++) {
        int64_t row = state_row(r, direction, batch), length = lengths ? plait__load_integer(lengths, batch) : r->steps;
        if (length < 0 || length > r->steps)
            return plait__call_fail(call, PLAIT_INVALID, "sequence_lens: expected 0..%lld, found %lld", (long long)r->steps,
                                    (long long)length);
        load_state(r, plait__input(call, 5), row, layer->h);
        load_state(r, plait__input(call, 6), row, layer->c);
        for (int64_t i = 0; i < r->steps; i++) {
            int64_t t = backwards && i < length ? length - 1 - i : i;
            if (i < length) {
                const double *now = x + (r->batch_first ? batch * r->steps + t : t * r->batch + batch) * r->inputs;
                transform(layer->from_input, layer->w, now, layer->w_bias, rows, r->inputs);
                transform(layer->from_state, layer->r, layer->h, layer->r_bias, rows, r->hidden);
                step(layer);
            }
            int64_t to = r->batch_first ? (batch * r->steps + t) * r->directions + direction
                                        : (t * r->directions + direction) * r->batch + batch;
            /* Past the end of a sequence there are zeros, and the state stays. */
            plait__store_reals(call->outputs[0], to * r->hidden, 1, r->hidden, i < length ? layer->h : layer->zeros);
        }
        if (plait__output(call, 1)) plait__store_reals(call->outputs[1], row, 1, r->hidden, layer->h);
        if (plait__output(call, 2)) plait__store_reals(call->outputs[2], row, 1, r->hidden, layer->c);
    }
    return PLAIT_OK;
}

static enum plait_status run(struct plait__call *call, void (*step)(struct layer *)) {
    struct layer layer = {.clip = plait__attribute_float(call->node, "clip", INFINITY),
                          .reset_late = plait__attribute_int(call->node, "linear_before_reset", 0) != 0,
                          .couple = plait__attribute_int(call->node, "input_forget", 0) != 0};
    struct plait__recurrent *r = &layer.sizes;
    PLAIT__TRY(plait__recurrent_read(call, r));
    struct function functions[2][MOST_ACTIVATIONS];
    PLAIT__TRY(read_functions(call, (int)r->directions, r->activations, functions));

    const double *inputs[8] = {NULL}; /* X, W, R, B and P as reals; the others are read a row at a time */
    for (int i = 0; i < call->input_count; i++) {
        if (!call->inputs[i] || (i >= 4 && i <= 6)) continue;
        inputs[i] = plait__reals(call, call->inputs[i]);
        if (!inputs[i]) return PLAIT_MEMORY;
    }
    int64_t hidden = r->hidden, rows = r->gates * hidden;
    double *room = plait__scratch(call, 2 * rows + 4 * hidden, sizeof *room);
    if (!room) return PLAIT_MEMORY;
    layer.from_input = room;
    layer.from_state = room + rows;
    layer.h = room + 2 * rows;
    layer.c = layer.h + hidden;
    layer.reset = layer.c + hidden;
    layer.zeros = layer.reset + hidden;
    for (int64_t d = 0; d < r->directions; d++) {
        memcpy(layer.functions, functions[d], sizeof layer.functions);
        layer.w = inputs[1] + d * rows * r->inputs;
        layer.r = inputs[2] + d * rows * hidden;
        layer.w_bias = inputs[3] ? inputs[3] + d * 2 * rows : NULL;
        layer.r_bias = inputs[3] ? layer.w_bias + rows : NULL;
        layer.peepholes = inputs[7] ? inputs[7] + d * 3 * hidden : NULL;
        PLAIT__TRY(run_direction(call, &layer, d, inputs[0], step));
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_lstm(struct plait__call *call) {
    return run(call, step_lstm);
}
enum plait_status plait__kernel_gru(struct plait__call *call) {
    return run(call, step_gru);
}
enum plait_status plait__kernel_rnn(struct plait__call *call) {
    return run(call, step_rnn);
}
