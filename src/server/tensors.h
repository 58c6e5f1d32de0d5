/* Tensors of the Open Inference Protocol as JSON. */
#ifndef PLAIT_SERVER_TENSORS_H
#define PLAIT_SERVER_TENSORS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json_write.h"

/* "FP32"; "" for none. */
const char *plait__datatype_name(enum plait_dtype dtype);
/* PLAIT_DTYPE_NONE when there is none of that name. */
enum plait_dtype plait__datatype_find(const char *name);

/* Opens the object of a tensor with its name, datatype and shape; the caller adds what else it has, and closes it. */
void plait__write_tensor_open(struct plait__writer *writer, const char *name, const plait_tensor *type);
/* The same of one element of BYTES, as packages take and give. */
void plait__write_bytes_open(struct plait__writer *writer, const char *name);

/* A run of JSON text within a larger one. */
struct plait__span_of_text {
    const char *at;
    size_t size;
};

enum { PLAIT__TENSORS_MOST = 64 };

/* The "data" of inputs, which may be large and whose integers may be longer than a double holds, is taken out of a request:
 * what is left has the index of its run in its place.  The text ends in NUL.  Only nesting is looked at here. */
enum plait_status plait__take_data_out(plait_context *context, const char *text, size_t size, struct plait__buffer *left,
                                       struct plait__span_of_text runs_out[PLAIT__TENSORS_MOST], int *count_out);

/* Numbers, in any nesting of arrays, into all elements of a tensor whose dtype and shape are set and whose data has room.
 * INVALID: not as many, not of that type, or out of its range. */
enum plait_status plait__tensor_from_json(plait_context *context, const struct plait__span_of_text *run, plait_tensor *tensor);

/* [1,2,3]: all elements, flat.  What JSON has no number for (infinity, NaN) is null. */
enum plait_status plait__tensor_to_json(const plait_tensor *tensor, struct plait__buffer *buffer);

#endif
