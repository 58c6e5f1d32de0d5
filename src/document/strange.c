#include "document/strange.h"

#include <string.h>

#include "base/ascii.h"

static size_t character_bytes(const char *text) {
    size_t bytes = 1;
    while (((unsigned char)text[bytes] & 0xC0) == 0x80) bytes++;
    return bytes;
}

/* The recogniser's class of a character; 0, the blank, when it has none. */
static int class_of(const struct plait__recogniser *recogniser, const char *text, size_t bytes) {
    for (int i = 0; i < recogniser->character_count; i++)
        if (strncmp(recogniser->characters[i], text, bytes) == 0 && recogniser->characters[i][bytes] == '\0') return i + 1;
    return 0;
}

enum plait_status plait__strangeness(struct plait__arena *arena, const struct plait__recogniser *recogniser, const char *text,
                                     float *strangeness_out) {
    const float usual = 5; /* one character in 150: new names have such, but not many */
    const struct plait__language *language = recogniser->language;
    *strangeness_out = 0;
    if (!language) return PLAIT_OK;
    uint8_t *symbols = plait__arena_allocate(arena, strlen(text) + 1);
    if (!symbols) return PLAIT_MEMORY;
    int length = 0;
    symbols[length++] = PLAIT__LANGUAGE_BORDER;
    for (size_t bytes; *text; text += bytes) {
        bytes = character_bytes(text);
        const int class = class_of(recogniser, text, bytes);
        if (class == 0) continue;
        symbols[length++] = language->symbols[class];
        const int seen = length < language->order ? length : language->order;
        const float rarity = -plait__language_log_chance(language, symbols + length - seen, seen);
        if (rarity > usual) *strangeness_out += rarity - usual;
    }
    return PLAIT_OK;
}

/* Codes and numbers are strange to a language model however well they were read. */
static bool is_mostly_letters(const char *text) {
    int letters = 0, others = 0;
    for (; *text; text++) {
        const char c = *text;
        if ((c & 0xC0) == 0x80) continue; /* in the middle of a character */
        if (plait__is_letter(c) || (c & 0x80))
            letters++;
        else
            others++;
    }
    return letters >= 3 && letters > others;
}

enum plait_status plait__page_strangeness(struct plait__arena *arena, const struct plait__recogniser *recogniser,
                                          const struct plait__page *page, float *strangeness_out) {
    const float usual = 0.3f; /* names and misprints; nineteen pages in twenty have less */
    float sum = 0, strange;
    size_t characters = 0;
    for (int i = 0; i < page->word_count; i++) {
        const char *text = page->words[i].text;
        if (!is_mostly_letters(text)) continue;
        PLAIT__TRY(plait__strangeness(arena, recogniser, text, &strange));
        sum += strange;
        characters += strlen(text);
    }
    const float mean = characters > 0 ? sum / (float)characters : 0;
    *strangeness_out = mean > usual ? mean - usual : 0;
    return PLAIT_OK;
}
