/* Words that are known already: what comes instead of detecting and recognising. */
#ifndef PLAIT_DOCUMENT_KNOWN_H
#define PLAIT_DOCUMENT_KNOWN_H

#include "document/document.h"

/* Fills the page's lines and words from {"lines":[{"box":[x0,y0,x1,y1],"text","words":[{"box","text"}]}]} (pixels of the page;
 * other keys are passed over; without "words" each character of the text is given the same share of the box), or from plain
 * text, one line a line.  Plain text has no places: its lines are stacked over the page and `placed_out`
 * is false. */
enum plait_status plait__known_text(plait_context *context, const char *text, size_t size, struct plait__arena *arena,
                                    struct plait__page *page, bool *placed_out);

#endif
