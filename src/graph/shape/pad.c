/* Pad: attributes up to version 10, inputs from 11 on, axes from 18 on. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"

#include <string.h>

static enum plait_status read_mode(struct plait__call *call, enum plait__pad_mode *mode_out) {
    static const char *const names[] = {"constant", "reflect", "edge", "wrap"};
    const char *mode = plait__attribute_string(call->node, "mode", names[0]);
    for (int i = 0; i < 4; i++)
        if (strcmp(mode, names[i]) == 0) {
            *mode_out = (enum plait__pad_mode)i;
            return PLAIT_OK;
        }
    return plait__call_fail(call, PLAIT_INVALID, "mode: expected constant, reflect, edge or wrap, found '%s'", mode);
}

/* What one dim of the input can be padded with: reflection needs a neighbour for every element added, and a copied edge
 * needs an edge. */
static enum plait_status check_dim(struct plait__call *call, const struct plait__pad *pad, int d, int64_t size) {
    const int64_t most = INT64_MAX / 4; /* so that sums of a few of them cannot overflow */
    if (pad->before[d] > most || pad->after[d] > most || pad->before[d] < -most || pad->after[d] < -most)
        return plait__call_fail(call, PLAIT_LIMIT, "pads: %lld and %lld are too large", (long long)pad->before[d],
                                (long long)pad->after[d]);
    if (size < 0) return PLAIT_OK;
    if (size > most) return plait__call_fail(call, PLAIT_LIMIT, "dimension %d: %lld is too large", d, (long long)size);
    if (size + pad->before[d] + pad->after[d] < 0)
        return plait__call_fail(call, PLAIT_INVALID, "pads: %lld and %lld take more than the %lld elements of dimension %d",
                                (long long)pad->before[d], (long long)pad->after[d], (long long)size, d);
    bool adds = pad->before[d] > 0 || pad->after[d] > 0;
    if (adds && size == 0 && pad->mode != PLAIT__PAD_CONSTANT)
        return plait__call_fail(call, PLAIT_INVALID, "pads: dimension %d is empty and has nothing to repeat", d);
    return PLAIT_OK;
}

enum plait_status plait__pad_read(struct plait__call *call, struct plait__pad *pad_out) {
    int opset = call->node->opset;
    bool are_inputs = opset >= 11;
    PLAIT__TRY(plait__expect_inputs(call, are_inputs ? 2 : 1, opset >= 18 ? 4 : are_inputs ? 3 : 1));
    PLAIT__TRY(read_mode(call, &pad_out->mode));
    const plait_tensor *input = call->inputs[0];
    int64_t pads[2 * PLAIT_MAX_RANK], axes[PLAIT_MAX_RANK];
    int count, axis_count;
    bool given, axes_given;
    PLAIT__TRY(plait__read_input_or_attribute(call, 1, "pads", are_inputs, pads, 2 * PLAIT_MAX_RANK, &count, &given));
    PLAIT__TRY(plait__read_input_or_attribute(call, 3, "axes", true, axes, PLAIT_MAX_RANK, &axis_count, &axes_given));
    memset(pad_out->before, 0, sizeof pad_out->before);
    memset(pad_out->after, 0, sizeof pad_out->after);
    pad_out->known = input->rank >= 0 && count >= 0 && (!axes_given || axis_count >= 0);
    if (!given) return plait__call_fail(call, PLAIT_INVALID, "pads: expected a list, found none");
    if (!pad_out->known) return PLAIT_OK;

    if (!axes_given) axis_count = input->rank;
    if (count != 2 * axis_count)
        return plait__call_fail(call, PLAIT_INVALID, "pads: expected %d numbers, found %d", 2 * axis_count, count);
    for (int i = 0; i < axis_count; i++) {
        int axis;
        PLAIT__TRY(plait__axis(call, axes_given ? axes[i] : i, input->rank, &axis));
        pad_out->before[axis] = pads[i];
        pad_out->after[axis] = pads[axis_count + i];
        PLAIT__TRY(check_dim(call, pad_out, axis, input->dims[axis]));
    }
    return PLAIT_OK;
}

enum plait_status plait__shape_pad(struct plait__call *call) {
    struct plait__pad pad;
    PLAIT__TRY(plait__pad_read(call, &pad));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    const plait_tensor *input = call->inputs[0];
    int64_t dims[PLAIT_MAX_RANK];
    for (int d = 0; d < input->rank; d++)
        dims[d] = !pad.known || input->dims[d] < 0 ? -1 : input->dims[d] + pad.before[d] + pad.after[d];
    plait__set_output(call, 0, input->dtype, input->rank, dims);
    return PLAIT_OK;
}
