/* A document as JSON: the contract's plait.document/1, of which document.schema.json is the schema. */
#ifndef PLAIT_DOCUMENT_JSON_H
#define PLAIT_DOCUMENT_JSON_H

#include "base/buffer.h"
#include "document/document.h"

enum plait_status plait__document_write(const struct plait__document *document, struct plait__buffer *buffer);

#endif
