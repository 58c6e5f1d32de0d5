/* Numbers in files, by byte order.  The caller has checked that the bytes are there. */
#ifndef PLAIT_MEDIA_BYTES_H
#define PLAIT_MEDIA_BYTES_H

#include <stdint.h>

static inline uint32_t plait__be16(const uint8_t *p) {
    return (uint32_t)p[0] << 8 | p[1];
}
static inline uint32_t plait__le16(const uint8_t *p) {
    return (uint32_t)p[1] << 8 | p[0];
}
static inline uint32_t plait__be32(const uint8_t *p) {
    return plait__be16(p) << 16 | plait__be16(p + 2);
}
static inline uint32_t plait__le32(const uint8_t *p) {
    return plait__le16(p + 2) << 16 | plait__le16(p);
}

#endif
