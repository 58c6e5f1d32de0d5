/* What every fuzz target shares: a context whose memory ends early and which stops after a while, since both happen to
 * users too, and since the fuzzer looks for mistakes, not for large honest work. */
#ifndef PLAIT_TESTS_FUZZ_H
#define PLAIT_TESTS_FUZZ_H

#include <stdlib.h>

#include "base/context.h"

#define FUZZ_MEMORY    ((size_t)16 << 20) /* bytes alive at a time */
#define FUZZ_QUESTIONS 10000              /* "cancelled?" asked so often is answered by yes */

struct fuzz {
    size_t alive;
    int questions;
};

/* The size is kept in front, so that releasing can take it off. */
static void *fuzz_allocate(void *user, size_t bytes) {
    struct fuzz *fuzz = user;
    if (bytes > FUZZ_MEMORY - fuzz->alive) return NULL;
    size_t *block = aligned_alloc(64, (bytes + 64 + 63) / 64 * 64);
    if (!block) return NULL;
    *block = bytes;
    fuzz->alive += bytes;
    return (char *)block + 64;
}

static void fuzz_release(void *user, void *memory) {
    if (!memory) return;
    struct fuzz *fuzz = user;
    size_t *block = (size_t *)((char *)memory - 64);
    fuzz->alive -= *block;
    free(block);
}

static bool fuzz_cancelled(void *user) {
    struct fuzz *fuzz = user;
    return ++fuzz->questions > FUZZ_QUESTIONS;
}

static plait_context *fuzz_context(struct fuzz *fuzz) {
    plait_context_options options;
    plait_context_options_default(&options);
    options.allocator = (plait_allocator){fuzz_allocate, fuzz_release, fuzz};
    options.cancelled = fuzz_cancelled;
    options.cancelled_user = fuzz;
    *fuzz = (struct fuzz){0};
    plait_context *context = NULL;
    if (plait_context_create(&options, &context) != PLAIT_OK) abort();
    return context;
}

/* Nothing may be left: what the sanitizer's leak check sees only at the end is seen at the input that did it. */
static void fuzz_end(struct fuzz *fuzz, plait_context *context) {
    plait_context_destroy(context);
    if (fuzz->alive) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
