#include "document/recall.h"

#include <limits.h>
#include <string.h>

#include "base/ascii.h"

enum { SHORTEST = 6, LONGEST = 600, VOUCHING = 12 /* letters and digits of a value */ };

static const float alike_least = 0.35f;   /* cosine from which a page is looked at as one of the same shop */
static const float likeness_least = 0.8f; /* from which a value is taken to stand on the page */
static const float akin_least = 0.7f;     /* likewise, where a number says that it is the same shop's */
static const float vouching_least = 0.9f; /* from which it vouches for others */

/* Letters and digits in lower case, each with the word it is from. */
struct key {
    char *letters;
    int *words;
    int size;
};

/* The next letter or digit, as small as can be: in lower case, without accents, which are what is misread most.  Bytes of other
 * scripts are as they are; 0 for what is neither. */
static char folded(const char **text) {
    static const char latin[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuypbaaaaaaaceeeeiiiidnooooo\0ouuuuypy"; /* U+00C0 to U+00FF */
    const char c = *(*text)++;
    if ((uint8_t)c == 0xC3 && (**text & 0xC0) == 0x80) return latin[*(*text)++ & 0x3F];
    return plait__is_of_word(c) ? plait__lower(c) : '\0';
}

static int fold(const char *text, char *out, int most) {
    int size = 0;
    while (*text && size < most)
        if ((out[size] = folded(&text))) size++;
    return size;
}

static enum plait_status key_of_page(struct plait__arena *arena, const struct plait__page *page, struct key *key) {
    size_t most = 0;
    for (int w = 0; w < page->word_count; w++) most += strlen(page->words[w].text);
    key->letters = plait__arena_allocate(arena, most + 1);
    key->words = plait__arena_array(arena, most + 1, sizeof *key->words);
    if (!key->letters || !key->words) return PLAIT_MEMORY;
    for (int w = 0; w < page->word_count; w++)
        for (const char *c = page->words[w].text; *c;)
            if ((key->letters[key->size] = folded(&c))) key->words[key->size++] = w;
    return PLAIT_OK;
}

enum plait_status plait__recall_begin(struct plait__arena *arena, struct plait_memory *memory, const struct plait__page *page,
                                      struct plait__recall *recall_out) {
    float look[PLAIT__LOOK_WIDTH];
    *recall_out = (struct plait__recall){0};
    if (!memory || plait_memory_count(memory) == 0) return PLAIT_OK;
    struct plait__look_line *lines = plait__arena_array(arena, (size_t)page->line_count + 1, sizeof *lines);
    if (!lines) return PLAIT_MEMORY;
    for (int l = 0; l < page->line_count; l++) {
        float low[2] = {1, 1}, high[2] = {0, 0};
        for (int corner = 0; corner < 4; corner++)
            for (int k = 0; k < 2; k++) {
                float share = page->lines[l].polygon[corner][k] / (float)(k ? page->height : page->width);
                share = share < 0 ? 0 : share > 1 ? 1 : share;
                low[k] = share < low[k] ? share : low[k];
                high[k] = share > high[k] ? share : high[k];
            }
        lines[l] = (struct plait__look_line){page->lines[l].text, {low[0], low[1], high[0], high[1]}};
    }
    plait__look(lines, page->line_count, look);
    if (!(recall_out->numbers = plait__numbers(arena, lines, page->line_count))) return PLAIT_MEMORY;
    recall_out->count = plait__memory_nearest(memory, look, PLAIT__ALIKE_MOST, recall_out->alike);
    while (recall_out->count && recall_out->alike[recall_out->count - 1].cosine < alike_least) recall_out->count--;
    return PLAIT_OK;
}

/* Where a value stands: letters [first, end) of the page. */
struct stretch {
    int first, end;
    float likeness; /* the share of the value's letters and digits that stand there */
};

/* The stretch of the page with the fewest differences from the value.  A row of Sellers' table, each cell with the place where
 * its stretch begins. */
static struct stretch align(const struct key *page, const char *value, int size) {
    int row[LONGEST + 1], begins[LONGEST + 1], least = size + 1;
    struct stretch found = {0};
    for (int i = 0; i <= size; i++) row[i] = i, begins[i] = 0;
    for (int j = 1; j <= page->size; j++) {
        int diagonal = row[0], diagonal_begin = begins[0];
        row[0] = 0;
        begins[0] = j;
        for (int i = 1; i <= size; i++) {
            const int changed = diagonal + (value[i - 1] != page->letters[j - 1]), more = row[i] + 1, fewer = row[i - 1] + 1;
            const int from = begins[i];
            int best = changed, begin = diagonal_begin;
            if (more < best) best = more, begin = from;
            if (fewer < best) best = fewer, begin = begins[i - 1];
            diagonal = row[i];
            diagonal_begin = from;
            row[i] = best;
            begins[i] = begin;
        }
        if (row[size] < least) {
            least = row[size];
            found = (struct stretch){begins[size], j, 1 - (float)least / (float)size};
        }
    }
    return found;
}

static int digits_of(const char *letters, int size, char *out) {
    int count = 0;
    for (int i = 0; i < size; i++)
        if (plait__is_digit(letters[i])) out[count++] = letters[i];
    return count;
}

/* Digits tell branches of a shop apart: by how many those of a stretch of the page differ from those of the value
 * (Levenshtein's distance).  INT_MAX: by more than can be looked at. */
static int differing_digits(const struct key *page, struct stretch stretch, const char *value, int size) {
    char here[LONGEST], there[LONGEST];
    int row[LONGEST + 1];
    if (stretch.end - stretch.first > LONGEST) return INT_MAX;
    const int a = digits_of(page->letters + stretch.first, stretch.end - stretch.first, here),
              b = digits_of(value, size, there);
    for (int j = 0; j <= b; j++) row[j] = j;
    for (int i = 1; i <= a; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= b; j++) {
            const int changed = diagonal + (here[i - 1] != there[j - 1]), less = row[j] < row[j - 1] ? row[j] : row[j - 1];
            diagonal = row[j];
            row[j] = changed <= less ? changed : less + 1;
        }
    }
    return row[b];
}

