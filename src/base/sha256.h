/* SHA-256 (FIPS 180-4), for naming what was read.  */
#ifndef PLAIT_BASE_SHA256_H
#define PLAIT_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that come one part after the other. */
struct plait__sha256 {
    uint32_t state[8];
    uint8_t held[64]; /* what does not fill a block yet */
    uint64_t size;    /* bytes so far */
};

void plait__sha256_begin(struct plait__sha256 *hash);
void plait__sha256_add(struct plait__sha256 *hash, const void *bytes, size_t size);
void plait__sha256_end(const struct plait__sha256 *hash, char hex_out[65]); /* of all so far; more may be added */

/* The digest as 64 lower-case hexadecimal digits and a NUL. */
void plait__sha256_hex(const void *bytes, size_t size, char hex_out[65]);

/* The same for whole blocks of 64 bytes, with the processor's own instructions, where it has them.  `k`: the constants of the
 * steps.  sha256_x86.c */
bool plait__sha256_x86_usable(void);
void plait__sha256_x86_blocks(uint32_t state[8], const uint32_t k[64], const uint8_t *at, size_t count);

#endif
