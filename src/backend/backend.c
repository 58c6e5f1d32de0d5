#include "backend/backend.h"

#include <string.h>

/* The first is the default: the fastest that runs on every machine. */
static const struct plait__backend *const backends[] = {
    &plait__backend_xnnpack,
    &plait__backend_reference,
#ifdef PLAIT__CUDA
    &plait__backend_cuda,
#endif
};

enum plait_status plait__frame_make(struct plait__frame *frame, const struct plait__graph *graph, const int *values,
                                    int count) {
    for (int i = 0; i < count; i++) {
        plait_tensor *value = &frame->values[values[i]];
        void *data = value->data;
        *value = graph->values[values[i]].type;
        value->data = data;
        PLAIT__TRY(frame->allocate(frame, values[i]));
    }
    return PLAIT_OK;
}

const struct plait__backend *plait__backend_find(const char *name) {
    if (!name) return backends[0];
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (strcmp(backends[i]->name, name) == 0) return backends[i];
    return NULL;
}
