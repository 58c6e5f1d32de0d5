/* Signal processing: DFT, STFT, windows, MelWeightMatrix. */
#include "graph/shape/parameters.h"
#include "graph/shape/shape.h"
#include "tensor/element.h"

#include <string.h>

/* An optional input of one whole number, at least `least`.  *value_out is -1 when it is given but not known yet. */
static enum plait_status read_length(struct plait__call *call, int index, const char *name, int64_t least, int64_t fallback,
                                     int64_t *value_out) {
    bool known = true;
    *value_out = fallback;
    if (!plait__input(call, index)) return PLAIT_OK;
    PLAIT__TRY(plait__read_scalar(call, index, value_out, &known));
    if (!known) *value_out = -1;
    if (known && *value_out < least)
        return plait__call_fail(call, PLAIT_INVALID, "%s: expected %lld or more, found %lld", name, (long long)least,
                                (long long)*value_out);
    return PLAIT_OK;
}

static enum plait_status read_dft_axis(struct plait__call *call, int *axis_out, bool *known_out) {
    const plait_tensor *input = call->inputs[0];
    int64_t axis = plait__attribute_int(call->node, "axis", 1); /* up to version 19 */
    *known_out = true;
    if (call->node->opset >= 20) {
        axis = -2;
        if (plait__input(call, 2)) PLAIT__TRY(plait__read_scalar(call, 2, &axis, known_out));
    }
    if (!*known_out) return PLAIT_OK;
    PLAIT__TRY(plait__axis(call, axis, input->rank, axis_out));
    if (*axis_out == input->rank - 1)
        return plait__call_fail(call, PLAIT_INVALID, "axis: the last dimension holds the parts of complex numbers");
    return PLAIT_OK;
}

enum plait_status plait__dft_read(struct plait__call *call, struct plait__dft *dft_out) {
    const plait_tensor *input = call->inputs[0];
    memset(dft_out, 0, sizeof *dft_out);
    if (input->rank < 2) return plait__call_fail(call, PLAIT_INVALID, "rank: expected 2 or more, found %d", (int)input->rank);
    bool axis_known;
    PLAIT__TRY(read_dft_axis(call, &dft_out->axis, &axis_known));
    int64_t parts = input->dims[input->rank - 1], size = axis_known ? input->dims[dft_out->axis] : -1;
    dft_out->inverse = plait__attribute_int(call->node, "inverse", 0) != 0;
    dft_out->onesided = plait__attribute_int(call->node, "onesided", 0) != 0;
    if (parts >= 0 && parts != 1 && parts != 2)
        return plait__call_fail(call, PLAIT_INVALID, "last dimension: expected 1 or 2, found %lld", (long long)parts);
    bool halves = dft_out->onesided && dft_out->inverse; /* half a spectrum in, reals out */
    if (dft_out->onesided && parts >= 0 && parts != (halves ? 2 : 1))
        return plait__call_fail(call, PLAIT_INVALID, "onesided: expected %s input", halves ? "complex" : "real");
    PLAIT__TRY(plait__dim_multiply(call, 2, halves && size > 0 ? size - 1 : size, &dft_out->length));
    if (!halves) dft_out->length = size;
    PLAIT__TRY(read_length(call, 1, "dft_length", 1, dft_out->length, &dft_out->length));
    memcpy(dft_out->dims, input->dims, sizeof dft_out->dims);
    dft_out->dims[input->rank - 1] = halves ? 1 : 2;
    if (!axis_known) {
        for (int i = 0; i < input->rank - 1; i++) dft_out->dims[i] = -1;
        return PLAIT_OK;
    }
    bool half_out = dft_out->onesided && !dft_out->inverse && dft_out->length >= 0;
    dft_out->dims[dft_out->axis] = half_out ? dft_out->length / 2 + 1 : dft_out->length;
    return PLAIT_OK;
}

