#include "media/image.h"

#include <string.h>

#include "media/stb.h"

enum plait_status plait__image_create(plait_context *context, int width, int height, int channels,
                                      struct plait__image *image_out) {
    if (width < 1 || height < 1 || (uint64_t)width * (uint64_t)height > PLAIT__IMAGE_PIXELS_MOST)
        return plait__fail(context, PLAIT_LIMIT, "expected a picture of 1 to %d pixels, found %d x %d",
                           PLAIT__IMAGE_PIXELS_MOST, width, height);
    size_t stride = (size_t)width * (size_t)channels;
    uint8_t *pixels = plait__allocate(context, stride * (size_t)height);
    if (!pixels) return PLAIT_MEMORY;
    *image_out = (struct plait__image){width, height, channels, stride, pixels};
    return PLAIT_OK;
}

void plait__image_end(plait_context *context, struct plait__image *image) {
    plait__release(context, image->pixels);
    *image = (struct plait__image){0};
}

static uint8_t luma(const uint8_t *rgb) {
    return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

enum plait_status plait__image_grey(plait_context *context, const struct plait__image *image, struct plait__image *grey_out) {
    struct plait__image grey;
    PLAIT__TRY(plait__image_create(context, image->width, image->height, 1, &grey));
    for (int y = 0; y < image->height; y++) {
        const uint8_t *from = image->pixels + (size_t)y * image->stride;
        uint8_t *to = grey.pixels + (size_t)y * grey.stride;
        if (image->channels == 1)
            memcpy(to, from, (size_t)image->width);
        else
            for (int x = 0; x < image->width; x++) to[x] = luma(from + 3 * (size_t)x);
    }
    *grey_out = grey;
    return PLAIT_OK;
}

/* Orientations 5..8 swap the axes; which ends are exchanged follows from the table of EXIF 2.3, 4.6.4 A. */
enum plait_status plait__image_orient(plait_context *context, struct plait__image *image, int orientation) {
    if (orientation <= 1 || orientation > 8) return PLAIT_OK;
    bool swap = orientation >= 5;
    bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8; /* of the stored picture */
    bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int width = swap ? image->height : image->width, height = swap ? image->width : image->height;
    struct plait__image turned;
    PLAIT__TRY(plait__image_create(context, width, height, image->channels, &turned));
    size_t channels = (size_t)image->channels;
    for (int y = 0; y < height; y++) {
        uint8_t *to = turned.pixels + (size_t)y * turned.stride;
        for (int x = 0; x < width; x++, to += channels) {
            int from_x = swap ? y : x, from_y = swap ? x : y;
            if (mirror_x) from_x = image->width - 1 - from_x;
            if (mirror_y) from_y = image->height - 1 - from_y;
            memcpy(to, image->pixels + (size_t)from_y * image->stride + (size_t)from_x * channels, channels);
        }
    }
    plait__image_end(context, image);
    *image = turned;
    return PLAIT_OK;
}

enum plait_status plait__image_turn(plait_context *context, struct plait__image *image, int degrees) {
    static const int orientations[4] = {1, 6, 3, 8}; /* EXIF's */
    return plait__image_orient(context, image, orientations[degrees / 90 & 3]);
}

/* Puts [pixels, colours + alpha] on white, in place, leaving [pixels, colours]. */
static void put_on_white(uint8_t *pixels, size_t count, size_t colours) {
    uint8_t *to = pixels;
    for (const uint8_t *from = pixels, *end = pixels + count * (colours + 1); from < end; from += colours + 1) {
        unsigned alpha = from[colours];
        for (size_t c = 0; c < colours; c++) *to++ = (uint8_t)((from[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

/* Grey from RGB or RGB from grey: what stb cannot do because of an alpha channel. */
static enum plait_status change_channels(plait_context *context, struct plait__image *image, int channels) {
    struct plait__image changed;
    if (channels == 1) {
        PLAIT__TRY(plait__image_grey(context, image, &changed));
    } else {
        PLAIT__TRY(plait__image_create(context, image->width, image->height, channels, &changed));
        size_t count = (size_t)image->width * (size_t)image->height;
        for (size_t i = 0; i < count; i++) memset(changed.pixels + 3 * i, image->pixels[i], 3);
    }
    plait__image_end(context, image);
    *image = changed;
    return PLAIT_OK;
}

enum plait_status plait__image_decode(plait_context *context, const uint8_t *bytes, size_t size, int channels,
                                      struct plait__image *image_out) {
    struct plait__image_header header;
    PLAIT__TRY(plait__image_inspect(context, bytes, size, &header));
    int stored = plait__stb_channels(context, bytes, size);
    bool alpha = stored == 2 || stored == 4;

    /* Blocks the decoder may rightly need: 16-bit RGBA samples, or the compressed bytes gathered from their chunks. */
    size_t count = (size_t)header.width * (size_t)header.height, ceiling = 16 * count + 4 * size + ((size_t)1 << 20);
    int width, height, found;
    uint8_t *pixels = NULL;
    PLAIT__TRY(plait__stb_decode(context, bytes, size, alpha ? 0 : channels, ceiling, &width, &height, &found, &pixels));
    enum plait_status status = PLAIT_OK;
    struct plait__image image = {width, height, found, 0, pixels};
    if (found == 2 || found == 4) {
        put_on_white(pixels, (size_t)width * (size_t)height, (size_t)--found);
        image.channels = found;
    }
    image.stride = (size_t)width * (size_t)image.channels;
    if (channels && channels != image.channels) status = change_channels(context, &image, channels);
    if (status == PLAIT_OK) status = plait__image_orient(context, &image, header.orientation);
    if (status == PLAIT_OK)
        *image_out = image;
    else
        plait__image_end(context, &image);
    return status;
}

enum plait_status plait__image_encode_png(plait_context *context, const struct plait__image *image, uint8_t **bytes_out,
                                          size_t *size_out) {
    return plait__stb_encode_png(context, image->pixels, image->width, image->height, image->channels, image->stride, bytes_out,
                                 size_out);
}

float plait__image_contrast(const struct plait__image *grey) {
    size_t counts[256] = {0}, total = (size_t)grey->width * (size_t)grey->height, seen = 0;
    for (int y = 0; y < grey->height; y++)
        for (int x = 0; x < grey->width; x++) counts[grey->pixels[(size_t)y * grey->stride + (size_t)x]]++;
    int low = 0, high = 255;
    while (low < 255 && (seen += counts[low]) * 50 < total) low++;
    for (seen = 0; high > low && (seen += counts[high]) * 50 < total;) high--;
    return (float)(high - low) / 255;
}
