/* Pictures: decoding, turning to grey, resizing and cutting out.
 *
 * One convention for places everywhere: x to the right and y down, in units of pixels, (0, 0) is the outer corner of the
 * first pixel, so the pixel in column i and row j covers [i, i + 1) x [j, j + 1) and has its centre at (i + 0.5, j + 0.5).
 * Resizing maps corners to corners.  What lies outside a picture repeats its edge. */
#ifndef PLAIT_MEDIA_IMAGE_H
#define PLAIT_MEDIA_IMAGE_H

#include "base/context.h"

#define PLAIT__IMAGE_PIXELS_MOST 100000000 /* checked in the header, before anything is allocated for pixels */

struct plait__image {
    int width, height; /* pixels */
    int channels;      /* 1: grey, 3: RGB; always sRGB values as stored, never linear light */
    size_t stride;     /* bytes from one row to the next */
    uint8_t *pixels;   /* [height, width, channels] u8, rows from top to bottom; owned, see plait__image_end */
};

/* What the file's header says. */
struct plait__image_header {
    int width, height;      /* as stored, before the picture is turned upright */
    int orientation;        /* EXIF 1..8; 1 when the file does not say */
    const char *media_type; /* "image/jpeg"; static text */
};

/* JPEG, PNG, BMP, PNM or the first frame of a GIF.  Reads the header alone; the checks of plait__image_decode apply. */
enum plait_status plait__image_inspect(plait_context *context, const uint8_t *bytes, size_t size,
                                       struct plait__image_header *header_out);

/* Decodes, turned upright; 16 bit become 8, alpha is put on white.  `channels`: 1 grey, 3 RGB, 0 whichever the file holds.
 * INVALID: no picture of these kinds, or damaged; UNSUPPORTED: CMYK and the like; LIMIT: over PLAIT__IMAGE_PIXELS_MOST. */
enum plait_status plait__image_decode(plait_context *context, const uint8_t *bytes, size_t size, int channels,
                                      struct plait__image *image_out);

/* A picture with undefined contents. */
enum plait_status plait__image_create(plait_context *context, int width, int height, int channels,
                                      struct plait__image *image_out);
void plait__image_end(plait_context *context, struct plait__image *image); /* accepts a zeroed one; zeroes it */

/* Luma of Rec. 601 (0.299, 0.587, 0.114), rounded; a copy when it is grey already. */
enum plait_status plait__image_grey(plait_context *context, const struct plait__image *image, struct plait__image *grey_out);

/* The spread of grey from the darkest to the lightest fiftieth of a grey picture: 0 for an empty page, 1 for black on white. */
float plait__image_contrast(const struct plait__image *grey);

/* Turns a picture upright as its EXIF orientation (1..8) says. */
enum plait_status plait__image_orient(plait_context *context, struct plait__image *image, int orientation);

/* Turns a picture clockwise by a multiple of 90 degrees. */
enum plait_status plait__image_turn(plait_context *context, struct plait__image *image, int degrees);

/* Resizes into `out`, which the caller has created with the same channels.  An axis that gets shorter takes the mean of what
 * each new pixel covers (cv2.INTER_AREA), one that gets longer goes linearly between the nearest centres (cv2.INTER_LINEAR). */
enum plait_status plait__image_resize(plait_context *context, const struct plait__image *image, struct plait__image *out);

/* How bytes become the input of a network: (byte / 255 - mean) / deviation. */
struct plait__scale {
    float mean, deviation;
};

/* A grey picture into a network's input [rows, columns] f32, row-major.  The picture fills the upper left [height, width]
 * of it, resized as by plait__image_resize but not rounded to bytes; the rest is filled with white (255).
 * height <= rows, width <= columns. */
enum plait_status plait__image_to_f32(plait_context *context, const struct plait__image *grey, int height, int width,
                                      struct plait__scale scale, int rows, int columns, float *out);

/* Cuts a quadrilateral out of a grey picture and straightens it: corners in the order upper left, upper right, lower right,
 * lower left of the upright text, in pixels of `grey`.  Writes [height, width] f32 at `out`, rows `stride` floats apart.
 *
 * The centre of the result's pixel (i, j), that is u = (i + 0.5) / width, v = (j + 0.5) / height, is taken from the place where
 * the perspective map of the unit square onto the corners sends (u, v), between the four nearest pixel centres.  Where the cut
 * is smaller than the picture, nx by ny such samples, evenly spread over the pixel, are averaged: nx = ceil(longer of the upper
 * and lower edge / width), ny = ceil(longer of the left and right edge / height), at most 8 each. (cv2: warpPerspective to (nx
 * * width, ny * height), INTER_LINEAR, BORDER_REPLICATE, then resize with INTER_AREA.)
 *
 * `bend`: the text is an arc between the corners, whose middle lies so many pixels of `grey` lower than the straight one: every
 * sample is taken 4 u (1 - u) bend lower. */
void plait__image_cut(const struct plait__image *grey, const float corners[4][2], float bend, int width, int height,
                      struct plait__scale scale, float *out, size_t stride);

/* PNG bytes of a grey or RGB picture; release with plait__release. */
enum plait_status plait__image_encode_png(plait_context *context, const struct plait__image *image, uint8_t **bytes_out,
                                          size_t *size_out);

#endif
