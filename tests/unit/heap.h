/* A context whose memory is counted, and whose every allocation can be made to fail. */
#ifndef PLAIT_TESTS_HEAP_H
#define PLAIT_TESTS_HEAP_H

#include <stdlib.h>

#include "plait.h"

struct heap {
    long live, until_failure; /* until_failure: allocations that still succeed; -1: all do */
};

static void *heap_allocate(void *user, size_t bytes) {
    struct heap *heap = user;
    if (heap->until_failure == 0) return NULL;
    if (heap->until_failure > 0) heap->until_failure--;
    heap->live++;
    return aligned_alloc(64, (bytes + 63) / 64 * 64);
}

static void heap_release(void *user, void *memory) {
    ((struct heap *)user)->live -= memory != NULL;
    free(memory);
}

/* NULL when that could not be allocated already. */
static plait_context *heap_context(struct heap *heap) {
    plait_context_options options;
    plait_context *context = NULL;
    plait_context_options_default(&options);
    options.allocator = (plait_allocator){heap_allocate, heap_release, heap};
    plait_context_create(&options, &context);
    return context;
}

#endif
