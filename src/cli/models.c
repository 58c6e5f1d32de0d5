/* plait models: what packages there are. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/packages.h"
#include "model/find.h"
#include "model/package.h"

static int print_packages(struct plait__arena *arena, const struct plait__package_place *places, int count) {
    int exit = PLAIT__EXIT_OK;
    if (count) printf("%-12s %-10s %-14s %-10s %9s  %s\n", "name", "version", "digest", "signature", "bytes", "folder");
    for (int i = 0; i < count; i++) {
        struct plait__package *package = NULL;
        if (plait__package_open(arena->context, places[i].folder, &package) != PLAIT_OK) {
            plait__cli_error(places[i].folder, "%s", plait_context_error(arena->context));
            exit = PLAIT__EXIT_FAILED;
            continue;
        }
        printf("%-12s %-10s %-14.12s %-10s %9llu  %s\n", package->name, package->version, package->digest,
               plait__signature_name(package->signature), (unsigned long long)package->bytes, places[i].folder);
        plait_model_destroy(package);
    }
    return exit;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    const struct plait__option options[] = {{0}};
    int parsed = plait__cli_options(command, options, argc, argv);
    if (parsed < 0) return plait__cli_exit(parsed);
    plait_context *context = plait__cli_context(1);
    if (!context) return PLAIT__EXIT_FAILED;

    struct plait__arena arena;
    plait__arena_init(&arena, context);
    const char *folders[PLAIT__FOLDERS_MOST];
    struct plait__package_place *places = NULL;
    int folder_count = 0, count = 0, exit = PLAIT__EXIT_FAILED;
    if (plait__cli_folders(&arena, folders, &folder_count) == PLAIT_OK &&
        plait__packages_list(&arena, folders, folder_count, &places, &count) == PLAIT_OK)
        exit = print_packages(&arena, places, count);
    else
        plait__cli_error(NULL, "%s", plait_context_error(context));
    plait__arena_end(&arena);
    plait_context_destroy(context);
    return exit;
}

const struct plait__command plait__command_models = {"models", "", "packages found: name, version, digest, signature, size",
                                                     run};
