#include "document/values.h"

#include <string.h>

#include "base/ascii.h"

/* The first three letters of the months in some languages; a longer word matches when it begins so. */
static const struct {
    char letters[4];
    int month;
} month_names[] = {
    {"jan", 1},  {"feb", 2},  {"mar", 3},  {"apr", 4},  {"may", 5}, {"jun", 6}, {"jul", 7},  {"aug", 8},
    {"sep", 9},  {"oct", 10}, {"nov", 11}, {"dec", 12}, {"mai", 5}, {"mac", 3}, {"mei", 5},  {"ogo", 8},
    {"okt", 10}, {"dis", 12}, {"dez", 12}, {"fev", 2},  {"avr", 4}, {"abr", 4}, {"ene", 1},  {"ago", 8},
    {"dic", 12}, {"gen", 1},  {"mag", 5},  {"giu", 6},  {"lug", 7}, {"set", 9}, {"ott", 10}, {"out", 10},
};

struct cursor {
    const char *text;
    size_t length, at;
    int repaired;
};

struct number {
    int value, digits;
};

/* Up to `most` digits.  A letter that looks like one counts when digits stand on both sides, or one before and the number's
 * end. */
static bool take_number(struct cursor *c, int most, struct number *number_out) {
    struct number n = {0};
    int repaired = 0;
    size_t i = c->at;
    for (; i < c->length && n.digits < most; i++) {
        const int digit = plait__digit_like(c->text[i]);
        if (digit < 0) break;
        if (!plait__is_digit(c->text[i])) {
            const bool before = i > c->at && plait__is_digit(c->text[i - 1]);
            const bool after = i + 1 < c->length && plait__is_digit(c->text[i + 1]);
            const bool letter_after = i + 1 < c->length && plait__is_letter(c->text[i + 1]);
            if (!(after && (before || i == c->at)) && !(before && !letter_after)) break;
            repaired++;
        }
        n.value = n.value * 10 + digit;
        n.digits++;
    }
    if (n.digits == 0 || repaired == n.digits) return false;
    c->at = i, c->repaired += repaired;
    *number_out = n;
    return true;
}

/* One mark with spaces around it, or spaces alone; returns the mark, ' ' for spaces, 0 for nothing. */
static char take_mark(struct cursor *c, const char *marks) {
    char found = 0;
    while (c->at < c->length && (c->text[c->at] == ' ' || (strchr(marks, c->text[c->at]) && (found == 0 || found == ' ')))) {
        if (found == 0 || found == ' ') found = c->text[c->at];
        c->at++;
    }
    return found;
}

static int take_month(struct cursor *c) {
    size_t end = c->at;
    while (end < c->length && plait__is_letter(c->text[end])) end++;
    if (end - c->at < 3 || end - c->at > 9) return 0;
    const char begin[3] = {plait__lower(c->text[c->at]), plait__lower(c->text[c->at + 1]), plait__lower(c->text[c->at + 2])};
    for (size_t i = 0; i < sizeof month_names / sizeof *month_names; i++)
        if (memcmp(begin, month_names[i].letters, 3) == 0) {
            c->at = end;
            return month_names[i].month;
        }
    return 0;
}

/* Two or four digits; of a longer run ("25/12/201813:39") the first four when they can be a year. */
static bool take_year(struct cursor *c, int *year_out) {
    struct cursor ahead = *c;
    struct number n;
    if (!take_number(&ahead, 4, &n) || n.digits == 1 || n.digits == 3) return false;
    const bool more = ahead.at < ahead.length && plait__is_digit(ahead.text[ahead.at]);
    if (n.digits == 2 && more) return false;
    if (n.digits == 4 && (n.value < 1970 || n.value >= 2070)) return false;
    *year_out = n.digits == 4 ? n.value : n.value + (n.value < 70 ? 2000 : 1900);
    *c = ahead;
    return true;
}

static bool exists(int year, int month, int day) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

/* Two numbers of which one is the day. */
static bool settle(int a, int b, int year, bool day_first, struct plait__date *d) {
    const bool ab = exists(year, b, a), ba = exists(year, a, b);
    if (!ab && !ba) return false;
    d->year = year;
    const bool first = ab && (day_first || !ba);
    d->day = first ? a : b, d->month = first ? b : a;
    d->ordered = ab != ba, d->day_was_first = first;
    if (ab && ba && a != b) d->other_day = d->month, d->other_month = d->day;
    return true;
}

