#include "document/values.h"

#include <string.h>

#include "base/ascii.h"

enum { SUFFIX_MOST = 4, DIGITS_MOST = 12 };

int plait__digit_like(char byte) {
    switch (byte) {
    case 'O':
    case 'o':
    case 'D':
    case 'Q':
        return 0;
    case 'I':
    case 'l':
    case 'i':
    case '|':
    case '!':
        return 1;
    case 'Z':
    case 'z':
        return 2;
    case 'S':
    case 's':
        return 5;
    case 'G':
        return 6;
    case 'B':
        return 8;
    default:
        return plait__is_digit(byte) ? byte - '0' : -1;
    }
}

/* The digits and marks of a number from `first` on: "1,234.5O". */
struct number {
    char digits[DIGITS_MOST];
    int count, repaired;
    int group;      /* digits since the last mark */
    int marks;      /* how many '.' and ',' */
    char last_mark; /* 0 when there is none */
    bool regular;   /* every group between two marks has three digits */
    size_t end;
};

static bool scan(const char *text, size_t length, size_t first, struct number *number_out) {
    struct number n = {.regular = true, .end = first};
    for (size_t i = first; i < length; i++) {
        const char c = text[i];
        const bool last = i + 1 == length;
        if (c == '.' || c == ',') {
            if (last || plait__digit_like(text[i + 1]) < 0) break;
            if (n.marks > 0 && n.group != 3) n.regular = false;
            n.marks++, n.last_mark = c, n.group = 0;
        } else {
            const int digit = plait__digit_like(c);
            if (digit < 0) break;
            /* A letter counts only in the midst of the number or at its very end: the S of "11.40S" is a tax code. */
            if (!plait__is_digit(c)) {
                const bool inside = !last && (plait__is_digit(text[i + 1]) || text[i + 1] == '.' || text[i + 1] == ',');
                const bool closes = last && n.marks > 0 && n.group == 1;
                if (!inside && !closes) break;
                n.repaired++;
            }
            if (n.count == DIGITS_MOST) return false;
            n.digits[n.count++] = (char)digit;
            n.group++;
        }
        n.end = i + 1;
    }
    *number_out = n;
    return n.count > 0 && n.repaired * 2 <= n.count;
}

/* How many of the digits stand after the decimal point; -1 when the marks make no number. */
static int decimals_of(const struct number *n) {
    if (n->marks == 0) return 0;
    if (n->group == 1 || n->group == 2) return n->regular ? n->group : -1;
    if (n->group != 3 || !n->regular) return -1;
    return n->marks == 1 && n->last_mark == '.' ? 3 : 0; /* 9.000 has three decimals, 9,000 and 1.234.000 none */
}

/* What may follow the digits in the same word: a few letters or closing marks. */
static bool suffix_fits(const char *text, size_t first, size_t length) {
    if (length - first > SUFFIX_MOST) return false;
    for (size_t i = first; i < length; i++)
        if (plait__is_digit(text[i]) || strchr("%/:#", text[i])) return false;
    return true;
}

bool plait__read_amount(const char *text, size_t length, struct plait__amount *amount_out) {
    size_t first = 0;
    while (first < length && !plait__is_digit(text[first])) first++;
    if (first == length) return false;
    if (first > 0 && text[first - 1] == '.') first--; /* ".50" */
    if (first > 0 && strchr("/#", text[first - 1])) return false;

    struct number n;
    const size_t from = text[first] == '.' ? first + 1 : first;
    if (!scan(text, length, from, &n)) return false;
    if (from != first) {
        if (n.marks > 0 || n.count > 2) return false;
        n.marks = 1, n.last_mark = '.';
    }
    const int decimals = decimals_of(&n);
    if (decimals < 0 || !suffix_fits(text, n.end, length)) return false;

    int64_t value = 0;
    for (int i = 0; i < n.count; i++) value = value * 10 + n.digits[i];
    for (int i = decimals; i < 3; i++) value *= 10;
    const bool negative =
        (first > 0 && (text[first - 1] == '-' || text[0] == '-' || text[0] == '(')) || (n.end < length && text[n.end] == '-');
    *amount_out = (struct plait__amount){negative ? -value : value, decimals, n.count - decimals, n.repaired, first, n.end};
    return true;
}
