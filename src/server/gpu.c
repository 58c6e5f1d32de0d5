#include "server/gpu.h"

#include <stdio.h>

#include "base/symbols.h"
#include "server/measure.h"

enum { DEVICES_MOST = 64 };

void plait__gpus_begin(struct plait__gpus *gpus) {
#define SYMBOL(member, function, parameters) {#function, (void **)&gpus->member},
    const struct plait__symbol symbols[] = {PLAIT__NVML_MAP(SYMBOL)};
#undef SYMBOL
    if (plait__symbols_open("libnvidia-ml.so.1", symbols, sizeof symbols / sizeof *symbols)) return;
    if (gpus->init() != 0) return;
    if (gpus->count(&gpus->device_count) != 0) gpus->device_count = 0;
    if (gpus->device_count > DEVICES_MOST) gpus->device_count = DEVICES_MOST;
    atomic_store(&gpus->ready, true);
}

void plait__gpus_end(struct plait__gpus *gpus) {
    if (atomic_exchange(&gpus->ready, false)) gpus->shutdown();
}

void plait__gpus_measure(const struct plait__gpus *gpus, struct plait__measure *measure) {
    if (!atomic_load(&gpus->ready)) return;
    for (unsigned i = 0; i < gpus->device_count; i++) {
        struct plait__nvml_utilization utilization;
        struct plait__nvml_memory memory;
        plait__nvml_device device;
        char number[16];
        snprintf(number, sizeof number, "%u", i);
        if (gpus->device(i, &device) != 0) continue;
        if (gpus->utilization(device, &utilization) == 0)
            plait__gauge(measure->gpu_busy, PLAIT__LABELS(number), (double)utilization.gpu / 100);
        if (gpus->memory(device, &memory) != 0) continue;
        plait__gauge(measure->gpu_memory_used, PLAIT__LABELS(number), (double)memory.used);
        plait__gauge(measure->gpu_memory, PLAIT__LABELS(number), (double)memory.total);
    }
}
