/* Writes small ONNX models, byte by byte, for tests: also ones that no exporter would write.
 *
 *     struct model model = {0};
 *     model_input(&model, "x", PLAIT_F32, 2, (int64_t[]){-1, 3});
 *     model_node(&model, "Relu", "x", "y", NULL);
 *     model_output(&model, "y");
 *     model_finish(&model, 13);           // model.file is the file
 */
#ifndef PLAIT_TESTS_ONNX_WRITER_H
#define PLAIT_TESTS_ONNX_WRITER_H

#include <stdint.h>
#include <string.h>

#include "plait.h"

struct bytes {
    uint8_t data[1 << 16];
    size_t size;
};

static inline void put_raw(struct bytes *bytes, const void *data, size_t size) {
    if (size > sizeof bytes->data - bytes->size) return; /* a test that writes so much fails by what it reads */
    if (size) memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static inline void put_varint(struct bytes *bytes, uint64_t value) {
    for (; value >= 0x80; value >>= 7) put_raw(bytes, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
    put_raw(bytes, &(uint8_t){(uint8_t)value}, 1);
}

static inline void put_int(struct bytes *bytes, int field, int64_t value) {
    put_varint(bytes, (uint64_t)field << 3);
    put_varint(bytes, (uint64_t)value);
}

static inline void put_field(struct bytes *bytes, int field, const void *data, size_t size) {
    put_varint(bytes, (uint64_t)field << 3 | 2);
    put_varint(bytes, size);
    put_raw(bytes, data, size);
}

static inline void put_text(struct bytes *bytes, int field, const char *text) {
    put_field(bytes, field, text, strlen(text));
}
static inline void put_message(struct bytes *bytes, int field, const struct bytes *message) {
    put_field(bytes, field, message->data, message->size);
}

/* Attributes, appended one after the other: what model_node takes. */
enum {
    ATTRIBUTE_FLOAT = 1,
    ATTRIBUTE_INT = 2,
    ATTRIBUTE_STRING = 3,
    ATTRIBUTE_TENSOR = 4,
    ATTRIBUTE_GRAPH = 5,
    ATTRIBUTE_INTS = 7
};

static inline void attribute_int(struct bytes *attributes, const char *name, int64_t value) {
    struct bytes one = {0};
    put_text(&one, 1, name);
    put_int(&one, 3, value);
    put_int(&one, 20, ATTRIBUTE_INT);
    put_message(attributes, 5, &one);
}

static inline void attribute_float(struct bytes *attributes, const char *name, float value) {
    struct bytes one = {0};
    put_text(&one, 1, name);
    put_varint(&one, 2 << 3 | 5);
    put_raw(&one, &value, sizeof value);
    put_int(&one, 20, ATTRIBUTE_FLOAT);
    put_message(attributes, 5, &one);
}

static inline void attribute_ints(struct bytes *attributes, const char *name, int count, const int64_t *values) {
    struct bytes one = {0};
    put_text(&one, 1, name);
    for (int i = 0; i < count; i++) put_int(&one, 8, values[i]);
    put_int(&one, 20, ATTRIBUTE_INTS);
    put_message(attributes, 5, &one);
}

static inline void attribute_message(struct bytes *attributes, const char *name, int type, int field,
                                     const struct bytes *message) {
    struct bytes one = {0};
    put_text(&one, 1, name);
    put_message(&one, field, message);
    put_int(&one, 20, type);
    put_message(attributes, 5, &one);
}

/* A TensorProto with raw data. */
static inline void tensor_message(struct bytes *tensor, const char *name, enum plait_dtype dtype, int rank, const int64_t *dims,
                                  const void *data, size_t size) {
    for (int i = 0; i < rank; i++) put_int(tensor, 1, dims[i]);
    put_int(tensor, 2, (int64_t)dtype);
    put_text(tensor, 8, name);
    put_field(tensor, 9, data, size);
}

struct model {
    struct bytes graph, file;
};

static inline void model_value(struct model *model, int field, const char *name, enum plait_dtype dtype, int rank,
                               const int64_t *dims) {
    struct bytes shape = {0}, tensor = {0}, type = {0}, value = {0};
    for (int i = 0; i < rank; i++) {
        struct bytes dim = {0};
        if (dims[i] >= 0)
            put_int(&dim, 1, dims[i]);
        else
            put_text(&dim, 2, "n");
        put_message(&shape, 1, &dim);
    }
    put_int(&tensor, 1, (int64_t)dtype);
    if (rank >= 0) put_message(&tensor, 2, &shape);
    put_message(&type, 1, &tensor);
    put_text(&value, 1, name);
    if (dtype) put_message(&value, 2, &type);
    put_message(&model->graph, field, &value);
}

/* A dim of -1 is dynamic; a rank of -1 leaves the shape open. */
static inline void model_input(struct model *model, const char *name, enum plait_dtype dtype, int rank, const int64_t *dims) {
    model_value(model, 11, name, dtype, rank, dims);
}

static inline void model_output(struct model *model, const char *name) {
    model_value(model, 12, name, PLAIT_DTYPE_NONE, -1, NULL);
}

static inline void model_constant(struct model *model, const char *name, enum plait_dtype dtype, int rank, const int64_t *dims,
                                  const void *data) {
    struct bytes tensor = {0};
    plait_tensor type = {.dtype = dtype, .rank = rank};
    for (int i = 0; i < rank; i++) type.dims[i] = dims[i];
    tensor_message(&tensor, name, dtype, rank, dims, data, plait_tensor_bytes(&type));
    put_message(&model->graph, 5, &tensor);
}

static inline void model_scalar(struct model *model, const char *name, float value) {
    model_constant(model, name, PLAIT_F32, 0, NULL, &value);
}

static inline void put_words(struct bytes *bytes, int field, const char *words) {
    for (const char *end; *words; words = *end ? end + 1 : end) {
        end = strchr(words, ' ');
        if (!end) end = words + strlen(words);
        put_field(bytes, field, words, *words == '-' ? 0 : (size_t)(end - words));
    }
}

/* `inputs` and `outputs` are names with spaces between; "-" is an omitted one. */
static inline void model_node(struct model *model, const char *op, const char *inputs, const char *outputs,
                              const struct bytes *attributes) {
    struct bytes node = {0};
    put_words(&node, 1, inputs);
    put_words(&node, 2, outputs);
    put_text(&node, 4, op);
    if (attributes) put_raw(&node, attributes->data, attributes->size);
    put_message(&model->graph, 1, &node);
}

static inline void model_finish(struct model *model, int opset) {
    struct bytes import = {0};
    put_text(&import, 1, "");
    put_int(&import, 2, opset);
    put_int(&model->file, 1, 8);
    put_message(&model->file, 7, &model->graph);
    put_message(&model->file, 8, &import);
}

/* Numbers in -1..1 that look random and are the same every time. */
static inline float noise(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(int32_t)(*seed) / 2147483648.0f;
}

#endif
