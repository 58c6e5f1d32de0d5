/* Amounts and dates as they are printed: reading them out of text.  No allocation, no locale; text is UTF-8, case is ignored.
 *
 * Recognisers confuse some letters with digits (O and 0, l and 1, S and 5, B and 8).  Inside a number such a letter is taken
 * for its digit, and the reading says how many were. */
#ifndef PLAIT_DOCUMENT_VALUES_H
#define PLAIT_DOCUMENT_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plait__amount {
    int64_t mils;      /* thousandths of the unit; negative for a credit */
    int decimals;      /* digits printed after the point, 0..3 */
    int digits;        /* digits printed before it */
    int repaired;      /* letters taken for digits */
    size_t first, end; /* bytes of the text that are the number, without sign and currency */
};

/* Reads the amount in one word ("RM1,234.50", "(3.20)", "$8", "11.40S").  False when it holds none: dates, times, percentages
 * and codes are no amounts. */
bool plait__read_amount(const char *text, size_t length, struct plait__amount *amount_out);

struct plait__date {
    int year, month, day;       /* the reading chosen */
    int other_month, other_day; /* 03/04/2018 read the other way round; 0 when there is only one reading */
    bool ordered;               /* the text itself says which number is the day (13/04, 4 APR, 2018-04-13) */
    bool day_was_first, named;  /* with `ordered` */
    int repaired;               /* letters taken for digits */
    size_t first, end;          /* bytes of the text */
};

/* Finds the first date in text[from .. length).  `day_first` chooses between two readings. */
bool plait__read_date(const char *text, size_t length, size_t from, bool day_first, struct plait__date *date_out);

/* The digit that a byte is or looks like; -1 for none.  Only '0'..'9' are digits for certain. */
int plait__digit_like(char byte);

#endif
