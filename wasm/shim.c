/* What a host in JavaScript cannot do by itself: give C functions to a context.  Everything else it calls as plait.h says;
 * it writes the structs below by hand, so their layout is a promise. */
#include <stddef.h>

#include "plait.h"

_Static_assert(sizeof(struct plait_file) == 12 && offsetof(struct plait_file, bytes) == 4, "plait_file");
_Static_assert(sizeof(plait_session_options) == 8 && offsetof(plait_session_options, int8) == 4 &&
                   offsetof(plait_session_options, profile) == 5,
               "plait_session_options");
_Static_assert(sizeof(plait_read_options) == 40 && offsetof(plait_read_options, text) == 4 &&
                   offsetof(plait_read_options, text_size) == 8 && offsetof(plait_read_options, without) == 12 &&
                   offsetof(plait_read_options, audio) == 16 && offsetof(plait_read_options, audio_size) == 20 &&
                   offsetof(plait_read_options, fields_only) == 24 && offsetof(plait_read_options, pages) == 28 &&
                   offsetof(plait_read_options, media_type) == 32 && offsetof(plait_read_options, digest) == 36,
               "plait_read_options");
_Static_assert(sizeof(plait_page_options) == 8 && offsetof(plait_page_options, text_size) == 4, "plait_page_options");
_Static_assert(sizeof(plait_confirmed) == 8 && offsetof(plait_confirmed, value) == 4, "plait_confirmed");
_Static_assert(sizeof(plait_tensor) == 80 && offsetof(plait_tensor, rank) == 4 && offsetof(plait_tensor, dims) == 8 &&
                   offsetof(plait_tensor, data) == 72,
               "plait_tensor");

/* The host's own, see host.js. */
void plait_host_log(int level, const char *message);
void plait_host_progress(const char *stage, double fraction);
bool plait_host_cancelled(void);

static void log_to_host(void *user, enum plait_log_level level, const char *message) {
    (void)user;
    plait_host_log(level, message);
}

static void progress_to_host(void *user, const char *stage, double fraction) {
    (void)user;
    plait_host_progress(stage, fraction);
}

static bool cancelled_by_host(void *user) {
    (void)user;
    return plait_host_cancelled();
}

plait_context *plait_wasm_context_create(void) {
    plait_context *context = NULL;
    plait_context_options options;
    plait_context_options_default(&options);
    options.log = log_to_host;
    options.progress = progress_to_host;
    options.cancelled = cancelled_by_host;
    plait_context_create(&options, &context);
    return context;
}

const char *plait_wasm_version(void) {
    return PLAIT_VERSION;
}

const char *plait_wasm_variant(void) {
#if defined(__wasm_relaxed_simd__) && defined(__EMSCRIPTEN_PTHREADS__)
    return "wasm-relaxed-threads";
#elif defined(__wasm_relaxed_simd__)
    return "wasm-relaxed";
#elif defined(__EMSCRIPTEN_PTHREADS__)
    return "wasm-threads";
#else
    return "wasm-simd";
#endif
}
