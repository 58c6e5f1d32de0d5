/* The description of this interface, OpenAPI 3.1, and the schema of documents that it refers to: files of this folder and of
 * src/document, which the build turns into C. */
#include <string.h>

#include "server/internal.h"

extern const char plait__openapi_json[], plait__document_schema_json[];

static void answer_text(struct plait__exchange *exchange, const char *text) {
    if (plait__buffer_append(&exchange->answer, text, strlen(text)) == PLAIT_OK)
        plait__answer(exchange, 200, "application/json");
    else
        plait__answer_error(exchange, 503, "memory is out");
}

void plait__handle_openapi(struct plait__exchange *exchange) {
    answer_text(exchange, plait__openapi_json);
}

void plait__handle_document_schema(struct plait__exchange *exchange) {
    answer_text(exchange, plait__document_schema_json);
}
