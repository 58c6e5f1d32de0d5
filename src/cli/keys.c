/* plait keys: makes an API key and adds its hash to a file. */
#include "server/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/cli.h"

/* The file with the entry added; a new file where there is none. */
static enum plait_status add(plait_context *context, const char *path, const struct plait__buffer *entry) {
    struct plait__file file;
    struct plait__json root;
    cJSON *keys = NULL, *added = cJSON_Parse(entry->data), *whole = NULL;
    enum plait_status status = PLAIT_OK;
    if (access(path, F_OK) != 0) {
        whole = cJSON_CreateObject();
        keys = cJSON_AddArrayToObject(whole, "keys");
    } else if ((status = plait__file_open(context, path, 4 << 20, &file)) == PLAIT_OK) {
        status = plait__json_parse(context, (const char *)file.bytes, file.size, path, &root);
        plait__file_close(context, &file);
        if (status == PLAIT_OK) whole = (cJSON *)root.item;
        keys = cJSON_GetObjectItemCaseSensitive(whole, "keys");
        if (status == PLAIT_OK && !cJSON_IsArray(keys))
            status = plait__fail(context, PLAIT_INVALID, "%s: expected an array named keys", path);
    }
    char *text = NULL;
    if (status == PLAIT_OK && added && cJSON_AddItemToArray(keys, added)) {
        added = NULL;
        text = cJSON_Print(whole);
    }
    if (status == PLAIT_OK) status = text ? plait__file_write(context, path, text, strlen(text)) : PLAIT_MEMORY;
    if (status == PLAIT_OK) chmod(path, 0600);
    cJSON_free(text);
    cJSON_Delete(added);
    cJSON_Delete(whole);
    return status;
}

static int run(const struct plait__command *command, int argc, char **argv) {
    const char *scopes = "documents,infer,feedback";
    int rate = 0, budget = 0;
    const struct plait__option options[] = {
        {"--scopes", "NAME,NAME", PLAIT__SCOPE_LIST "; the first three by default", .text = &scopes},
        {"--rate", "N", "requests a second; any by default", .number = &rate},
        {"--budget", "SECONDS", "of work a day; any by default", .number = &budget},
        {0}};
    const int count = plait__cli_options(command, options, argc, argv);
    if (count < 0) return plait__cli_exit(count);
    if (count != 2 || strcmp(argv[0], "add") != 0) return plait__cli_usage(command, "expected add and a FILE");
    plait_context *context = plait__cli_context(1);
    if (!context) return PLAIT__EXIT_FAILED;
    char key[PLAIT__API_KEY_BYTES];
    struct plait__buffer entry;
    plait__buffer_init(&entry, context, 4096);
    enum plait_status status = plait__api_key_create(context, scopes, rate, budget, key, &entry);
    if (status == PLAIT_OK) status = add(context, argv[1], &entry);
    if (status == PLAIT_OK)
        printf("%s\n", key);
    else
        plait__cli_error(NULL, "%s", plait_context_error(context));
    plait__buffer_end(&entry);
    plait_context_destroy(context);
    return status == PLAIT_OK ? PLAIT__EXIT_OK : PLAIT__EXIT_FAILED;
}

const struct plait__command plait__command_keys = {"keys", "add FILE", "makes an API key: prints it once, keeps its hash", run};
