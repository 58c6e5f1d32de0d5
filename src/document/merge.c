/* From what each page says to what the document says. */
#include <math.h>
#include <string.h>

#include "base/ascii.h"
#include "document/reading.h"

/* How sure the page is that there is this very value: a page that withholds one is less sure of it than any that gives one. */
static float support(const struct plait__field *field) {
    return field->value ? field->confidence : 1 - field->confidence;
}

/* Is it the same name or address?  Case, spaces and signs do not count. */
static bool same_letters(const char *a, const char *b) {
    for (;; a++, b++) {
        while (*a && !plait__is_of_word(*a)) a++;
        while (*b && !plait__is_of_word(*b)) b++;
        if (plait__lower(*a) != plait__lower(*b)) return false;
        if (!*a) return true;
    }
}

static bool same_value(const struct plait__field *a, const struct plait__field *b) {
    const enum plait__field_type type = a->rule->type;
    if (!a->value || !b->value) return false;
    if (type == PLAIT__FIELD_TYPE_TEXT || type == PLAIT__FIELD_TYPE_ADDRESS) return same_letters(a->value, b->value);
    return strcmp(a->value, b->value) == 0;
}

static double odds(float confidence) {
    return (double)confidence / (double)fmaxf(1 - confidence, 1e-6f);
}

/* The value of the surest page.  Values are rivals as they are on one page (scores.h): "none" weighs 1, each value the odds of
 * the page that is surest of it, and the weights are made to sum to 1.  Alone, a value keeps its page's confidence. */
static struct plait__field merged(struct plait__field *const *by_page, int page_count, int f) {
    int best = 0;
    for (int p = 1; p < page_count; p++)
        if (support(&by_page[p][f]) > support(&by_page[best][f])) best = p;
    struct plait__field field = by_page[best][f];
    if (!field.value) return field;
    double rivals = 0;
    for (int p = 0; p < page_count; p++) {
        const struct plait__field *other = &by_page[p][f];
        bool counts = other->value && !same_value(other, &field);
        for (int q = 0; q < page_count && counts; q++) { /* the surest page speaks for all that say the same */
            const struct plait__field *same = &by_page[q][f];
            const bool surer = same->confidence > other->confidence || (same->confidence == other->confidence && q < p);
            if (surer && same_value(same, other)) counts = false;
        }
        if (counts) rivals += odds(other->confidence);
    }
    if (rivals > 0) field.confidence = (float)(odds(field.confidence) / (1 + odds(field.confidence) + rivals));
    return field;
}

enum plait_status plait__merge_fields(struct plait__document *document, struct plait__field *const *by_page) {
    const int count = document->package->has_tagger ? document->package->field_count : 0;
    document->fields = plait__arena_array(&document->arena, (size_t)count + 1, sizeof *document->fields);
    if (!document->fields) return PLAIT_MEMORY;
    document->field_count = count;
    for (int f = 0; f < count; f++) document->fields[f] = merged(by_page, document->page_count, f);
    return PLAIT_OK;
}
