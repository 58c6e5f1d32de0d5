/* What a memory gives on pictures, and by what: for the fit of how sure that is (recalled.py).
 *
 *     build/native/tests/bench_recalled PACKAGE MEMORY KEY PICTURE...
 *
 * A line a field that was recalled: picture, field, the tagger's logit, confidence, value; tabs between them. */
#include <stdio.h>

#include "base/file.h"
#include "document/document.h"

static int read_one(plait_context *context, plait_model *model, const char *path) {
    enum { BYTES_MOST = 1 << 28 };
    struct plait__file file;
    plait_document *document = NULL;
    plait_read_options options;
    plait_read_options_default(&options);
    options.fields_only = true;
    if (plait__file_open(context, path, BYTES_MOST, &file) != PLAIT_OK) return 1;
    const enum plait_status status = plait_read(model, file.bytes, file.size, &options, &document);
    plait__file_close(context, &file);
    if (status != PLAIT_OK) return 1;
    for (int i = 0; i < document->field_count; i++) {
        const struct plait__field *field = &document->fields[i];
        if (!field->recalled) continue;
        printf("%s\t%s\t%.6f\t%.6f\t%s\n", path, field->rule->name, (double)field->chosen, (double)field->confidence,
               field->value);
    }
    plait_document_destroy(document);
    return fflush(stdout) != 0;
}

int main(int count, char **arguments) {
    plait_context *context = NULL;
    plait_model *model = NULL;
    plait_memory *memory = NULL;
    if (count < 4 || plait_context_create(NULL, &context) != PLAIT_OK) return 1;
    int failed = plait_model_create(context, arguments[1], NULL, &model) != PLAIT_OK ||
                 plait_memory_open(context, arguments[2], arguments[3], &memory) != PLAIT_OK;
    if (!failed) plait_model_remember(model, memory);
    for (int i = 4; i < count && !failed; i++) failed = read_one(context, model, arguments[i]);
    if (failed) fprintf(stderr, "bench_recalled: %s\n", plait_context_error(context));
    plait_model_destroy(model);
    plait_memory_destroy(memory);
    plait_context_destroy(context);
    return failed;
}
