/* EXIF, of which one number is wanted. */
#ifndef PLAIT_MEDIA_EXIF_H
#define PLAIT_MEDIA_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation 1..8 of a TIFF structure (what follows "Exif\0\0" in a JPEG, the eXIf chunk of a PNG); 1 when it says
 * nothing or is damaged. */
int plait__exif_orientation(const uint8_t *bytes, size_t size);

#endif
