#ifndef PLAIT_DOCUMENT_SPELLING_H
#define PLAIT_DOCUMENT_SPELLING_H

#include "base/arena.h"

/* A word that was read badly, put right by a list of words that documents of this kind are full of ("words with spaces between
 * them").  Marks around the word stay.  `word` itself when it is in the list, too short to tell, or when none is near enough or
 * two are equally near; NULL without memory. */
const char *plait__respell(struct plait__arena *arena, const char *list, const char *word);

#endif
