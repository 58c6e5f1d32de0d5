/* What a picture's header says, and whether the file is whole.  The decoder behind us fills what is missing with grey
 * without a word, so truncation is found here, by walking the container to its end without decoding anything. */
#include <string.h>

#include "media/bytes.h"
#include "media/exif.h"
#include "media/image.h"

/* A file being walked. */
struct walk {
    plait_context *context;
    const uint8_t *bytes;
    size_t size, at;
};

static enum plait_status truncated(const struct walk *walk, const char *what) {
    return plait__fail(walk->context, PLAIT_INVALID, "truncated: expected %s, found the end of the file at byte %zu", what,
                       walk->size);
}

/* ------------------------------------------------------------------ JPEG (ITU-T T.81, annex B) */

enum { JPEG_SOF0 = 0xC0, JPEG_SOF2 = 0xC2, JPEG_DHT = 0xC4, JPEG_JPG = 0xC8, JPEG_DAC = 0xCC, JPEG_SOF15 = 0xCF };
enum { JPEG_RST0 = 0xD0, JPEG_RST7 = 0xD7, JPEG_EOI = 0xD9, JPEG_SOS = 0xDA, JPEG_APP1 = 0xE1, JPEG_TEM = 0x01 };

static enum plait_status jpeg_frame(const struct walk *walk, int marker, const uint8_t *body, size_t size,
                                    struct plait__image_header *header) {
    if (marker > JPEG_SOF2)
        return plait__fail(walk->context, PLAIT_UNSUPPORTED, "JPEG: expected baseline or progressive coding, found process %d",
                           marker - JPEG_SOF0);
    if (size < 6) return plait__fail(walk->context, PLAIT_INVALID, "JPEG: frame header of %zu bytes, expected 6 or more", size);
    if (body[0] != 8) return plait__fail(walk->context, PLAIT_UNSUPPORTED, "JPEG: expected 8 bits a sample, found %d", body[0]);
    if (body[5] != 1 && body[5] != 3)
        return plait__fail(walk->context, PLAIT_UNSUPPORTED, "JPEG: expected 1 (grey) or 3 (colour) components, found %d%s",
                           body[5], body[5] == 4 ? " (CMYK)" : "");
    header->height = (int)plait__be16(body + 1);
    header->width = (int)plait__be16(body + 3);
    return PLAIT_OK;
}

/* The next marker, skipping anything that is none (entropy-coded data, stuffed zeros, restarts); -1 at the end. */
static int jpeg_next_marker(struct walk *walk) {
    while (walk->at < walk->size) {
        const uint8_t *found = memchr(walk->bytes + walk->at, 0xFF, walk->size - walk->at);
        if (!found) break;
        walk->at = (size_t)(found - walk->bytes) + 1;
        if (walk->at == walk->size) break;
        int marker = walk->bytes[walk->at];
        if (marker == 0xFF) continue;
        walk->at++;
        if (marker != 0 && marker != JPEG_TEM && !(marker >= JPEG_RST0 && marker <= JPEG_RST7)) return marker;
    }
    walk->at = walk->size;
    return -1;
}

static enum plait_status jpeg_header(struct walk *walk, struct plait__image_header *header) {
    header->media_type = "image/jpeg";
    bool scan = false;
    walk->at = 2;
    for (;;) {
        int marker = jpeg_next_marker(walk);
        if (marker < 0) return truncated(walk, scan ? "the end-of-image marker of the JPEG" : "a scan of the JPEG");
        if (marker == JPEG_EOI) break;
        if (walk->size - walk->at < 2) return truncated(walk, "the length of a JPEG segment");
        size_t length = plait__be16(walk->bytes + walk->at);
        if (length < 2)
            return plait__fail(walk->context, PLAIT_INVALID, "JPEG: segment length %zu at byte %zu, expected 2 or more", length,
                               walk->at);
        if (length > walk->size - walk->at) return truncated(walk, "the rest of a JPEG segment");
        const uint8_t *body = walk->bytes + walk->at + 2;
        walk->at += length;
        bool frame =
            marker >= JPEG_SOF0 && marker <= JPEG_SOF15 && marker != JPEG_DHT && marker != JPEG_JPG && marker != JPEG_DAC;
        if (frame && !header->width) PLAIT__TRY(jpeg_frame(walk, marker, body, length - 2, header));
        if (marker == JPEG_SOS) scan = true;
        if (marker == JPEG_APP1 && length >= 8 && memcmp(body, "Exif\0\0", 6) == 0)
            header->orientation = plait__exif_orientation(body + 6, length - 8);
    }
    return scan ? PLAIT_OK
                : plait__fail(walk->context, PLAIT_INVALID, "JPEG: expected a scan before the end of the image, found none");
}

/* ------------------------------------------------------------------ PNG (ISO/IEC 15948) */

