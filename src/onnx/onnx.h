/* ONNX files.  No other code knows protocol buffers. */
#ifndef PLAIT_ONNX_ONNX_H
#define PLAIT_ONNX_ONNX_H

#include "graph/graph.h"

#define PLAIT__OPSET_LEAST 1 /* below 7, nodes whose broadcasting had another meaning are refused */
#define PLAIT__OPSET_MOST  21

/* A model of opset 7..21, or an older one as far as it means the same, as a graph.  Weights are used in place where they are
 * aligned: `bytes` must live as long as the graph.  External data is read from files inside `folder`; NULL refuses it. */
enum plait_status plait__onnx_read(plait_context *context, const void *bytes, size_t size, const char *folder,
                                   struct plait__graph **graph_out);

/* A file that holds one TensorProto (the .pb files of ONNX's test data).  The tensor's data is in the arena or in `bytes`. */
enum plait_status plait__tensor_proto_read(plait_context *context, const void *bytes, size_t size, struct plait__arena *arena,
                                           plait_tensor *tensor_out);

#endif
