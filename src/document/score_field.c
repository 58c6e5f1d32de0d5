#include <math.h>
#include <string.h>

#include "document/score.h"

const char *plait__fault_name(enum plait__fault fault) {
    static const char *const names[] = {
#define FAULT_NAME(name, text) text,
        PLAIT__FAULT_MAP(FAULT_NAME)
#undef FAULT_NAME
    };
    return names[fault];
}

/* ------------------------------------------------------------------ equality */

/* What is compared with the truth: the text as printed, else the value. */
static const char *shown_of(const struct plait__field *field) {
    return field->text && *field->text ? field->text : field->value;
}

static bool same_number(const struct plait__field *field, const char *truth) {
    double a, b;
    bool found = plait__score_number(field->value, &a) || (field->text && plait__score_number(field->text, &a));
    return found && plait__score_number(truth, &b) && a == b;
}

static bool same_day(const struct plait__field *field, const char *truth) {
    int a = plait__score_day(field->value), b = plait__score_day(truth);
    if (!a && field->text) a = plait__score_day(field->text);
    return a && a == b;
}

static enum plait_status compare(struct plait__arena *arena, const struct plait__field *field, const char *truth,
                                 struct plait__field_score *score) {
    char *shown = plait__score_fold(arena, shown_of(field)), *expected = plait__score_fold(arena, truth);
    char *value = plait__score_fold(arena, field->value);
    if (!shown || !expected || !value) return PLAIT_MEMORY;
    char *shown_key = plait__score_key(arena, shown), *key = plait__score_key(arena, expected),
         *value_key = plait__score_key(arena, value);
    if (!shown_key || !key || !value_key) return PLAIT_MEMORY;
    score->strict = strcmp(shown, expected) == 0;
    switch (field->rule->type) {
    case PLAIT__FIELD_TYPE_MONEY:
    case PLAIT__FIELD_TYPE_NUMBER:
        score->right = same_number(field, truth);
        break;
    case PLAIT__FIELD_TYPE_DATE:
        score->right = same_day(field, truth);
        break;
    default:
        score->right = *key && strcmp(value_key, key) == 0;
        break;
    }
    score->right |= score->strict;
    int64_t edits = plait__score_edits(arena, shown_key, key), longer = plait__score_length(key),
            other = plait__score_length(shown_key);
    if (edits < 0) return PLAIT_MEMORY;
    if (other > longer) longer = other;
    score->similarity = 1 - (double)edits / (double)(longer ? longer : 1);
    if (!score->right && strcmp(shown_key, key) == 0) score->fault = PLAIT__FAULT_NORMALISATION;
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ faults */

/* The keys of all words the page was read to hold, with spaces around each. */
static const char *page_keys(struct plait__arena *arena, const struct plait__page *page) {
    size_t size = 2;
    for (int i = 0; i < page->word_count; i++) size += 3 * strlen(page->words[i].text) + 1;
    char *keys = plait__arena_allocate(arena, size), *end = keys;
    if (!keys) return NULL;
    *end++ = ' ';
    for (int i = 0; i < page->word_count; i++) {
        char *folded = plait__score_fold(arena, page->words[i].text), *key = folded ? plait__score_key(arena, folded) : NULL;
        if (!key) return NULL;
        size_t length = strlen(key);
        memcpy(end, key, length);
        end += length;
        *end++ = ' ';
    }
    *end = '\0';
    return keys;
}

/* Whether every word of the truth was read; those that were not, when a line that holds one was not found at all, were lost
 * in detection. */
static enum plait_status find_fault(struct plait__arena *arena, const char *truth_text, const struct plait__truth *truth,
                                    const bool *found_lines, const struct plait__page *page, enum plait__fault *fault_out) {
    const char *keys = page_keys(arena, page), *expected = plait__score_fold(arena, truth_text);
    if (!keys || !expected) return PLAIT_MEMORY;
    *fault_out = PLAIT__FAULT_TAGGING;
    for (const char *at = expected; *at;) {
        size_t length = strcspn(at, " ");
        const char *word = plait__arena_string(arena, at, length), *key = word ? plait__score_key(arena, word) : NULL;
        if (!key) return PLAIT_MEMORY;
        at += length + (at[length] == ' ');
        if (!*key || strstr(keys, key)) continue;
        *fault_out = PLAIT__FAULT_RECOGNITION;
        for (int i = 0; i < truth->line_count; i++) {
            if (found_lines[i] || !strstr(truth->lines[i].text, word)) continue;
            *fault_out = PLAIT__FAULT_DETECTION;
            return PLAIT_OK;
        }
    }
    return PLAIT_OK;
}

/* The confidence as the document's JSON gives it, so that its readers come to the same scores. */
static double as_written(float confidence) {
    return rint((double)confidence * 1e4) / 1e4;
}

enum plait_status plait__score_field(struct plait__arena *arena, const struct plait__field *field, const char *truth_text,
                                     const struct plait__truth *truth, const bool *found_lines, const struct plait__page *page,
                                     struct plait__field_score *score_out) {
    struct plait__field_score score = {
        .is_true = truth_text, .is_read = field->value && *field->value, .confidence = as_written(field->confidence)};
    if (score.is_true && score.is_read) PLAIT__TRY(compare(arena, field, truth_text, &score));
    if (score.is_read && !score.is_true) score.fault = PLAIT__FAULT_INVENTED;
    if (score.is_true && !score.right && !score.fault)
        PLAIT__TRY(find_fault(arena, truth_text, truth, found_lines, page, &score.fault));
    *score_out = score;
    return PLAIT_OK;
}
