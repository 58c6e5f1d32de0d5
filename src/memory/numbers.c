#include <string.h>

#include "base/ascii.h"
#include "memory/memory.h"

/* Below the head are customers, articles, and what changes. */
enum { HEAD_LINES = 10, SHORTEST = 6, LONGEST = 12, LONG = 9 };

const char *plait__numbers(struct plait__arena *arena, const struct plait__look_line *lines, int count) {
    size_t most = 1, size = 0;
    if (count > HEAD_LINES) count = HEAD_LINES;
    for (int l = 0; l < count; l++) most += strlen(lines[l].text) + 1;
    char *out = plait__arena_allocate(arena, most);
    if (!out) return NULL;
    for (int l = 0; l < count; l++)
        for (const char *c = lines[l].text; *c; c++) {
            size_t digits = 0;
            while (plait__is_digit(c[digits])) digits++;
            if (digits >= SHORTEST && digits <= LONGEST) {
                memcpy(out + size, c, digits);
                size += digits;
                out[size++] = ' ';
            }
            if (digits) c += digits - 1;
        }
    out[size] = '\0';
    return out;
}

static bool same(const char *one, const char *other, size_t size) {
    size_t differing = 0;
    for (size_t i = 0; i < size; i++) differing += one[i] != other[i];
    return differing <= (size >= LONG ? 1 : 0);
}

bool plait__numbers_shared(const char *one, const char *other) {
    for (const char *a = one; *a; a += strcspn(a, " ") + 1)
        for (const char *b = other; *b; b += strcspn(b, " ") + 1) {
            const size_t size = strcspn(a, " ");
            if (size == strcspn(b, " ") && same(a, b, size)) return true;
        }
    return false;
}
