#ifndef PLAIT_DOCUMENT_STRANGE_H
#define PLAIT_DOCUMENT_STRANGE_H

#include "model/package.h"

/* How much there is in a text that hardly ever stands in documents of this kind, by the recogniser's language model: the sum
 * over its characters of what -log(chance after those before it) is more than usual.  0 without a model.  Mistakes make rare
 * sequences: a text that has many is doubtful, whoever read it. */
enum plait_status plait__strangeness(struct plait__arena *arena, const struct plait__recogniser *recogniser, const char *text,
                                     float *strangeness_out);

#endif
