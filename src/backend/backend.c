#include "backend/backend.h"

#include <string.h>

static const struct plait__backend *const backends[] = {&plait__backend_reference};

const struct plait__backend *plait__backend_find(const char *name) {
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (strcmp(backends[i]->name, name) == 0) return backends[i];
    return NULL;
}
