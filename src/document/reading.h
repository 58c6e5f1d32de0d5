/* A document between its first page and its last. */
#ifndef PLAIT_DOCUMENT_READING_H
#define PLAIT_DOCUMENT_READING_H

#include "base/sha256.h"
#include "document/document.h"

struct plait__reading {
    unsigned without; /* senses the caller leaves out */
    bool fields_only;
    int expected, capacity;       /* pages that the caller expects, and that there is room for */
    struct plait__field **fields; /* [page_count] what each page says by itself: [field_count] */
    float contrast;               /* of the pages' pictures, summed */
    struct plait__sha256 digest;  /* of the pages' bytes */
};

/* Reads a page and puts it at the document's end, with what it says of the fields and its tables.  One that fails leaves the
 * document as it was.  read.c */
enum plait_status plait__read_page(struct plait__document *document, const uint8_t *bytes, size_t size,
                                   const plait_page_options *options);

/* Fills document->fields from what the pages say.  `by_page`: [page_count] arrays of [field_count].  merge.c */
enum plait_status plait__merge_fields(struct plait__document *document, struct plait__field *const *by_page);

/* Fills in the modalities' quality and contribution, the reviews and the confidence of the type.  judge.c */
enum plait_status plait__judge(struct plait__document *document);

#endif
