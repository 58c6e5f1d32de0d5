#include "document/evidence.h"

static int count_of(unsigned set) {
    int count = 0;
    for (; set; set &= set - 1) count++;
    return count;
}

static double factorial(int n) {
    return n < 2 ? 1 : n * factorial(n - 1);
}

void plait__evidence(const float probability[1 << PLAIT__MODALITY_COUNT], unsigned present,
                     float shares_out[PLAIT__MODALITY_COUNT]) {
    const int all = count_of(present);
    double values[PLAIT__MODALITY_COUNT] = {0}, sum = 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) {
        if (!(present >> m & 1)) continue;
        const unsigned others = present & ~(1u << m);
        /* Every subset of the others, the empty one last: how often do exactly they stand before m? */
        for (unsigned set = others, more = 1; more; more = set != 0, set = (set - 1) & others) {
            const int before = count_of(set);
            const double orders = factorial(before) * factorial(all - before - 1) / factorial(all);
            values[m] += orders * (probability[set | 1u << m] - (set ? probability[set] : 0));
        }
        if (values[m] < 0) values[m] = 0;
        sum += values[m];
    }
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) {
        const bool here = present >> m & 1;
        shares_out[m] = sum > 0 ? (float)(values[m] / sum) : here ? 1.0f / (float)all : 0;
    }
}
