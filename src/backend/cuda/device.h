/* A context's part of a GPU: the stream its work goes to, the kernels, memory that is used again, and the constants of its
 * sessions.
 *
 * Everything of a context goes to one stream, in which work is done in the order in which it was given: a context is used by
 * one thread at a time, so that there is never more than one session of it running.  So memory that a kernel will read may be
 * given to the next one at once, and there is nothing to wait for but results. */
#ifndef PLAIT_BACKEND_CUDA_DEVICE_H
#define PLAIT_BACKEND_CUDA_DEVICE_H

#include "backend/cuda/driver.h"
#include "backend/digest.h"

enum plait__cuda_kernel {
#define KERNEL(module, name) PLAIT__CUDA_KERNEL_##name,
#include "backend/cuda/kernels/kernels.def"
#undef KERNEL
    PLAIT__CUDA_KERNEL_COUNT
};

/* Memory of the device that is in use, or waits to be used again. */
struct plait__cuda_memory {
    plait__cuda_pointer pointer;
    size_t bytes;
    struct plait__cuda_memory *next; /* of those that wait */
};

/* Bytes that are on the device as long as anybody needs them. */
struct plait__cuda_constant {
    struct plait__digest digest;
    struct plait__cuda_memory *memory;
    int references;
    struct plait__cuda_constant *next;
};

struct plait__cuda_device {
    plait_context *context;
    struct plait__cuda_driver driver;
    plait__cuda_number number;
    plait__cuda_context current; /* the device's primary one, which all libraries of a process share */
    plait__cuda_stream stream;
    plait__cuda_module modules[PLAIT__CUDA_KERNEL_COUNT]; /* by the number of its first kernel */
    plait__cuda_function kernels[PLAIT__CUDA_KERNEL_COUNT];
    struct plait__cuda_memory *waiting;
    struct plait__cuda_constant *constants;
};

/* The context's device, found at the first call and given back with the context.  Fails with UNSUPPORTED and one sentence when
 * there is no driver, no device, or none new enough.  Makes it the calling thread's. */
enum plait_status plait__cuda_device_get(plait_context *context, struct plait__cuda_device **device_out);
enum plait_status plait__cuda_device_use(struct plait__cuda_device *device); /* the last of these */

/* Memory, uninitialised.  What is given back waits until somebody wants about as much, or the device has no more. */
enum plait_status plait__cuda_take(struct plait__cuda_device *device, size_t bytes, struct plait__cuda_memory **memory_out);
void plait__cuda_give(struct plait__cuda_device *device, struct plait__cuda_memory *memory); /* accepts NULL */
void plait__cuda_trim(struct plait__cuda_device *device); /* what waits goes back to the device */

/* The bytes on the device, uploaded if they are not there yet; release when no longer needed. */
enum plait_status plait__cuda_constant_get(struct plait__cuda_device *device, const void *bytes, size_t size,
                                           struct plait__cuda_constant **constant_out);
void plait__cuda_constant_release(struct plait__cuda_device *device, struct plait__cuda_constant *constant);

/* The kernel's function; its module is compiled for the device at the first call. */
enum plait_status plait__cuda_kernel_get(struct plait__cuda_device *device, enum plait__cuda_kernel kernel,
                                         plait__cuda_function *function_out);
const char *plait__cuda_kernel_name(enum plait__cuda_kernel kernel);

#endif
