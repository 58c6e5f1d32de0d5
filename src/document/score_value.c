/* What printed amounts and dates say, for scoring only: written apart from the reader's own normalisation, so that the two
 * cannot share a mistake. */
#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <string.h>

#include "document/score.h"

/* ------------------------------------------------------------------ numbers */

bool plait__score_number(const char *text, double *number_out) {
    const char *first = text;
    while (*first && !isdigit((unsigned char)*first)) first++;
    if (!*first) return false;

    char digits[64] = "";
    size_t length = 0;
    for (const char *at = first; *at && (isdigit((unsigned char)*at) || strchr(",. \t\r\n", *at)); at++)
        if (!isspace((unsigned char)*at) && length < sizeof digits - 1) digits[length++] = *at;
    while (length && (digits[length - 1] == '.' || digits[length - 1] == ',')) length--;

    /* A separator before the last one or two digits is the decimal one; all others group thousands. */
    size_t decimals = 0;
    for (size_t tail = 1; tail <= 2; tail++)
        if (length > tail && !isdigit((unsigned char)digits[length - tail - 1])) decimals = tail;
    double number = 0;
    for (size_t i = 0; i < length; i++)
        if (isdigit((unsigned char)digits[i])) number = number * 10 + (digits[i] - '0');
    number /= pow(10, (double)decimals);

    /* A minus before the amount, perhaps with a currency between. */
    const char *minus = memchr(text, '-', (size_t)(first - text));
    bool negative = minus;
    for (const char *at = text; minus && at < minus; at++)
        if (isalpha((unsigned char)*at) && !strchr("rmyRMY", *at)) negative = false;
    *number_out = round((negative ? -number : number) * 1e4) / 1e4;
    return true;
}

/* ------------------------------------------------------------------ dates */

static int days_of(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static int make_day(int year, int month, int day) {
    if (year < 70)
        year += 2000;
    else if (year < 100)
        year += 1900;
    if (month < 1 || month > 12 || day < 1 || day > days_of(year, month)) return 0;
    return year * 10000 + month * 100 + day;
}

static int month_of(const char *name) {
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int m = 0; m < 12; m++)
        if (strncmp(names + 3 * m, name, 3) == 0) return m + 1;
    return 0;
}

/* Patterns in the order they are tried.  `order` says what the groups are: y, m, d numbers, M a month's name. */
#define GAP       "[[:space:]]*"
#define SEPARATOR GAP "[-/. ]" GAP
#define START     "(^|[^0-9])"
#define END       "([^0-9]|$)"
static const struct {
    const char *pattern;
    int groups[3]; /* in which parentheses they are */
    char order[3];
} dates[] = {
    {START "([0-9]{4})" SEPARATOR "([0-9]{1,2})" SEPARATOR "([0-9]{1,2})" END, {2, 3, 4}, "ymd"},
    {START "([0-9]{1,2})" SEPARATOR "([0-9]{1,2})" SEPARATOR "([0-9]{4}|[0-9]{2})" END, {2, 3, 4}, "dmy"},
    {START "([0-9]{1,2})" SEPARATOR "([0-9]{1,2})" SEPARATOR "([0-9]{4}|[0-9]{2})" END, {2, 3, 4}, "mdy"},
    {START "([0-9]{1,2})(st|nd|rd|th)?" GAP "[-/., ]*" GAP "([a-z]{3})[a-z]*" GAP "[-/.,' ]*" GAP "([0-9]{4}|[0-9]{2})" END,
     {2, 4, 5},
     "dMy"},
    {"([a-z]{3})[a-z]*" GAP "[-/., ]*" GAP "([0-9]{1,2})(st|nd|rd|th)?" GAP "[-/.,' ]+" GAP "([0-9]{4}|[0-9]{2})" END,
     {1, 2, 4},
     "Mdy"},
    {START "(20[0-9]{2})([0-9]{2})([0-9]{2})" END, {2, 3, 4}, "ymd"},
    {START "([0-9]{2})([0-9]{2})(20[0-9]{2})" END, {2, 3, 4}, "dmy"},
};

static int number_of(const char *text, regmatch_t group) {
    int number = 0;
    for (regoff_t i = group.rm_so; i < group.rm_eo; i++) number = number * 10 + (text[i] - '0');
    return number;
}

static int match_date(const char *text, size_t which) {
    regex_t compiled;
    regmatch_t groups[8];
    int year = 0, month = 0, day = 0;
    if (regcomp(&compiled, dates[which].pattern, REG_EXTENDED) != 0) return 0;
    bool found = regexec(&compiled, text, sizeof groups / sizeof *groups, groups, 0) == 0;
    regfree(&compiled);
    for (int i = 0; i < 3 && found; i++) {
        regmatch_t group = groups[dates[which].groups[i]];
        switch (dates[which].order[i]) {
        case 'y':
            year = number_of(text, group);
            break;
        case 'm':
            month = number_of(text, group);
            break;
        case 'd':
            day = number_of(text, group);
            break;
        case 'M':
            month = month_of(text + group.rm_so);
            break;
        }
    }
    return found ? make_day(year, month, day) : 0;
}

int plait__score_day(const char *text) {
    char folded[128];
    size_t length = 0;
    for (; *text && length < sizeof folded - 1; text++) folded[length++] = (char)tolower((unsigned char)*text);
    folded[length] = '\0';
    int day = 0;
    for (size_t i = 0; i < sizeof dates / sizeof *dates && !day; i++) day = match_date(folded, i);
    return day;
}
