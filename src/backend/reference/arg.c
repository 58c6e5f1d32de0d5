/* Choices by size: ArgMax, ArgMin and TopK.
 *
 * Elements of every dtype are turned into keys, uint64 numbers in the same order, so that one comparison serves them all. */
#include "backend/reference/copy.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t top_bit = UINT64_C(1) << 63;

/* IEEE 754 numbers are in the order of their bits, negative ones backwards; both zeros are one; NaN is the greatest. */
static uint64_t key_of_real(double value) {
    if (value != value) return UINT64_MAX;
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    return bits & top_bit ? ~bits : bits | top_bit;
}

static void load_keys(const plait_tensor *tensor, int64_t first, int64_t step, int64_t count, uint64_t *keys) {
    enum plait__work work = plait__work_of(tensor->dtype);
    for (int64_t done = 0; done < count; done += PLAIT__BLOCK) {
        union plait__block block;
        int64_t part = plait__block_count(done, count);
        plait__load(work, tensor, first + done * step, step, part, &block);
        for (int64_t i = 0; i < part; i++)
            keys[done + i] = work == PLAIT__WORK_REAL      ? key_of_real(block.real[i])
                             : work == PLAIT__WORK_NATURAL ? block.natural[i]
                                                           : block.natural[i] ^ top_bit;
    }
}

/* Least keys win: for the greatest element the order is turned round. */
static enum plait_status choose(struct plait__call *call, bool greatest) {
    const plait_tensor *input = call->inputs[0];
    int64_t *chosen = call->outputs[0]->data;
    bool last = plait__attribute_int(call->node, "select_last_index", 0) != 0;
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), input->rank, &axis));
    struct plait__split split = plait__split_at(input, axis);
    uint64_t *keys = plait__scratch(call, split.axis, sizeof *keys);
    if (!keys) return PLAIT_MEMORY;
    for (int64_t outer = 0; outer < split.outer; outer++) {
        for (int64_t inner = 0; inner < split.inner; inner++) {
            load_keys(input, outer * split.axis * split.inner + inner, split.inner, split.axis, keys);
            int64_t best = 0;
            for (int64_t i = 1; i < split.axis; i++) {
                bool better = greatest ? keys[i] > keys[best] : keys[i] < keys[best];
                if (better || (last && keys[i] == keys[best])) best = i;
            }
            *chosen++ = best;
        }
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_arg_max(struct plait__call *call) {
    return choose(call, true);
}
enum plait_status plait__kernel_arg_min(struct plait__call *call) {
    return choose(call, false);
}

/* ---- TopK ---- */

struct ranked {
    uint64_t key;
    int64_t index;
};

/* Of equal elements the earlier comes first. */
static int by_key(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Always sorted: ONNX leaves the order open where it is not asked for. */
enum plait_status plait__kernel_top_k(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *values = call->outputs[0], *indices = plait__output(call, 1);
    bool largest = plait__attribute_int(call->node, "largest", 1) != 0;
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", -1), input->rank, &axis));
    struct plait__split split = plait__split_at(input, axis);
    int64_t chosen = values->dims[axis];
    size_t bytes = plait_dtype_bytes(input->dtype);
    uint64_t *keys = plait__scratch(call, split.axis, sizeof *keys);
    struct ranked *ranked = plait__scratch(call, split.axis, sizeof *ranked);
    if (!keys || !ranked) return PLAIT_MEMORY;
    for (int64_t outer = 0; outer < split.outer; outer++) {
        for (int64_t inner = 0; inner < split.inner; inner++) {
            int64_t from = outer * split.axis * split.inner + inner, to = outer * chosen * split.inner + inner;
            load_keys(input, from, split.inner, split.axis, keys);
            for (int64_t i = 0; i < split.axis; i++) ranked[i] = (struct ranked){largest ? ~keys[i] : keys[i], i};
            qsort(ranked, (size_t)split.axis, sizeof *ranked, by_key);
            for (int64_t i = 0; i < chosen; i++, to += split.inner) {
                int64_t index = ranked[i].index;
                if (indices) ((int64_t *)indices->data)[to] = index;
                memcpy(plait__at(values->data, to, bytes), plait__at(input->data, from + index * split.inner, bytes), bytes);
            }
        }
    }
    return PLAIT_OK;
}
