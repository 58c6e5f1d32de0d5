/* The driver's functions and numbers are those of NVIDIA's own header, or this does not compile. */
#include "backend/cuda/driver.h"

#include <cuda.h>
#include <stdio.h>

#define SAME_TYPE(member, function, parameters) \
    _Static_assert(__builtin_types_compatible_p(__typeof__(&function), unsigned(*) parameters), "the type of " #function);
PLAIT__CUDA_DRIVER_MAP(SAME_TYPE)

#define SAME(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #theirs)
SAME(PLAIT__CUDA_SUCCESS, CUDA_SUCCESS);
SAME(PLAIT__CUDA_OUT_OF_MEMORY, CUDA_ERROR_OUT_OF_MEMORY);
SAME(PLAIT__CUDA_NO_DEVICE, CUDA_ERROR_NO_DEVICE);
SAME(PLAIT__CUDA_CAPABILITY_MAJOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(PLAIT__CUDA_CAPABILITY_MINOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(PLAIT__CUDA_STREAM_NON_BLOCKING, CU_STREAM_NON_BLOCKING);

int main(void) {
    printf("as in cuda.h %d\n", CUDA_VERSION);
    return 0;
}
