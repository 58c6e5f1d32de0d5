#include "base/arena.h"

#include "test.h"

static plait_context *context;

TEST(memory_is_clear_aligned_and_apart) {
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    const size_t sizes[] = {0, 1, 63, 64, 65, 65536, 65537, 5000011};
    unsigned char *pieces[8];
    for (int i = 0; i < 8; i++) {
        pieces[i] = plait__arena_allocate(&arena, sizes[i]);
        CHECK_INT((uintptr_t)pieces[i] % 64, 0);
        int dirty = 0;
        for (size_t k = 0; k < sizes[i]; k++) dirty |= pieces[i][k];
        CHECK_INT(dirty, 0);
        memset(pieces[i], i + 1, sizes[i]);
    }
    for (int i = 1; i < 8; i++) {
        CHECK_INT(pieces[i][0], i + 1);
        CHECK_INT(pieces[i][sizes[i] - 1], i + 1);
    }
    plait__arena_end(&arena);
    plait__arena_end(&arena); /* twice is harmless */
}

TEST(reset_keeps_one_cleared_block) {
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    plait__arena_reset(&arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) memset(plait__arena_allocate(&arena, 9973), 0xff, 9973);
        plait__arena_reset(&arena);
        unsigned char *first = plait__arena_allocate(&arena, 17);
        CHECK_INT(first[0] | first[16], 0);
    }
    plait__arena_end(&arena);
}

TEST(what_cannot_be_is_refused) {
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    CHECK(plait__arena_array(&arena, SIZE_MAX / 4, 5) == NULL);
    CHECK(strstr(plait_context_error(context), "more than can be counted") != NULL);
    CHECK(plait__arena_allocate(&arena, SIZE_MAX) == NULL);
    CHECK(plait__arena_array(&arena, 0, SIZE_MAX) != NULL);
    CHECK_TEXT(plait__arena_string(&arena, "plait\0hidden", 7), "plait");
    CHECK_TEXT(plait__arena_string(&arena, "", 0), "");
    plait__arena_end(&arena);
}

int main(void) {
    if (plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    test_memory_is_clear_aligned_and_apart();
    test_reset_keeps_one_cleared_block();
    test_what_cannot_be_is_refused();
    plait_context_destroy(context);
    return test__finish();
}
