/* Where the command looks for model packages. */
#ifndef PLAIT_CLI_PACKAGES_H
#define PLAIT_CLI_PACKAGES_H

#include "base/arena.h"

enum { PLAIT__FOLDERS_MOST = 16 };

/* The folders of PLAIT_MODELS (colons between them), then models/ beside the executable and above it (a build folder), then
 * ../share/plait/models (an installation), then ./models. */
enum plait_status plait__cli_folders(struct plait__arena *arena, const char *folders_out[PLAIT__FOLDERS_MOST], int *count_out);

/* Opens the package `request` names (NULL: "receipt") with all networks on `backend` (NULL: the default).  Says what fails. */
enum plait_status plait__cli_model(plait_context *context, const char *request, const char *backend, plait_model **model_out);

#endif
