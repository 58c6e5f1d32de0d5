/* A tensor in a file of its own: .npy, or an ONNX TensorProto. */
#ifndef PLAIT_CLI_TENSOR_FILE_H
#define PLAIT_CLI_TENSOR_FILE_H

#include "base/arena.h"

/* The data is in the arena. */
enum plait_status plait__cli_tensor_file(plait_context *context, const char *path, struct plait__arena *arena,
                                         plait_tensor *tensor_out);

#endif