static enum plait_status png_header(struct walk *walk, struct plait__image_header *header) {
    header->media_type = "image/png";
    for (walk->at = 8;;) {
        if (walk->size - walk->at < 12) return truncated(walk, "a PNG chunk");
        const uint8_t *chunk = walk->bytes + walk->at;
        size_t length = plait__be32(chunk);
        if (walk->at == 8) {
            if (memcmp(chunk + 4, "IHDR", 4) != 0 || length != 13)
                return plait__fail(walk->context, PLAIT_INVALID, "PNG: expected the header chunk at byte 8, found another");
            if (walk->size < 33) return truncated(walk, "the PNG header");
            uint32_t width = plait__be32(chunk + 8), height = plait__be32(chunk + 12);
            header->width = width > INT32_MAX ? INT32_MAX : (int)width;
            header->height = height > INT32_MAX ? INT32_MAX : (int)height;
            /* A page far too large need not be whole to be refused. */
            if ((uint64_t)header->width * (uint64_t)header->height > PLAIT__IMAGE_PIXELS_MOST) return PLAIT_OK;
        }
        if (memcmp(chunk + 4, "IEND", 4) == 0) return PLAIT_OK;
        if (length > walk->size - walk->at - 12) return truncated(walk, "the rest of a PNG chunk");
        if (memcmp(chunk + 4, "eXIf", 4) == 0) header->orientation = plait__exif_orientation(chunk + 8, length);
        walk->at += length + 12;
    }
}

/* ------------------------------------------------------------------ BMP */

enum { BMP_CORE_HEADER = 12, BMP_RGB = 0, BMP_BITFIELDS = 3 };

