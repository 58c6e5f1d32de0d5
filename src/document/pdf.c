#include "document/pdf.h"

#include "base/sha256.h"

enum { PICTURE_BYTES_MOST = 1 << 30, TEXT_BYTES_MOST = 64 << 20 };

static enum plait_status add_page(plait_document *document, const struct plait__pdf *pdf, int page) {
    struct plait__buffer picture, text;
    plait__buffer_init(&picture, pdf->context, PICTURE_BYTES_MOST);
    plait__buffer_init(&text, pdf->context, TEXT_BYTES_MOST);
    enum plait_status status = plait__pdf_page(pdf, page, &picture, &text);
    if (status == PLAIT_OK) {
        const plait_page_options options = {.text = text.size ? text.data : NULL, .text_size = text.size};
        status = plait_document_add_page(document, picture.data, picture.size, &options);
        if (status != PLAIT_OK) plait__fail_in(pdf->context, status, "page %d", page + 1);
    }
    plait__buffer_end(&text);
    plait__buffer_end(&picture);
    return status;
}

enum plait_status plait__read_pdf(plait_model *model, const struct plait__pdf *pdf, const plait_read_options *options,
                                  void (*before_page)(void *user, int page, int count), void *user,
                                  plait_document **document_out) {
    char digest[65];
    plait_read_options all = *options;
    plait_document *document = NULL;
    plait__sha256_hex(pdf->bytes, pdf->size, digest);
    all.media_type = "application/pdf";
    all.digest = digest;
    all.pages = pdf->page_count;
    PLAIT__TRY(plait_document_begin(model, &all, &document));
    enum plait_status status = PLAIT_OK;
    for (int page = 0; page < pdf->page_count && status == PLAIT_OK; page++) {
        if (before_page) before_page(user, page, pdf->page_count);
        status = add_page(document, pdf, page);
    }
    if (status == PLAIT_OK) status = plait_document_finish(document);
    if (status == PLAIT_OK)
        *document_out = document;
    else
        plait_document_destroy(document);
    return status;
}
