#include "base/arena.h"

#include <string.h>

enum {
    ALIGNMENT = 64,
    SMALLEST_BLOCK = 64 * 1024, /* bytes */
    LARGEST_DOUBLING = 64 * 1024 * 1024,
};

/* The memory handed out follows the header, whose size is a multiple of ALIGNMENT. */
struct plait__arena_block {
    _Alignas(64) struct plait__arena_block *next;
    size_t used, capacity; /* bytes after the header */
};

void plait__arena_init(struct plait__arena *arena, plait_context *context) {
    *arena = (struct plait__arena){.context = context};
}

/* Blocks double, so that their number stays small whatever is asked of the arena. */
static struct plait__arena_block *add_block(struct plait__arena *arena, size_t bytes) {
    size_t capacity = arena->blocks ? 2 * arena->blocks->capacity : SMALLEST_BLOCK;
    if (capacity > LARGEST_DOUBLING) capacity = LARGEST_DOUBLING;
    if (capacity < bytes) capacity = bytes;
    struct plait__arena_block *block = plait__allocate(arena->context, sizeof *block + capacity);
    if (!block) return NULL;
    *block = (struct plait__arena_block){.next = arena->blocks, .capacity = capacity};
    arena->blocks = block;
    return block;
}

void *plait__arena_allocate(struct plait__arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX / 2) {
        plait__fail(arena->context, PLAIT_MEMORY, "memory: %zu bytes could not be had", bytes);
        return NULL;
    }
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct plait__arena_block *block = arena->blocks;
    if (!block || block->capacity - block->used < rounded) block = add_block(arena, rounded);
    if (!block) return NULL;
    void *memory = (char *)(block + 1) + block->used;
    block->used += rounded;
    return memset(memory, 0, bytes);
}

void *plait__arena_array(struct plait__arena *arena, size_t count, size_t bytes) {
    if (bytes && count > SIZE_MAX / bytes) {
        plait__fail(arena->context, PLAIT_MEMORY, "memory: %zu times %zu bytes are more than can be counted", count, bytes);
        return NULL;
    }
    return plait__arena_allocate(arena, count * bytes);
}

char *plait__arena_string(struct plait__arena *arena, const char *text, size_t length) {
    char *copy = length < SIZE_MAX ? plait__arena_allocate(arena, length + 1) : NULL;
    return copy ? memcpy(copy, text, length) : NULL;
}

static void release_blocks(struct plait__arena *arena, struct plait__arena_block *block) {
    while (block) {
        struct plait__arena_block *next = block->next;
        plait__release(arena->context, block);
        block = next;
    }
}

void plait__arena_reset(struct plait__arena *arena) {
    struct plait__arena_block *kept = arena->blocks; /* the newest, and so usually the largest */
    if (!kept) return;
    release_blocks(arena, kept->next);
    kept->next = NULL;
    kept->used = 0;
}

void plait__arena_end(struct plait__arena *arena) {
    release_blocks(arena, arena->blocks);
    arena->blocks = NULL;
}