static bool certain(int year, int month, int day, bool named, struct plait__date *d) {
    if (!exists(year, month, day)) return false;
    d->year = year, d->month = month, d->day = day, d->named = named;
    return true;
}

/* 20180304, 04032018 */
static bool compact(struct cursor *c, bool day_first, struct plait__date *d) {
    int value = 0;
    size_t i = c->at;
    for (; i < c->length && plait__is_digit(c->text[i]); i++) {
        if (i - c->at == 8) return false;
        value = value * 10 + (c->text[i] - '0');
    }
    if (i - c->at != 8) return false;
    c->at = i;
    const int year = value / 10000;
    if (year >= 1990 && year < 2070 && certain(year, value / 100 % 100, value % 100, false, d)) return true;
    const int tail = value % 10000;
    return tail >= 1990 && tail < 2070 && settle(value / 1000000, value / 10000 % 100, tail, day_first, d);
}

/* 2018-03-04 */
static bool year_first(struct cursor *c, struct plait__date *d) {
    struct number year, month, day;
    if (!take_number(c, 4, &year) || year.digits != 4 || year.value < 1970 || year.value >= 2070) return false;
    const char mark = take_mark(c, "-/.");
    if (mark == 0 || mark == ' ' || !take_number(c, 2, &month)) return false;
    if (take_mark(c, "-/.") != mark || !take_number(c, 2, &day)) return false;
    return certain(year.value, month.value, day.value, false, d);
}

/* 4/3/2018, 04-03-18, 4 MAR 2018, 05-JAN-'17, 1ST APRIL, 2018 */
static bool number_first(struct cursor *c, bool day_first, struct plait__date *d) {
    struct number a, b;
    int year, month;
    if (!take_number(c, 2, &a)) return false;
    struct cursor named = *c;
    static const char *const ordinals[] = {"st", "nd", "rd", "th"};
    if (named.at + 2 < named.length)
        for (int i = 0; i < 4; i++)
            if (plait__lower(named.text[named.at]) == ordinals[i][0] &&
                plait__lower(named.text[named.at + 1]) == ordinals[i][1] && !plait__is_letter(named.text[named.at + 2])) {
                named.at += 2;
                break;
            }
    take_mark(&named, "-/.,");
    if ((month = take_month(&named)) != 0) {
        take_mark(&named, "-/.,");
        take_mark(&named, "'");
        if (!take_year(&named, &year)) return false;
        *c = named;
        return certain(year, month, a.value, true, d);
    }
    const char mark = take_mark(c, "-/.");
    if (mark == 0 || !take_number(c, 2, &b) || take_mark(c, "-/.") != mark) return false;
    const size_t at = c->at;
    if (!take_year(c, &year)) return false;
    if (mark == ' ' && (c->at - at < 4 || a.digits < 2 || b.digits < 2)) return false; /* "2 10 18" is a row of numbers */
    return settle(a.value, b.value, year, day_first, d);
}

/* MAR 4, 2018 */
static bool month_first(struct cursor *c, struct plait__date *d) {
    struct number day;
    int year;
    const int month = take_month(c);
    if (month == 0) return false;
    take_mark(c, "-/.,");
    if (!take_number(c, 2, &day) || take_mark(c, "-/.,") == 0) return false;
    take_mark(c, "'");
    return take_year(c, &year) && certain(year, month, day.value, true, d);
}

bool plait__read_date(const char *text, size_t length, size_t from, bool day_first, struct plait__date *date_out) {
    for (size_t first = from; first < length; first++) {
        const bool digit = plait__digit_like(text[first]) >= 0, letter = plait__is_letter(text[first]);
        if (!digit && !letter) continue;
        if (first > 0 && (plait__is_digit(text[first - 1]) || (letter && plait__is_letter(text[first - 1])))) continue;
        for (int form = 0; form < 4; form++) {
            struct cursor c = {text, length, first, 0};
            struct plait__date d = {.first = first};
            const bool found = form == 0   ? digit && compact(&c, day_first, &d)
                               : form == 1 ? digit && year_first(&c, &d)
                               : form == 2 ? digit && number_first(&c, day_first, &d)
                                           : letter && month_first(&c, &d);
            if (!found) continue;
            if (form == 1 && c.at < length && plait__is_digit(text[c.at])) continue;
            d.end = c.at, d.repaired = c.repaired;
            *date_out = d;
            return true;
        }
    }
    return false;
}
