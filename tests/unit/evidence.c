/* Shares of the senses: exact Shapley values. */
#include "document/evidence.h"

#include "test.h"

enum { T = 1, L = 2, I = 4 };

static float sum(const float shares[PLAIT__MODALITY_COUNT]) {
    float all = 0;
    for (int m = 0; m < PLAIT__MODALITY_COUNT; m++) all += shares[m];
    return all;
}

TEST(three_senses) {
    /* By hand: text 1/3 * .6 + 1/6 * (.9 - .3) + 1/6 * (.7 - .1) + 1/3 * (1 - .4) = .6, layout .3, image .1. */
    const float p[16] = {[T] = 0.6f, [L] = 0.3f, [I] = 0.1f, [T | L] = 0.9f, [T | I] = 0.7f, [L | I] = 0.4f, [T | L | I] = 1};
    float shares[PLAIT__MODALITY_COUNT];
    plait__evidence(p, T | L | I, shares);
    CHECK_NEAR(shares[0], 0.6, 1e-6); /* f32 */
    CHECK_NEAR(shares[1], 0.3, 1e-6);
    CHECK_NEAR(shares[2], 0.1, 1e-6);
    CHECK_NEAR(shares[3], 0, 0);
    CHECK_NEAR(sum(shares), 1, 1e-6);
}

TEST(equal_senses_share_equally) {
    const float p[16] = {[T] = 0.2f, [L] = 0.2f, [T | L] = 0.8f};
    float shares[PLAIT__MODALITY_COUNT];
    plait__evidence(p, T | L, shares);
    CHECK_NEAR(shares[0], 0.5, 1e-6);
    CHECK_NEAR(shares[1], 0.5, 1e-6);
}

TEST(a_sense_against_the_answer_has_no_share) {
    const float p[16] = {[T] = 0.9f, [I] = 0, [T | I] = 0.5f};
    float shares[PLAIT__MODALITY_COUNT];
    plait__evidence(p, T | I, shares);
    CHECK_NEAR(shares[0], 1, 1e-6);
    CHECK_NEAR(shares[2], 0, 0);
}

TEST(agreement) {
    const float same[16] = {[T] = 0.9f, [L] = 0.9f, [I] = 0.9f}, apart[16] = {[T] = 1, [L] = 0};
    CHECK_NEAR(plait__senses_agree(same, T | L | I), 1, 1e-6);
    CHECK_NEAR(plait__senses_agree(apart, T | L), 0, 1e-6);
    CHECK_NEAR(plait__senses_agree(apart, T), 1, 0); /* with nobody */
    /* By hand: entropy of (.55, .45) less the mean of those of (.9, .1) and (.2, .8), .688139 - .412742, of log 2. */
    const float some[16] = {[T] = 0.9f, [I] = 0.2f};
    CHECK_NEAR(plait__senses_agree(some, T | I), 1 - (0.688139 - 0.412742) / 0.693147, 1e-5);
}

TEST(one_sense_or_none) {
    const float p[16] = {[L] = 0.4f};
    float shares[PLAIT__MODALITY_COUNT];
    plait__evidence(p, L, shares);
    CHECK_NEAR(shares[1], 1, 1e-6);
    plait__evidence(p, 0, shares);
    CHECK_NEAR(sum(shares), 0, 0);
    plait__evidence((const float[16]){0}, T | L, shares); /* nothing is known: nobody did more */
    CHECK_NEAR(sum(shares), 1, 1e-6);
}

TEST_MAIN(three_senses, equal_senses_share_equally, a_sense_against_the_answer_has_no_share, agreement, one_sense_or_none)