bool plait__recall_within(struct plait__arena *arena, const char *value, const char *whole) {
    char *part = plait__arena_allocate(arena, strlen(value) + 1), *all = plait__arena_allocate(arena, strlen(whole) + 1);
    if (!part || !all) return false;
    fold(value, part, (int)strlen(value));
    fold(whole, all, (int)strlen(whole));
    return strstr(all, part) != NULL;
}

static const char *value_of(const struct plait__example *example, const char *field) {
    for (int f = 0; f < example->field_count; f++)
        if (strcmp(example->fields[f].name, field) == 0) return example->fields[f].value;
    return NULL;
}

/* Whether another value of the same confirmed document stands on the page too: then the page is of the same shop. */
static bool is_vouched(const struct key *page, const struct plait__example *example, const char *field) {
    char value[LONGEST];
    for (int f = 0; f < example->field_count; f++) {
        const struct plait__example_field *other = &example->fields[f];
        const int size = other->value && strcmp(other->name, field) != 0 ? fold(other->value, value, LONGEST) : 0;
        if (size < VOUCHING || size == LONGEST) continue;
        const struct stretch stretch = align(page, value, size);
        if (stretch.likeness >= vouching_least && differing_digits(page, stretch, value, size) == 0) return true;
    }
    return false;
}

enum plait_status plait__recall(struct plait__arena *arena, const struct plait__recall *recall, const char *field,
                                const struct plait__page *page, struct plait__recalled *recalled_out) {
    struct key key = {0};
    char value[LONGEST];
    *recalled_out = (struct plait__recalled){0};
    if (recall->count == 0) return PLAIT_OK;
    PLAIT__TRY(key_of_page(arena, page, &key));
    for (int a = 0; a < recall->count; a++) {
        const struct plait__example *example = recall->alike[a].example;
        const char *text = value_of(example, field);
        const int size = text ? fold(text, value, LONGEST) : 0;
        if (size < SHORTEST || size == LONGEST) continue;
        const struct stretch at = align(&key, value, size);
        const bool akin = plait__numbers_shared(recall->numbers, example->numbers);
        if (at.likeness < (akin ? akin_least : likeness_least) || at.likeness <= recalled_out->likeness || at.end <= at.first)
            continue;
        const int digits = differing_digits(&key, at, value, size), first = key.words[at.first];
        if (digits > 1 && strpbrk(text, "0123456789")) continue;
        *recalled_out = (struct plait__recalled){.value = text,
                                                 .id = example->id,
                                                 .first = first,
                                                 .count = key.words[at.end - 1] - first + 1,
                                                 .likeness = at.likeness,
                                                 .digits = digits,
                                                 .vouched = is_vouched(&key, example, field),
                                                 .akin = akin,
                                                 .longer = at.end - at.first > size};
    }
    return PLAIT_OK;
}
