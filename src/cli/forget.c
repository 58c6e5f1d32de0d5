/* plait forget: takes documents out of the memory. */
#include "cli/cli.h"
#include "cli/remember.h"

static int run(const struct plait__command *command, int argc, char **argv) {
    struct plait__memory_options memory_options = {0};
    bool all = false;
    const struct plait__option options[] = {
        {"--all", NULL, "everything", .flag = &all},
        {"--memory", "FILE|URL", "PLAIT_MEMORY by default", .text = &memory_options.path},
        {"--key-file", "FILE", "PLAIT_MEMORY_KEY by default", .text = &memory_options.key_file},
        {0}};
    int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (all == (count > 0))
        return plait__cli_usage(command, "expected names of documents, as plait confirm prints them, or --all");
    plait_context *context = plait__cli_context(1);
    plait_memory *memory = NULL;
    if (!context) return PLAIT__EXIT_FAILED;
    int exit = plait__cli_memory(context, &memory_options, true, &memory) == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
    for (int i = 0; memory && i < (all ? 1 : count); i++) {
        if (plait_memory_forget(memory, all ? NULL : argv[i]) == PLAIT_OK) continue;
        plait__cli_error(NULL, "%s", plait_context_error(context));
        exit = PLAIT__EXIT_FAILED;
    }
    plait_memory_destroy(memory);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_forget = {"forget", "[options] (ID... | --all)",
                                                     "takes confirmed documents out of the memory", run};
