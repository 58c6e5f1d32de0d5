#ifndef PLAIT_DOCUMENT_CHECKS_H
#define PLAIT_DOCUMENT_CHECKS_H

#include "document/candidates.h"

/* What the package's equations say of each candidate as the field's value: the sum, in logits, of what passing or failing each
 * of them is worth.  0 for dates, and where no equation applies.  `bonus_out` has `count` places. */
enum plait_status plait__check_bonus(struct plait__document *document, const struct plait__page *page,
                                     const struct plait__field_rule *rule, const struct plait__candidate *candidates, int count,
                                     float *bonus_out);

#endif
