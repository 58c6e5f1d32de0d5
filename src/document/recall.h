/* Values that a person confirmed on pages that look like this one, found again on it. */
#ifndef PLAIT_DOCUMENT_RECALL_H
#define PLAIT_DOCUMENT_RECALL_H

#include "document/document.h"
#include "memory/memory.h"

enum { PLAIT__ALIKE_MOST = 8 };

/* The confirmed documents that look like the page, the most alike first; none without a memory. */
struct plait__recall {
    int count;
    const char *numbers; /* of the page, as plait__numbers gives them */
    struct plait__alike alike[PLAIT__ALIKE_MOST];
};

enum plait_status plait__recall_begin(struct plait__arena *arena, struct plait_memory *memory, const struct plait__page *page,
                                      struct plait__recall *recall_out);

/* A confirmed value and where it stands on this page. */
struct plait__recalled {
    const char *value; /* NULL: none of them stands here; the memory's */
    const char *id;    /* of the confirmed document */
    int first, count;  /* words */
    float likeness;    /* 0..1: the share of its letters and digits that stand there as they should */
    int digits;        /* digits by which that stretch and the value differ */
    bool vouched;      /* another value of that document stands on the page too */
    bool akin;         /* the heads of both pages share a number of a register, a tax office or a telephone */
    bool longer;       /* the stretch has more letters than the value */
};

/* The confirmed value of a text or address field that stands on the page most nearly: the stretch of text with the fewest
 * differences from it (Sellers, 1980), if they are few enough. */
enum plait_status plait__recall(struct plait__arena *arena, const struct plait__recall *recall, const char *field,
                                const struct plait__page *page, struct plait__recalled *recalled_out);

/* Whether a value's letters and digits stand in those of another text. */
bool plait__recall_within(struct plait__arena *arena, const char *value, const char *whole);

#endif
