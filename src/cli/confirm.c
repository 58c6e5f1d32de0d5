/* plait confirm: a person has looked at a document. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/remember.h"

enum { DOCUMENT_BYTES_MOST = 64 << 20, FIELDS_MOST = 256 };

/* "total=12.30"; "total=" says that there is none. */
static enum plait_status read_fields(struct plait__arena *arena, int count, char **texts, plait_confirmed *fields) {
    for (int i = 0; i < count; i++) {
        const char *equals = strchr(texts[i], '=');
        if (!equals || equals == texts[i])
            return plait__fail(arena->context, PLAIT_INVALID, "expected FIELD=VALUE, found \"%s\"", texts[i]);
        fields[i].field = plait__arena_string(arena, texts[i], (size_t)(equals - texts[i]));
        fields[i].value = equals[1] ? equals + 1 : NULL;
        if (!fields[i].field) return PLAIT_MEMORY;
    }
    return PLAIT_OK;
}

static enum plait_status confirm(plait_context *context, plait_memory *memory, int count, char **arguments) {
    struct plait__arena arena;
    struct plait__file file;
    plait_confirmed fields[FIELDS_MOST];
    char id[17];
    if (count - 1 > FIELDS_MOST) return plait__fail(context, PLAIT_LIMIT, "expected at most %d fields", FIELDS_MOST);
    PLAIT__TRY(plait__file_open(context, arguments[0], DOCUMENT_BYTES_MOST, &file));
    plait__arena_init(&arena, context);
    enum plait_status status = read_fields(&arena, count - 1, arguments + 1, fields);
    if (status == PLAIT_OK) status = plait_confirm(memory, (const char *)file.bytes, file.size, fields, (size_t)count - 1, id);
    if (status == PLAIT_OK) puts(id);
    plait__arena_end(&arena);
    plait__file_close(context, &file);
    return status;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    struct plait__memory_options memory_options = {0};
    const struct plait__option options[] = {
        {"--memory", "FILE|URL", "where it is kept, encrypted; PLAIT_MEMORY by default", .text = &memory_options.path},
        {"--key-file", "FILE", "its key (plait memory new-key); PLAIT_MEMORY_KEY by default", .text = &memory_options.key_file},
        {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count < 1)
        return plait__cli_usage(command, "expected a document, as plait read prints it, and the fields that it has wrong");
    plait_context *context = plait__cli_context(1);
    plait_memory *memory = NULL;
    int exit = PLAIT__EXIT_FAILED;
    if (!context) return exit;
    if (plait__cli_memory(context, &memory_options, true, &memory) == PLAIT_OK) {
        if (confirm(context, memory, count, argv) == PLAIT_OK)
            exit = PLAIT__EXIT_OK;
        else
            plait__cli_error(argv[0], "%s", plait__cli_sentence(context, argv[0]));
    }
    plait_memory_destroy(memory);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_confirm = {"confirm", "[options] DOC.json [FIELD=VALUE...]",
                                                      "remembers a document that a person has looked at", run};
