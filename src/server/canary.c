/* Trials: how a canary does beside the stable version, and its end when it is worse. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/repository.h"

enum { LEAST = 20 /* requests, or fields, before anything is said */ };

static int compare_floats(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The time that one in a hundred of the last requests passed. */
static float slowest(const struct plait__edition *edition) {
    float sorted[PLAIT__RECENT];
    const int count = edition->served < PLAIT__RECENT ? (int)edition->served : PLAIT__RECENT;
    memcpy(sorted, edition->recent_ms, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_floats);
    return sorted[(count - 1) * 99 / 100];
}

static bool is_worse_at_serving(const struct plait__edition *canary, const struct plait__edition *stable, char sentence[256]) {
    if (canary->served < LEAST || stable->served < LEAST) return false;
    const double failures = (double)canary->failed / (double)canary->served;
    const double expected = (double)stable->failed / (double)stable->served;
    const float ms = slowest(canary), expected_ms = slowest(stable);
    if (failures > expected + canary->trial.failures)
        snprintf(sentence, 256, "%.60s@%.30s fails %.1f%% of its requests, %.30s %.1f%%", canary->name, canary->version,
                 100 * failures, stable->version, 100 * expected);
    else if ((double)ms > canary->trial.slower * (double)expected_ms)
        snprintf(sentence, 256, "%.60s@%.30s takes %.0f ms at its slowest, %.30s %.0f ms", canary->name, canary->version,
                 (double)ms, stable->version, (double)expected_ms);
    else
        return false;
    return true;
}

static bool is_worse_at_reading(const struct plait__edition *canary, const struct plait__edition *stable, char sentence[256]) {
    const double different = canary->compared ? (double)canary->different / (double)canary->compared : 0;
    const double score = canary->corrected ? canary->squares / (double)canary->corrected : 0;
    const double expected = stable->corrected ? stable->squares / (double)stable->corrected : 0;
    if (canary->compared >= LEAST && different > canary->trial.different)
        snprintf(sentence, 256, "%.60s@%.30s finds other values than %.30s in %.1f%% of the fields", canary->name,
                 canary->version, stable->version, 100 * different);
    else if (canary->corrected >= LEAST && stable->corrected >= LEAST && score > expected + canary->trial.surer)
        snprintf(sentence, 256, "%.60s@%.30s has a Brier score of %.3f after what people say is right, %.30s %.3f",
                 canary->name, canary->version, score, stable->version, expected);
    else
        return false;
    return true;
}

static bool is_stable(const struct plait__edition *edition) {
    return edition->state == PLAIT__EDITION_READY && !edition->trial.canary && !edition->trial.shadow;
}

/* The newest stable version of a model; NULL: none.  The lock is held, here and below. */
static struct plait__edition *stable_of(const struct plait__repository *repository, const char *name) {
    struct plait__edition *edition = repository->editions;
    while (edition && !(is_stable(edition) && strcmp(edition->name, name) == 0)) edition = edition->next;
    return edition;
}

/* Takes a canary out that is worse; who releases it last ends it. */
static bool end_if_worse(struct plait__repository *repository, struct plait__edition *edition, char sentence[256]) {
    if (!edition->trial.canary || edition->state != PLAIT__EDITION_READY) return false;
    const struct plait__edition *stable = stable_of(repository, edition->name);
    if (!stable) return false;
    const bool worse = is_worse_at_serving(edition, stable, sentence) || is_worse_at_reading(edition, stable, sentence);
    if (worse) edition->state = PLAIT__EDITION_GONE;
    return worse;
}

bool plait__edition_judge(struct plait__repository *repository, struct plait__edition *edition, bool failed, uint64_t took_us,
                          char sentence[256]) {
    pthread_mutex_lock(&repository->lock);
    edition->recent_ms[edition->served++ % PLAIT__RECENT] = (float)took_us / 1000;
    edition->failed += failed;
    const bool worse = end_if_worse(repository, edition, sentence);
    pthread_mutex_unlock(&repository->lock);
    return worse;
}

bool plait__edition_compare(struct plait__repository *repository, struct plait__edition *edition, int fields, int different,
                            char sentence[256]) {
    pthread_mutex_lock(&repository->lock);
    edition->compared += (uint64_t)fields;
    edition->different += (uint64_t)different;
    const bool worse = end_if_worse(repository, edition, sentence);
    pthread_mutex_unlock(&repository->lock);
    return worse;
}

bool plait__edition_correct(struct plait__repository *repository, const char *model, int fields, double squares,
                            char sentence[256]) {
    const char *at = strchr(model, '@');
    const size_t length = at ? (size_t)(at - model) : strlen(model);
    bool worse = false;
    pthread_mutex_lock(&repository->lock);
    for (struct plait__edition *edition = repository->editions; edition; edition = edition->next) {
        if (strlen(edition->name) != length || memcmp(edition->name, model, length) != 0 || !at ||
            strcmp(edition->version, at + 1) != 0 || edition->state != PLAIT__EDITION_READY)
            continue;
        edition->corrected += (uint64_t)fields;
        edition->squares += squares;
        edition->holds++; /* so that a canary that goes is ended below */
        worse = end_if_worse(repository, edition, sentence);
        pthread_mutex_unlock(&repository->lock);
        plait__edition_release(repository, edition);
        return worse;
    }
    pthread_mutex_unlock(&repository->lock);
    return false;
}

struct plait__edition *plait__edition_counterpart(struct plait__repository *repository, const struct plait__edition *edition,
                                                  unsigned lot) {
    struct plait__edition *found = NULL;
    pthread_mutex_lock(&repository->lock);
    if (edition->trial.canary)
        found = stable_of(repository, edition->name);
    else if (is_stable(edition))
        for (found = repository->editions; found; found = found->next)
            if (found->state == PLAIT__EDITION_READY && (int)lot < found->trial.shadow &&
                strcmp(found->name, edition->name) == 0)
                break;
    if (found) found->holds++;
    pthread_mutex_unlock(&repository->lock);
    return found;
}
