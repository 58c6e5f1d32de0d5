/* Measuring a multimodal package over a labelled list of pairs. */
#ifndef PLAIT_CLI_EVAL_PAIRS_H
#define PLAIT_CLI_EVAL_PAIRS_H

#include <stdio.h>

#include "cli/cli.h"

struct plait__pairs_options {
    const char *pattern, *without;
    const struct plait__texts *arrays; /* "image=FILE": an idx3-ubyte file that numbers in the pairs are indices of */
    FILE *predictions;                 /* answers, one a line; may be NULL */
};

/* Reads PATH, {"pairs": [{MODALITY: ..., "label": CLASS}]}, and prints one JSON object.  A modality's value is a path beside
 * the file (or under the folder named by its member "root"), a number (see arrays), or an object or array that is the input
 * itself; null or not there: missing.  CLASS is a text, or a number as text, of the first head. */
enum plait_status plait__eval_pairs(plait_context *context, plait_model *model, const char *path,
                                    const struct plait__pairs_options *options);

#endif
