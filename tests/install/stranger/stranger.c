/* Somebody else's program: knows plait.h and nothing of the tree it came from. */
#include <plait.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--version") == 0) return puts(PLAIT_VERSION) < 0;

    plait_context_options options;
    plait_context_options_default(&options);
    options.threads = 2;
    plait_context *context = NULL;
    if (plait_context_create(&options, &context) != PLAIT_OK) return 1;
    plait_session *session = NULL;
    enum plait_status status = plait_session_create_from_file(context, "no-such-model.onnx", NULL, &session);
    printf("%s: %s\n", plait_status_name(status), plait_context_error(context));
    plait_context_destroy(context);
    return status != PLAIT_NOT_FOUND;
}
