/* The format: "\x93NUMPY", version, length of the header, and the header, a Python dictionary such as
 * {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, padded so that the data starts at a multiple of 64. */
#include "tensor/npy.h"

#include <string.h>

#include "tensor/tensor.h"

static const char magic[6] = "\x93NUMPY";

static const struct {
    const char *text;
    enum plait_dtype dtype;
} descriptions[] = {
    {"<f4", PLAIT_F32}, {"<f8", PLAIT_F64},  {"<f2", PLAIT_F16},  {"|u1", PLAIT_U8},  {"|i1", PLAIT_I8},
    {"<u2", PLAIT_U16}, {"<i2", PLAIT_I16},  {"<u4", PLAIT_U32},  {"<i4", PLAIT_I32}, {"<u8", PLAIT_U64},
    {"<i8", PLAIT_I64}, {"|b1", PLAIT_BOOL}, {"<u2", PLAIT_BF16},
};

bool plait__npy_is(const void *bytes, size_t size) {
    return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

/* The header's text between two places in the file. */
struct header {
    plait_context *context;
    const char *at, *end;
};

/* Behind 'key': and the spaces around; NULL when it is not there. */
static const char *value_of(const struct header *header, const char *key) {
    size_t length = strlen(key);
    for (const char *at = header->at; (size_t)(header->end - at) > length; at++) {
        if (memcmp(at, key, length) != 0) continue;
        at += length;
        while (at < header->end && (*at == ':' || *at == ' ')) at++;
        return at < header->end ? at : NULL;
    }
    return NULL;
}

static enum plait_status read_dtype(const struct header *header, plait_tensor *tensor) {
    const char *at = value_of(header, "'descr'");
    if (!at || header->end - at < 5 || at[0] != '\'')
        return plait__fail(header->context, PLAIT_INVALID, "npy: no dtype in the header");
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++) {
        const char *text = descriptions[i].text;
        bool any_order = text[0] == '|' && (at[1] == '<' || at[1] == '=');
        if (memcmp(at + 2, text + 1, 2) != 0 || at[4] != '\'' || (at[1] != text[0] && !any_order)) continue;
        tensor->dtype = descriptions[i].dtype;
        return PLAIT_OK;
    }
    return plait__fail(header->context, PLAIT_UNSUPPORTED, "npy: the dtype %.5s", at);
}

static enum plait_status read_shape(const struct header *header, plait_tensor *tensor) {
    const char *at = value_of(header, "'shape'");
    if (!at || *at++ != '(') return plait__fail(header->context, PLAIT_INVALID, "npy: no shape in the header");
    tensor->rank = 0;
    while (at < header->end && *at != ')') {
        int64_t dim = 0;
        int digits = 0;
        for (; at < header->end && *at >= '0' && *at <= '9'; at++, digits++)
            if (digits < 18) dim = dim * 10 + (*at - '0');
        if (digits == 0 || digits > 17)
            return plait__fail(header->context, PLAIT_INVALID, "npy: a dimension of %d digits", digits);
        if (tensor->rank == PLAIT_MAX_RANK)
            return plait__fail(header->context, PLAIT_UNSUPPORTED, "npy: more than %d dimensions", PLAIT_MAX_RANK);
        tensor->dims[tensor->rank++] = dim;
        while (at < header->end && (*at == ',' || *at == ' ' || *at == 'L')) at++;
    }
    return at < header->end ? PLAIT_OK : plait__fail(header->context, PLAIT_INVALID, "npy: the shape does not end");
}

static enum plait_status read_header(plait_context *context, const uint8_t *bytes, size_t size, plait_tensor *tensor,
                                     size_t *data_out) {
    if (size < 10 || !plait__npy_is(bytes, size)) return plait__fail(context, PLAIT_INVALID, "npy: not a .npy file");
    size_t start = bytes[6] == 1 ? 10 : 12;
    if (bytes[6] < 1 || bytes[6] > 3) return plait__fail(context, PLAIT_UNSUPPORTED, "npy: format version %d", bytes[6]);
    if (size < start) return plait__fail(context, PLAIT_INVALID, "npy: the file ends in its header");
    size_t length = bytes[8] | (size_t)bytes[9] << 8;
    if (start == 12) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (length > size - start)
        return plait__fail(context, PLAIT_INVALID, "npy: a header of %zu bytes in a file of %zu", length, size);
    struct header header = {context, (const char *)bytes + start, (const char *)bytes + start + length};
    const char *order = value_of(&header, "'fortran_order'");
    if (!order) return plait__fail(context, PLAIT_INVALID, "npy: no order in the header");
    if (*order != 'F') return plait__fail(context, PLAIT_UNSUPPORTED, "npy: column-major order");
    PLAIT__TRY(read_dtype(&header, tensor));
    PLAIT__TRY(read_shape(&header, tensor));
    *data_out = start + length;
    return PLAIT_OK;
}

enum plait_status plait__npy_read(plait_context *context, const void *bytes, size_t size, struct plait__arena *arena,
                                  plait_tensor *tensor_out) {
    plait_tensor tensor = {0};
    size_t start, data_bytes;
    PLAIT__TRY(read_header(context, bytes, size, &tensor, &start));
    PLAIT__TRY(plait__tensor_measure(context, &tensor, NULL, &data_bytes));
    if (size - start != data_bytes)
        return plait__fail(context, PLAIT_INVALID, "npy: expected %zu bytes of data, found %zu", data_bytes, size - start);
    tensor.data = plait__arena_allocate(arena, data_bytes);
    if (!tensor.data) return PLAIT_MEMORY;
    memcpy(tensor.data, (const char *)bytes + start, data_bytes);
    if (tensor.dtype == PLAIT_BOOL)
        for (size_t i = 0; i < data_bytes; i++) ((uint8_t *)tensor.data)[i] = ((uint8_t *)tensor.data)[i] != 0;
    *tensor_out = tensor;
    return PLAIT_OK;
}

enum plait_status plait__npy_write(struct plait__buffer *buffer, const plait_tensor *tensor) {
    const char *description = NULL;
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++)
        if (descriptions[i].dtype == tensor->dtype) description = descriptions[i].text;
    if (!description) return plait__fail(buffer->context, PLAIT_INVALID, "npy: a tensor without a dtype");
    size_t bytes, start = buffer->size;
    PLAIT__TRY(plait__tensor_measure(buffer->context, tensor, NULL, &bytes));
    PLAIT__TRY(plait__buffer_append(buffer, magic, sizeof magic));
    PLAIT__TRY(plait__buffer_append(buffer, "\x01\x00\x00\x00", 4)); /* the length is known at the end */
    PLAIT__TRY(plait__buffer_printf(buffer, "{'descr': '%s', 'fortran_order': False, 'shape': (", description));
    for (int i = 0; i < tensor->rank; i++)
        PLAIT__TRY(plait__buffer_printf(buffer, i ? " %lld," : "%lld,", (long long)tensor->dims[i]));
    PLAIT__TRY(plait__buffer_append(buffer, "), }", 4));
    while ((buffer->size - start + 1) % 64) PLAIT__TRY(plait__buffer_append(buffer, " ", 1));
    PLAIT__TRY(plait__buffer_append(buffer, "\n", 1));
    size_t length = buffer->size - start - 10;
    buffer->data[start + 8] = (char)(length & 0xff);
    buffer->data[start + 9] = (char)(length >> 8);
    return bytes ? plait__buffer_append(buffer, tensor->data, bytes) : PLAIT_OK;
}
