#include <math.h>

#include "model/package.h"

float plait__logit(float probability) {
    const float least = 1e-6f;
    const float p = fminf(fmaxf(probability, least), 1 - least);
    return logf(p / (1 - p));
}

float plait__calibrate(struct plait__calibration calibration, float probability) {
    return 1 / (1 + expf(-(calibration.scale * plait__logit(probability) + calibration.offset)));
}
