#include "cli/tensor_file.h"

#include <string.h>

#include "base/file.h"
#include "onnx/onnx.h"
#include "tensor/npy.h"

enum plait_status plait__cli_tensor_file(plait_context *context, const char *path, struct plait__arena *arena,
                                         plait_tensor *tensor_out) {
    struct plait__file file;
    PLAIT__TRY(plait__file_open(context, path, 0, &file));
    void *bytes = plait__arena_allocate(arena, file.size); /* a TensorProto's data may stay in place */
    if (bytes) memcpy(bytes, file.bytes, file.size);
    size_t size = file.size;
    plait__file_close(context, &file);
    if (!bytes) return PLAIT_MEMORY;
    return plait__npy_is(bytes, size) ? plait__npy_read(context, bytes, size, arena, tensor_out)
                                      : plait__tensor_proto_read(context, bytes, size, arena, tensor_out);
}
