#include "model/find.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"

enum { MANIFEST_BYTES_MOST = 1 << 20, PATH_BYTES = 4096, PLACES_MOST = 256 };

int plait__version_compare(const char *a, const char *b) {
    for (;;) {
        char *a_end, *b_end;
        unsigned long x = strtoul(a, &a_end, 10), y = strtoul(b, &b_end, 10);
        if (x != y) return x < y ? -1 : 1;
        if (*a_end != '.' || *b_end != '.') return strcmp(a_end, b_end);
        a = a_end + 1;
        b = b_end + 1;
    }
}

static int compare_places(const void *a, const void *b) {
    const struct plait__package_place *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name ? by_name : plait__version_compare(y->version, x->version);
}

static const char *kept(struct plait__arena *arena, const char *text) {
    return plait__arena_string(arena, text, strlen(text));
}

/* Reads name and version of the manifest in `folder`; false when there is none that can be read. */
static bool look(struct plait__arena *arena, const char *folder, struct plait__package_place *place) {
    char path[PATH_BYTES];
    struct plait__file file;
    if (snprintf(path, sizeof path, "%s/manifest.json", folder) >= (int)sizeof path) return false;
    if (plait__file_open(arena->context, path, MANIFEST_BYTES_MOST, &file) != PLAIT_OK) return false;
    struct plait__json root;
    const char *name, *version;
    bool found = plait__json_parse(arena->context, (const char *)file.bytes, file.size, path, &root) == PLAIT_OK;
    if (found) {
        found = plait__json_text(&root, "name", &name) == PLAIT_OK && plait__json_text(&root, "version", &version) == PLAIT_OK;
        if (found) *place = (struct plait__package_place){kept(arena, folder), kept(arena, name), kept(arena, version)};
        plait__json_end(&root);
    }
    plait__file_close(arena->context, &file);
    return found && place->folder && place->name && place->version;
}

enum plait_status plait__packages_list(struct plait__arena *arena, const char *const *folders, int folder_count,
                                       struct plait__package_place **places_out, int *count_out) {
    struct plait__package_place *places = plait__arena_array(arena, PLACES_MOST, sizeof *places);
    if (!places) return PLAIT_MEMORY;
    int count = 0;
    for (int i = 0; i < folder_count; i++) {
        int first = count;
        DIR *folder = opendir(folders[i]);
        for (struct dirent *entry; folder && count < PLACES_MOST && (entry = readdir(folder));) {
            char path[PATH_BYTES];
            if (entry->d_name[0] == '.') continue;
            if (snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name) >= (int)sizeof path) continue;
            if (look(arena, path, &places[count])) count++;
        }
        if (folder) closedir(folder);
        qsort(places + first, (size_t)(count - first), sizeof *places, compare_places);
    }
    *places_out = places;
    *count_out = count;
    return PLAIT_OK;
}

enum plait_status plait__package_find(struct plait__arena *arena, const char *const *folders, int folder_count,
                                      const char *request, const char **folder_out) {
    struct plait__package_place *places, named;
    int count;
    if (strchr(request, '/')) {
        if (!look(arena, request, &named))
            return plait__fail(arena->context, PLAIT_NOT_FOUND, "%s: expected a folder with a manifest.json", request);
        *folder_out = named.folder;
        return PLAIT_OK;
    }
    PLAIT__TRY(plait__packages_list(arena, folders, folder_count, &places, &count));
    size_t length = strcspn(request, "@");
    const char *version = request[length] == '@' ? request + length + 1 : NULL;
    for (int i = 0; i < count; i++) {
        if (strlen(places[i].name) != length || strncmp(places[i].name, request, length) != 0) continue;
        if (version && strcmp(places[i].version, version) != 0) continue;
        *folder_out = places[i].folder;
        return PLAIT_OK;
    }
    return plait__fail(arena->context, PLAIT_NOT_FOUND, "there is no model package \"%s\" in %s%s", request,
                       folder_count ? folders[0] : "any folder", folder_count > 1 ? " or the other model folders" : "");
}
