/* NumPy's .npy files, format versions 1 to 3: one array, little-endian, row-major. */
#ifndef PLAIT_TENSOR_NPY_H
#define PLAIT_TENSOR_NPY_H

#include "base/arena.h"
#include "base/buffer.h"

bool plait__npy_is(const void *bytes, size_t size); /* by its first bytes */

/* The array's data is in the arena.  Arrays that are column-major, big-endian or of another dtype are UNSUPPORTED. */
enum plait_status plait__npy_read(plait_context *context, const void *bytes, size_t size, struct plait__arena *arena,
                                  plait_tensor *tensor_out);

/* Appends a whole file.  bfloat16, which NumPy does not have, is written as uint16. */
enum plait_status plait__npy_write(struct plait__buffer *buffer, const plait_tensor *tensor);

#endif
