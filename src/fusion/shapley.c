#include "fusion/shapley.h"

static int count_of(unsigned set) {
    int count = 0;
    for (; set; set &= set - 1) count++;
    return count;
}

static double factorial(int n) {
    return n < 2 ? 1 : n * factorial(n - 1);
}

void plait__shapley(const float *worth, unsigned present, double values_out[PLAIT__SHAPLEY_MOST]) {
    const int all = count_of(present);
    for (int p = 0; p < PLAIT__SHAPLEY_MOST; p++) {
        values_out[p] = 0;
        if (!(present >> p & 1)) continue;
        const unsigned others = present & ~(1u << p);
        /* Every subset of the others, the empty one last: how often do exactly they stand before p? */
        for (unsigned set = others, more = 1; more; more = set != 0, set = (set - 1) & others) {
            const int before = count_of(set);
            const double orders = factorial(before) * factorial(all - before - 1) / factorial(all);
            values_out[p] += orders * ((double)worth[set | 1u << p] - worth[set]);
        }
    }
}

void plait__shapley_shares(const double values[PLAIT__SHAPLEY_MOST], unsigned present, float shares_out[PLAIT__SHAPLEY_MOST]) {
    const int all = count_of(present);
    double sum = 0;
    for (int p = 0; p < PLAIT__SHAPLEY_MOST; p++) sum += values[p] > 0 ? values[p] : 0;
    for (int p = 0; p < PLAIT__SHAPLEY_MOST; p++) {
        const double share = values[p] > 0 ? values[p] / sum : 0;
        shares_out[p] = !(present >> p & 1) ? 0 : sum > 0 ? (float)share : 1.0f / (float)all;
    }
}
