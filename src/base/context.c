#define _DEFAULT_SOURCE /* madvise */
#include "base/context.h"

#include <pthreadpool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { ALIGNMENT = 64 /* bytes: a cache line, and the widest vector register */ };

/* Large blocks lie on huge pages where the system gives them when asked: a page of a document goes through a hundred megabytes
 * that are each written once or twice, and a fault for every 4 KiB of them costs as much as the arithmetic. */
enum { LARGE = 1 << 20, HUGE_PAGE = 2 << 20 };

static void *system_allocate(void *user, size_t bytes) {
    (void)user;
#ifdef MADV_HUGEPAGE
    const size_t alignment = bytes < LARGE ? ALIGNMENT : HUGE_PAGE;
#else
    const size_t alignment = ALIGNMENT;
#endif
    if (bytes > SIZE_MAX - alignment) return NULL;
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment; /* aligned_alloc wants a multiple */
    void *memory = aligned_alloc(alignment, rounded ? rounded : alignment);
#ifdef MADV_HUGEPAGE
    if (memory && bytes >= LARGE) (void)madvise(memory, rounded, MADV_HUGEPAGE); /* refused: small pages it is */
#endif
    return memory;
}

static void system_release(void *user, void *memory) {
    (void)user;
    free(memory);
}

static uint64_t system_clock_us(void *user) {
    (void)user;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void plait_context_options_default(plait_context_options *options) {
    *options = (plait_context_options){
        .allocator = {.allocate = system_allocate, .release = system_release},
        .threads = 1,
        .clock_us = system_clock_us,
    };
}

enum plait_status plait_context_create(const plait_context_options *options, plait_context **context_out) {
    plait_context_options defaults;
    plait_context_options_default(&defaults);
    plait_context_options chosen = options ? *options : defaults;
    if (!chosen.allocator.allocate != !chosen.allocator.release || chosen.threads < 1) return PLAIT_INVALID;
    if (!chosen.allocator.allocate) chosen.allocator = defaults.allocator;
    if (!chosen.clock_us) chosen.clock_us = defaults.clock_us;

    plait_context *context = chosen.allocator.allocate(chosen.allocator.user, sizeof *context);
    if (!context) return PLAIT_MEMORY;
    *context = (plait_context){.options = chosen};
    context->options.threads = 1;
    if (plait_context_set_threads(context, chosen.threads) != PLAIT_OK) {
        plait_context_destroy(context);
        return PLAIT_MEMORY;
    }
    *context_out = context;
    return PLAIT_OK;
}

enum plait_status plait_context_set_threads(plait_context *context, int threads) {
    if (!context) return PLAIT_INVALID;
    if (threads < 1) return plait__fail(context, PLAIT_INVALID, "threads: expected 1 or more, found %d", threads);
    if (!PLAIT__THREADS || threads == context->options.threads) return PLAIT_OK;
    pthreadpool_t pool = NULL;
    if (threads > 1 && !(pool = pthreadpool_create((size_t)threads)))
        return plait__fail(context, PLAIT_MEMORY, "threads: %d could not be started", threads);
    if (context->thread_pool) pthreadpool_destroy(context->thread_pool);
    context->thread_pool = pool;
    context->options.threads = threads;
    return PLAIT_OK;
}

void plait_context_destroy(plait_context *context) {
    if (!context) return;
    while (context->caches) {
        struct plait__cache *cache = context->caches;
        context->caches = cache->next;
        cache->destroy(cache->state);
        plait__release(context, cache);
    }
    if (context->thread_pool) pthreadpool_destroy(context->thread_pool);
    context->options.allocator.release(context->options.allocator.user, context);
}

void *plait__cache_find(const plait_context *context, const void *owner) {
    for (const struct plait__cache *cache = context->caches; cache; cache = cache->next)
        if (cache->owner == owner) return cache->state;
    return NULL;
}

enum plait_status plait__cache_add(plait_context *context, const void *owner, void *state, void (*destroy)(void *state)) {
    struct plait__cache *cache = plait__allocate(context, sizeof *cache);
    if (!cache) return PLAIT_MEMORY;
    *cache = (struct plait__cache){.owner = owner, .state = state, .destroy = destroy, .next = context->caches};
    context->caches = cache;
    return PLAIT_OK;
}

const char *plait_context_error(const plait_context *context) {
    return context ? context->error : "";
}

enum plait_status plait__fail(plait_context *context, enum plait_status status, const char *format, ...) {
    char sentence[sizeof context->error]; /* an argument may be the sentence recorded last */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    for (char *at = sentence; *at; at++) /* names from files may have line ends and terminal codes in them */
        if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
    memcpy(context->error, sentence, sizeof sentence);
    return status;
}

enum plait_status plait__fail_in(plait_context *context, enum plait_status status, const char *format, ...) {
    char where[sizeof context->error / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(where, sizeof where, format, arguments);
    va_end(arguments);
    return plait__fail(context, status, "%s: %s", where, context->error);
}

void plait__log(plait_context *context, enum plait_log_level level, const char *format, ...) {
    if (!context->options.log) return;
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    context->options.log(context->options.log_user, level, message);
}

uint64_t plait__now_us(const plait_context *context) {
    return context->options.clock_us(context->options.clock_user);
}

bool plait__cancelled(const plait_context *context) {
    return context->options.cancelled && context->options.cancelled(context->options.cancelled_user);
}

void plait__progress(const plait_context *context, const char *stage, double fraction) {
    if (context->options.progress) context->options.progress(context->options.progress_user, stage, fraction);
}

void *plait__allocate(plait_context *context, size_t bytes) {
    void *memory = context->options.allocator.allocate(context->options.allocator.user, bytes ? bytes : 1);
    if (!memory) plait__fail(context, PLAIT_MEMORY, "memory: %zu bytes could not be had", bytes);
    return memory;
}

void *plait__allocate_zero(plait_context *context, size_t count, size_t bytes) {
    if (bytes && count > SIZE_MAX / bytes) {
        plait__fail(context, PLAIT_MEMORY, "memory: %zu times %zu bytes are more than can be counted", count, bytes);
        return NULL;
    }
    void *memory = plait__allocate(context, count * bytes);
    if (memory) memset(memory, 0, count * bytes);
    return memory;
}

void plait__release(plait_context *context, void *memory) {
    if (memory) context->options.allocator.release(context->options.allocator.user, memory);
}
