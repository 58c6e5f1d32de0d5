/* What bytes are known by, for what backends keep in a context: weights that were packed, or that are on a device.  Addresses
 * would not do: folded constants move from plan to plan, and a freed address may come back with other content. */
#ifndef PLAIT_BACKEND_DIGEST_H
#define PLAIT_BACKEND_DIGEST_H

#include <stddef.h>
#include <stdint.h>

struct plait__digest {
    uint64_t words[2];
};

/* Begin with a digest of zeros, and add everything that makes one packing differ from another. */
void plait__digest_add(struct plait__digest *digest, const void *bytes, size_t size);

#endif
