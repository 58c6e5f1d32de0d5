#include "base/context.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

/* An allocator that fails at the Nth call and counts what is alive. */
struct counted {
    int calls, fail_at, alive;
};

static void *counted_allocate(void *user, size_t bytes) {
    struct counted *counted = user;
    if (++counted->calls == counted->fail_at) return NULL;
    counted->alive++;
    return aligned_alloc(64, (bytes + 63) / 64 * 64);
}

static void counted_release(void *user, void *memory) {
    struct counted *counted = user;
    counted->alive -= memory != NULL;
    free(memory);
}

static plait_context_options counted_options(struct counted *counted) {
    plait_context_options options;
    plait_context_options_default(&options);
    options.allocator = (plait_allocator){counted_allocate, counted_release, counted};
    return options;
}

static void count_destroy(void *state) {
    ++*(int *)state;
}

TEST(status_names) {
    CHECK_TEXT(plait_status_name(PLAIT_OK), "OK");
    CHECK_TEXT(plait_status_name(PLAIT_INTERNAL), "INTERNAL");
    CHECK_TEXT(plait_status_text(PLAIT_LIMIT), "a stated ceiling would be passed");
    CHECK_TEXT(plait_status_name((enum plait_status)77), "UNKNOWN");
    CHECK_TEXT(plait_status_name((enum plait_status) - 1), "UNKNOWN");
}

TEST(options_are_checked) {
    plait_context_options options;
    plait_context_options_default(&options);
    plait_context *context = NULL;
    options.threads = 0;
    CHECK_INT(plait_context_create(&options, &context), PLAIT_INVALID);
    options.threads = 1;
    options.allocator.release = NULL;
    CHECK_INT(plait_context_create(&options, &context), PLAIT_INVALID);
    CHECK(context == NULL);
    options = (plait_context_options){.threads = 1}; /* all else NULL: defaults */
    CHECK_INT(plait_context_create(&options, &context), PLAIT_OK);
    CHECK(plait__now_us(context) > 0);
    CHECK(!plait__cancelled(context));
    plait__progress(context, "nobody listens", 0.5);
    plait_context_destroy(context);
    plait_context_destroy(NULL);
}

TEST(errors_keep_their_sentence) {
    plait_context *context = NULL;
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    CHECK_TEXT(plait_context_error(context), "");
    CHECK_INT(plait__fail(context, PLAIT_INVALID, "rank: expected %d, found %d", 4, 3), PLAIT_INVALID);
    CHECK_INT(plait__fail_in(context, PLAIT_INVALID, "node '%s'", "a"), PLAIT_INVALID);
    CHECK_TEXT(plait_context_error(context), "node 'a': rank: expected 4, found 3");
    plait__fail(context, PLAIT_INVALID, "again: %s", plait_context_error(context));
    CHECK_TEXT(plait_context_error(context), "again: node 'a': rank: expected 4, found 3");
    char lengthy[2000];
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    plait__fail_in(context, PLAIT_INVALID, "%s", lengthy);
    CHECK_INT(strlen(plait_context_error(context)) < sizeof context->error, 1);
    CHECK(strstr(plait_context_error(context), "x: again: node") != NULL);
    plait_context_destroy(context);
}

TEST(memory_is_aligned_and_failures_are_told) {
    struct counted counted = {.fail_at = 4};
    plait_context_options options = counted_options(&counted);
    plait_context *context = NULL;
    CHECK_INT(plait_context_create(&options, &context), PLAIT_OK);
    void *nothing = plait__allocate(context, 0), *some = plait__allocate_zero(context, 7, 3);
    CHECK(nothing != NULL);
    CHECK_INT((uintptr_t)some % 64, 0);
    CHECK_INT(((char *)some)[20], 0);
    CHECK(plait__allocate(context, 11) == NULL);
    CHECK_TEXT(plait_context_error(context), "memory: 11 bytes could not be had");
    CHECK(plait__allocate_zero(context, SIZE_MAX / 2, 3) == NULL);
    plait__release(context, nothing);
    plait__release(context, some);
    plait__release(context, NULL);
    plait_context_destroy(context);
    CHECK_INT(counted.alive, 0);
    counted = (struct counted){.fail_at = 1};
    CHECK_INT(plait_context_create(&options, &context), PLAIT_MEMORY);
}

TEST(caches_end_with_the_context) {
    static const char first_owner, second_owner;
    int first = 0, second = 0;
    plait_context *context = NULL;
    CHECK_INT(plait_context_create(NULL, &context), PLAIT_OK);
    CHECK(plait__cache_find(context, &first_owner) == NULL);
    CHECK_INT(plait__cache_add(context, &first_owner, &first, count_destroy), PLAIT_OK);
    CHECK_INT(plait__cache_add(context, &second_owner, &second, count_destroy), PLAIT_OK);
    CHECK(plait__cache_find(context, &first_owner) == &first);
    CHECK(plait__cache_find(context, &second_owner) == &second);
    plait_context_destroy(context);
    CHECK_INT(first, 1);
    CHECK_INT(second, 1);
}

TEST(threads_make_a_pool) {
    plait_context_options options;
    plait_context_options_default(&options);
    options.threads = 3;
    plait_context *context = NULL;
    CHECK_INT(plait_context_create(&options, &context), PLAIT_OK);
    CHECK_INT(context->thread_pool != NULL, PLAIT__THREADS);
    CHECK_INT(context->options.threads, PLAIT__THREADS ? 3 : 1);

    CHECK_INT(plait_context_set_threads(context, 1), PLAIT_OK);
    CHECK(context->thread_pool == NULL);
    CHECK_INT(plait_context_set_threads(context, 2), PLAIT_OK);
    CHECK_INT(context->thread_pool != NULL, PLAIT__THREADS);
    CHECK_INT(plait_context_set_threads(context, 0), PLAIT_INVALID);
    CHECK(strstr(plait_context_error(context), "found 0"));
    CHECK_INT(context->options.threads, PLAIT__THREADS ? 2 : 1);
    CHECK_INT(plait_context_set_threads(NULL, 2), PLAIT_INVALID);
    plait_context_destroy(context);
}

TEST_MAIN(status_names, options_are_checked, errors_keep_their_sentence, memory_is_aligned_and_failures_are_told,
          caches_end_with_the_context, threads_make_a_pool)
