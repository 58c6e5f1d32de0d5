/* From the scores of words to the probability of values: how a field is chosen among all it could be.
 *
 * A span field is a stretch of words; a stretch weighs exp(the sum of its words' logits + those of its two ends).  A choice
 * field is one of the page's candidates; a candidate weighs exp(the mean of its words' logits), and candidates of the same
 * value count together.  "None" weighs 1 in both.  Weights are made to sum to 1: the networks are trained with these very
 * probabilities. */
#ifndef PLAIT_DOCUMENT_SCORES_H
#define PLAIT_DOCUMENT_SCORES_H

#include "document/candidates.h"

/* One set of senses, one field. */
struct plait__scores {
    const float *logits; /* [word_count, label_count] */
    int word_count, label_count;
    int inside, first, last; /* labels; first and last only for spans */
    const float *bonus;      /* choices: what else speaks for each candidate, in logits; NULL: nothing */
};

/* How words are told to say the same: letters and digits alone, case folded. */
bool plait__same_letters(const struct plait__page *page, int first_a, int last_a, int first_b, int last_b);

/* The most probable stretch; false when "none" weighs more than any. */
bool plait__best_span(const struct plait__scores *scores, int *first_out, int *last_out);
/* Of words first..last, and of all other stretches that say the same. */
float plait__span_probability(const struct plait__scores *scores, const struct plait__page *page, int first, int last);

/* The index of the most probable candidate of the most probable value among those of `type`; -1 when there is none. */
int plait__best_choice(const struct plait__scores *scores, const struct plait__candidate *candidates, int count,
                       enum plait__field_type type);
/* Of all candidates of that type and value. */
float plait__choice_probability(const struct plait__scores *scores, const struct plait__candidate *candidates, int count,
                                enum plait__field_type type, int64_t value);
/* The greatest probability of any other value. */
float plait__runner_up(const struct plait__scores *scores, const struct plait__candidate *candidates, int count,
                       enum plait__field_type type, int64_t value);

#endif
