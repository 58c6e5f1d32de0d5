/* From a CTC network's steps to the likeliest text, with or without a language model. */
#ifndef PLAIT_DOCUMENT_BEAM_H
#define PLAIT_DOCUMENT_BEAM_H

#include "model/package.h"

/* A character of the text. */
struct plait__glyph {
    int character; /* index into the recogniser's characters */
    int step;      /* where the network was surest of it */
    float chance;  /* how sure: 0..1 */
};

struct plait__beam;

/* For lines of at most `steps_most` steps. */
enum plait_status plait__beam_create(plait_context *context, const struct plait__recogniser *recogniser, int steps_most,
                                     struct plait__beam **beam_out);
void plait__beam_destroy(struct plait__beam *beam); /* accepts NULL */

/* `logits` is [steps, character_count + 1] f32, class 0 the blank.  Puts the text's characters at `glyphs`, which has room for
 * `steps`, and gives their number. */
int plait__beam_search(struct plait__beam *beam, const float *logits, int steps, struct plait__glyph *glyphs);

#endif
