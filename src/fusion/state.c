/* Which modalities may be used, and why the others may not. */
#include <stdio.h>
#include <string.h>

#include "fusion/fusion.h"

const char *plait__state_name(enum plait__state state) {
    static const char *const names[] = {
#define STATE_NAME(name, text) text,
        PLAIT__STATE_MAP(STATE_NAME)
#undef STATE_NAME
    };
    return names[state];
}

/* Names with commas between them as a set of modalities. */
static enum plait_status read_without(const struct plait_fusion *fusion, const char *names, unsigned *without_out) {
    *without_out = 0;
    for (const char *at = names ? names : ""; *at;) {
        const size_t length = strcspn(at, ",");
        const int sense = plait__sense_find(fusion->package->multimodal, at, length);
        if (sense < 0)
            return plait__fail(fusion->context, PLAIT_INVALID, "without: the package %s has no modality \"%.*s\"",
                               fusion->package->name, length > 60 ? 60 : (int)length, at);
        *without_out |= 1u << sense;
        at += length + (at[length] == ',');
    }
    return PLAIT_OK;
}

static enum plait_status leave_out(struct plait_fusion *fusion, int sense, enum plait__state state, const char *sentence) {
    fusion->states[sense] = state;
    fusion->reasons[sense] = plait__arena_string(&fusion->arena, sentence, strlen(sentence));
    fusion->used &= ~(1u << sense);
    return fusion->reasons[sense] ? PLAIT_OK : PLAIT_MEMORY;
}

/* Presence and quality. */
static enum plait_status gate(struct plait_fusion *fusion, int sense, unsigned without) {
    const struct plait__sense *rule = &fusion->package->multimodal->senses[sense];
    const struct plait__given *given = &fusion->given[sense];
    char sentence[120];
    if (!given->there) return leave_out(fusion, sense, PLAIT__STATE_MISSING, "it was not given");
    if (without >> sense & 1) return leave_out(fusion, sense, PLAIT__STATE_LEFT_OUT, "the caller asked for it");
    if (given->fault) return leave_out(fusion, sense, PLAIT__STATE_GATED, given->fault);
    if (given->quality.value >= rule->quality_least) return PLAIT_OK;
    snprintf(sentence, sizeof sentence, "expected a quality of %.3g or more, found %.3g", (double)rule->quality_least,
             (double)given->quality.value);
    return leave_out(fusion, sense, PLAIT__STATE_GATED, sentence);
}

/* Older than it may be, seen from the newest or from the caller's now. */
static enum plait_status drop_stale(struct plait_fusion *fusion, int64_t newest) {
    char sentence[120];
    for (int s = 0; s < fusion->package->multimodal->sense_count; s++) {
        const struct plait__sense *rule = &fusion->package->multimodal->senses[s];
        if (!(fusion->used >> s & 1) || !fusion->given[s].timed || !rule->stale_after_us) continue;
        const double age = (double)newest - (double)fusion->given[s].timestamp_us;
        if (age <= (double)rule->stale_after_us) continue;
        snprintf(sentence, sizeof sentence, "expected at most %lld us before the newest, found %.0f",
                 (long long)rule->stale_after_us, age);
        PLAIT__TRY(leave_out(fusion, s, PLAIT__STATE_STALE, sentence));
    }
    return PLAIT_OK;
}

/* The largest distance between timestamps of modalities in use; where it is beyond the tolerance, only the preferred one stays
 * of those that have a time. */
static enum plait_status drop_misaligned(struct plait_fusion *fusion, const char *unaligned) {
    const struct plait__multimodal *multimodal = fusion->package->multimodal;
    int64_t first = INT64_MAX, last = INT64_MIN;
    int count = 0, preferred = -1;
    char sentence[120];
    for (int i = 0; i < multimodal->sense_count; i++) {
        const int s = multimodal->prefer[i];
        if (!(fusion->used >> s & 1) || !fusion->given[s].timed) continue;
        const int64_t time = fusion->given[s].timestamp_us;
        first = time < first ? time : first;
        last = time > last ? time : last;
        if (count++ == 0) preferred = s;
    }
    if (count < 2) return PLAIT_OK;
    fusion->lag_us = (int64_t)((uint64_t)last - (uint64_t)first);
    if (fusion->lag_us < 0) fusion->lag_us = INT64_MAX; /* farther apart than an int64_t tells */
    if (!unaligned && (!multimodal->tolerance_us || fusion->lag_us <= multimodal->tolerance_us)) return PLAIT_OK;
    for (int s = 0; s < multimodal->sense_count; s++) {
        if (!(fusion->used >> s & 1) || !fusion->given[s].timed || s == preferred) continue;
        if (unaligned)
            snprintf(sentence, sizeof sentence, "%s; %s is used alone", unaligned, multimodal->senses[preferred].name);
        else
            snprintf(sentence, sizeof sentence, "expected timestamps within %lld us, found %lld; %s is used alone",
                     (long long)multimodal->tolerance_us, (long long)fusion->lag_us, multimodal->senses[preferred].name);
        PLAIT__TRY(leave_out(fusion, s, PLAIT__STATE_MISALIGNED, sentence));
    }
    return PLAIT_OK;
}

enum plait_status plait__fusion_states(struct plait_fusion *fusion, const struct plait_moment *moment,
                                       const plait_fuse_options *options) {
    const int senses = fusion->package->multimodal->sense_count;
    int64_t newest = options->has_now ? options->now_us : INT64_MIN;
    unsigned without;
    fusion->lag_us = -1;
    PLAIT__TRY(read_without(fusion, options->without, &without));
    fusion->used = (1u << senses) - 1;
    for (int s = 0; s < senses; s++) {
        fusion->given[s] = moment->given[s];
        PLAIT__TRY(gate(fusion, s, without));
        if (!options->has_now && fusion->used >> s & 1 && fusion->given[s].timed && fusion->given[s].timestamp_us > newest)
            newest = fusion->given[s].timestamp_us;
    }
    PLAIT__TRY(drop_stale(fusion, newest));
    return drop_misaligned(fusion, moment->unaligned);
}