static enum plait_status bmp_header(struct walk *walk, struct plait__image_header *header) {
    header->media_type = "image/bmp";
    if (walk->size < 34) return truncated(walk, "the BMP header");
    const uint8_t *p = walk->bytes;
    uint64_t offset = plait__le32(p + 10), bits;
    uint32_t coding = BMP_RGB;
    if (plait__le32(p + 14) == BMP_CORE_HEADER) {
        header->width = (int)plait__le16(p + 18);
        header->height = (int)plait__le16(p + 20);
        bits = plait__le16(p + 24);
    } else {
        int32_t width = (int32_t)plait__le32(p + 18), height = (int32_t)plait__le32(p + 22);
        if (width < 0 || height == INT32_MIN)
            return plait__fail(walk->context, PLAIT_INVALID, "BMP: size %d x %d, expected positive numbers", (int)width,
                               (int)height);
        header->width = width;
        header->height = height < 0 ? -height : height; /* negative: rows from top to bottom */
        bits = plait__le16(p + 28);
        coding = plait__le32(p + 30);
    }
    if (coding != BMP_RGB && coding != BMP_BITFIELDS)
        return plait__fail(walk->context, PLAIT_UNSUPPORTED, "BMP: expected uncompressed pixels, found coding %u",
                           (unsigned)coding);
    uint64_t row = ((uint64_t)header->width * bits + 31) / 32 * 4;
    if ((uint64_t)header->width * (uint64_t)header->height <= PLAIT__IMAGE_PIXELS_MOST &&
        offset + row * (uint64_t)header->height > walk->size)
        return truncated(walk, "more rows of the BMP");
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ PNM (netpbm's P5 and P6) */

/* The next decimal number, after white space and comments; -1 when there is none. */
static int pnm_number(struct walk *walk) {
    bool comment = false;
    for (; walk->at < walk->size; walk->at++) {
        uint8_t c = walk->bytes[walk->at];
        if (c == '#') comment = true;
        if (c == '\n' || c == '\r') comment = false;
        if (!comment && c >= '0' && c <= '9') break;
        if (!comment && !strchr(" \t\r\n\v\f", c)) return -1;
    }
    int number = -1;
    for (; walk->at < walk->size && walk->bytes[walk->at] >= '0' && walk->bytes[walk->at] <= '9'; walk->at++) {
        number = (number < 0 ? 0 : number) * 10 + (walk->bytes[walk->at] - '0');
        if (number > 100000000) return -1;
    }
    return number;
}

static enum plait_status pnm_header(struct walk *walk, struct plait__image_header *header) {
    header->media_type = "image/x-portable-anymap";
    if (walk->bytes[1] != '5' && walk->bytes[1] != '6')
        return plait__fail(walk->context, PLAIT_UNSUPPORTED, "PNM: expected binary grey (P5) or colour (P6), found P%c",
                           walk->bytes[1]);
    walk->at = 2;
    int width = pnm_number(walk), height = pnm_number(walk), most = pnm_number(walk);
    if (width < 0 || height < 0 || most < 1 || most > 65535)
        return plait__fail(walk->context, PLAIT_INVALID,
                           "PNM: expected width, height and a largest value up to 65535 after P%c", walk->bytes[1]);
    header->width = width;
    header->height = height;
    uint64_t pixels = (uint64_t)width * (uint64_t)height;
    uint64_t need = pixels * (walk->bytes[1] == '6' ? 3 : 1) * (most > 255 ? 2 : 1) + 1;
    if (pixels <= PLAIT__IMAGE_PIXELS_MOST && need > walk->size - walk->at) return truncated(walk, "more rows of the PNM");
    return PLAIT_OK;
}

/* ------------------------------------------------------------------ GIF */

/* Skips length-prefixed blocks up to the empty one. */
static bool gif_skip_blocks(struct walk *walk) {
    while (walk->at < walk->size) {
        size_t length = walk->bytes[walk->at++];
        if (length == 0) return true;
        if (length > walk->size - walk->at) break;
        walk->at += length;
    }
    return false;
}

static size_t gif_colours_bytes(uint8_t flags) {
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static enum plait_status gif_header(struct walk *walk, struct plait__image_header *header) {
    header->media_type = "image/gif";
    if (walk->size < 13) return truncated(walk, "the GIF header");
    header->width = (int)plait__le16(walk->bytes + 6);
    header->height = (int)plait__le16(walk->bytes + 8);
    walk->at = 13 + gif_colours_bytes(walk->bytes[10]);
    while (walk->at < walk->size) {
        int kind = walk->bytes[walk->at++];
        if (kind == '!') { /* an extension: label and blocks */
            walk->at++;
            if (!gif_skip_blocks(walk)) break;
        } else if (kind == ',') { /* the first picture: descriptor, colours, code size, blocks */
            if (walk->size - walk->at < 10) break;
            walk->at += 9 + gif_colours_bytes(walk->bytes[walk->at + 8]) + 1;
            if (!gif_skip_blocks(walk)) break;
            return PLAIT_OK;
        } else {
            return plait__fail(walk->context, PLAIT_INVALID, "GIF: expected a picture at byte %zu, found byte 0x%02x",
                               walk->at - 1, kind);
        }
    }
    return truncated(walk, "the first frame of the GIF");
}

/* ------------------------------------------------------------------ any */

static enum plait_status unknown(const struct walk *walk) {
    char found[4 * 3 + 1] = "";
    for (size_t i = 0; i < 4 && i < walk->size; i++) {
        static const char digits[] = "0123456789abcdef";
        found[3 * i] = digits[walk->bytes[i] >> 4];
        found[3 * i + 1] = digits[walk->bytes[i] & 15];
        found[3 * i + 2] = i + 1 < 4 && i + 1 < walk->size ? ' ' : '\0';
    }
    return plait__fail(walk->context, PLAIT_INVALID,
                       "expected a JPEG, PNG, BMP, PNM or GIF picture, found bytes %s at its start", found);
}

enum plait_status plait__image_inspect(plait_context *context, const uint8_t *bytes, size_t size,
                                       struct plait__image_header *header_out) {
    if (size == 0) return plait__fail(context, PLAIT_INVALID, "expected a picture, found an empty file");
    static const struct {
        const char *magic;
        size_t size;
        enum plait_status (*header)(struct walk *, struct plait__image_header *);
    } kinds[] = {{"\xFF\xD8\xFF", 3, jpeg_header},
                 {"\x89PNG\r\n\x1A\n", 8, png_header},
                 {"GIF87a", 6, gif_header},
                 {"GIF89a", 6, gif_header},
                 {"BM", 2, bmp_header},
                 {"P", 1, pnm_header}};
    struct walk walk = {context, bytes, size, 0};
    struct plait__image_header header = {0, 0, 1, NULL};
    size_t kind = 0, count = sizeof kinds / sizeof *kinds;
    while (kind < count && (size < kinds[kind].size || memcmp(bytes, kinds[kind].magic, kinds[kind].size) != 0)) kind++;
    bool pnm = kind == count - 1; /* one letter is little to go by: a digit and white space must follow */
    if (kind == count || (pnm && (size < 3 || bytes[1] < '1' || bytes[1] > '7' || !strchr(" \t\r\n#", bytes[2]) || !bytes[2])))
        return unknown(&walk);

    PLAIT__TRY(kinds[kind].header(&walk, &header));
    if (header.width < 1 || header.height < 1)
        return plait__fail(context, PLAIT_INVALID, "expected at least one pixel, found a size of %d x %d in the header",
                           header.width, header.height);
    if ((uint64_t)header.width * (uint64_t)header.height > PLAIT__IMAGE_PIXELS_MOST)
        return plait__fail(context, PLAIT_LIMIT, "expected at most %d pixels, found %d x %d in the header",
                           PLAIT__IMAGE_PIXELS_MOST, header.width, header.height);
    *header_out = header;
    return PLAIT_OK;
}
