/* Arithmetic checks: what the document says in two ways must agree.  They help to choose among several amounts, move the
 * confidence of the one chosen, and are reported. */
#include "document/checks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "document/normalise.h"

enum { FOUND_MOST = 4 }; /* amounts of one name */

struct found {
    int64_t mils[FOUND_MOST];
    int count;
};

/* ------------------------------------------------------------------ amounts by name */

/* Do the letters of a row's words hold the rule's word?  "SUB TOTAL" is in "Sub-total :", not in "TOTAL". */
static bool row_says(const struct plait__page *page, int first, int end, const char *wanted) {
    char letters[256];
    size_t size = 0;
    for (int i = first; i < end; i++)
        for (const char *c = page->words[i].text; *c; c++)
            if (plait__is_letter(*c) && size + 1 < sizeof letters) letters[size++] = plait__upper(*c);
    letters[size] = '\0';
    char key[64];
    size = 0;
    for (const char *c = wanted; *c; c++)
        if (plait__is_letter(*c) && size + 1 < sizeof key) key[size++] = plait__upper(*c);
    key[size] = '\0';
    return size > 0 && strstr(letters, key);
}

static int row_of(const struct plait__page *page, int word) {
    return page->lines[page->words[word].line].row;
}

/* For every row: its last price, under every name the row says. */
static void find_amounts(const struct plait__package *package, const struct plait__page *page,
                         const struct plait__candidate *candidates, int candidate_count, struct found *found) {
    int next = 0;
    for (int first = 0, end; first < page->word_count; first = end) {
        for (end = first; end < page->word_count && row_of(page, end) == row_of(page, first);) end++;
        const struct plait__candidate *price = NULL;
        for (; next < candidate_count && candidates[next].first < end; next++)
            if (candidates[next].type == PLAIT__FIELD_TYPE_MONEY && candidates[next].decimals > 0) price = &candidates[next];
        for (int a = 0; price && a < package->amount_count; a++) {
            const struct plait__amount_rule *rule = &package->amounts[a];
            bool named = false;
            for (int w = 0; w < rule->word_count && !named; w++) named = row_says(page, first, end, rule->words[w]);
            if (named && found[a].count < FOUND_MOST) found[a].mils[found[a].count++] = price->value;
        }
    }
}

/* ------------------------------------------------------------------ equations */

/* Tries every way to take one amount for each term from `term` on; keeps the sum that is nearest to the target. */
static void nearest_sum(const struct plait__check_rule *rule, const struct found *found, int term, int64_t sum, int64_t target,
                        int64_t *best) {
    if (term == rule->term_count) {
        if (llabs(sum - target) < llabs(*best - target)) *best = sum;
        return;
    }
    const struct plait__check_term *t = &rule->terms[term];
    const struct found *f = &found[t->amount];
    if (f->count == 0 || t->optional) nearest_sum(rule, found, term + 1, sum, target, best);
    for (int i = 0; i < f->count; i++) nearest_sum(rule, found, term + 1, sum + t->sign * f->mils[i], target, best);
}

static bool applies(const struct plait__check_rule *rule, const struct found *found) {
    int there = 0;
    for (int i = 0; i < rule->term_count; i++) {
        if (found[rule->terms[i].amount].count > 0)
            there++;
        else if (!rule->terms[i].optional)
            return false;
    }
    return there > 0;
}

/* The nearest that the terms come to the target; is it within the tolerance? */
static bool holds(const struct plait__check_rule *rule, const struct found *found, int64_t target, int64_t *sum_out) {
    *sum_out = INT64_MAX / 2;
    nearest_sum(rule, found, 0, 0, target, sum_out);
    return llabs(*sum_out - target) <= llround(rule->tolerance * 1000);
}

enum plait_status plait__check_bonus(struct plait__document *document, const struct plait__page *page,
                                     const struct plait__field_rule *rule, const struct plait__candidate *candidates, int count,
                                     float *bonus_out) {
    const struct plait__package *package = document->package;
    struct found *found = plait__arena_array(&document->arena, (size_t)package->amount_count + 1, sizeof *found);
    if (!found) return PLAIT_MEMORY;
    find_amounts(package, page, candidates, count, found);
    for (int i = 0; i < count; i++) {
        bonus_out[i] = 0;
        for (int c = 0; c < package->check_count && candidates[i].type == PLAIT__FIELD_TYPE_MONEY; c++) {
            const struct plait__check_rule *check = &package->checks[c];
            int64_t sum;
            if (strcmp(check->field, rule->name) != 0 || !applies(check, found)) continue;
            bonus_out[i] += holds(check, found, candidates[i].value, &sum) ? check->passed : check->failed;
        }
    }
    return PLAIT_OK;
}

