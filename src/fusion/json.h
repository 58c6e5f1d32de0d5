/* An answer as JSON; docs/multimodal.md describes it. */
#ifndef PLAIT_FUSION_JSON_H
#define PLAIT_FUSION_JSON_H

#include "base/json_write.h"
#include "fusion/fusion.h"

/* {"schema": "plait.fusion/1", ...} */
void plait__fusion_write(struct plait__writer *writer, const struct plait_fusion *fusion);

#endif
