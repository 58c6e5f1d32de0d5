/* SHA-256 (FIPS 180-4), for naming what was read.  */
#ifndef PLAIT_BASE_SHA256_H
#define PLAIT_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* The digest as 64 lower-case hexadecimal digits and a NUL. */
void plait__sha256_hex(const void *bytes, size_t size, char hex_out[65]);

#endif
