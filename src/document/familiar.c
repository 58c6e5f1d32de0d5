#include "document/familiar.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR = 20, SHORTEST = 6 }; /* characters; shorter values are too easily near each other */

/* Letters and digits in lower case; bytes of other scripts as they are. */
static size_t key_of(const char *text, char *key) {
    size_t size = 0;
    for (; *text; text++) {
        const char c = *text;
        if (c >= 'A' && c <= 'Z')
            key[size++] = (char)(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80))
            key[size++] = c;
    }
    key[size] = '\0';
    return size;
}

/* Levenshtein's distance where it is at most `most`, else more than that.  `row`: [b_size + 1]. */
static int distance(const char *a, int a_size, const char *b, int b_size, int most, int *row) {
    if (abs(a_size - b_size) > most) return most + 1;
    for (int j = 0; j <= b_size; j++) row[j] = j;
    for (int i = 1; i <= a_size; i++) {
        int diagonal = row[0], least = row[0] = i;
        for (int j = 1; j <= b_size; j++) {
            const int changed = diagonal + (a[i - 1] != b[j - 1]);
            const int shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = changed < shorter ? changed : shorter;
            if (row[j] < least) least = row[j];
        }
        if (least > most) return most + 1;
    }
    return row[b_size];
}

enum plait_status plait__familiar(struct plait__arena *arena, const char *const *values, int count, const char *value,
                                  int *index_out) {
    size_t longest = strlen(value);
    for (int i = 0; i < count; i++) longest = strlen(values[i]) > longest ? strlen(values[i]) : longest;
    char *key = plait__arena_allocate(arena, longest + 1), *other = plait__arena_allocate(arena, longest + 1);
    int *row = plait__arena_array(arena, longest + 1, sizeof *row);
    if (!key || !other || !row) return PLAIT_MEMORY;
    const int size = (int)key_of(value, key);
    int least = (size / NEAR > 1 ? size / NEAR : 1) + 1;
    *index_out = -1;
    for (int i = 0; i < count && size >= SHORTEST; i++) {
        const int found = distance(key, size, other, (int)key_of(values[i], other), least, row);
        if (found < least) {
            least = found;
            *index_out = i;
            if (found == 0) break;
        } else if (found == least) {
            *index_out = -1; /* two are as near: which one was meant cannot be told */
        }
    }
    return PLAIT_OK;
}
