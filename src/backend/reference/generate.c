/* Outputs made from shapes, attributes and single numbers: Shape, Size, Range, Constant, ConstantOfShape, EyeLike, OneHot,
 * NonZero, Unique, NonMaxSuppression, Det. */
#include "backend/reference/copy.h"
#include "graph/shape/parameters.h"

#include <math.h>
#include <string.h>

enum plait_status plait__kernel_shape(struct plait__call *call) {
    int first, count;
    plait__shape_dims_read(call, &first, &count);
    plait__store_integers(call->outputs[0], 0, 1, count, call->inputs[0]->dims + first);
    return PLAIT_OK;
}

enum plait_status plait__kernel_size(struct plait__call *call) {
    int64_t elements = plait_tensor_elements(call->inputs[0]);
    plait__store_integers(call->outputs[0], 0, 1, 1, &elements);
    return PLAIT_OK;
}

enum plait_status plait__kernel_range(struct plait__call *call) {
    plait_tensor *output = call->outputs[0];
    for (int64_t i = 0; i < output->dims[0]; i++) {
        if (plait__is_float(output->dtype)) {
            double value = plait__load_real(call->inputs[0], 0) + (double)i * plait__load_real(call->inputs[2], 0);
            plait__store_reals(output, i, 1, 1, &value);
        } else { /* without a sign: the product may leave 64 bits and the sum come back */
            uint64_t start = (uint64_t)plait__load_integer(call->inputs[0], 0);
            uint64_t delta = (uint64_t)plait__load_integer(call->inputs[2], 0);
            int64_t value = (int64_t)(start + (uint64_t)i * delta);
            plait__store_integers(output, i, 1, 1, &value);
        }
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_constant(struct plait__call *call) {
    plait_tensor value;
    PLAIT__TRY(plait__constant_read(call, &value));
    size_t bytes = plait_tensor_bytes(&value);
    if (bytes > 0) memcpy(call->outputs[0]->data, value.data, bytes);
    return PLAIT_OK;
}

/* `count` times the element `from`, from element `first` on, every `step`-th. */
static void fill(plait_tensor *tensor, int64_t first, int64_t step, int64_t count, const void *from) {
    size_t bytes = plait_dtype_bytes(tensor->dtype);
    for (int64_t i = 0; i < count; i++) memcpy(plait__at(tensor->data, first + i * step, bytes), from, bytes);
}

enum plait_status plait__kernel_constant_of_shape(struct plait__call *call) {
    const struct plait__attribute *value = plait__attribute(call->node, "value");
    const uint64_t zero = 0;
    fill(call->outputs[0], 0, 1, plait_tensor_elements(call->outputs[0]),
         value && value->kind == PLAIT__ATTRIBUTE_TENSOR ? value->tensor.data : &zero);
    return PLAIT_OK;
}

enum plait_status plait__kernel_eye_like(struct plait__call *call) {
    plait_tensor *output = call->outputs[0];
    int64_t diagonal = plait__attribute_int(call->node, "k", 0), rows = output->dims[0], columns = output->dims[1];
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            int64_t one = c - r == diagonal;
            plait__store_integers(output, r * columns + c, 1, 1, &one);
        }
    return PLAIT_OK;
}

enum plait_status plait__kernel_one_hot(struct plait__call *call) {
    const plait_tensor *indices = call->inputs[0], *values = call->inputs[2];
    plait_tensor *output = call->outputs[0];
    int axis;
    PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", -1), output->rank, &axis));
    struct plait__split split = plait__split_at(output, axis);
    size_t bytes = plait_dtype_bytes(values->dtype);
    fill(output, 0, 1, plait_tensor_elements(output), values->data);
    for (int64_t o = 0; o < split.outer; o++)
        for (int64_t i = 0; i < split.inner; i++) {
            int64_t index = plait__load_integer(indices, o * split.inner + i);
            if (index < -split.axis || index >= split.axis) continue; /* nothing is on: not an error, says ONNX */
            if (index < 0) index += split.axis;
            fill(output, (o * split.axis + index) * split.inner + i, 1, 1, plait__at(values->data, 1, bytes));
        }
    return PLAIT_OK;
}

/* Output [rank, count]: a column for every element that is not 0. */
enum plait_status plait__kernel_non_zero(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    plait_tensor *output = call->outputs[0];
    int64_t elements = plait_tensor_elements(input), count = output->dims[1], found = 0;
    for (int64_t i = 0; i < elements; i++) {
        if (plait__load_real(input, i) == 0) continue;
        int64_t rest = i;
        for (int d = input->rank - 1; d >= 0; d--) {
            int64_t position = rest % input->dims[d];
            plait__store_integers(output, d * count + found, 1, 1, &position);
            rest /= input->dims[d];
        }
        found++;
    }
    return PLAIT_OK;
}

enum plait_status plait__kernel_unique(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    struct plait__unique unique;
    PLAIT__TRY(plait__unique_read(call, &unique));
    int axis = 0;
    plait_tensor flat = {.dtype = input->dtype, .rank = 1, .dims = {plait_tensor_elements(input)}, .data = input->data};
    if (plait__attribute(call->node, "axis"))
        PLAIT__TRY(plait__axis(call, plait__attribute_int(call->node, "axis", 0), input->rank, &axis));
    else
        input = &flat;
    struct plait__split split = plait__split_at(input, axis);
    size_t bytes = (size_t)split.inner * plait_dtype_bytes(input->dtype);
    plait_tensor *values = plait__output(call, 0);
    for (int64_t o = 0; values && o < split.outer && bytes > 0; o++)
        for (int64_t u = 0; u < unique.count; u++)
            memcpy(plait__at(values->data, o * unique.count + u, bytes),
                   plait__at(input->data, o * split.axis + unique.first[u], bytes), bytes);
    if (plait__output(call, 1)) plait__store_integers(call->outputs[1], 0, 1, unique.count, unique.first);
    if (plait__output(call, 2)) plait__store_integers(call->outputs[2], 0, 1, split.axis, unique.inverse);
    if (plait__output(call, 3)) plait__store_integers(call->outputs[3], 0, 1, unique.count, unique.counts);
    return PLAIT_OK;
}

enum plait_status plait__kernel_suppression(struct plait__call *call) {
    struct plait__selected *selected;
    int64_t count;
    PLAIT__TRY(plait__suppression_read(call, &selected, &count));
    for (int64_t i = 0; i < count; i++)
        plait__store_integers(call->outputs[0], 3 * i, 1, 3,
                              (const int64_t[]){selected[i].batch, selected[i].class_index, selected[i].box});
    return PLAIT_OK;
}

/* Gauss with the largest pivot of the column; the matrix is overwritten. */
static double determinant(double *matrix, int64_t n) {
    double product = 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t pivot = k;
        for (int64_t r = k + 1; r < n; r++)
            if (fabs(matrix[r * n + k]) > fabs(matrix[pivot * n + k])) pivot = r;
        if (matrix[pivot * n + k] == 0) return 0;
        for (int64_t c = 0; c < n && pivot != k; c++) {
            double swapped = matrix[k * n + c];
            matrix[k * n + c] = matrix[pivot * n + c];
            matrix[pivot * n + c] = swapped;
        }
        product *= pivot != k ? -matrix[k * n + k] : matrix[k * n + k];
        for (int64_t r = k + 1; r < n; r++) {
            double factor = matrix[r * n + k] / matrix[k * n + k];
            for (int64_t c = k; c < n; c++) matrix[r * n + c] -= factor * matrix[k * n + c];
        }
    }
    return product;
}

enum plait_status plait__kernel_det(struct plait__call *call) {
    const plait_tensor *input = call->inputs[0];
    int64_t n = input->dims[input->rank - 1], count = plait_tensor_elements(call->outputs[0]);
    if (count == 0) return PLAIT_OK;
    double *matrix = plait__scratch(call, n * n, sizeof *matrix);
    if (!matrix) return PLAIT_MEMORY;
    for (int64_t i = 0; i < count; i++) {
        plait__load_reals(input, i * n * n, 1, n * n, matrix);
        double value = determinant(matrix, n);
        plait__store_reals(call->outputs[0], i, 1, 1, &value);
    }
    return PLAIT_OK;
}
