/* The part of a recurrent step that is not a product: a thread an element of the state. */
#include "backend/cuda/kernels/numbers.h"

/* Hochreiter and Schmidhuber, "Long short-term memory", 1997, with forget gates; ONNX has them in the order i, o, f, c. */
KERNEL(lstm_cell) {
    PHASE {
        int64_t i = ELEMENT;
        if (i >= a->count) continue;
        unsigned row = (unsigned)i / (unsigned)a->width, column = (unsigned)i - row * (unsigned)a->width;
        float gates[4];
        for (int gate = 0; gate < 4; gate++) {
            int64_t at = (int64_t)gate * a->width + column, place = (int64_t)row * 4 * a->width + at;
            gates[gate] = a->from_inputs[place] + a->from_hidden[place];
            if (a->bias) gates[gate] += a->bias[at] + a->bias[4 * a->width + at];
        }
        float cell = sigmoid(gates[2]) * a->cell_before[i] + sigmoid(gates[0]) * hyperbolic_tangent(gates[3]);
        float hidden = sigmoid(gates[1]) * hyperbolic_tangent(cell);
        a->cell[i] = cell;
        a->hidden[i] = hidden;
        if (a->y) a->y[i] = hidden;
    }
}
