/* LSTM, GRU and RNN: their sizes, worked out in one place for shapes and kernels. */
#ifndef PLAIT_GRAPH_SHAPE_RECURRENT_H
#define PLAIT_GRAPH_SHAPE_RECURRENT_H

#include "graph/op.h"

enum plait__direction { PLAIT__FORWARD, PLAIT__REVERSE, PLAIT__BIDIRECTIONAL };

/* Sizes are -1 where unknown.  Tensors are as ONNX has them:
 * X [steps, batch, inputs]; W [directions, gates * hidden, inputs]; R [directions, gates * hidden, hidden];
 * B [directions, 2 * gates * hidden]; sequence_lens [batch] i32; initial_h, initial_c [directions, batch, hidden];
 * P [directions, 3 * hidden]; Y [steps, directions, batch, hidden]; Y_h, Y_c [directions, batch, hidden].
 * With batch_first the batch is the first dim of X, Y and the states. */
struct plait__recurrent {
    enum plait__direction direction;
    bool batch_first;
    int gates;       /* 4, 3 and 1 */
    int activations; /* functions a direction: 3, 2 and 1 */
    int64_t directions, steps, batch, inputs, hidden;
};
enum plait_status plait__recurrent_read(struct plait__call *call, struct plait__recurrent *recurrent_out);

#endif
