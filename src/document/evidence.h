#ifndef PLAIT_DOCUMENT_EVIDENCE_H
#define PLAIT_DOCUMENT_EVIDENCE_H

#include "model/package.h"

/* How much each sense did for an answer: its Shapley value (Shapley, 1953), the mean over all orders in which the senses could
 * have come in of what the answer's probability gained when it came, here exact.  `probability[set]` is that of the answer with
 * the senses of `set` alone, for every subset of `present`; without any sense it is 0.  The shares are >= 0 and sum to 1 (a
 * sense that spoke against the answer has none), or are all 0 when nothing is present. */
void plait__evidence(const float probability[1 << PLAIT__MODALITY_COUNT], unsigned present,
                     float shares_out[PLAIT__MODALITY_COUNT]);

/* How far the senses agree, one by one, that this is the answer: 1 less the Jensen-Shannon divergence (plait__agreement) of
 * what each alone says of "this" and "something else".  `asked`: the senses for which `probability` has a set of its own. */
float plait__senses_agree(const float probability[1 << PLAIT__MODALITY_COUNT], unsigned asked);

/* Whether a field's evidence says anything. */
struct plait__field;
bool plait__field_is_measured(const struct plait__field *field);

#endif
