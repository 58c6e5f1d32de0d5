/* A TensorProto as a tensor: its data in place, copied, decoded from one of the typed lists, or in a file of its own. */
#ifndef PLAIT_ONNX_TENSOR_PROTO_H
#define PLAIT_ONNX_TENSOR_PROTO_H

#include "graph/graph.h"
#include "onnx/wire.h"

struct plait__tensor_reader {
    plait_context *context;
    struct plait__arena *kept;    /* for the tensor's data */
    struct plait__arena *scratch; /* for what is only needed while reading */
    const char *folder;           /* of external data; NULL refuses it */
    struct plait__graph *graph;   /* owns the files of external data; may be NULL when `folder` is */
};

enum plait_status plait__tensor_proto_decode(const struct plait__tensor_reader *reader, struct plait__slice slice,
                                             plait_tensor *tensor_out, struct plait__slice *name_out);

/* `entries` are StringStringEntryProto: location, offset, length.  Gives the bytes, as long as the graph lives. */
enum plait_status plait__external_data(const struct plait__tensor_reader *reader, const struct plait__slices *entries,
                                       size_t bytes_expected, struct plait__slice *data_out);

#endif
