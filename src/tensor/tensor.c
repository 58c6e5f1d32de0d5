#include "tensor/tensor.h"

#include <stdio.h>

size_t plait_dtype_bytes(enum plait_dtype dtype) {
    switch (dtype) {
#define DTYPE_BYTES(name, number, bytes, text) \
    case PLAIT_##name:                         \
        return bytes;
        PLAIT_DTYPE_MAP(DTYPE_BYTES)
    default:
        return 0;
    }
}

const char *plait_dtype_name(enum plait_dtype dtype) {
    switch (dtype) {
#define DTYPE_TEXT(name, number, bytes, text) \
    case PLAIT_##name:                        \
        return text;
        PLAIT_DTYPE_MAP(DTYPE_TEXT)
    default:
        return "unknown";
    }
}

int64_t plait__elements(int rank, const int64_t *dims) {
    if (rank < 0 || rank > PLAIT_MAX_RANK) return -1;
    const int64_t ceiling = (int64_t)1 << PLAIT__TENSOR_CEILING_LOG2;
    int64_t product = 1;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0) return -1;
        empty = empty || dims[i] == 0;
        int64_t factor = dims[i] > 0 ? dims[i] : 1; /* also an empty tensor has strides, which must not overflow */
        if (factor > ceiling / product) return -1;
        product *= factor;
    }
    return empty ? 0 : product;
}

int64_t plait_tensor_elements(const plait_tensor *tensor) {
    return plait__elements(tensor->rank, tensor->dims);
}

size_t plait_tensor_bytes(const plait_tensor *tensor) {
    int64_t elements = plait_tensor_elements(tensor);
    return elements > 0 ? (size_t)elements * plait_dtype_bytes(tensor->dtype) : 0;
}

enum plait_status plait__tensor_measure(plait_context *context, const plait_tensor *tensor, int64_t *elements_out,
                                        size_t *bytes_out) {
    size_t element = plait_dtype_bytes(tensor->dtype);
    if (!element) return plait__fail(context, PLAIT_INVALID, "dtype: %d is unknown", (int)tensor->dtype);
    if (tensor->rank < 0 || tensor->rank > PLAIT_MAX_RANK)
        return plait__fail(context, PLAIT_INVALID, "rank: expected 0..%d, found %d", PLAIT_MAX_RANK, (int)tensor->rank);
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->dims[i] < 0)
            return plait__fail(context, PLAIT_INVALID, "dimension %d: expected 0 or more, found %lld", i,
                               (long long)tensor->dims[i]);
    int64_t elements = plait_tensor_elements(tensor);
    if (elements < 0 || (uint64_t)elements > SIZE_MAX / element) {
        char shape[160];
        return plait__fail(context, PLAIT_LIMIT, "%s: too large", plait__tensor_describe(tensor, shape, sizeof shape));
    }
    if (elements_out) *elements_out = elements;
    if (bytes_out) *bytes_out = (size_t)elements * element;
    return PLAIT_OK;
}

bool plait__same_shape(const plait_tensor *a, const plait_tensor *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i]) return false;
    return true;
}

const char *plait__tensor_describe(const plait_tensor *tensor, char *out, size_t capacity) {
    size_t used = 0;
    int length = snprintf(out, capacity, "%s[", plait_dtype_name(tensor->dtype));
    for (int i = 0; length >= 0 && i <= tensor->rank; i++) {
        used += (size_t)length;
        if (used >= capacity) return out;
        if (i == tensor->rank)
            length = snprintf(out + used, capacity - used, "]");
        else if (tensor->dims[i] < 0)
            length = snprintf(out + used, capacity - used, "%s?", i ? "," : "");
        else
            length = snprintf(out + used, capacity - used, "%s%lld", i ? "," : "", (long long)tensor->dims[i]);
    }
    return out;
}
