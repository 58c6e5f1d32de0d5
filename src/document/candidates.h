/* Everything on a page that can be read as an amount or a date. */
#ifndef PLAIT_DOCUMENT_CANDIDATES_H
#define PLAIT_DOCUMENT_CANDIDATES_H

#include "document/document.h"
#include "document/values.h"

struct plait__candidate {
    enum plait__field_type type; /* PLAIT__FIELD_TYPE_MONEY or PLAIT__FIELD_TYPE_DATE */
    int first, count;            /* its words, one after the other in one row */
    int64_t value;               /* money: thousandths; date: 20180331 */
    int64_t other;               /* date: the other reading, 0 when there is none */
    int decimals, repaired;      /* as in values.h */
    const char *text;            /* as printed; of an amount the number alone */
    const char *mark;            /* money: what stands before the number in the same word, "" when nothing does: "RM", "-$" */
};

/* In reading order.  `day_first` chooses between two readings of a date where no date of the page settles it. */
enum plait_status plait__candidates(struct plait__arena *arena, const struct plait__page *page, bool day_first,
                                    struct plait__candidate **candidates_out, int *count_out);

#endif
