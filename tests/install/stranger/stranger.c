/* Somebody else's program, complete: reads one picture and prints what is in it as JSON.  It knows plait.h and nothing of the
 * tree it came from.
 *
 *     stranger MODEL_FOLDER PICTURE */
#include <plait.h>
#include <stdio.h>

static unsigned char picture[4 << 20];

static size_t load(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(picture, 1, sizeof picture, file) : 0;
    if (file) fclose(file);
    return size;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    plait_context *context = NULL;
    plait_model *model = NULL;
    plait_document *document = NULL;
    const char *json = NULL;
    enum plait_status status = plait_context_create(NULL, &context);
    if (status == PLAIT_OK) status = plait_model_create(context, arguments[1], NULL, &model);
    if (status == PLAIT_OK) status = plait_read(model, picture, load(arguments[2]), NULL, &document);
    if (status == PLAIT_OK) status = plait_document_json(document, &json);
    if (status == PLAIT_OK)
        puts(json);
    else
        fprintf(stderr, "%s: %s\n", plait_status_name(status), plait_context_error(context));
    plait_document_destroy(document);
    plait_model_destroy(model);
    plait_context_destroy(context);
    return status != PLAIT_OK;
}
