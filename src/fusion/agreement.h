#ifndef PLAIT_FUSION_AGREEMENT_H
#define PLAIT_FUSION_AGREEMENT_H

/* Agreement of the modalities' own answers: 1 less their Jensen-Shannon divergence (Lin, 1991) over its largest possible value.
 * probabilities: [count, classes]. */
float plait__agreement(const float *const *probabilities, int count, int classes);

#endif
