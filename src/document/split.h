#ifndef PLAIT_DOCUMENT_SPLIT_H
#define PLAIT_DOCUMENT_SPLIT_H

#include "document/document.h"

/* How many words white space parts the text into. */
int plait__split_count(const char *text);

/* Fills words[0 .. plait__split_count(text)) and the line's text and word count.  Every character of the text, spaces too, is
 * given the same share of the line's width.  The line's polygon and confidence are set; word_first is the caller's. */
enum plait_status plait__split_line(struct plait__arena *arena, const char *text, struct plait__line *line, int line_index,
                                    struct plait__word *words);

#endif
