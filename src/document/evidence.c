#include "document/evidence.h"

#include <string.h>

#include "fusion/shapley.h"

void plait__evidence(const float probability[1 << PLAIT__MODALITY_COUNT], unsigned present,
                     float shares_out[PLAIT__MODALITY_COUNT]) {
    float worth[1 << PLAIT__MODALITY_COUNT], shares[PLAIT__SHAPLEY_MOST];
    double values[PLAIT__SHAPLEY_MOST];
    memcpy(worth, probability, sizeof worth);
    worth[0] = 0;
    plait__shapley(worth, present, values);
    plait__shapley_shares(values, present, shares);
    memcpy(shares_out, shares, PLAIT__MODALITY_COUNT * sizeof *shares_out);
}
