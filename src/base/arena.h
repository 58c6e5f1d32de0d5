/* An arena: many allocations, one release.  Used by one thread at a time. */
#ifndef PLAIT_BASE_ARENA_H
#define PLAIT_BASE_ARENA_H

#include "base/context.h"

struct plait__arena_block;

struct plait__arena {
    plait_context *context;
    struct plait__arena_block *blocks; /* newest first */
};

void plait__arena_init(struct plait__arena *arena, plait_context *context);

/* Cleared memory aligned to 64, valid until reset or end; NULL with a recorded error when there is none. */
void *plait__arena_allocate(struct plait__arena *arena, size_t bytes);
void *plait__arena_array(struct plait__arena *arena, size_t count, size_t bytes); /* refuses an overflowing product */
/* A count as a size; one that cannot be a size becomes the largest, which no allocation grants. */
static inline size_t plait__arena_count(int64_t count) {
    return count < 0 || (uint64_t)count > SIZE_MAX ? SIZE_MAX : (size_t)count;
}
char *plait__arena_string(struct plait__arena *arena, const char *text, size_t length);

void plait__arena_reset(struct plait__arena *arena); /* all allocations gone, one block kept for reuse */
void plait__arena_end(struct plait__arena *arena);

#endif
