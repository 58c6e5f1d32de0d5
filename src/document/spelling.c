#include "document/spelling.h"

#include <string.h>

#include "base/ascii.h"

/* Letters.  A word of middle length may have one letter more, less or wrong, a long one two, a short one only one wrong: short
 * words that are nearly alike are too often two different names. */
enum { SHORTEST = 5, MIDDLE = 7, LONG = 9, LONGEST = 24 };

/* Levenshtein's distance, case folded; both are at most LONGEST long. */
static int distance(const char *a, int a_length, const char *b, int b_length) {
    int row[LONGEST + 1];
    for (int j = 0; j <= b_length; j++) row[j] = j;
    for (int i = 1; i <= a_length; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            const int changed = diagonal + (plait__upper(a[i - 1]) != plait__upper(b[j - 1]));
            const int shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = changed < shorter ? changed : shorter;
        }
    }
    return row[b_length];
}

const char *plait__respell(struct plait__arena *arena, const char *list, const char *word) {
    const char *first = word, *end = word + strlen(word);
    while (first < end && !plait__is_of_word(*first)) first++;
    while (end > first && !plait__is_of_word(end[-1])) end--;
    const int length = (int)(end - first);
    if (length < SHORTEST || length > LONGEST) return word;

    const char *nearest = NULL;
    int nearest_length = 0, least = length >= LONG ? 3 : 2;
    for (const char *at = list; *at;) {
        const int size = (int)strcspn(at, " ");
        const int apart = size > length ? size - length : length - size;
        if (size >= SHORTEST && size <= LONGEST && apart < least && (apart == 0 || length >= MIDDLE)) {
            const int found = distance(first, length, at, size);
            if (found == 0) return word;
            if (found < least)
                least = found, nearest = at, nearest_length = size;
            else if (found == least)
                nearest = NULL;
        }
        at += size + (at[size] == ' ');
    }
    if (!nearest) return word;
    const size_t before = (size_t)(first - word), after = strlen(end);
    char *respelt = plait__arena_allocate(arena, before + (size_t)nearest_length + after + 1);
    if (!respelt) return NULL;
    memcpy(respelt, word, before);
    memcpy(respelt + before, nearest, (size_t)nearest_length);
    memcpy(respelt + before + (size_t)nearest_length, end, after + 1);
    return respelt;
}
