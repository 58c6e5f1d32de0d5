/* A small font for writing on pictures: capitals, digits and some signs, drawn for this project. */
#ifndef PLAIT_DOCUMENT_FONT_H
#define PLAIT_DOCUMENT_FONT_H

#include <stdint.h>

enum { PLAIT__GLYPH_WIDTH = 5, PLAIT__GLYPH_HEIGHT = 7 };

/* The seven rows of a character, bit 4 is the leftmost of its five columns.  Small letters look like capitals, what the font
 * does not have like a full box. */
const uint8_t *plait__glyph(char character);

#endif
