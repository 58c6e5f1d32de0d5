#include "document/familiar.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

/* One misread character in NEAR is put right; values shorter than SHORTEST are too easily near each other.  Another number is
 * more often another place than a misread one: where a digit is not that digit, it counts as DIGIT characters. */
enum { NEAR = 8, SHORTEST = 6, DIGIT = 3 };

/* Letters and digits in lower case; bytes of other scripts as they are. */
static size_t key_of(const char *text, char *key) {
    size_t size = 0;
    for (; *text; text++)
        if (plait__is_of_word(*text)) key[size++] = plait__lower(*text);
    key[size] = '\0';
    return size;
}

static int weight(char c) {
    return plait__is_digit(c) ? DIGIT : 1;
}

static int weight_of_change(char a, char b) {
    if (a == b) return 0;
    return plait__is_digit(a) && plait__is_digit(b) ? DIGIT : 1;
}

/* Levenshtein's distance, weighted, where it is at most `most`, else more than that.  `row`: [b_size + 1]. */
static int distance(const char *a, int a_size, const char *b, int b_size, int most, int *row) {
    if (abs(a_size - b_size) > most) return most + 1;
    row[0] = 0;
    for (int j = 1; j <= b_size; j++) row[j] = row[j - 1] + weight(b[j - 1]);
    for (int i = 1; i <= a_size; i++) {
        int diagonal = row[0], least = row[0] += weight(a[i - 1]);
        for (int j = 1; j <= b_size; j++) {
            const int changed = diagonal + weight_of_change(a[i - 1], b[j - 1]);
            const int without_a = row[j] + weight(a[i - 1]), without_b = row[j - 1] + weight(b[j - 1]);
            diagonal = row[j];
            row[j] = without_a < without_b ? without_a : without_b;
            if (changed < row[j]) row[j] = changed;
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
