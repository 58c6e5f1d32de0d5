/* Values in one form, whatever way they were printed. */
#ifndef PLAIT_DOCUMENT_NORMALISE_H
#define PLAIT_DOCUMENT_NORMALISE_H

#include "document/candidates.h"

/* "1234.50": a point, at least two decimals, a minus for a credit. */
const char *plait__money_value(struct plait__arena *arena, const struct plait__candidate *candidate);

/* ISO 4217 by the sign at the amount, else the sign printed most often on the page, else the rule's own; NULL: not known.
 * `signed_out`: the sign stands in the amount's own word. */
const char *plait__money_currency(const struct plait__field_rule *rule, const struct plait__page *page,
                                  const struct plait__candidate *candidate, bool *signed_out);

/* ISO 8601: "2018-03-31". */
const char *plait__date_value(struct plait__arena *arena, int64_t date);

/* Texts with one space between them, however many lines they stood on. */
const char *plait__joined_text(struct plait__arena *arena, const char *const *texts, int count);

/* The same without what does not belong to a name or an address at its ends: "ACME SDN BHD," is "ACME SDN BHD"; and without
 * spaces before commas. */
const char *plait__tidy_text(struct plait__arena *arena, const char *text);

#endif
