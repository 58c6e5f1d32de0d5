/* What the tagger's encoders are given: a page's words as numbers.  The training script calls these very functions. */
#ifndef PLAIT_DOCUMENT_FEATURES_H
#define PLAIT_DOCUMENT_FEATURES_H

#include "document/document.h"

enum { PLAIT__TEXT_FEATURES = 24, PLAIT__LAYOUT_FEATURES = 48 };

/* Characters, one-hot: [word_count, alphabet_count, length] f32.  Case is folded; what the alphabet lacks is index 0.  A word
 * longer than `length` is looked at from both ends. */
void plait__text_characters(const struct plait__page *page, const struct plait__encoder *encoder, float *out);

/* What the words say together: amounts and dates among each other, place in the row, row on the page.
 * [word_count, PLAIT__TEXT_FEATURES] f32, about -1..1. */
enum plait_status plait__text_features(struct plait__arena *arena, const struct plait__page *page, bool day_first, float *out);

/* Place, size and neighbours, in units of the text's own height and of the page's inked part, so that neither resolution nor
 * margins matter.  [word_count, PLAIT__LAYOUT_FEATURES] f32, about -1..1. */
enum plait_status plait__layout_features(struct plait__arena *arena, const struct plait__page *page, float *out);

/* A word's picture with a little of what is around it.  [height, width] f32. */
void plait__word_picture(const struct plait__image *grey, const float polygon[4][2], int height, int width,
                         struct plait__scale scale, float *out);

#endif
