#include "document/candidates.h"

#include <string.h>

#include "base/ascii.h"

enum {
    DATE_WORDS = 6,   /* "05 / MAR / 2018" with its spaces */
    TEXT_MOST = 256,  /* bytes of one date or amount with what stands around it */
    DIGITS_MOST = 9,  /* of an amount, before the point */
    INTEGER_MOST = 6, /* of one without decimals; longer ones are codes */
};

/* Words of one row as one text, and where each begins. */
struct run {
    char text[TEXT_MOST];
    size_t begins[DATE_WORDS + 1];
    int count;
};

static int row_of(const struct plait__page *page, int word) {
    return page->lines[page->words[word].line].row;
}

static bool same_row(const struct plait__page *page, int word) {
    return word + 1 < page->word_count && row_of(page, word) == row_of(page, word + 1);
}

static void join(const struct plait__page *page, int first, int most, const char *between, struct run *run) {
    size_t size = 0;
    run->count = 0;
    for (int i = first; run->count < most; i++) {
        const size_t length = strlen(page->words[i].text), gap = run->count ? strlen(between) : 0;
        if (size + gap + length + 1 > TEXT_MOST) break;
        memcpy(run->text + size, between, gap);
        run->begins[run->count++] = size + gap;
        memcpy(run->text + size + gap, page->words[i].text, length);
        size += gap + length;
        if (!same_row(page, i)) break;
    }
    run->text[size] = '\0';
    run->begins[run->count] = size;
}

static bool find_date(const struct plait__page *page, int word, bool day_first, struct plait__date *date, struct run *run) {
    join(page, word, DATE_WORDS, " ", run);
    if (run->count == 0 || !plait__read_date(run->text, strlen(run->text), 0, day_first, date)) return false;
    return run->count == 1 || date->first + 1 < run->begins[1]; /* it begins in the first word */
}

/* "57." "80" and "57" ".80": an amount that a space has cut at its point. */
static bool is_cut(const char *left, const char *right) {
    const size_t length = strlen(left);
    if (length < 2) return false;
    const char last = left[length - 1], before = left[length - 2];
    const bool point_left = (last == '.' || last == ',') && plait__is_digit(before) && plait__is_digit(right[0]);
    const bool point_right = plait__is_digit(last) && (right[0] == '.' || right[0] == ',') && plait__is_digit(right[1]);
    if (!point_left && !point_right) return false;
    const char *decimals = right + point_right;
    return plait__is_digit(decimals[1]) && !plait__is_digit(decimals[2]);
}

static bool find_amount(const struct plait__page *page, int word, struct plait__amount *amount, struct run *run) {
    join(page, word, 2, "", run);
    if (run->count == 2 && !is_cut(page->words[word].text, page->words[word + 1].text)) {
        run->count = 1;
        run->text[run->begins[1]] = '\0';
    }
    if (run->count == 0 || !plait__read_amount(run->text, strlen(run->text), amount)) return false;
    return amount->digits <= (amount->decimals ? DIGITS_MOST : INTEGER_MOST);
}

/* How the page writes its dates, when one of them can be read in one way only: 1 day first, -1 month first, 0 unknown. */
static int page_order(const struct plait__page *page) {
    int votes = 0;
    struct plait__date date;
    struct run run;
    for (int i = 0; i < page->word_count; i++)
        if (find_date(page, i, true, &date, &run) && date.ordered && !date.named) votes += date.day_was_first ? 1 : -1;
    return (votes > 0) - (votes < 0);
}

enum plait_status plait__candidates(struct plait__arena *arena, const struct plait__page *page, bool day_first,
                                    struct plait__candidate **candidates_out, int *count_out) {
    struct plait__candidate *found = plait__arena_array(arena, (size_t)page->word_count + 1, sizeof *found);
    if (!found) return PLAIT_MEMORY;
    const int order = page_order(page);
    int count = 0;
    for (int i = 0; i < page->word_count; i++) {
        struct plait__candidate *candidate = &found[count];
        struct plait__date date;
        struct plait__amount amount;
        struct run run;
        size_t first, end;
        if (find_date(page, i, order ? order > 0 : day_first, &date, &run)) {
            *candidate = (struct plait__candidate){
                .type = PLAIT__FIELD_TYPE_DATE,
                .value = date.year * 10000 + date.month * 100 + date.day,
                .other = date.other_day && !order ? date.year * 10000 + date.other_month * 100 + date.other_day : 0,
                .repaired = date.repaired,
            };
            first = date.first, end = date.end;
        } else if (find_amount(page, i, &amount, &run)) {
            *candidate = (struct plait__candidate){.type = PLAIT__FIELD_TYPE_MONEY,
                                                   .value = amount.mils,
                                                   .decimals = amount.decimals,
                                                   .repaired = amount.repaired};
            first = amount.first, end = amount.end;
        } else {
            continue;
        }
        candidate->first = i;
        while (candidate->count < run.count && run.begins[candidate->count] < end) candidate->count++;
        candidate->text = plait__arena_string(arena, run.text + first, end - first);
        candidate->mark = plait__arena_string(arena, run.text, candidate->type == PLAIT__FIELD_TYPE_MONEY ? first : 0);
        if (!candidate->text || !candidate->mark) return PLAIT_MEMORY;
        i += candidate->count - 1;
        count++;
    }
    *candidates_out = found;
    *count_out = count;
    return PLAIT_OK;
}