/* input [batch..., signal, 1 or 2] */
enum plait_status plait__shape_dft(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, call->node->opset >= 20 ? 3 : 2));
    PLAIT__TRY(plait__expect_float(call, 0));
    const plait_tensor *input = call->inputs[0];
    struct plait__dft dft = {0};
    if (plait__known_rank(input)) PLAIT__TRY(plait__dft_read(call, &dft));
    plait__set_output(call, 0, input->dtype, input->rank, dft.dims);
    return PLAIT_OK;
}

/* signal [batch, length, 1 or 2], frame_step, window [frame length], frame_length; output [batch, frames, bins, 2] */
enum plait_status plait__shape_stft(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 2, 4));
    PLAIT__TRY(plait__expect_float(call, 0));
    PLAIT__TRY(plait__expect_same_dtype(call, 0, 2));
    PLAIT__TRY(plait__expect_rank(call, 0, 3));
    PLAIT__TRY(plait__expect_rank(call, 2, 1));
    const plait_tensor *signal = call->inputs[0], *window = plait__input(call, 2);
    if (!window && !plait__input(call, 3))
        return plait__call_fail(call, PLAIT_INVALID, "expected a window or a frame_length, found neither");
    int64_t step, frame = window && plait__known_rank(window) ? window->dims[0] : -1, given;
    PLAIT__TRY(read_length(call, 1, "frame_step", 1, -1, &step));
    PLAIT__TRY(read_length(call, 3, "frame_length", 1, -1, &given));
    PLAIT__TRY(plait__dim_join(call, "frame_length", &frame, given));
    bool onesided = plait__attribute_int(call->node, "onesided", 1) != 0;
    int64_t dims[4] = {-1, -1, frame < 0 ? -1 : onesided ? frame / 2 + 1 : frame, 2};
    if (plait__known_rank(signal)) {
        int64_t length = signal->dims[1], parts = signal->dims[2];
        dims[0] = signal->dims[0];
        if (parts >= 0 && parts != 1 && (parts != 2 || onesided))
            return plait__call_fail(call, PLAIT_INVALID, "last dimension: expected 1%s, found %lld", onesided ? "" : " or 2",
                                    (long long)parts);
        if (length >= 0 && frame >= 0 && frame > length)
            return plait__call_fail(call, PLAIT_INVALID, "frame_length: expected at most %lld, found %lld", (long long)length,
                                    (long long)frame);
        if (length >= 0 && frame >= 0 && step > 0) dims[1] = (length - frame) / step + 1;
    }
    plait__set_output(call, 0, signal->dtype, 4, dims);
    return PLAIT_OK;
}

/* size; output [size] of the type named */
enum plait_status plait__shape_window(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 1, 1));
    int64_t size;
    enum plait_dtype dtype;
    PLAIT__TRY(read_length(call, 0, "size", 0, -1, &size));
    PLAIT__TRY(plait__read_dtype(call, "output_datatype", PLAIT_F32, &dtype));
    plait__set_output(call, 0, dtype, 1, &size);
    return PLAIT_OK;
}

/* num_mel_bins, dft_length, sample_rate, lower and upper edge; output [dft_length / 2 + 1, num_mel_bins] */
enum plait_status plait__shape_mel_weight_matrix(struct plait__call *call) {
    PLAIT__TRY(plait__expect_inputs(call, 5, 5));
    int64_t dims[2], length, rate;
    enum plait_dtype dtype;
    PLAIT__TRY(read_length(call, 0, "num_mel_bins", 0, -1, &dims[1]));
    PLAIT__TRY(read_length(call, 1, "dft_length", 0, -1, &length));
    PLAIT__TRY(read_length(call, 2, "sample_rate", 1, -1, &rate));
    for (int i = 3; i < 5; i++) {
        PLAIT__TRY(plait__expect_float(call, i));
        const plait_tensor *edge = call->inputs[i];
        if (plait__known_shape(edge) && plait_tensor_elements(edge) != 1)
            return plait__call_fail(call, PLAIT_INVALID, "input %d: expected one number", i);
    }
    dims[0] = length < 0 ? -1 : length / 2 + 1;
    PLAIT__TRY(plait__read_dtype(call, "output_datatype", PLAIT_F32, &dtype));
    plait__set_output(call, 0, dtype, 2, dims);
    return PLAIT_OK;
}
