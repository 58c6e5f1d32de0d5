/* TIFF 6.0, section 2: a header, then a directory of 12-byte entries; EXIF 2.3, tag 0x0112. */
#include "media/exif.h"

#include <string.h>

#include "media/bytes.h"

enum { HEADER_BYTES = 8, ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };

int plait__exif_orientation(const uint8_t *bytes, size_t size) {
    if (size < HEADER_BYTES) return 1;
    int big = memcmp(bytes, "MM\0*", 4) == 0;
    if (!big && memcmp(bytes, "II*\0", 4) != 0) return 1;
    uint32_t (*u16)(const uint8_t *) = big ? plait__be16 : plait__le16;
    uint32_t (*u32)(const uint8_t *) = big ? plait__be32 : plait__le32;

    size_t directory = u32(bytes + 4);
    if (directory > size - 2) return 1;
    size_t entries = u16(bytes + directory);
    const uint8_t *entry = bytes + directory + 2;
    size_t room = (size - directory - 2) / ENTRY_BYTES;
    for (size_t i = 0; i < entries && i < room; i++, entry += ENTRY_BYTES) {
        if (u16(entry) != TAG_ORIENTATION || u16(entry + 2) != TYPE_SHORT || u32(entry + 4) != 1) continue;
        uint32_t orientation = u16(entry + 8);
        return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
    }
    return 1;
}
