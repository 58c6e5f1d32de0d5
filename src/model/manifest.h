/* manifest.json to struct plait__package.  models/manifest.schema.json says the same for other programs. */
#ifndef PLAIT_MODEL_MANIFEST_H
#define PLAIT_MODEL_MANIFEST_H

#include "model/package.h"

/* Fills everything of the package that the manifest says.  The networks have no sessions yet, the recogniser no characters.
 * `charset_out` is the file that holds them, NULL without a recogniser.  Errors name the place: "detector.stride: expected
 * ...". */
enum plait_status plait__manifest_read(struct plait__package *package, const char *text, size_t size, const char **charset_out);

#endif
