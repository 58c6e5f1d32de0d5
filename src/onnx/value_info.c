#include "onnx.pb.h"
#include "onnx/reader.h"

static enum plait_status read_dims(struct plait__scope *scope, struct plait__slice shape, struct plait__value *value) {
    struct plait__onnx_reader *reader = scope->reader;
    onnx_TensorShapeProto message = onnx_TensorShapeProto_init_zero;
    struct plait__slices dims;
    message.dim = plait__take_slices(&dims, &reader->scratch);
    PLAIT__TRY(plait__decode(reader->context, shape, onnx_TensorShapeProto_fields, &message, "shape"));
    if (dims.count > PLAIT_MAX_RANK)
        return plait__fail(reader->context, PLAIT_UNSUPPORTED, "rank %d: at most %d", dims.count, PLAIT_MAX_RANK);
    value->dim_names = plait__arena_array(&scope->graph->arena, (size_t)dims.count, sizeof *value->dim_names);
    if (!value->dim_names) return PLAIT_MEMORY;
    value->type.rank = dims.count;
    for (int i = 0; i < dims.count; i++) {
        onnx_TensorShapeProto_Dimension dim = onnx_TensorShapeProto_Dimension_init_zero;
        struct plait__slice name;
        dim.dim_param = plait__take_slice(&name);
        PLAIT__TRY(plait__decode(reader->context, dims.items[i], onnx_TensorShapeProto_Dimension_fields, &dim, "dimension"));
        value->type.dims[i] = dim.has_dim_value && dim.dim_value >= 0 ? dim.dim_value : -1;
        if (name.size) PLAIT__TRY(plait__slice_text(&scope->graph->arena, name, &value->dim_names[i]));
    }
    return PLAIT_OK;
}

static enum plait_status read_type(struct plait__scope *scope, struct plait__slice slice, struct plait__value *value) {
    plait_context *context = scope->reader->context;
    onnx_TypeProto type = onnx_TypeProto_init_zero;
    struct plait__slice tensor, sequence, map, optional, sparse, shape;
    type.tensor_type = plait__take_slice(&tensor);
    type.sequence_type = plait__take_slice(&sequence);
    type.map_type = plait__take_slice(&map);
    type.optional_type = plait__take_slice(&optional);
    type.sparse_tensor_type = plait__take_slice(&sparse);
    PLAIT__TRY(plait__decode(context, slice, onnx_TypeProto_fields, &type, "type"));
    const char *other = sequence.data   ? "sequence"
                        : map.data      ? "map"
                        : optional.data ? "optional"
                        : sparse.data   ? "sparse tensor"
                                        : NULL;
    if (other) return plait__fail(context, PLAIT_UNSUPPORTED, "the type %s", other);
    if (!tensor.data) return PLAIT_OK;
    onnx_TypeProto_Tensor message = onnx_TypeProto_Tensor_init_zero;
    message.shape = plait__take_slice(&shape);
    PLAIT__TRY(plait__decode(context, tensor, onnx_TypeProto_Tensor_fields, &message, "type"));
    if (message.elem_type == onnx_TensorProto_DataType_STRING)
        return plait__fail(context, PLAIT_UNSUPPORTED, "a tensor of strings");
    if (message.elem_type != 0 && !plait_dtype_bytes((enum plait_dtype)message.elem_type))
        return plait__fail(context, PLAIT_UNSUPPORTED, "data type %d", (int)message.elem_type);
    value->type.dtype = (enum plait_dtype)message.elem_type;
    return shape.data ? read_dims(scope, shape, value) : PLAIT_OK;
}

enum plait_status plait__read_value_info(struct plait__scope *scope, struct plait__slice slice,
                                         struct plait__value *value_out) {
    plait_context *context = scope->reader->context;
    onnx_ValueInfoProto message = onnx_ValueInfoProto_init_zero;
    struct plait__slice name, type;
    struct plait__value value = {.type.rank = -1};
    message.name = plait__take_slice(&name);
    message.type = plait__take_slice(&type);
    PLAIT__TRY(plait__decode(context, slice, onnx_ValueInfoProto_fields, &message, "input or output"));
    PLAIT__TRY(plait__slice_text(&scope->graph->arena, name, &value.name));
    if (!name.size) return plait__fail(context, PLAIT_INVALID, "an input or output has no name");
    enum plait_status status = type.data ? read_type(scope, type, &value) : PLAIT_OK;
    if (status != PLAIT_OK) return plait__fail_in(context, status, "value '%s'", value.name);
    *value_out = value;
    return PLAIT_OK;
}
