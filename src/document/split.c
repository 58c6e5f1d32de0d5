/* A line whose text is known, cut into words with places. */
#include "document/split.h"

#include <string.h>

static size_t characters(const char *text, size_t bytes) {
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void between(const float a[2], const float b[2], float share, float out[2]) {
    for (int k = 0; k < 2; k++) out[k] = a[k] + (b[k] - a[k]) * share;
}

int plait__split_count(const char *text) {
    int count = 0;
    for (const char *c = text; *c; c++) count += !is_space(*c) && (c == text || is_space(c[-1]));
    return count;
}

enum plait_status plait__split_line(struct plait__arena *arena, const char *text, struct plait__line *line, int line_index,
                                    struct plait__word *words) {
    const size_t length = strlen(text), all = characters(text, length);
    char *joined = plait__arena_string(arena, text, length);
    if (!joined) return PLAIT_MEMORY;
    size_t written = 0;
    line->word_count = 0;
    for (size_t first = 0, end; first < length; first = end) {
        end = first;
        if (is_space(text[end])) {
            end++;
            continue;
        }
        while (end < length && !is_space(text[end])) end++;
        struct plait__word *word = &words[line->word_count++];
        word->text = plait__arena_string(arena, text + first, end - first);
        if (!word->text) return PLAIT_MEMORY;
        word->confidence = line->confidence;
        word->line = line_index;
        const float from = (float)characters(text, first) / (float)all, to = (float)characters(text, end) / (float)all;
        between(line->polygon[0], line->polygon[1], from, word->polygon[0]);
        between(line->polygon[0], line->polygon[1], to, word->polygon[1]);
        between(line->polygon[3], line->polygon[2], to, word->polygon[2]);
        between(line->polygon[3], line->polygon[2], from, word->polygon[3]);
        if (written) joined[written++] = ' ';
        memcpy(joined + written, text + first, end - first);
        written += end - first;
    }
    joined[written] = '\0';
    line->text = joined;
    return PLAIT_OK;
}
