/* A PDF as one document: what the command and the server do with it. */
#ifndef PLAIT_DOCUMENT_PDF_H
#define PLAIT_DOCUMENT_PDF_H

#include "media/pdf.h"

/* Reads all pages of an opened PDF.  Media type, digest and the number of pages are set here; the other options hold.
 * `before_page` (may be NULL) is called before each page, 0 the first. */
enum plait_status plait__read_pdf(plait_model *model, const struct plait__pdf *pdf, const plait_read_options *options,
                                  void (*before_page)(void *user, int page, int count), void *user,
                                  plait_document **document_out);

#endif
