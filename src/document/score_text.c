#include <string.h>

#include "document/score.h"

/* ------------------------------------------------------------------ UTF-8 */

/* The next character; a byte that starts none counts as a character of its own. */
static uint32_t take(const char **at) {
    const unsigned char *p = (const unsigned char *)*at;
    int more = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : 0;
    uint32_t character = more == 3 ? p[0] & 7u : more == 2 ? p[0] & 15u : more == 1 ? p[0] & 31u : p[0];
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            *at += 1;
            return p[0];
        }
        character = character << 6 | (p[i] & 63u);
    }
    *at += more + 1;
    return character;
}

static size_t put(char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    int more = c < 0x10000 ? 2 : 3;
    to[0] = (char)((more == 2 ? 0xE0 : 0xF0) | c >> (6 * more));
    for (int i = 1; i <= more; i++) to[i] = (char)(0x80 | (c >> (6 * (more - i)) & 63));
    return (size_t)more + 1;
}

int64_t plait__score_length(const char *text) {
    int64_t length = 0;
    for (; *text; length++) take(&text);
    return length;
}

/* ------------------------------------------------------------------ folding */

/* Characters of Latin-1, and two signs, whose compatibility form (Unicode, NFKC) is other text, already folded. */
static const char *compatibility(uint32_t c) {
    switch (c) {
    case 0xA0:
        return " ";
    case 0xA8:
        return " \xCC\x88";
    case 0xAA:
        return "a";
    case 0xAF:
        return " \xCC\x84";
    case 0xB2:
        return "2";
    case 0xB3:
        return "3";
    case 0xB4:
        return " \xCC\x81";
    case 0xB5:
        return "\xCE\xBC";
    case 0xB8:
        return " \xCC\xA7";
    case 0xB9:
        return "1";
    case 0xBA:
        return "o";
    case 0xBC:
        return "1\xE2\x81\x84"
               "4";
    case 0xBD:
        return "1\xE2\x81\x84"
               "2";
    case 0xBE:
        return "3\xE2\x81\x84"
               "4";
    case 0xDF:
        return "ss";
    case 0x2026:
        return "...";
    case 0x2122:
        return "tm";
    default:
        return NULL;
    }
}

/* Small letters of ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic. */
static uint32_t lower(uint32_t c) {
    if (c >= 'A' && c <= 'Z') return c + 32;
    if (c < 0xC0) return c;
    if (c <= 0xDE) return c == 0xD7 ? c : c + 32;
    if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c + (c & 1);
    if (c == 0x178) return 0xFF;
    if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return c + 32;
    return c;
}

static bool is_space(uint32_t c) {
    return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || (c >= 0x2000 && c <= 0x200A) || c == 0x3000;
}

char *plait__score_fold(struct plait__arena *arena, const char *text) {
    char *folded = plait__arena_allocate(arena, 3 * strlen(text) + 1); /* no character grows more than that */
    if (!folded) return NULL;
    size_t size = 0;
    bool gap = false;
    while (*text) {
        uint32_t c = take(&text);
        const char *form = compatibility(c);
        if (is_space(c) || (form && *form == ' ')) gap = true;
        if (is_space(c) || c == 0xA0) continue;
        if (gap && size) folded[size++] = ' ';
        gap = false;
        if (!form)
            size += put(folded + size, lower(c));
        else
            for (form += *form == ' '; *form;) folded[size++] = *form++;
    }
    folded[size] = '\0';
    return folded;
}

static bool is_alphanumeric(uint32_t c) {
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c < 0xC0 || c == 0xD7 || c == 0xF7) return false;
    return !(c >= 0x300 && c <= 0x36F) && !(c >= 0x2000 && c <= 0x2BFF) && !(c >= 0x3000 && c <= 0x3004) &&
           !(c >= 0x3007 && c <= 0x3020);
}

char *plait__score_key(struct plait__arena *arena, const char *folded) {
    char *key = plait__arena_allocate(arena, strlen(folded) + 1);
    if (!key) return NULL;
    size_t size = 0;
    while (*folded) {
        uint32_t c = take(&folded);
        if (is_alphanumeric(c)) size += put(key + size, c);
    }
    key[size] = '\0';
    return key;
}

/* ------------------------------------------------------------------ edits */

/* Wagner and Fischer, The String-to-String Correction Problem (1974), one row at a time. */
int64_t plait__score_edits(struct plait__arena *arena, const char *a, const char *b) {
    size_t columns = (size_t)plait__score_length(b);
    int64_t *row = plait__arena_array(arena, columns + 1, sizeof *row);
    uint32_t *letters = plait__arena_array(arena, columns + 1, sizeof *letters);
    if (!row || !letters) return -1;
    for (size_t j = 0; j <= columns; j++) row[j] = (int64_t)j;
    for (size_t j = 0; j < columns; j++) letters[j] = take(&b);
    for (int64_t i = 1; *a; i++) {
        uint32_t letter = take(&a);
        int64_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 0; j < columns; j++) {
            int64_t best = diagonal + (letter != letters[j]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j + 1] + 1 < best) best = row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[columns];
}
