#include "graph/shape/recurrent.h"
#include "graph/shape/shape.h"

#include <string.h>

static enum plait_status read_direction(struct plait__call *call, enum plait__direction *direction_out) {
    static const char *const names[] = {"forward", "reverse", "bidirectional"};
    const char *name = plait__attribute_string(call->node, "direction", "forward");
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *direction_out = (enum plait__direction)i;
            return PLAIT_OK;
        }
    return plait__call_fail(call, PLAIT_INVALID, "direction: expected forward, reverse or bidirectional, found \"%s\"", name);
}

/* Joins what is known of a dim of input `index` into *size. */
static enum plait_status join(struct plait__call *call, int index, int dim, int64_t *size) {
    static const char *const names[] = {"X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"};
    const plait_tensor *input = plait__input(call, index);
    if (!input || !plait__known_rank(input)) return PLAIT_OK;
    return plait__dim_join(call, names[index], size, input->dims[dim]);
}

/* The same where the dim is to be `factor` times the size. */
static enum plait_status expect_multiple(struct plait__call *call, int index, int dim, int64_t size, int64_t factor) {
    int64_t expected;
    PLAIT__TRY(plait__dim_multiply(call, size, factor, &expected));
    return join(call, index, dim, &expected);
}

enum plait_status plait__recurrent_read(struct plait__call *call, struct plait__recurrent *recurrent_out) {
    struct plait__recurrent *r = recurrent_out;
    static const int ranks[] = {3, 3, 3, 2, 1, 3, 3, 2};
    for (int i = 0; i < call->input_count; i++) PLAIT__TRY(plait__expect_rank(call, i, ranks[i]));
    PLAIT__TRY(read_direction(call, &r->direction));
    enum plait__op op = call->node->op;
    r->batch_first = plait__attribute_int(call->node, "layout", 0) != 0;
    r->gates = op == PLAIT__OP_LSTM ? 4 : op == PLAIT__OP_GRU ? 3 : 1;
    r->activations = op == PLAIT__OP_LSTM ? 3 : op == PLAIT__OP_GRU ? 2 : 1;
    r->directions = r->direction == PLAIT__BIDIRECTIONAL ? 2 : 1;
    r->steps = r->batch = r->inputs = -1;
    r->hidden = plait__attribute_int(call->node, "hidden_size", -1);
    if (r->hidden == 0) return plait__call_fail(call, PLAIT_INVALID, "hidden_size: expected 1 or more, found 0");

    PLAIT__TRY(join(call, 0, r->batch_first ? 1 : 0, &r->steps));
    PLAIT__TRY(join(call, 0, r->batch_first ? 0 : 1, &r->batch));
    PLAIT__TRY(join(call, 0, 2, &r->inputs));
    PLAIT__TRY(join(call, 2, 2, &r->hidden));
    PLAIT__TRY(join(call, 1, 2, &r->inputs));
    PLAIT__TRY(join(call, 4, 0, &r->batch));
    for (int i = 1; i < call->input_count; i++)
        if (i != 4) PLAIT__TRY(join(call, i, r->batch_first && (i == 5 || i == 6) ? 1 : 0, &r->directions));
    PLAIT__TRY(expect_multiple(call, 1, 1, r->hidden, r->gates));
    PLAIT__TRY(expect_multiple(call, 2, 1, r->hidden, r->gates));
    PLAIT__TRY(expect_multiple(call, 3, 1, r->hidden, 2 * r->gates));
    for (int i = 5; i < 7; i++) {
        PLAIT__TRY(join(call, i, r->batch_first ? 0 : 1, &r->batch));
        PLAIT__TRY(join(call, i, 2, &r->hidden));
    }
    return expect_multiple(call, 7, 1, r->hidden, 3);
}

/* LSTM has two inputs and one output more than the others. */
enum plait_status plait__shape_recurrent(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 3, call->node->op == PLAIT__OP_LSTM ? 8 : 6));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_dtype(call, 4, PLAIT_I32));
    struct plait__recurrent r;
    PLAIT__TRY(plait__recurrent_read(call, &r));
    enum plait_dtype dtype = plait__input(call, 0)->dtype;
    if (r.batch_first) {
        plait__set_output(call, 0, dtype, 4, (int64_t[]){r.batch, r.steps, r.directions, r.hidden});
        for (int i = 1; i < 3; i++) plait__set_output(call, i, dtype, 3, (int64_t[]){r.batch, r.directions, r.hidden});
    } else {
        plait__set_output(call, 0, dtype, 4, (int64_t[]){r.steps, r.directions, r.batch, r.hidden});
        for (int i = 1; i < 3; i++) plait__set_output(call, i, dtype, 3, (int64_t[]){r.directions, r.batch, r.hidden});
    }
    return PLAIT_OK;
}
