/* NVIDIA's driver, libcuda.so.1: opened when it is first needed, so that one build runs on machines with and without a GPU. The
 * functions are as the CUDA Driver API's reference manual declares them, and a test compares them with NVIDIA's header where
 * that is installed. */
#ifndef PLAIT_BACKEND_CUDA_DRIVER_H
#define PLAIT_BACKEND_CUDA_DRIVER_H

#include "base/context.h"

typedef struct CUctx_st *plait__cuda_context;
typedef struct CUmod_st *plait__cuda_module;
typedef struct CUfunc_st *plait__cuda_function;
typedef struct CUstream_st *plait__cuda_stream;
typedef int plait__cuda_number;                 /* of a device */
typedef unsigned long long plait__cuda_pointer; /* to memory of a device */

enum { /* CUresult */
       PLAIT__CUDA_SUCCESS = 0,
       PLAIT__CUDA_OUT_OF_MEMORY = 2,
       PLAIT__CUDA_NO_DEVICE = 100
};
enum { /* CUdevice_attribute, CUstream_flags */
       PLAIT__CUDA_CAPABILITY_MAJOR = 75,
       PLAIT__CUDA_CAPABILITY_MINOR = 76,
       PLAIT__CUDA_STREAM_NON_BLOCKING = 1
};

/* X(MEMBER, FUNCTION, PARAMETERS); each returns a CUresult */
#define PLAIT__CUDA_DRIVER_MAP(X)                                                                                            \
    X(init, cuInit, (unsigned flags))                                                                                        \
    X(error_text, cuGetErrorString, (unsigned result, const char **text_out))                                                \
    X(device_count, cuDeviceGetCount, (int *count_out))                                                                      \
    X(device, cuDeviceGet, (plait__cuda_number * device_out, int ordinal))                                                   \
    X(attribute, cuDeviceGetAttribute, (int *value_out, unsigned attribute, plait__cuda_number device))                      \
    X(retain, cuDevicePrimaryCtxRetain, (plait__cuda_context * context_out, plait__cuda_number device))                      \
    X(release, cuDevicePrimaryCtxRelease_v2, (plait__cuda_number device))                                                    \
    X(make_current, cuCtxSetCurrent, (plait__cuda_context context))                                                          \
    X(module_load, cuModuleLoadData, (plait__cuda_module * module_out, const void *image))                                   \
    X(module_unload, cuModuleUnload, (plait__cuda_module module))                                                            \
    X(function, cuModuleGetFunction, (plait__cuda_function * function_out, plait__cuda_module module, const char *name))     \
    X(stream_create, cuStreamCreate, (plait__cuda_stream * stream_out, unsigned flags))                                      \
    X(stream_destroy, cuStreamDestroy_v2, (plait__cuda_stream stream))                                                       \
    X(wait, cuStreamSynchronize, (plait__cuda_stream stream))                                                                \
    X(allocate, cuMemAlloc_v2, (plait__cuda_pointer * pointer_out, size_t bytes))                                            \
    X(free, cuMemFree_v2, (plait__cuda_pointer pointer))                                                                     \
    X(upload, cuMemcpyHtoDAsync_v2, (plait__cuda_pointer to, const void *from, size_t bytes, plait__cuda_stream stream))     \
    X(download, cuMemcpyDtoHAsync_v2, (void *to, plait__cuda_pointer from, size_t bytes, plait__cuda_stream stream))         \
    X(fill, cuMemsetD8Async, (plait__cuda_pointer to, unsigned char byte, size_t count, plait__cuda_stream stream))          \
    X(launch, cuLaunchKernel,                                                                                                \
      (plait__cuda_function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, \
       unsigned block_z, unsigned shared_bytes, plait__cuda_stream stream, void **parameters, void **extra))

struct plait__cuda_driver {
#define PLAIT__CUDA_MEMBER(member, function, parameters) unsigned(*member) parameters;
    PLAIT__CUDA_DRIVER_MAP(PLAIT__CUDA_MEMBER)
#undef PLAIT__CUDA_MEMBER
};

/* Fills the functions; fails with UNSUPPORTED and what is not there. */
enum plait_status plait__cuda_driver_open(plait_context *context, struct plait__cuda_driver *driver_out);

/* OK, or what the driver says went wrong with `what`: MEMORY when the device has no more of it, else IO. */
enum plait_status plait__cuda_check(plait_context *context, const struct plait__cuda_driver *driver, unsigned result,
                                    const char *what);

#endif
