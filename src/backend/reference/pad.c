/* Pad and CenterCropPad: per dim a table says which input position stands at each output position. */
#include "backend/reference/copy.h"
#include "graph/shape/parameters.h"

/* Where position `p`, relative to the first input element and possibly outside the `size` ones there are, is taken from. */
static int64_t source(enum plait__pad_mode mode, int64_t p, int64_t size) {
    if (p >= 0 && p < size) return p;
    int64_t period;
    switch (mode) {
    case PLAIT__PAD_EDGE:
        return p < 0 ? 0 : size - 1;
    case PLAIT__PAD_WRAP:
        return (p % size + size) % size;
    case PLAIT__PAD_REFLECT: /* back and forth, the edges not repeated */
        if (size == 1) return 0;
        period = 2 * (size - 1);
        p = (p % period + period) % period;
        return p < size ? p : period - p;
    default:
        return PLAIT__OUTSIDE;
    }
}

static enum plait_status run(struct plait__call *call, enum plait__pad_mode mode, const int64_t *before, const void *fill) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    int64_t *tables[PLAIT_MAX_RANK];
    for (int d = 0; d < input->rank; d++) {
        tables[d] = plait__scratch(call, output->dims[d], sizeof *tables[d]);
        if (!tables[d]) return PLAIT_MEMORY;
        for (int64_t o = 0; o < output->dims[d]; o++) tables[d][o] = source(mode, o - before[d], input->dims[d]);
    }
    plait__copy_tables(input, output, tables, fill);
    return PLAIT_OK;
}

enum plait_status plait__kernel_pad(struct plait__call *call) {
    struct plait__pad pad;
    PLAIT__TRY(plait__pad_read(call, &pad));
    const plait_tensor *given = call->node->opset >= 11 ? plait__input(call, 2) : NULL;
    uint64_t element = 0;
    plait_tensor fill = {.dtype = call->inputs[0]->dtype, .data = &element};
    double value = plait__attribute_float(call->node, "value", 0); /* up to version 10 */
    plait__store_reals(&fill, 0, 1, 1, &value);
    if (given && plait_tensor_elements(given) != 1)
        return plait__call_fail(call, PLAIT_INVALID, "constant_value: expected one number, found %lld",
                                (long long)plait_tensor_elements(given));
    return run(call, pad.mode, pad.before, given ? given->data : &element);
}

/* The middle of what is larger, in the middle of what is smaller; the odd element goes to the end. */
enum plait_status plait__kernel_center_crop_pad(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0], *output = call->outputs[0];
    int64_t before[PLAIT_MAX_RANK];
    for (int d = 0; d < input->rank; d++) {
        int64_t more = output->dims[d] - input->dims[d];
        before[d] = more >= 0 ? more / 2 : -(-more / 2);
    }
    const uint64_t zero = 0;
    return run(call, PLAIT__PAD_CONSTANT, before, &zero);
}
