#include "backend/digest.h"

#include <string.h>

/* Eight lanes, each of which takes every eighth word in by steps that can be undone: two inputs that differ in one word of a
 * lane never meet, others by an accident of 2^-64.  Independent lanes make it as fast as memory, and it runs at every plan.
 * Not meant against an adversary, who could only spoil their own model. */
enum { LANES = 8 };

static uint64_t rotate(uint64_t word, int by) {
    return word << by | word >> (64 - by);
}

static void take_in(uint64_t lanes[LANES], const void *block) {
    uint64_t words[LANES];
    memcpy(words, block, sizeof words);
    for (int i = 0; i < LANES; i++) lanes[i] = rotate((lanes[i] ^ words[i]) * 0x87C37B91114253D5u, 31);
}

void plait__digest_add(struct plait__digest *digest, const void *bytes, size_t size) {
    uint64_t lanes[LANES], rest[LANES] = {0};
    const unsigned char *at = bytes;
    for (int i = 0; i < LANES; i++) lanes[i] = digest->words[i & 1] + (uint64_t)(i + 1) * 0x9E3779B97F4A7C15u + size;
    for (size_t left = size; left >= sizeof rest; left -= sizeof rest, at += sizeof rest) take_in(lanes, at);
    if (size % sizeof rest) memcpy(rest, at, size % sizeof rest);
    take_in(lanes, rest);
    uint64_t a = digest->words[0], b = digest->words[1];
    for (int i = 0; i < LANES; i++) {
        a = rotate((a ^ lanes[i]) * 0x4CF5AD432745937Fu, 33) + b;
        b = rotate((b ^ lanes[i]) * 0xC2B2AE3D27D4EB4Fu, 29) ^ a;
    }
    digest->words[0] = (a ^ a >> 33) * 0xFF51AFD7ED558CCDu;
    digest->words[1] = (b ^ b >> 29) * 0xC4CEB9FE1A85EC53u;
}
