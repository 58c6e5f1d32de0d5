/* One answer of a multimodal package: as a model of the inference protocol, whose inputs are the modalities. */
#ifndef PLAIT_SERVER_FUSE_H
#define PLAIT_SERVER_FUSE_H

#include "model/multimodal.h"
#include "server/internal.h"

/* What is asked.  The bytes are in the exchange's arena or in its body. */
struct plait__fuse_job {
    plait_input inputs[PLAIT__SENSES_MOST];
    size_t input_count;
    plait_fuse_options options;
};

/* Fuses, measures, and appends the answer's JSON (plait.fusion/1, NUL behind it); a failure's sentence is the replica's
 * context's. */
enum plait_status plait__fuse_job_run(struct plait__exchange *exchange, struct plait__replica *replica,
                                      const struct plait__fuse_job *job, struct plait__buffer *json);

#endif
