/* Reading documents for whoever asks: /v1/documents, the inference protocol, events. */
#ifndef PLAIT_SERVER_DOCUMENTS_H
#define PLAIT_SERVER_DOCUMENTS_H

#include "server/internal.h"

/* What is to be read, and how.  All of it lives as long as the exchange. */
struct plait__document_job {
    const char *bytes;
    size_t size;
    const char *name, *model, *without; /* NULL: not given */
    const char *text;                   /* ends in NUL; NULL: the page is read */
    size_t text_size;
    const char *audio; /* a voice note; NULL: none */
    size_t audio_size;
    bool fields_only;
    bool may_degrade; /* where many wait, the cheap path alone will do */
};

/* Whether the bytes' beginning is that of a document within the limits; otherwise that is answered. */
bool plait__document_acceptable(struct plait__exchange *exchange, const struct plait__document_job *job);

/* Reads it, measures it, and gives its JSON, NUL at its end, in `json`; or answers, and is false. */
bool plait__document_read(struct plait__exchange *exchange, struct plait__replica *replica,
                          const struct plait__document_job *job, struct plait__buffer *json);

/* Only reads it: nothing is measured or answered. */
enum plait_status plait__document_run(struct plait__server *server, struct plait__replica *replica,
                                      const struct plait__document_job *job, plait_document **document_out);

/* Holds the edition that documents are read with: the one named (NAME or NAME@VERSION) or the server's; or answers. */
bool plait__document_hold(struct plait__exchange *exchange, const char *model);

#endif