static enum plait_status report(struct plait__document *document, const char *name, bool passed, const char *detail) {
    const size_t length = strlen(detail);
    struct plait__check *check = &document->checks[document->check_count++];
    *check = (struct plait__check){name, passed, plait__arena_string(&document->arena, detail, length)};
    return check->detail ? PLAIT_OK : PLAIT_MEMORY;
}

static enum plait_status check_equation(struct plait__document *document, const struct plait__check_rule *rule,
                                        const struct found *found, const struct plait__field *field) {
    if (!field->value || strcmp(field->rule->name, rule->field) != 0 || !applies(rule, found)) return PLAIT_OK;
    const int64_t target = llround(strtod(field->value, NULL) * 1000);
    int64_t sum;
    const bool passed = holds(rule, found, target, &sum);
    char detail[256];
    int size = snprintf(detail, sizeof detail, "%s is %s;", rule->field, field->value);
    for (int i = 0; i < rule->term_count && size < (int)sizeof detail; i++)
        size += snprintf(detail + size, sizeof detail - (size_t)size, " %c %s", rule->terms[i].sign < 0 ? '-' : '+',
                         document->package->amounts[rule->terms[i].amount].name);
    if (size < (int)sizeof detail)
        snprintf(detail + size, sizeof detail - (size_t)size, " is %lld.%02lld", (long long)(sum / 1000),
                 llabs(sum % 1000) / 10);
    return report(document, rule->name, passed, detail);
}

/* ------------------------------------------------------------------ dates */

/* 03/04/2018 has two readings.  Where nothing on the page says which, the package does; the other is noted. */
static enum plait_status check_readings(struct plait__document *document, const struct plait__candidate *candidates, int count,
                                        const struct plait__field *field) {
    if (!field->value || field->rule->type != PLAIT__FIELD_TYPE_DATE) return PLAIT_OK;
    for (int i = 0; i < count; i++) {
        const struct plait__candidate *c = &candidates[i];
        if (c->type != PLAIT__FIELD_TYPE_DATE || c->first != field->words[0] || c->other == 0) continue;
        const char *other = plait__date_value(&document->arena, c->other);
        if (!other) return PLAIT_MEMORY;
        char detail[160];
        snprintf(detail, sizeof detail, "%s is read as %s, %s first; it could also be %s", field->text, field->value,
                 field->rule->day_first ? "day" : "month", other);
        return report(document, "date_reading", true, detail);
    }
    return PLAIT_OK;
}

/* The checks of the fields that stand on one page. */
static enum plait_status check_page(struct plait__document *document, int number) {
    const struct plait__package *package = document->package;
    const struct plait__page *page = &document->pages[number];
    struct plait__candidate *candidates;
    int count;
    PLAIT__TRY(plait__candidates(&document->arena, page, true, &candidates, &count));
    struct found *found = plait__arena_array(&document->arena, (size_t)package->amount_count + 1, sizeof *found);
    if (!found) return PLAIT_MEMORY;
    find_amounts(package, page, candidates, count, found);
    for (int f = 0; f < document->field_count; f++) {
        if (document->fields[f].page != number) continue;
        for (int c = 0; c < package->check_count; c++)
            PLAIT__TRY(check_equation(document, &package->checks[c], found, &document->fields[f]));
        PLAIT__TRY(check_readings(document, candidates, count, &document->fields[f]));
    }
    return PLAIT_OK;
}

enum plait_status plait__checks(struct plait__document *document) {
    /* Every field may have every equation and a second reading; one more is left for what was heard. */
    const size_t most = (size_t)(document->package->check_count + 1) * (size_t)(document->field_count + 1);
    document->checks = plait__arena_array(&document->arena, most, sizeof *document->checks);
    if (!document->checks) return PLAIT_MEMORY;
    document->check_count = 0;
    for (int page = 0; page < document->page_count; page++) {
        bool asked = false;
        for (int f = 0; f < document->field_count && !asked; f++)
            asked = document->fields[f].value && document->fields[f].page == page;
        if (asked) PLAIT__TRY(check_page(document, page));
    }
    return PLAIT_OK;
}
