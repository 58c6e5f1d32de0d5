/* Finding packages by name. */
#ifndef PLAIT_MODEL_FIND_H
#define PLAIT_MODEL_FIND_H

#include "base/arena.h"

/* A package seen, not opened. */
struct plait__package_place {
    const char *folder, *name, *version;
};

/* All packages in the sub-folders of `folders`, in that order, and by name and newest version within each.  A folder that does
 * not exist has none, and so has a sub-folder whose manifest cannot be read. */
enum plait_status plait__packages_list(struct plait__arena *arena, const char *const *folders, int folder_count,
                                       struct plait__package_place **places_out, int *count_out);

/* The package that `request` names: a folder with a manifest, or NAME or NAME@VERSION (without a version the newest) looked up
 * in `folders`; the first folder that has it wins.  NOT_FOUND says where was looked. */
enum plait_status plait__package_find(struct plait__arena *arena, const char *const *folders, int folder_count,
                                      const char *request, const char **folder_out);

/* Below 0, 0 or above 0 as version `a` is older than, as old as or newer than `b`: number by number ("0.10.0" after "0.9.1").
 */
int plait__version_compare(const char *a, const char *b);

#endif
