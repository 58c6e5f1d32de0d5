/* SHA-256 with the instructions that many x86 processors have for it ("Intel SHA Extensions", 2013): blocks of a large file,
 * some ten times as fast as in plain C.  sha256.c is what it must agree with. */
#include "base/sha256.h"

#if defined __x86_64__ && defined __GNUC__
#include <cpuid.h>
#include <immintrin.h>

bool plait__sha256_x86_usable(void) {
    unsigned a, b, c, d;
    const bool shuffles = __get_cpuid(1, &a, &b, &c, &d) && c & bit_SSSE3 && c & bit_SSE4_1;
    return shuffles && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA;
}

/* The state as the instructions want it: a, b, e, f in one register, c, d, g, h in the other. */
__attribute__((target("sha,ssse3,sse4.1"))) void plait__sha256_x86_blocks(uint32_t state[8], const uint32_t k[64],
                                                                          const uint8_t *at, size_t count) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0), w[4];
    for (; count > 0; count--, at += 64) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        for (int t = 0; t < 16; t++) { /* four steps each */
            __m128i *now = &w[t & 3];
            if (t < 4) {
                *now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(at + 16 * t)), big_endian);
            } else {
                const __m128i last = w[(t + 3) & 3];
                const __m128i early =
                    _mm_add_epi32(_mm_sha256msg1_epu32(*now, w[(t + 1) & 3]), _mm_alignr_epi8(last, w[(t + 2) & 3], 4));
                *now = _mm_sha256msg2_epu32(early, last);
            }
            const __m128i sum = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)(k + 4 * t)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}
#else
bool plait__sha256_x86_usable(void) {
    return false;
}

void plait__sha256_x86_blocks(uint32_t state[8], const uint32_t k[64], const uint8_t *at, size_t count) {
    (void)state, (void)k, (void)at, (void)count;
}
#endif
