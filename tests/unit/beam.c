/* From a network's steps to text, and the language model that helps. */
#include "document/beam.h"

#include "base/file.h"
#include "test.h"

static const char *const LETTERS[] = {"a", "b", "c"};
static const float SURE = 8, LIKELY = 1.5f;

/* Reads steps given as one character each: '-' the blank, a letter that letter for sure, '?' either a or b, b a little
 * likelier. */
static void check(const char *steps, const char *expected) {
    enum { CLASSES = 4, MOST = 32 };
    float logits[MOST * CLASSES] = {0};
    struct plait__glyph glyphs[MOST];
    struct plait__recogniser recogniser = {.character_count = 3, .characters = (const char **)LETTERS, .beam = 4};
    struct plait__beam *beam = NULL;
    plait_context *context = NULL;
    int count = (int)strlen(steps);
    char text[MOST + 1] = "";
    for (int t = 0; t < count; t++) {
        float *step = logits + t * CLASSES;
        if (steps[t] == '-') step[0] = SURE;
        if (steps[t] >= 'a') step[steps[t] - 'a' + 1] = SURE;
        if (steps[t] == '?') {
            step[1] = SURE;
            step[2] = SURE + LIKELY;
        }
    }
    CHECK(plait_context_create(NULL, &context) == PLAIT_OK);
    CHECK(plait__beam_create(context, &recogniser, MOST, &beam) == PLAIT_OK);
    int found = plait__beam_search(beam, logits, count, glyphs);
    for (int i = 0; i < found; i++) strcat(text, LETTERS[glyphs[i].character]);
    CHECK_TEXT(text, expected);
    for (int i = 0; i < found; i++) CHECK(glyphs[i].chance > 0 && glyphs[i].chance <= 1.0001f && glyphs[i].step < count);
    plait__beam_destroy(beam);
    plait_context_destroy(context);
}

TEST(spelling) {
    check("", "");
    check("----", "");
    check("abc", "abc");
    check("aabbcc", "abc");  /* repeats are one character ... */
    check("a-ab-b", "aabb"); /* ... unless a blank is between */
    check("-a?-", "ab");
    check("?", "b");
}

/* The shipped model. */
static void open_language(plait_context *context, struct plait__arena *arena, struct plait__file *file,
                          struct plait__language *language) {
    CHECK(plait__file_open(context, "models/receipt/language.bin", 0, file) == PLAIT_OK);
    CHECK(plait__language_read("language.bin", file->bytes, file->size, arena, language) == PLAIT_OK);
}

/* Classes are 1-based places in the package's character set, which begins with ASCII's 32..126. */
static float chance_of(const struct plait__language *language, const char *text) {
    uint8_t symbols[32];
    int length = 0;
    for (; text[length]; length++) symbols[length] = language->symbols[text[length] - 31];
    return plait__language_log_chance(language, symbols, length);
}

TEST(language) {
    struct plait__arena arena;
    struct plait__file file = {0};
    struct plait__language language = {0};
    plait_context *context = NULL;
    CHECK(plait_context_create(NULL, &context) == PLAIT_OK);
    plait__arena_init(&arena, context);
    open_language(context, &arena, &file, &language);
    CHECK(chance_of(&language, "TOTAL") > chance_of(&language, "TOTAX") + 2);
    CHECK_NEAR(chance_of(&language, "total"), chance_of(&language, "TOTAL"), 0); /* case is folded: the very same symbols */
    float sum = 0; /* of the chances of all that can follow: 1, but for steps of 1/16 in the logarithm and forms of a letter */
    bool seen[256] = {false};
    for (int k = 1; k < language.class_count; k++) {
        uint8_t symbols[3] = {language.symbols['T' - 31], language.symbols['H' - 31], language.symbols[k]};
        if (!seen[symbols[2]]) sum += expf(plait__language_log_chance(&language, symbols, 3));
        seen[symbols[2]] = true;
    }
    CHECK(sum > 0.7f && sum < 1.1f); /* the border's share is not counted */
    plait__file_close(context, &file);
    plait__arena_end(&arena);
    plait_context_destroy(context);
}

TEST(damaged_language) {
    struct plait__arena arena;
    struct plait__file file = {0};
    struct plait__language language = {0};
    plait_context *context = NULL;
    CHECK(plait_context_create(NULL, &context) == PLAIT_OK);
    plait__arena_init(&arena, context);
    open_language(context, &arena, &file, &language);
    for (size_t size = 0; size < file.size; size = size * 7 + 1)
        CHECK(plait__language_read("short", file.bytes, size, &arena, &language) == PLAIT_INVALID);
    uint8_t head[24];
    for (int at = 0; at < (int)sizeof head; at++) {
        memcpy(head, file.bytes, sizeof head);
        head[at] ^= 0x5a;
        CHECK(plait__language_read("head", head, sizeof head, &arena, &language) == PLAIT_INVALID);
    }
    plait__file_close(context, &file);
    plait__arena_end(&arena);
    plait_context_destroy(context);
}

TEST_MAIN(spelling, language, damaged_language)
