/* manifest.json to struct plait__package.  models/manifest.schema.json says the same for other programs. */
#ifndef PLAIT_MODEL_MANIFEST_H
#define PLAIT_MODEL_MANIFEST_H

#include "model/package.h"

/* Fills everything of the package that the manifest says.  The networks have no sessions yet, the recogniser no characters.
 * `source` is the file's name for errors: "receipt/manifest.json: detector.stride: expected ...".
 * `charset_out` is the file that holds the recogniser's characters, NULL without a recogniser. */
enum plait_status plait__manifest_read(struct plait__package *package, const char *source, const char *text, size_t size,
                                       const char **charset_out);

#endif
