#include "backend/reference/copy.h"

#include <string.h>

#define COPY_ROW(type)                                                                                                         \
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
