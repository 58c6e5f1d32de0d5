/* Elements placed by indices: Scatter, ScatterElements, ScatterND, with what is there combined by `reduction`. */
#include "backend/reference/copy.h"

#include <string.h>

enum reduction { REDUCE_NONE, REDUCE_ADD, REDUCE_MUL, REDUCE_MIN, REDUCE_MAX };

static enum reduction read_reduction(const struct plait__node *node) {
    static const char *const names[] = {"none", "add", "mul", "min", "max"};
    const char *text = plait__attribute_string(node, "reduction", names[0]);
    int i = REDUCE_MAX;
    while (i > 0 && strcmp(text, names[i]) != 0) i--;
    return (enum reduction)i;
}

static double reduce_real(enum reduction reduction, double old, double update) {
    switch (reduction) {
    case REDUCE_ADD:
        return old + update;
    case REDUCE_MUL:
        return old * update;
    case REDUCE_MIN:
        return update < old || update != update ? update : old; /* NaN wins, as in NumPy */
    case REDUCE_MAX:
        return update > old || update != update ? update : old;
    default:
        return update;
    }
}

/* Sums and products wrap, so that they are made without a sign. */
static int64_t reduce_integer(enum reduction reduction, bool natural, int64_t old, int64_t update) {
    bool less = natural ? (uint64_t)update < (uint64_t)old : update < old;
    switch (reduction) {
    case REDUCE_ADD:
        return (int64_t)((uint64_t)old + (uint64_t)update);
    case REDUCE_MUL:
        return (int64_t)((uint64_t)old * (uint64_t)update);
    case REDUCE_MIN:
        return less ? update : old;
    case REDUCE_MAX:
        return less ? old : update;
    default:
        return update;
    }
}

/* `count` elements of `updates` from `from` on, into `output` from `to` on. */
static void place(enum reduction reduction, plait_tensor *output, int64_t to, const plait_tensor *updates, int64_t from,
                  int64_t count) {
    size_t bytes = plait_dtype_bytes(output->dtype);
    if (reduction == REDUCE_NONE) {
        if (count > 0) memcpy(plait__at(output->data, to, bytes), plait__at(updates->data, from, bytes), (size_t)count * bytes);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        if (plait__is_float(output->dtype)) {
            double value = reduce_real(reduction, plait__load_real(output, to + i), plait__load_real(updates, from + i));
            plait__store_reals(output, to + i, 1, 1, &value);
        } else {
            bool natural = plait__work_of(output->dtype) == PLAIT__WORK_NATURAL;
            int64_t value =
                reduce_integer(reduction, natural, plait__load_integer(output, to + i), plait__load_integer(updates, from + i));
            plait__store_integers(output, to + i, 1, 1, &value);
        }
    }
}

static void start_from_data(struct plait__call *call) {
    size_t bytes = plait_tensor_bytes(call->inputs[0]);
    if (bytes > 0) memcpy(call->outputs[0]->data, call->inputs[0]->data, bytes);
}

enum plait_status plait__kernel_scatter_elements(struct plait__call *call) {
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1], *updates = call->inputs[2];
    enum reduction reduction = read_reduction(call->node);
    int axis;
    int64_t strides[PLAIT_MAX_RANK];
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), data->rank, &axis));
    plait__strides(data->rank, data->dims, strides);
    int64_t along = strides[axis];
    strides[axis] = 0; /* the index takes the place of the position */
    start_from_data(call);
    struct plait__walk walk;
    plait__walk_init(&walk, indices->rank, indices->dims);
    plait__walk_add(&walk, updates);
    plait__walk_add_strides(&walk, 0, strides);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk))
        for (int64_t i = 0; i < walk.count; i++) {
            int64_t from = walk.at[0] + i * walk.step[0], position;
            PLAIT__TRY(plait__position(call, indices, from, data->dims[axis], &position));
            place(reduction, call->outputs[0], walk.at[1] + i * walk.step[1] + position * along, updates, from, 1);
        }
    return PLAIT_OK;
}

enum plait_status plait__kernel_scatter_nd(struct plait__call *call) {
    const plait_tensor *data = call->inputs[0], *indices = call->inputs[1], *updates = call->inputs[2];
    enum reduction reduction = read_reduction(call->node);
    int depth = (int)indices->dims[indices->rank - 1];
    int64_t strides[PLAIT_MAX_RANK], rows = 1;
    plait__strides(data->rank, data->dims, strides);
    for (int i = 0; i < indices->rank - 1; i++) rows *= indices->dims[i];
    int64_t inner = depth > 0 ? strides[depth - 1] : plait_tensor_elements(data);
    start_from_data(call);
    for (int64_t r = 0; r < rows; r++) {
        int64_t to = 0;
        for (int k = 0; k < depth; k++) {
            int64_t position;
            PLAIT__TRY(plait__position(call, indices, r * depth + k, data->dims[k], &position));
            to += position * strides[k];
        }
        place(reduction, call->outputs[0], to, updates, r * inner, inner);
    }
    return PLAIT_OK;
}
