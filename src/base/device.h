/* A device (a GPU) that is lost to the whole process: whatever is asked of it fails, until another process asks.  Who finds it
 * lost says so here; who keeps the process ends it.  Of any thread. */
#ifndef PLAIT_BASE_DEVICE_H
#define PLAIT_BASE_DEVICE_H

#include <stdbool.h>

void plait__device_lose(void);
bool plait__device_is_lost(void);

#endif
