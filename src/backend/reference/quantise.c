#include "backend/reference/quantise.h"
#include "graph/shape/grain.h"

#include <math.h>

/* Element `index` of a list, or the only one there is; `fallback` when there is no list. */
static double one_of(const plait_tensor *list, int64_t index, double fallback) {
    if (!list) return fallback;
    return plait__load_real(list, plait_tensor_elements(list) == 1 ? 0 : index);
}

double plait__scale_at(const struct plait__quantised *quantised, int64_t index) {
    return one_of(quantised->scale, index, 1);
}
double plait__zero_at(const struct plait__quantised *quantised, int64_t index) {
    return one_of(quantised->zero, index, 0);
}

double *plait__centred(struct plait__call *call, const struct plait__quantised *quantised) {
    const plait_tensor *tensor = quantised->tensor;
    int64_t elements = plait_tensor_elements(tensor);
    double *values = plait__scratch(call, elements, sizeof *values);
    if (!values) return NULL;
    plait__load_reals(tensor, 0, 1, elements, values);
    struct plait__split split = plait__split_at(tensor, quantised->axis);
    for (int64_t i = 0; i < elements; i++) values[i] -= plait__zero_at(quantised, i / split.inner % split.axis);
    return values;
}

/* The division is one of floats, as ONNX has it: in double, halves would not be where a model expects them. */
double plait__quantise(double real, double scale, double zero, enum plait_dtype dtype) {
    bool is_signed = dtype == PLAIT_I8 || dtype == PLAIT_I16;
    int bits = (int)plait_dtype_bytes(dtype) * 8;
    double least = is_signed ? -ldexp(1, bits - 1) : 0, greatest = least + ldexp(1, bits) - 1;
    double value = nearbyint((double)((float)real / (float)scale)) + zero;
    if (value != value) return zero;
    return value < least ? least : value > greatest ? greatest : value;
}

void plait__quantise_all(struct plait__call *call, const plait_tensor *scale, const plait_tensor *zero, const double *reals) {
    plait_tensor *output = call->outputs[0];
    double one_scale = plait__load_real(scale, 0), one_zero = plait__load_real(zero, 0);
    int64_t elements = plait_tensor_elements(output);
    for (int64_t i = 0; i < elements; i++) {
        double value = plait__quantise(reals[i], one_scale, one_zero, output->dtype);
        plait__store_reals(output, i, 0, 1, &value);
    }
}

/* ---- QuantizeLinear, DequantizeLinear ---- */

static enum plait_status each(struct plait__call *call, bool quantise) {
    const plait_tensor *input = call->inputs[0], *scale = call->inputs[1], *zero = plait__input(call, 2);
    plait_tensor *output = call->outputs[0];
    struct plait__grain grain;
    PLAIT__TRY(plait__grain_read(call, &grain));
    int64_t strides[4];
    plait__strides(4, grain.dims, strides);
    struct plait__walk walk;
    plait__walk_init(&walk, 4, grain.dims);
    plait__walk_add_strides(&walk, 0, strides);
    plait__walk_add_strides(&walk, 0, grain.strides);
    for (bool more = plait__walk_start(&walk); more; more = plait__walk_next(&walk)) {
        for (int64_t i = 0; i < walk.count; i++) {
            int64_t at = walk.at[0] + i * walk.step[0], shared = walk.at[1] + i * walk.step[1];
            double value = plait__load_real(input, at), by = plait__load_real(scale, shared);
            double from = zero ? plait__load_real(zero, shared) : 0;
            value = quantise ? plait__quantise(value, by, from, output->dtype) : (value - from) * by;
            plait__store_reals(output, at, 0, 1, &value);
        }
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_quantize_linear(struct plait__call *call) {
    return each(call, true);
}
enum plait_status plait__kernel_dequantize_linear(struct plait__call *call) {
    return each(call, false);
}

/* The range of the input, made to contain 0, is spread over unsigned bytes.  In float, as ONNX has it. */
enum plait_status plait__kernel_dynamic_quantize_linear(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    const float *x = input->data;
    int64_t elements = plait_tensor_elements(input);
    float least = 0, greatest = 0;
    for (int64_t i = 0; i < elements; i++) {
        if (x[i] < least) least = x[i];
        if (x[i] > greatest) greatest = x[i];
    }
    double scale = (double)((greatest - least) / 255), zero = 0;
    if (scale == 0)
        scale = 1; /* all zeros, which any scale stands for */
    else
        zero = plait__quantise(-(double)least, scale, 0, PLAIT_U8);
    for (int64_t i = 0; i < elements; i++)
        ((uint8_t *)call->outputs[0]->data)[i] = (uint8_t)plait__quantise((double)x[i], scale, zero, PLAIT_U8);
    if (plait__output(call, 1)) *(float *)call->outputs[1]->data = (float)scale;
    if (plait__output(call, 2)) *(uint8_t *)call->outputs[2]->data = (uint8_t)zero;
    return PLAIT_OK;
}
