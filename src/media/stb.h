/* The two stb libraries, with their memory taken from a context. */
#ifndef PLAIT_MEDIA_STB_H
#define PLAIT_MEDIA_STB_H

#include "base/context.h"

/* Decodes to `channels` (1..4; 0: as stored, told in channels_out).  No single block of more than `ceiling` bytes is allocated.
 * The pixels, [height, width, channels] u8 without gaps, are released with plait__release. */
enum plait_status plait__stb_decode(plait_context *context, const uint8_t *bytes, size_t size, int channels, size_t ceiling,
                                    int *width_out, int *height_out, int *channels_out, uint8_t **pixels_out);

/* Whether the pixels, if any, can be transparent: 1..4 channels as stored; 0 when the header cannot be read. */
int plait__stb_channels(plait_context *context, const uint8_t *bytes, size_t size);

/* PNG bytes, released with plait__release. */
enum plait_status plait__stb_encode_png(plait_context *context, const uint8_t *pixels, int width, int height, int channels,
                                        size_t stride, uint8_t **bytes_out, size_t *size_out);

#endif
