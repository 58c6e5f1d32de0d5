#include "backend/reference/copy.h"

#include <string.h>

#define COPY_ROW(type) \
    for (int64_t i = 0; i < count; i++) ((type *)to)[i * to_step] = ((const type *)from)[i * from_step]

static void copy_row(size_t bytes, int64_t count, void *to, int64_t to_step, const void *from, int64_t from_step) {
    if (to_step == 1 && from_step == 1) {
        memcpy(to, from, (size_t)count * bytes);
        return;
    }
    switch (bytes) {
    case 1:
        COPY_ROW(uint8_t);
        break;
    case 2:
        COPY_ROW(uint16_t);
        break;
    case 4:
        COPY_ROW(uint32_t);
        break;
    default:
        COPY_ROW(uint64_t);
        break;
    }
}

void plait__copy_walked(struct plait__walk *walk, plait_tensor *to, const plait_tensor *from) {
    size_t bytes = plait_dtype_bytes(to->dtype);
    for (bool more = plait__walk_start(walk); more; more = plait__walk_next(walk))
        copy_row(bytes, walk->count, plait__at(to->data, walk->at[0], bytes), walk->step[0],
                 plait__at(from->data, walk->at[1], bytes), walk->step[1]);
}

struct tables {
    const plait_tensor *input;
    const plait_tensor *output;
    int64_t *const *positions;
    int64_t strides[PLAIT_MAX_RANK]; /* of the input */
    const void *fill;
    size_t bytes;
};

/* Fills the output from `to` on, for the dims from `dim` on; `from` is the input element so far, or PLAIT__OUTSIDE.  Where the
 * filling ends. */
static char *fill_dim(const struct tables *tables, int dim, int64_t from, char *to) {
    if (dim == tables->output->rank) {
        memcpy(to, from == PLAIT__OUTSIDE ? tables->fill : plait__at(tables->input->data, from, tables->bytes), tables->bytes);
        return to + tables->bytes;
    }
    for (int64_t o = 0; o < tables->output->dims[dim]; o++) {
        int64_t position = tables->positions[dim][o];
        bool outside = from == PLAIT__OUTSIDE || position == PLAIT__OUTSIDE;
        to = fill_dim(tables, dim + 1, outside ? PLAIT__OUTSIDE : from + position * tables->strides[dim], to);
    }
    return to;
}

void plait__copy_tables(const plait_tensor *input, plait_tensor *output, int64_t *const *tables, const void *fill) {
    struct tables all = {input, output, tables, {0}, fill, plait_dtype_bytes(input->dtype)};
    plait__strides(input->rank, input->dims, all.strides);
    if (plait_tensor_elements(output) > 0) fill_dim(&all, 0, 0, output->data);
}

/* The same elements in the same order. */
enum plait_status plait__kernel_copy(struct plait__call *call) {
    size_t bytes = plait_tensor_bytes(call->outputs[0]);
    if (bytes > 0) memcpy(call->outputs[0]->data, call->inputs[0]->data, bytes);
    return PLAIT_OK;
}

enum plait_status plait__position(struct plait__call *call, const plait_tensor *indices, int64_t i, int64_t size,
                                  int64_t *position_out) {
    int64_t index = plait__load_integer(indices, i);
    if (index < -size || index >= size)
        return plait__call_fail(call, PLAIT_INVALID, "index: expected %lld..%lld, found %lld", (long long)-size,
                                (long long)size - 1, (long long)index);
    *position_out = index < 0 ? index + size : index;
    return PLAIT_OK;
}
