#include "base/device.h"

#include <stdatomic.h>

static atomic_bool lost;

void plait__device_lose(void) {
    atomic_store(&lost, true);
}

bool plait__device_is_lost(void) {
    return atomic_load(&lost);
}
