#define _XOPEN_SOURCE 700 /* realpath */
#include "cli/packages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "model/find.h"

enum { PATH_BYTES = 4096 };

/* The folder of the executable; "" where the system does not tell. */
static void executable_folder(char folder[PATH_BYTES]) {
    ssize_t length = readlink("/proc/self/exe", folder, PATH_BYTES - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
}

/* Adds a folder unless it is not there or in the list already; false when memory is out. */
static bool add(struct plait__arena *arena, const char *folders[PLAIT__FOLDERS_MOST], int *count, const char *path) {
    char *real = realpath(path, NULL);
    bool known = !real || *count == PLAIT__FOLDERS_MOST;
    for (int i = 0; i < *count && !known; i++) known = strcmp(folders[i], real) == 0;
    const char *folder = known ? NULL : plait__arena_string(arena, real, strlen(real));
    if (folder) folders[(*count)++] = folder;
    free(real);
    return known || folder;
}

enum plait_status plait__cli_folders(struct plait__arena *arena, const char *folders_out[PLAIT__FOLDERS_MOST], int *count_out) {
    bool added = true;
    int count = 0;
    char path[PATH_BYTES + 32], beside[PATH_BYTES];
    const char *variable = getenv("PLAIT_MODELS");
    for (const char *at = variable ? variable : ""; *at;) {
        int length = (int)strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s", length, at);
        added &= add(arena, folders_out, &count, path);
        at += length + (at[length] == ':');
    }
    executable_folder(beside);
    static const char *const near[] = {"models", "../models", "../../models", "../share/plait/models" /* installed */};
    for (size_t i = 0; *beside && i < sizeof near / sizeof *near; i++) {
        snprintf(path, sizeof path, "%s/%s", beside, near[i]);
        added &= add(arena, folders_out, &count, path);
    }
    added &= add(arena, folders_out, &count, "models");
    *count_out = count;
    return added ? PLAIT_OK : PLAIT_MEMORY;
}

enum plait_status plait__cli_model(plait_context *context, const char *request, const char *backend, plait_model **model_out) {
    struct plait__arena arena;
    plait__arena_init(&arena, context);
    const char *folders[PLAIT__FOLDERS_MOST], *folder = NULL;
    int count = 0;
    enum plait_status status = plait__cli_folders(&arena, folders, &count);
    if (status == PLAIT_OK) status = plait__package_find(&arena, folders, count, request ? request : "receipt", &folder);
    if (status == PLAIT_OK) {
        plait_session_options options;
        plait_session_options_default(&options);
        if (backend) options.backend = backend;
        status = plait_model_create(context, folder, &options, model_out);
    }
    plait__arena_end(&arena);
    if (status != PLAIT_OK) plait__cli_error(NULL, "%s", plait_context_error(context));
    return status;
}
