#include "onnx/tensor_proto.h"

#include <string.h>

#include "onnx.pb.h"
#include "onnx/onnx.h"
#include "tensor/tensor.h"

struct parts {
    onnx_TensorProto message;
    struct plait__slice name, raw;
    struct plait__slices external, strings;
    struct plait__numbers dims, floats, int32s, int64s, doubles, uint64s;
};

static enum plait_status decode_parts(const struct plait__tensor_reader *reader, struct plait__slice slice,
                                      struct parts *parts) {
    onnx_TensorProto *message = &parts->message;
    struct plait__arena *scratch = reader->scratch;
    *message = (onnx_TensorProto)onnx_TensorProto_init_zero;
    message->name = plait__take_slice(&parts->name);
    message->raw_data = plait__take_slice(&parts->raw);
    message->external_data = plait__take_slices(&parts->external, scratch);
    message->string_data = plait__take_slices(&parts->strings, scratch);
    message->dims = plait__take_numbers(&parts->dims, PLAIT__NUMBER_VARINT, scratch);
    message->float_data = plait__take_numbers(&parts->floats, PLAIT__NUMBER_FLOAT, scratch);
    message->int32_data = plait__take_numbers(&parts->int32s, PLAIT__NUMBER_VARINT, scratch);
    message->int64_data = plait__take_numbers(&parts->int64s, PLAIT__NUMBER_VARINT, scratch);
    message->double_data = plait__take_numbers(&parts->doubles, PLAIT__NUMBER_DOUBLE, scratch);
    message->uint64_data = plait__take_numbers(&parts->uint64s, PLAIT__NUMBER_VARINT, scratch);
    return plait__decode(reader->context, slice, onnx_TensorProto_fields, message, "tensor");
}

static enum plait_status set_type(plait_context *context, const struct parts *parts, plait_tensor *tensor) {
    int32_t type = parts->message.data_type;
    if (type == onnx_TensorProto_DataType_STRING) return plait__fail(context, PLAIT_UNSUPPORTED, "a tensor of strings");
    if (!plait_dtype_bytes((enum plait_dtype)type))
        return plait__fail(context, type > 0 ? PLAIT_UNSUPPORTED : PLAIT_INVALID, "a tensor of data type %d", (int)type);
    if (parts->message.has_segment) return plait__fail(context, PLAIT_UNSUPPORTED, "a tensor stored in segments");
    if (parts->dims.count > PLAIT_MAX_RANK)
        return plait__fail(context, PLAIT_UNSUPPORTED, "a tensor of rank %zu: at most %d", parts->dims.count, PLAIT_MAX_RANK);
    tensor->dtype = (enum plait_dtype)type;
    tensor->rank = (int32_t)parts->dims.count;
    for (int i = 0; i < tensor->rank; i++) tensor->dims[i] = parts->dims.ints[i];
    return plait__tensor_measure(context, tensor, NULL, NULL);
}

/* Points at bytes of the file where their alignment and values allow it, copies them where not. */
static enum plait_status use_raw(const struct plait__tensor_reader *reader, struct plait__slice raw, plait_tensor *tensor) {
    size_t bytes = plait_tensor_bytes(tensor);
    if (raw.size != bytes)
        return plait__fail(reader->context, PLAIT_INVALID, "raw data of a tensor: expected %zu bytes, found %zu", bytes,
                           raw.size);
    bool usable = (uintptr_t)raw.data % plait_dtype_bytes(tensor->dtype) == 0;
    if (tensor->dtype == PLAIT_BOOL) /* a C bool must not be anything but 0 or 1 */
        for (size_t i = 0; i < bytes; i++) usable &= raw.data[i] <= 1;
    if (usable) {
        tensor->data = (void *)raw.data;
        return PLAIT_OK;
    }
    tensor->data = plait__arena_allocate(reader->kept, bytes);
    if (!tensor->data) return PLAIT_MEMORY;
    memcpy(tensor->data, raw.data, bytes);
    if (tensor->dtype == PLAIT_BOOL)
        for (size_t i = 0; i < bytes; i++) ((uint8_t *)tensor->data)[i] = raw.data[i] != 0;
    return PLAIT_OK;
}

static const struct plait__numbers *typed_list(const struct parts *parts, enum plait_dtype dtype) {
    switch (dtype) {
    case PLAIT_F32:
        return &parts->floats;
    case PLAIT_F64:
        return &parts->doubles;
    case PLAIT_I64:
        return &parts->int64s;
    case PLAIT_U32:
    case PLAIT_U64:
        return &parts->uint64s;
    default:
        return &parts->int32s; /* the narrow integers, bool, and the bits of f16 and bf16 */
    }
}

static enum plait_status use_typed(const struct plait__tensor_reader *reader, const struct parts *parts, plait_tensor *tensor) {
    const struct plait__numbers *list = typed_list(parts, tensor->dtype);
    size_t count = (size_t)plait_tensor_elements(tensor), width = plait_dtype_bytes(tensor->dtype);
    if (list->count != count)
        return plait__fail(reader->context, PLAIT_INVALID, "data of a tensor: expected %zu elements of %s, found %zu", count,
                           plait_dtype_name(tensor->dtype), list->count);
    tensor->data = plait__arena_array(reader->kept, count, width);
    if (!tensor->data) return PLAIT_MEMORY;
    if (list->kind != PLAIT__NUMBER_VARINT) {
        if (count) memcpy(tensor->data, list->any, count * width);
        return PLAIT_OK;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = (uint64_t)list->ints[i];
        switch (width) {
        case 1:
            ((uint8_t *)tensor->data)[i] = tensor->dtype == PLAIT_BOOL ? bits != 0 : (uint8_t)bits;
            break;
        case 2:
            ((uint16_t *)tensor->data)[i] = (uint16_t)bits;
            break;
        case 4:
            ((uint32_t *)tensor->data)[i] = (uint32_t)bits;
            break;
        default:
            ((uint64_t *)tensor->data)[i] = bits;
        }
    }
    return PLAIT_OK;
}

enum plait_status plait__tensor_proto_decode(const struct plait__tensor_reader *reader, struct plait__slice slice,
                                             plait_tensor *tensor_out, struct plait__slice *name_out) {
    struct parts parts;
    plait_tensor tensor = {0};
    PLAIT__TRY(decode_parts(reader, slice, &parts));
    *name_out = parts.name;
    PLAIT__TRY(set_type(reader->context, &parts, &tensor));
    if (parts.message.has_data_location && parts.message.data_location == onnx_TensorProto_DataLocation_EXTERNAL) {
        struct plait__slice data;
        PLAIT__TRY(plait__external_data(reader, &parts.external, plait_tensor_bytes(&tensor), &data));
        PLAIT__TRY(use_raw(reader, data, &tensor));
    } else if (parts.raw.data) {
        PLAIT__TRY(use_raw(reader, parts.raw, &tensor));
    } else {
        PLAIT__TRY(use_typed(reader, &parts, &tensor));
    }
    *tensor_out = tensor;
    return PLAIT_OK;
}

enum plait_status plait__tensor_proto_read(plait_context *context, const void *bytes, size_t size, struct plait__arena *arena,
                                           plait_tensor *tensor_out) {
    struct plait__tensor_reader reader = {.context = context, .kept = arena, .scratch = arena};
    struct plait__slice name;
    return plait__tensor_proto_decode(&reader, (struct plait__slice){bytes, size}, tensor_out, &name);
}
