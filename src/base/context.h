/* The context: allocator, threads, logger, clock, and the last error.  There is no other global state. */
#ifndef PLAIT_BASE_CONTEXT_H
#define PLAIT_BASE_CONTEXT_H

#include "plait.h"

#if defined(__GNUC__)
#define PLAIT__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define PLAIT__PRINTF(text, first)
#endif

/* Whether this build has threads; without them, the calling one does everything. */
#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
enum { PLAIT__THREADS = 0 };
#else
enum { PLAIT__THREADS = 1 };
#endif

/* What a part of Plait keeps as long as the context lives and shares between all made from it: a backend's packed weights. */
struct plait__cache {
    const void *owner; /* the address of anything of the owner's that is unique to it */
    void *state;
    void (*destroy)(void *state);
    struct plait__cache *next;
};

struct plait_context {
    plait_context_options options;
    void *thread_pool;           /* a pthreadpool_t, or NULL for one thread; owned */
    struct plait__cache *caches; /* newest first; owned */
    char error[512];
};

/* Records one sentence and returns `status`, so that a caller writes `return plait__fail(context, PLAIT_INVALID, "...")`.
 * Say what was expected, what was found, and where, with the number. */
enum plait_status plait__fail(plait_context *context, enum plait_status status, const char *format, ...) PLAIT__PRINTF(3, 4);

/* Puts "where: " before the sentence recorded last, and returns `status`: for callers that know the file or node. */
enum plait_status plait__fail_in(plait_context *context, enum plait_status status, const char *format, ...) PLAIT__PRINTF(3, 4);

void plait__log(plait_context *context, enum plait_log_level level, const char *format, ...) PLAIT__PRINTF(3, 4);
uint64_t plait__now_us(const plait_context *context);
bool plait__cancelled(const plait_context *context);
void plait__progress(const plait_context *context, const char *stage, double fraction);

/* Memory.  `allocate` fails with a recorded MEMORY error and NULL; 0 bytes give a valid pointer.  Contents are not cleared
 * by `allocate`, and are by `allocate_zero`, which also refuses a product that overflows. */
void *plait__allocate(plait_context *context, size_t bytes);
void *plait__allocate_zero(plait_context *context, size_t count, size_t bytes);
void plait__release(plait_context *context, void *memory);

/* A cache entry: NULL when `owner` has none.  `destroy` is called once, when the context is destroyed. */
void *plait__cache_find(const plait_context *context, const void *owner);
enum plait_status plait__cache_add(plait_context *context, const void *owner, void *state, void (*destroy)(void *state));

#define PLAIT__TRY(expression)                                       \
    do {                                                             \
        enum plait_status plait__try_status = (expression);          \
        if (plait__try_status != PLAIT_OK) return plait__try_status; \
    } while (0)

#endif
