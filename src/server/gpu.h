/* What GPUs do and have, through NVIDIA's management library (NVML) where it is installed; there is nothing to be said
 * otherwise. */
#ifndef PLAIT_SERVER_GPU_H
#define PLAIT_SERVER_GPU_H

#include <stdatomic.h>

struct plait__measure;

/* As NVML's reference manual declares them; results of 0 are success. */
typedef struct nvmlDevice_st *plait__nvml_device;
struct plait__nvml_utilization {
    unsigned gpu, memory; /* per cent */
};
struct plait__nvml_memory {
    unsigned long long total, free, used; /* bytes */
};

/* X(MEMBER, FUNCTION, PARAMETERS) */
#define PLAIT__NVML_MAP(X)                                                                                    \
    X(init, nvmlInit_v2, (void))                                                                              \
    X(shutdown, nvmlShutdown, (void))                                                                         \
    X(count, nvmlDeviceGetCount_v2, (unsigned *count))                                                        \
    X(device, nvmlDeviceGetHandleByIndex_v2, (unsigned index, plait__nvml_device *device))                    \
    X(utilization, nvmlDeviceGetUtilizationRates, (plait__nvml_device, struct plait__nvml_utilization * out)) \
    X(memory, nvmlDeviceGetMemoryInfo, (plait__nvml_device, struct plait__nvml_memory * out))

struct plait__gpus {
    atomic_bool ready;
    unsigned device_count;
#define PLAIT__NVML_MEMBER(member, function, parameters) int(*member) parameters;
    PLAIT__NVML_MAP(PLAIT__NVML_MEMBER)
#undef PLAIT__NVML_MEMBER
};

/* Opens the library, which may take a while, and finds the devices; without either it stays as it is. */
void plait__gpus_begin(struct plait__gpus *gpus);
void plait__gpus_end(struct plait__gpus *gpus);

/* Sets the gauges; any thread, one at a time. */
void plait__gpus_measure(const struct plait__gpus *gpus, struct plait__measure *measure);

#endif
