/* PDF, read by poppler-utils in a confined child: the words with their places, and pictures of the pages. */
#ifndef PLAIT_MEDIA_PDF_H
#define PLAIT_MEDIA_PDF_H

#include "base/arena.h"
#include "base/buffer.h"

/* Places are in points (1/72 inch) from the page's upper left corner: x0, y0, x1, y1. */
struct plait__pdf_word {
    float box[4];
    const char *text; /* UTF-8, no white space */
};

struct plait__pdf_line {
    float box[4];
    int word_first, word_count;
};

struct plait__pdf_page {
    float width, height; /* points, as stored: a page that is shown turned has them the other way round */
    int line_count, word_count;
    struct plait__pdf_line *lines;
    struct plait__pdf_word *words;
};

struct plait__pdf {
    plait_context *context;
    struct plait__arena arena;
    const void *bytes; /* the caller's, as long as pages are rendered */
    size_t size;
    int page_count;
    struct plait__pdf_page *pages;
};

enum { PLAIT__PDF_PAGES_MOST = 200, PLAIT__PDF_SIDE_MOST = 14400 /* points: 200 inches, the most of PDF 1.7 */ };

bool plait__pdf_is(const void *bytes, size_t size);

/* Reads the text of all pages.  INVALID: damaged, or encrypted; LIMIT: too many pages, or too much work; NOT_FOUND:
 * poppler-utils is not installed. */
enum plait_status plait__pdf_open(plait_context *context, const void *bytes, size_t size, struct plait__pdf *pdf_out);
void plait__pdf_close(struct plait__pdf *pdf); /* accepts a zeroed one */

/* A page as a picture (PPM) at a resolution at which text has the size that the recogniser knows, and its words as JSON for
 * plait_page_options.text, in pixels of that picture; `text` stays empty when the page has no text layer to speak of and must
 * be read from its picture. */
enum plait_status plait__pdf_page(const struct plait__pdf *pdf, int page, struct plait__buffer *picture,
                                  struct plait__buffer *text);

/* The pages of what `pdftotext -bbox-layout` writes, NUL at its end.  Words that are no words, and places that are no places,
 * are left out; more than PLAIT__PDF_PAGES_MOST pages are a LIMIT.  pages_out is in the arena.  pdf_text.c */
enum plait_status plait__pdf_parse(struct plait__arena *arena, const char *xhtml, struct plait__pdf_page **pages_out,
                                   int *count_out);

#endif
