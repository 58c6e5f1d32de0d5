#include "base/sha256.h"

#include <string.h>

enum { BLOCK = sizeof((struct plait__sha256 *)0)->held, MANY = 4096 /* bytes for which asking the processor pays */ };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2). */
static const uint32_t K[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
                               0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
                               0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
                               0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
                               0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
                               0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
                               0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
                               0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotated(uint32_t x, int by) {
    return x >> by | x << (32 - by);
}

/* One step (section 6.2.2, step 3).  Instead of moving all eight variables on, the caller turns their names. */
static inline void step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g, uint32_t *h,
                        uint32_t word) {
    uint32_t one = *h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + word;
    *d += one;
    *h = one + (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void take_block(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64];
    for (int t = 0; t < 16; t++, block += 4)
        w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    for (int t = 16; t < 64; t++) {
        uint32_t early = w[t - 15], late = w[t - 2];
        w[t] = w[t - 16] + (rotated(early, 7) ^ rotated(early, 18) ^ early >> 3) + w[t - 7] +
               (rotated(late, 17) ^ rotated(late, 19) ^ late >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t += 8) {
        step(a, b, c, &d, e, f, g, &h, K[t] + w[t]);
        step(h, a, b, &c, d, e, f, &g, K[t + 1] + w[t + 1]);
        step(g, h, a, &b, c, d, e, &f, K[t + 2] + w[t + 2]);
        step(f, g, h, &a, b, c, d, &e, K[t + 3] + w[t + 3]);
        step(e, f, g, &h, a, b, c, &d, K[t + 4] + w[t + 4]);
        step(d, e, f, &g, h, a, b, &c, K[t + 5] + w[t + 5]);
        step(c, d, e, &f, g, h, a, &b, K[t + 6] + w[t + 6]);
        step(b, c, d, &e, f, g, h, &a, K[t + 7] + w[t + 7]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

void plait__sha256_begin(struct plait__sha256 *hash) {
    *hash = (struct plait__sha256){
        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void plait__sha256_add(struct plait__sha256 *hash, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    size_t held = (size_t)(hash->size % BLOCK);
    hash->size += size;
    if (held > 0) {
        const size_t taken = size < BLOCK - held ? size : BLOCK - held;
        if (taken) memcpy(hash->held + held, at, taken);
        at += taken, size -= taken;
        if (held + taken < BLOCK) return;
        take_block(hash->state, hash->held);
    }
    if (size >= MANY && plait__sha256_x86_usable()) {
        plait__sha256_x86_blocks(hash->state, K, at, size / BLOCK);
        at += size / BLOCK * BLOCK, size %= BLOCK;
    }
    for (; size >= BLOCK; at += BLOCK, size -= BLOCK) take_block(hash->state, at);
    if (size) memcpy(hash->held, at, size);
}

void plait__sha256_end(const struct plait__sha256 *hash, char hex_out[65]) {
    uint32_t state[8];
    memcpy(state, hash->state, sizeof state);
    /* A one bit, zeros, and the length in bits, which may need a block of its own (section 5.1.1). */
    const size_t left = (size_t)(hash->size % BLOCK), end = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;
    uint8_t tail[2 * BLOCK] = {0};
    memcpy(tail, hash->held, left);
    tail[left] = 0x80;
    for (int i = 0; i < 8; i++) tail[end - 1 - (size_t)i] = (uint8_t)(hash->size * 8 >> (8 * i));
    for (size_t block = 0; block < end; block += BLOCK) take_block(state, tail + block);

    for (int i = 0; i < 64; i++) hex_out[i] = "0123456789abcdef"[state[i / 8] >> (28 - i % 8 * 4) & 15];
    hex_out[64] = '\0';
}

void plait__sha256_hex(const void *bytes, size_t size, char hex_out[65]) {
    struct plait__sha256 hash;
    plait__sha256_begin(&hash);
    plait__sha256_add(&hash, bytes, size);
    plait__sha256_end(&hash, hex_out);
}
