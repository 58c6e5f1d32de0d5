#ifndef PLAIT_DOCUMENT_FAMILIAR_H
#define PLAIT_DOCUMENT_FAMILIAR_H

#include "base/arena.h"

/* Which of the values that a field is known to have is `value`, or was meant by it: the nearest by Levenshtein's distance over
 * letters and digits without case, in which a wrong digit counts as three, when it is as near as a few misread characters (one
 * in eight, at least one) and none else is as near.  -1: none.  Fails without memory only. */
enum plait_status plait__familiar(struct plait__arena *arena, const char *const *values, int count, const char *value,
                                  int *index_out);

#endif
