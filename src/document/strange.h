#ifndef PLAIT_DOCUMENT_STRANGE_H
#define PLAIT_DOCUMENT_STRANGE_H

#include "document/document.h"

/* How much there is in a text that hardly ever stands in documents of this kind, by the recogniser's language model: the sum
 * over its characters of what -log(chance after those before it) is more than usual.  0 without a model.  Mistakes make rare
 * sequences: a text that has many is doubtful, whoever read it. */
enum plait_status plait__strangeness(struct plait__arena *arena, const struct plait__recogniser *recogniser, const char *text,
                                     float *strangeness_out);

/* How much stranger a page is than pages usually are, in the mean over the characters of its words that are mostly letters: 0
 * for nineteen pages in twenty, and about 0.15 where one letter in twenty-five is wrong. */
enum plait_status plait__page_strangeness(struct plait__arena *arena, const struct plait__recogniser *recogniser,
                                          const struct plait__page *page, float *strangeness_out);

#endif
