#include "server/fuse.h"

#include <string.h>

#include "fusion/fusion.h"

/* What was used, how good it was, and how far the modalities agree. */
static void measure_fusion(struct plait__measure *measure, const struct plait_fusion *fusion) {
    const struct plait__multimodal *multimodal = fusion->package->multimodal;
    for (int s = 0; s < multimodal->sense_count; s++) {
        const char *name = multimodal->senses[s].name;
        if (!fusion->given[s].there) continue;
        plait__count(measure->present, PLAIT__LABELS(name), 1);
        plait__observe(measure->quality, PLAIT__LABELS(name), fusion->given[s].quality.value);
        plait__observe(measure->contribution, PLAIT__LABELS(name), fusion->answers[0].shares[s]);
    }
    for (int h = 0; h < multimodal->head_count; h++)
        if (fusion->answers[h].label >= 0)
            plait__observe(measure->confidence, PLAIT__LABELS(multimodal->heads[h].name), fusion->answers[h].confidence);
    if (fusion->used & (fusion->used - 1))
        plait__observe(measure->agreement, PLAIT__LABELS(multimodal->heads[0].name), fusion->agreement);
    plait__observe(measure->stages, PLAIT__LABELS(plait__stage_name(PLAIT__STAGE_ENCODE)), (double)fusion->encode_us / 1e6);
    plait__observe(measure->stages, PLAIT__LABELS(plait__stage_name(PLAIT__STAGE_FUSE)), (double)fusion->fuse_us / 1e6);
}

enum plait_status plait__fuse_job_run(struct plait__exchange *exchange, struct plait__replica *replica,
                                      const struct plait__fuse_job *job, struct plait__buffer *json) {
    plait_moment *moment = NULL;
    plait_fusion *fusion = NULL;
    const char *text = NULL;
    enum plait_status status = plait_moment_create(replica->model, &moment);
    for (size_t i = 0; i < job->input_count && status == PLAIT_OK; i++) status = plait_moment_add(moment, &job->inputs[i]);
    if (status == PLAIT_OK) status = plait_fuse(moment, &job->options, &fusion);
    if (status == PLAIT_OK) status = plait_fusion_json(fusion, &text);
    if (status == PLAIT_OK) {
        plait__drifts_note(exchange->edition, moment);
        measure_fusion(&exchange->server->measure, fusion);
        if ((status = plait__buffer_append(json, text, strlen(text))) != PLAIT_OK)
            plait__fail(replica->context, status, "%s", plait_context_error(json->context));
    }
    plait_fusion_destroy(fusion);
    plait_moment_destroy(moment);
    return status;
}
