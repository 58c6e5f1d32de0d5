#include "fusion/agreement.h"

#include <math.h>

float plait__agreement(const float *const *probabilities, int count, int classes) {
    double mean_entropy = 0, entropy = 0;
    if (count < 2) return 1;
    for (int c = 0; c < classes; c++) {
        double mean = 0;
        for (int i = 0; i < count; i++) {
            const double p = probabilities[i][c];
            mean += p / count;
            if (p > 0) entropy -= p * log(p) / count;
        }
        if (mean > 0) mean_entropy -= mean * log(mean);
    }
    const double most = log(count < classes ? count : classes); /* as far apart as that many can be */
    return (float)fmin(fmax(1 - (mean_entropy - entropy) / most, 0), 1);
}
