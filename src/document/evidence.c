#include "document/evidence.h"

#include <string.h>

#include "document/document.h"
#include "fusion/agreement.h"
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

float plait__senses_agree(const float probability[1 << PLAIT__MODALITY_COUNT], unsigned asked) {
    float said[PLAIT__MODALITY_COUNT][2];
    const float *own[PLAIT__MODALITY_COUNT];
    int count = 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) {
        if (!(asked >> m & 1)) continue;
        said[count][0] = probability[1 << m], said[count][1] = 1 - probability[1 << m];
        own[count] = said[count];
        count++;
    }
    return plait__agreement(own, count, 2);
}

bool plait__field_is_measured(const struct plait__field *field) {
    float sum = 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) sum += field->evidence[m];
    return sum > 0;
}
