/* What each of a few players did for a result: its Shapley value (Shapley, 1953), the mean over all orders in which they could
 * have come in of what the result gained when it came, here exact. */
#ifndef PLAIT_FUSION_SHAPLEY_H
#define PLAIT_FUSION_SHAPLEY_H

enum { PLAIT__SHAPLEY_MOST = 8 };

/* `worth[set]` is the result with the players of `set` alone, for every subset of `present`, the empty one among them.  The
 * values of `present` sum to worth[present] - worth[0]; all others are 0. */
void plait__shapley(const float *worth, unsigned present, double values_out[PLAIT__SHAPLEY_MOST]);

/* The values as shares: >= 0 and of sum 1 (a player who spoke against the result has none), equal where all are 0. */
void plait__shapley_shares(const double values[PLAIT__SHAPLEY_MOST], unsigned present, float shares_out[PLAIT__SHAPLEY_MOST]);

#endif
